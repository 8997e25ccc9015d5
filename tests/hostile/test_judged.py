"""Attacks on the judge: what a checker, not the cage, has to see through."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from checkers.options import CHECK_OPTIONS
from checkers.protocol import Answer, CheckResult, CheckStatus, Context, Submission
from checkers.registry import run_check
from sandboxes import languages
from sandboxes.protocol import Limits, Outcome, Status
from tests.hostile.case import BUILD, LANGUAGES, PROGRAMS
from tests.hostile.runner import Runner

if TYPE_CHECKING:
    from sandboxes.protocol import Sandbox
    from tests.hostile.bait import Bait

pytestmark = pytest.mark.timeout(120)
LINE = 50 * 1024 * 1024
NO_NUMBERS = (
    "nan", "NaN", "inf", "-inf", "Infinity", "1e999", "-1e999", "0x4", "0b100", "0o4", "4_0",
    "4e", "4j", "\u0664", "\uff14", "4\u0000", "4 4", "4,0", "four", "+-4", "4e0x1", "",
)  # fmt: skip
CALLS = {"check": "tests", "entry": "solve", "calls": [{"args": [2], "expected": 4}]}


def judged(sandbox: Sandbox, options: dict[str, Any], code: str, language: str) -> CheckResult:
    name = languages.LANGUAGES[language].main
    submission = Submission("code", Answer(files={name: code.encode()}), language, description="")
    context = Context(sandbox, time.monotonic, time.monotonic() + 60, Limits())
    parsed = CHECK_OPTIONS.validate_python(options)
    return run_check(parsed.check, submission, parsed, context)


def program(name: str) -> str:
    return (PROGRAMS / name).read_text()


def answers(expected: str, comparator: Any) -> dict[str, Any]:
    case = {"stdin": "2\n", "expected_stdout": expected}
    return {"check": "tests", "cases": [case], "comparator": comparator}


@pytest.mark.parametrize(
    "comparator",
    ["exact", "trimmed", "tokens", "lines_unordered", {"numeric": {"absolute": 0.1}}],
    ids=str,
)
@pytest.mark.parametrize("name", ["judge/second_answer.py", "judge/says_accepted.py"])
def test_more_than_the_answer_is_no_answer(sandbox: Sandbox, name: str, comparator: Any) -> None:
    result = judged(sandbox, answers("4\n", comparator), program(name), "python")

    assert (result.status, result.score) == (CheckStatus.FAIL, 0)


def test_what_is_no_number_is_within_no_tolerance(sandbox: Sandbox) -> None:
    wide = {"numeric": {"absolute": 1e300, "relative": 0.999}}
    code = "import sys\nword = sys.stdin.readline()[:-1]\nsys.stdout.write(word + '\\n')\n"
    cases = [{"stdin": f"{word}\n", "expected_stdout": "4\n"} for word in (*NO_NUMBERS, "5")]
    options = {"check": "tests", "cases": cases, "comparator": wide}

    result = judged(sandbox, options, code, "python")

    assert result.summary.startswith("1 of"), result  # the last one, which shows the tolerance
    assert result.status is CheckStatus.FAIL


@pytest.mark.parametrize(
    "name", ["judge/exits_early.py", "judge/equals_all.py", "judge/patches_judge.py"]
)
def test_a_function_that_turns_on_its_judge_fails(sandbox: Sandbox, name: str) -> None:
    result = judged(sandbox, CALLS, program(name), "python")

    assert (result.status, result.score) == (CheckStatus.FAIL, 0)


def test_a_case_is_given_once(sandbox: Sandbox) -> None:
    cases = [{"stdin": "once\n", "expected_stdout": "5 0\n"}] * 2
    result = judged(
        sandbox, {"check": "tests", "cases": cases}, program("judge/reads_twice.py"), "python"
    )

    assert result.score == 100


def test_a_source_that_compiles_the_second_time_never_compiles(sandbox: Sandbox) -> None:
    for _ in range(2):
        result = judged(sandbox, {"check": "compile"}, program("compile/second_time.c"), "c")
        assert result.status is CheckStatus.FAIL


@pytest.mark.parametrize("language", ["python", "c", "javascript", "bash"])
def test_fifty_megabytes_on_one_line_end_at_a_limit_or_as_an_error(
    sandbox: Sandbox, bait: Bait, language: str
) -> None:
    opening = {"c": b"int x[] = {", "python": b"x = [", "javascript": b"x = [", "bash": b": "}
    pair = b"1 " if language == "bash" else b"1,"
    source = opening[language] + pair * ((LINE - 20) // 2)
    began = time.monotonic()
    with sandbox.open(language) as session:
        name = languages.LANGUAGES[language].main
        outcome = languages.build(session, language, {name: source}, limits=BUILD)
        assert outcome.status in (Status.COMPILE_ERROR, Status.COMPILE_LIMIT, Status.OK)
        assert len(outcome.stderr) <= BUILD.output_kb * 1024
        Runner(sandbox, bait).sound(session)
    assert time.monotonic() - began < 60


def test_neighbours_do_not_see_each_other(sandbox: Sandbox, bait: Bait) -> None:
    """Two sessions at a time: abstract names and loopback ports belong to one of them."""
    runner = Runner(sandbox, bait)
    args = (f"tosv-{bait.facts['name']}", "40123")
    served: list[Outcome] = []
    assert LANGUAGES[".py"] == "python"
    with sandbox.open("python") as one, sandbox.open("python") as other:
        thread = threading.Thread(
            target=lambda: served.append(runner.start(one, "network/abstract_server.py", args))
        )
        thread.start()
        time.sleep(0.5)
        client = runner.start(other, "network/abstract_client.py", args)
        thread.join(30)
    assert served[0].stdout == b"listening\n", served
    assert client.ok
    assert b"tried 2" in client.stdout
    assert b"OPEN" not in client.stdout
