from __future__ import annotations

# ruff: noqa: E501, ISC004, TC001 - tables of inputs read best on one line each
from typing import Any

import pytest

from checkers.protocol import CheckStatus, Reason
from sandboxes.protocol import Sandbox
from tests.integration.checkers.conftest import Judge

DOUBLE = "print(int(input()) * 2)\n"


def cases(*pairs: Any, **more: Any) -> Any:
    listed = [{"stdin": one, "expected_stdout": two, **more} for one, two in pairs]
    return {"check": "tests", "cases": listed}


def test_a_right_program_gets_all_points(judge: Judge) -> None:
    result = judge(cases(("1", "2"), ("5", "10")), DOUBLE)

    assert (result.status, result.score, result.summary) == (
        CheckStatus.PASS, 100, "2 of 2 cases passed",
    )  # fmt: skip


def test_points_are_the_weight_of_passed_cases_rounded_down(judge: Judge) -> None:
    options = cases(("1", "2"), ("2", "4"), ("3", "7"))

    result = judge(options, DOUBLE)

    assert (result.status, result.score) == (CheckStatus.FAIL, 66)


@pytest.mark.parametrize(
    ("language", "code"),
    [
        ("javascript", 'console.log(2 * Number(require("fs").readFileSync(0, "utf8")))'),
        ("c", '#include <stdio.h>\nint main(void){int n;scanf("%d",&n);printf("%d\\n",2*n);}'),
        ("cpp", "#include <iostream>\nint main(){int n;std::cin>>n;std::cout<<2*n<<std::endl;}"),
        ("bash", "read n; echo $((n * 2))"),
        (
            "typescript",
            'import * as fs from "node:fs";\n'
            'const n: number = Number(fs.readFileSync(0, "utf8"));\nconsole.log(2 * n);',
        ),
    ],
)
def test_every_language_runs_cases(judge: Judge, language: Any, code: Any) -> None:
    result = judge(cases(("1", "2"), ("21", "42")), code, language)

    if result.reason is Reason.TOOLCHAIN_MISSING:
        pytest.skip(result.summary)
    assert result.score == 100, result


def test_tests_judge_what_a_typescript_answer_does_and_not_its_types(judge: Judge) -> None:
    union = (
        "type Result = { ok: true; value: number } | { ok: false; reason: string };\n"
        "const make = (n: number): Result => n > 0 ? { ok: true, value: n } : { ok: false, reason: '' };\n"
        "const result = make(2);\nconsole.log(result.ok ? result.value : result.reason);\n"
    )
    options = cases(("", "2"))

    assert judge({"check": "compile"}, union, "typescript").status is CheckStatus.PASS
    assert judge(options, union, "typescript").status is CheckStatus.PASS
    assert judge(options, "const n: string = 2; console.log(n);", "typescript").score == 100
    assert judge(options, "const n: = 2; console.log(2);", "typescript").status is CheckStatus.FAIL


def test_arguments_files_and_exit_codes_reach_the_case(judge: Judge) -> None:
    code = "import sys; print(open(sys.argv[1]).read()); sys.exit(3)"
    case = {"args": ["in.txt"], "files": {"in.txt": {"text": "hello"}}}

    good = {
        "check": "tests",
        "cases": [{**case, "expected_stdout": "hello", "expected_exit_code": 3}],
    }
    bad = {"check": "tests", "cases": [{**case, "expected_stdout": "hello"}]}

    assert judge(good, code).status is CheckStatus.PASS
    assert judge(bad, code).status is CheckStatus.FAIL


def test_a_case_cannot_leave_anything_for_the_next(judge: Judge) -> None:
    code = "import os; print(os.path.exists('left')); open('left', 'w').close()"

    assert judge(cases(("", "False"), ("", "False")), code).score == 100


