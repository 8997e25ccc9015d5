"""Texts made to hang, crash or take over what reads them."""

from __future__ import annotations

import ast
import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from checkers import jail
from checkers.math import check

MATRIX = r"\\".join("&".join("x" for _ in range(25)) for _ in range(25))
HOSTILE = [
    "9^9^9^9", "9^{9^{9^{9^9}}}", "10000000!", "1000000000!", r"\binom{1000000000}{500000000}",
    r"\prod_{k=1}^{1000000} k", r"\sum_{k=1}^{\infty} \frac{1}{k^k}", r"\sum_{k=1}^{100000000} k",
    r"\int_0^1 \sin(\sin(x^x)) dx", "+".join(rf"\sin({k}x)" for k in range(60)), "2^{1000000000}",
    "9" * 1_000_000, "(" * 5000, r"\frac{1}{" * 300 + "1" + "}" * 300, "$ a " * 50_000,
    rf"\det\begin{{pmatrix}}{MATRIX}\end{{pmatrix}}", " and ".join([r"\boxed{9^{9^{9^9}}}"] * 6),
    r"\frac" * 500, "|" * 5000, "1 " * 5000, "\\boxed{" * 3000, "1:" * 3000, "." * 90_000,
    "a and " * 10_000, r"[1,2]\cup" * 900, "x<" * 4000, "the answer is " * 6000, r"\sqrt" * 900,
    "\x00\x01\x02\x03", "\u202e5", "{" * 199 + "1" + "}" * 199, "5 " + "m " * 4000,
    r"x^{" * 150 + "2" + "}" * 150, "m**" + "9" * 300, "5 m^{999999999}", "1e999999999",
]  # fmt: skip
ATTACKS = [
    "__import__('os').system('touch {mark}')",
    "$__import__('os').system('touch {mark}')$",
    r"\boxed{{__import__('os').system('touch {mark}')}}",
    "().__class__.__base__.__subclasses__()",
    'eval(\'open("{mark}", "w")\')',
    "lambda: open('{mark}', 'w')",
    "5 __import__('os').system('touch {mark}')",
    r"$\text{{eval(open('{mark}','w'))}}$",
]


def ask(expected: str, answer: str) -> str:
    try:
        request = {"expected": [expected], "answer": answer}
        found: Any = jail.run("math", request, seconds=check.SECONDS)
    except jail.JailError:
        return "undecided"
    return "task fault" if "task_fault" in found else str(found["answer"])


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    assert ask("1", "1.0") == "equal"


@pytest.mark.parametrize("text", HOSTILE, ids=[f"{n}-{t[:12]}" for n, t in enumerate(HOSTILE)])
def test_a_hostile_text_ends_in_time_and_the_jail_goes_on(text: str) -> None:
    for expected, answer in (("3", text), (text, "3")):
        started = time.monotonic()
        faults = ("task fault",) if expected == text else ()
        assert ask(expected, answer) in ("undecided", "different", *faults)
        assert time.monotonic() - started < 15  # killed after 5; a busy machine adds its own
    assert ask("1/2", "0.5") == "equal"


@pytest.mark.parametrize("text", ATTACKS)
def test_code_in_an_answer_or_a_task_does_not_run(text: str, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    code = text.format(mark=mark)

    assert ask("5", code) != "equal"
    assert ask(code, "5") != "equal"
    assert not mark.exists()


def test_hostile_texts_beside_good_ones_in_threads() -> None:
    pairs = [("1", "9^9^9^9"), ("1/2", "0.5"), ("3", "10000000!"), ("x+1", "1+x")] * 4
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda pair: ask(*pair), pairs))

    assert found == ["undecided", "equal", "undecided", "equal"] * 4


def test_a_hostile_text_in_an_event_loop() -> None:
    async def judge() -> str:
        return ask("1", "9^{9^{9^{9^9}}}")

    assert asyncio.run(judge()) == "undecided"


def test_the_same_answer_gives_the_same_verdict() -> None:
    pairs = [("x^2-1", "(x-1)(x+1)"), ("5 km", "5 m"), ("3", "who knows"), ("1", "9^9^9^9")]

    assert [ask(*pair) for pair in pairs] == [ask(*pair) for pair in pairs]


FORBIDDEN = {"parse_expr", "sympify", "lambdify", "eval", "exec", "compile", "parse_expression"}


def test_our_code_calls_nothing_that_evaluates_text() -> None:
    folder = Path(check.__file__).parent
    for path in sorted(folder.glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        names |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)} - {
            "compile"  # of a regular expression
        }
        assert not names & FORBIDDEN, path.name


def test_the_reader_of_others_evaluates_no_text(monkeypatch: pytest.MonkeyPatch) -> None:
    from sympy.parsing import sympy_parser

    from checkers.math.outside import second_opinion

    def refuse(*_args: object, **_options: object) -> None:
        raise AssertionError("text was evaluated")

    for name in ("eval_expr", "parse_expr", "stringify_expr"):
        monkeypatch.setattr(sympy_parser, name, refuse)
    monkeypatch.setattr("math_verify.parser.parse_expr", refuse)
    monkeypatch.setattr("latex2sympy2_extended.latex2sympy2.parse_expr", refuse)
    texts = (r"$\frac{1}{2}$", "$x=3$", r"\boxed{\{1,2\}}", r"$\sum_{k=1}^n k$", "[1,2)", "x+1")
    for text in (*texts, *(attack.format(mark="/nowhere") for attack in ATTACKS)):
        second_opinion(text, text, (text, text), hedged=False)
