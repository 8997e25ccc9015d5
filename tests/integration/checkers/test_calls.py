from __future__ import annotations

# ruff: noqa: E501, ISC004, TC001 - tables of inputs read best on one line each
from typing import Any

import pytest

from checkers.protocol import CheckStatus, Reason
from tests.integration.checkers.conftest import Judge


def calls(*pairs: Any, **more: Any) -> Any:
    listed = [{"args": list(args), "expected": expected} for args, expected in pairs]
    return {"check": "tests", "entry": "solve", "calls": listed, **more}


ADD = calls(([1, 2], 3), ([10, -4], 6))


def test_a_right_function_passes_in_both_languages(judge: Judge) -> None:
    assert judge(ADD, "def solve(a, b):\n    return a + b\n").score == 100
    assert judge(ADD, "function solve(a, b) { return a + b }", "javascript").score == 100


@pytest.mark.parametrize(
    "code",
    [
        "export function solve(a, b) { return a + b }",
        "export default function solve(a, b) { return a + b }",
        "module.exports = { solve: (a, b) => a + b }",
        "exports.solve = async (a, b) => a + b",
        "module.exports = function solve(a, b) { return a + b }",
        "const solve = (a, b) => a + b; // no newline at the end",
    ],
)
def test_every_usual_way_to_export_works(judge: Judge, code: Any) -> None:
    assert judge(ADD, code, "javascript").score == 100


@pytest.mark.parametrize(
    "code",
    [
        "import sys; sys.exit(0)",
        "import os; os._exit(0)",
        "raise SystemExit",
        "import builtins\nbuiltins.print = builtins.open = None\ndef solve(a, b): return 0",
        'import json\njson.dumps = lambda *a, **k: \'{"value": ["i", "0x3"]}\'\ndef solve(a, b): return 0',
        'def solve(a, b):\n    print(\'{"value": ["i", "0x3"]}\')\n    return None',
        "import sys\ndef solve(a, b):\n    sys.stdout.write('3'); sys.exit(0)",
        "import atexit, os\natexit.register(os._exit, 0)\ndef solve(a, b): return None",
        "class Any(int):\n    __eq__ = lambda *a: True\n    __hash__ = int.__hash__\n"
        "def solve(a, b): return Any(7)",
        "class Any:\n    __eq__ = lambda *a: True\ndef solve(a, b): return Any()",
        "solve = 3",
        "def other(a, b): return a + b",
        "def solve(a, b): return float('nan')",
        "def solve(a, b): return solve(a, b)",
        "def solve(a, b): return True if a + b == 1 else str(a + b)",
    ],
)
def test_no_trick_of_python_passes(judge: Judge, code: Any) -> None:
    result = judge(ADD, code)

    assert (result.status, result.score) == (CheckStatus.FAIL, 0), result


@pytest.mark.parametrize(
    "code",
    [
        "process.exit(0)",
        "function solve() { process.exit(0) }",
        'JSON.stringify = () => \'{"value":["i","0x3"]}\'; function solve() { return 0 }',
        "function solve() { console.log(3) }",
        "function solve() { return new Promise(() => {}) }",
        "Object.prototype.value = 3; function solve() { return {} }",
        "function solve(a, b) { return String(a + b) }",
        "function solve() { return NaN }",
        "const solve = 3;",
    ],
)
def test_no_trick_of_javascript_passes(judge: Judge, code: Any) -> None:
    result = judge(ADD, code, "javascript")

    assert (result.status, result.score) == (CheckStatus.FAIL, 0), result


def test_what_the_function_prints_is_no_result_and_no_harm(judge: Judge) -> None:
    noisy = "print('{\"value\": 1}')\ndef solve(a, b):\n    print('noise')\n    return a + b\n"

    assert judge(ADD, noisy).score == 100


def test_calls_share_no_state(judge: Judge) -> None:
    code = "seen = []\ndef solve(a, b):\n    seen.append(a)\n    return len(seen)\n"

    assert judge(calls(([1, 2], 1), ([3, 4], 1)), code).score == 100


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return (1, 2)", [1, 2]),
        ("return {3, 1, 2}", [1, 2, 3]),
        ("return (x for x in range(3))", [0, 1, 2]),
        ("return {1: 'a', None: 'b', True and 'c': 'd'}", {"1": "a", "null": "b", "c": "d"}),
        ("return 2 ** 200", 2**200),
        ("return -0.0", 0),
        ("return 2.0", 2),
        ("return None", None),
        ("return 'é😀'", "é😀"),
        ("import collections; return collections.OrderedDict(a=[])", {"a": []}),
    ],
)
def test_values_cross_as_json_says(judge: Judge, body: Any, expected: Any) -> None:
    options = calls(([], expected))

    assert judge(options, f"def solve():\n    {body}\n").score == 100


def test_integers_are_exact_and_floats_have_the_tolerance_asked_for(judge: Judge) -> None:
    exact = calls(([], 2**200))
    close = {
        "check": "tests", "entry": "solve",
        "calls": [{"args": [], "expected": [10, 0.5], "tolerance": {"absolute": 0.01}}],
    }  # fmt: skip

    assert judge(exact, "def solve(): return 2 ** 200 + 1").score == 0
    assert judge(close, "def solve(): return [10, 0.505]").score == 100
    assert judge(close, "def solve(): return [11, 0.5]").score == 0
    assert judge(close, "def solve(): return [10, 0.52]").score == 0


def test_keyword_arguments_and_other_modules(judge: Judge) -> None:
    options = {
        "check": "tests", "entry": "helper:solve",
        "calls": [{"kwargs": {"a": 1, "b": 2}, "expected": 3}],
    }  # fmt: skip
    files = {"main.py": "", "helper.py": "from rest import add\ndef solve(a, b): return add(a, b)"}

    assert judge(options, {**files, "rest.py": "def add(a, b): return a + b"}).score == 100


def test_a_language_without_functions_to_call_is_the_tasks_fault(judge: Judge) -> None:
    result = judge(ADD, "int solve(int a, int b) { return a + b; }", "c")

    assert (result.status, result.reason) == (CheckStatus.ERROR, Reason.TASK_INVALID)


def test_a_result_that_is_too_large_fails(judge: Judge) -> None:
    code = "def solve(a, b): return 'x' * (40 * 1024 * 1024)"

    assert judge(calls(([1, 2], 3)), code).status is CheckStatus.FAIL