def test_an_endless_program_is_stopped_after_three_limits(judge: Judge) -> None:
    options = cases(*[("1", "2")] * 10) | {"limits": {"cpu_s": 0.5, "wall_s": 3}}

    result = judge(options, "while True: pass\n")

    assert (result.status, result.score) == (CheckStatus.FAIL, 0)
    assert sum("not run" in case.detail for case in result.cases) == 7


def test_a_sleeping_program_fails_only_because_its_wall_limit_repeats(judge: Judge) -> None:
    options = cases(("1", "2")) | {"limits": {"wall_s": 0.6}}

    result = judge(options, "import time; time.sleep(60)\n")

    assert result.status is CheckStatus.FAIL
    assert result.cases[0].detail == "ran longer than 0.6 s"


def test_too_much_memory_and_too_much_output_fail(judge: Judge) -> None:
    memory = judge(cases(("1", "2")) | {"limits": {"memory_mb": 64}}, "x = bytearray(10**9)\n")
    output = judge(cases(("1", "2")) | {"limits": {"output_kb": 8}}, "print('x' * 10**6)\n")

    assert memory.status is CheckStatus.FAIL
    assert output.status is CheckStatus.FAIL


@pytest.mark.parametrize(
    ("language", "judge_code"),
    [
        ("python", "import sys\na,b=[open(p).read().split() for p in sys.argv[2:4]]\n"
                   "sys.exit(0 if sorted(a)==sorted(b) else 1)"),
        ("bash", '[ "$(sort <"$2")" = "$(sort <"$3")" ] && exit 0; exit 1'),
    ],
)  # fmt: skip
def test_the_tasks_comparator_decides(judge: Judge, language: Any, judge_code: Any) -> None:
    options = cases(("", "1\n2\n")) | {
        "comparator": {"program": {"language": language, "code": judge_code}}
    }

    assert judge(options, "print(2); print(1)\n").status is CheckStatus.PASS
    assert judge(options, "print(2); print(3)\n").status is CheckStatus.FAIL


COMPARE = (
    "import sys\nsys.exit(open(sys.argv[2]).read().split() != open(sys.argv[3]).read().split())\n"
)


@pytest.mark.parametrize(
    "judge_code",
    [
        "import sys; sys.exit(0)",
        "import sys; sys.exit(1)",
        "open('/nope')",
        "1 / 0",
        "import nope",
        "import sys; sys.exit(2)",
        "import os; os.kill(os.getpid(), 11)",
        "def f(:",
        "while True: pass",
    ],
)
def test_a_comparator_that_cannot_say_is_the_tasks_fault(judge: Judge, judge_code: Any) -> None:
    options = cases(("", "1")) | {
        "comparator": {"program": {"language": "python", "code": judge_code}}
    }

    result = judge(options, "print(1)\n")

    assert (result.status, result.reason) == (CheckStatus.ERROR, Reason.TASK_INVALID)


@pytest.mark.parametrize(
    ("language", "judge_code"),
    [
        ("javascript", "require('node:fs').readFileSync('/nope')"),
        ("javascript", "function ("),
        ("javascript", "Promise.reject(new Error('no'))"),
        ("typescript", "throw new Error('no');"),
    ],
)
def test_a_comparators_own_crash_is_no_refusal_in_javascript_either(
    judge: Judge, language: Any, judge_code: Any
) -> None:
    options = cases(("", "1")) | {
        "comparator": {"program": {"language": language, "code": judge_code}}
    }

    result = judge(options, "print(2)\n")

    assert (result.status, result.reason) == (CheckStatus.ERROR, Reason.TASK_INVALID)


def test_a_comparator_that_crashes_on_one_output_does_not_cost_the_miner(judge: Judge) -> None:
    code = COMPARE.replace("sys.exit", "b'7' in open(sys.argv[3], 'rb').read() and 1 / 0\nsys.exit")
    options = cases(("", "1")) | {"comparator": {"program": {"language": "python", "code": code}}}

    result = judge(options, "print(7)\n")

    assert judge(options, "print(1)\n").status is CheckStatus.PASS
    assert judge(options, "print(2)\n").status is CheckStatus.FAIL
    assert (result.status, result.reason) == (CheckStatus.ERROR, Reason.TASK_INVALID)


def test_comparators_in_javascript_decide(judge: Judge) -> None:
    code = (
        "const fs = require('node:fs'); const [a, b] = process.argv.slice(3).map((p) =>"
        " fs.readFileSync(p, 'utf8').trim()); process.exitCode = a === b ? 0 : 1;"
    )
    options = cases(("", "1")) | {
        "comparator": {"program": {"language": "javascript", "code": code}}
    }

    assert judge(options, "print(1)\n").status is CheckStatus.PASS
    assert judge(options, "print(2)\n").status is CheckStatus.FAIL


def test_the_comparator_is_out_of_the_answers_reach(judge: Judge) -> None:
    grab = (
        "import os\n"
        "for root in ('/program', '/box', '/tmp'):\n"
        "    for folder, _, names in os.walk(root):\n"
        "        for name in names: print(name, open(os.path.join(folder, name)).read())\n"
    )
    options = cases(("", "SECRET-EXPECTED")) | {
        "comparator": {"program": {"language": "python", "code": COMPARE + "#SECRET"}}
    }

    result = judge(options, grab)

    assert result.status is CheckStatus.FAIL
    assert "SECRET" not in result.cases[0].detail.replace("'SECRET-EXPECTED'", "")


def test_nothing_of_a_hidden_case_leaves(judge: Judge) -> None:
    tell = (
        "import sys, time\n"
        "word = input()\n"
        "if word == 'public': print('ok'); sys.exit()\n"
        "print('LEAK-' + word); print('LEAK-' + word, file=sys.stderr)\n"
        "x = [0] * 10**6; time.sleep(0.3); sys.exit(77)\n"
    )
    options = {
        "check": "tests",
        "cases": [
            {"name": "zebra", "stdin": "sealed-input", "expected_stdout": "sealed-output", "hidden": True},
            {"name": "open", "stdin": "public", "expected_stdout": "ok"},
        ],
    }  # fmt: skip

    result = judge(options, tell)

    text = repr(result)
    for secret in ("LEAK", "sealed", "zebra", "77"):
        assert secret not in text
    hidden = next(case for case in result.cases if case.hidden)
    assert (hidden.name, hidden.detail) == ("hidden 1", "")
    assert result.duration_s == 0.0


def test_a_hidden_case_cannot_keep_a_public_one_from_running(judge: Judge) -> None:
    stall = "word = input()\nwhile word == 'h': pass\nprint('ok')\n"
    hidden = [{"stdin": "h", "expected_stdout": "ok", "hidden": True}] * 4
    options = {
        "check": "tests",
        "cases": [*hidden, {"stdin": "p", "expected_stdout": "ok"}],
        "limits": {"cpu_s": 0.5, "wall_s": 3},
    }

    result = judge(options, stall)

    assert [case.status for case in result.cases if not case.hidden] == [CheckStatus.PASS]


def test_the_budget_ends_a_check_that_has_begun(judge: Judge) -> None:
    options = cases(*[("1", "2")] * 50) | {"limits": {"wall_s": 5}}

    result = judge(options, "import time; time.sleep(1); print(2)\n", budget=4)

    assert result.status is CheckStatus.FAIL
    assert any("not run" in case.detail for case in result.cases)


def test_a_toolchains_version_is_asked_for_once_in_a_process(
    judge: Judge, cage: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge(cases(("1", "2")), DOUBLE)
    opened = []
    open_session = cage.open
    monkeypatch.setattr(cage, "open", lambda name: opened.append(name) or open_session(name))

    result = judge(cases(("1", "2")), DOUBLE)

    assert result.tool is not None
    assert opened == ["python"]
