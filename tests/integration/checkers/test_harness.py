from __future__ import annotations

# ruff: noqa: E501, ISC004, TC001 - tables of inputs read best on one line each
from typing import Any

import pytest

from checkers.protocol import CheckStatus, Reason
from tests.integration.checkers.conftest import Judge

UNITTEST = """
import unittest
import answer
from solution import solve

class Adding(unittest.TestCase):
    def test_small(self):
        self.assertEqual(solve(1, 2), 3)

    def test_negative(self):
        self.assertEqual(answer.call("solve", -1, -2), -3)

    def test_refuses_text(self):
        with self.assertRaises(TypeError):
            solve("a", 1)

answer.main()
"""
NAMES = ["test_small", "test_negative", "Adding.test_refuses_text"]
GOOD = "def solve(a, b):\n    return a + b\n"


def harness(
    code: Any, names: Any, language: Any = "python", name: Any = "check.py", **more: Any
) -> Any:
    return {
        "check": "tests",
        "harness": {
            "language": language, "files": {name: code}, "command": [name], "expect_tests": names,
        },
        **more,
    }  # fmt: skip


PYTHON = harness(UNITTEST, NAMES)


def test_a_right_answer_passes_all_tests(judge: Judge) -> None:
    result = judge(PYTHON, GOOD)

    assert (result.status, result.score, result.in_process) == (CheckStatus.PASS, 100, False)
    assert [case.name for case in result.cases] == NAMES


def test_a_wrong_answer_fails_the_tests_it_fails(judge: Judge) -> None:
    result = judge(PYTHON, "def solve(a, b):\n    return abs(a) + abs(b)\n")

    assert result.status is CheckStatus.FAIL
    assert [case.status for case in result.cases][:2] == [CheckStatus.PASS, CheckStatus.FAIL]


@pytest.mark.parametrize(
    "code",
    [
        "import sys; sys.exit(0)",
        "import os; os._exit(0)",
        "import unittest\nunittest.TestCase.assertEqual = lambda *a: None\ndef solve(a, b): return 0",
        "class Any(int):\n    __eq__ = lambda *a: True\n    __hash__ = int.__hash__\n"
        "def solve(a, b): return Any(7)",
        "import os, glob\n"
        "for path in glob.glob('/box/*') + glob.glob('/program/*'):\n"
        "    try: open(path, 'w').write('<testsuite/>')\n"
        "    except OSError: pass\n"
        "def solve(a, b): return 0",
        "import gc, inspect\n"
        "for frame in inspect.stack(): frame.frame.f_globals.clear()\n"
        "def solve(a, b): return 0",
    ],
)
def test_no_trick_of_the_answer_reaches_the_harness(judge: Judge, code: Any) -> None:
    result = judge(PYTHON, code)

    assert result.status is CheckStatus.FAIL, result


@pytest.mark.parametrize(
    "name", ["conftest.py", "pytest.ini", "sub/tox.ini", "package.json", ".mocharc.yml", "check.py"]
)
def test_a_runners_configuration_or_a_name_of_the_harness_is_refused(
    judge: Judge, name: Any
) -> None:
    result = judge(PYTHON, {"main.py": GOOD, name: ""})

    assert result.status is CheckStatus.FAIL
    assert name in result.summary


@pytest.mark.parametrize(
    "code",
    [
        "import sys; sys.exit(1)",
        "raise ValueError",
        "import sys; open(sys.argv[1], 'w').write('no xml')",
        "import sys; open(sys.argv[1], 'w').write('<html/>')",
        "import sys; open(sys.argv[1], 'w').write('<testsuite><testcase name=\"b\"/></testsuite>')",
        "import sys; open(sys.argv[1], 'w').write('<!DOCTYPE x [<!ENTITY a \"b\">]><testsuite/>')",
        "def f(:",
        "while True: pass",
    ],
)
def test_a_harness_without_a_full_report_is_the_tasks_fault(judge: Judge, code: Any) -> None:
    result = judge(harness(code, ["a"]), GOOD, budget=90)

    assert (result.status, result.reason) == (CheckStatus.ERROR, Reason.TASK_INVALID), result


def test_an_answer_that_ends_the_harness_by_failing_is_blamed_for_it(judge: Judge) -> None:
    code = "import answer\nanswer.call('solve', 1, 2)\n"

    result = judge(harness(code, ["a"]), "raise RuntimeError('no')")

    assert result.status is CheckStatus.FAIL


def test_an_unexpected_failing_test_fails_the_answer(judge: Judge) -> None:
    result = judge(harness(UNITTEST, ["test_small"]), "def solve(a, b): return 3")

    assert result.status is CheckStatus.FAIL
    assert result.score == 99


def test_a_slow_answer_does_not_make_the_harness_the_culprit(judge: Judge) -> None:
    options = PYTHON | {"limits": {"cpu_s": 0.5, "wall_s": 4}}

    result = judge(options, "def solve(a, b):\n    while True: pass\n")

    assert result.status is CheckStatus.FAIL


def test_a_harness_in_another_language_runs_the_program(judge: Judge) -> None:
    code = """
import unittest, answer
class Program(unittest.TestCase):
    def test_doubles(self):
        done = answer.run("-x", stdin="21")
        self.assertEqual((done.stdout.strip(), done.exit_code), ("42", 0))
answer.main()
"""
    program = '#include <stdio.h>\nint main(void){int n;scanf("%d",&n);printf("%d\\n",2*n);}'

    assert judge(harness(code, ["test_doubles"]), program, "c").status is CheckStatus.PASS


def test_a_javascript_harness_calls_a_javascript_answer(judge: Judge) -> None:
    code = """
const assert = require("node:assert");
const answer = require("./answer.js");
answer.test("adds", () => assert.equal(answer.call("solve", 1, 2), 3));
answer.test("throws", () => assert.throws(() => answer.call("solve", null)));
answer.report();
"""
    options = harness(code, ["adds", "throws"], "javascript", "check.js")
    good = "function solve(a, b) { if (a === null) throw new Error('no'); return a + b }"

    assert judge(options, good, "javascript").status is CheckStatus.PASS
    assert judge(options, "function solve() { return 4 }", "javascript").status is CheckStatus.FAIL


def test_a_bash_harness_speaks_the_protocol(judge: Judge) -> None:
    code = """
echo '{"id": 1, "run": {"args": [], "stdin": "21"}}'
read -r reply
case "$reply" in *'"stdout": "42'*) inner="" ;; *) inner="<failure/>" ;; esac
echo "<testsuite><testcase name='doubles'>$inner</testcase></testsuite>" > "$1"
"""
    options = harness(code, ["doubles"], "bash", "check.sh")

    assert judge(options, "print(int(input()) * 2)").status is CheckStatus.PASS
    assert judge(options, "print(int(input()) * 3)").status is CheckStatus.FAIL


C_HARNESS = """
#include <stdio.h>
#include "main.c"
int main(int argc, char **argv) {
  FILE *report = fopen(argv[1], "w");
  fprintf(report, "<testsuite><testcase name='adds'>%s</testcase></testsuite>",
          solve(1, 2) == 3 ? "" : "<failure/>");
  fclose(report);
  return 0;
}
"""


def test_a_harness_that_includes_the_answer_is_marked_in_process(judge: Judge) -> None:
    options = harness(C_HARNESS, ["adds"], "c", "check.c")

    good = judge(options, "int solve(int a, int b) { return a + b; }", "c")
    bad = judge(options, "int solve(int a, int b) { return a - b; }", "c")

    assert (good.status, good.in_process) == (CheckStatus.PASS, True), good
    assert (bad.status, bad.in_process) == (CheckStatus.FAIL, True)


@pytest.mark.parametrize(
    "code",
    [
        "#include <stdlib.h>\n__attribute__((constructor)) void x(void) { exit(0); }\n"
        "int solve(int a, int b) { return 0; }",
        "int solve(int a, int b) { return *(int *)0; }",
    ],
)
def test_in_one_process_an_answer_that_ends_it_fails(judge: Judge, code: Any) -> None:
    assert judge(harness(C_HARNESS, ["adds"], "c", "check.c"), code, "c").status is CheckStatus.FAIL


CPP_HARNESS = """
#include <fstream>
#include "adder.h"
int main(int, char **argv) {
  bool good = Adder(1).add(2) == 3;
  std::ofstream(argv[1]) << "<testsuite><testcase name='adds'>" << (good ? "" : "<failure/>")
                         << "</testcase></testsuite>";
}
"""
CPP_HEADER = "struct Adder { int base; explicit Adder(int); int add(int) const; };\n"
CPP = {
    "check": "tests",
    "harness": {
        "language": "cpp",
        "files": {"check.cpp": CPP_HARNESS, "adder.h": CPP_HEADER},
        "command": ["check.cpp"],
        "expect_tests": ["adds"],
    },
}


@pytest.mark.parametrize(
    ("body", "status"),
    [("base + n", CheckStatus.PASS), ("base - n", CheckStatus.FAIL), ("base +", CheckStatus.FAIL)],
)
def test_a_cpp_harness_is_linked_with_the_answer(judge: Judge, body: Any, status: Any) -> None:
    code = f'#include "adder.h"\nAdder::Adder(int n) : base(n) {{}}\nint Adder::add(int n) const {{ return {body}; }}\n'

    result = judge(CPP, code, "cpp")

    assert (result.status, result.reason) == (status, None), result


TS_HARNESS = """
import { writeFileSync } from "node:fs";
import { solve } from "./main.js";
const good = solve(1, 2) === 3;
const inner = good ? "" : "<failure/>";
writeFileSync(process.argv[2]!, `<testsuite><testcase name="adds">${inner}</testcase></testsuite>`);
"""


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("export const solve = (a: number, b: number): number => a + b;", CheckStatus.PASS),
        ("export const solve = (a: number, b: number): number => a - b;", CheckStatus.FAIL),
        ("export const other = 1;", CheckStatus.FAIL),
        ("export const solve = (a: number => a;", CheckStatus.FAIL),
    ],
)
def test_a_typescript_harness_is_built_with_the_answer(
    judge: Judge, code: Any, status: Any
) -> None:
    result = judge(harness(TS_HARNESS, ["adds"], "typescript", "check.ts"), code, "typescript")

    assert (result.status, result.reason) == (status, None), result


SOUND = "int solve(int a, int b) { return a + b; }\n"


@pytest.mark.parametrize(
    ("language", "name", "broken"),
    [
        ("c", "check.c", C_HARNESS.replace("return 0;", "return 0")),
        ("c", "check.c", C_HARNESS.replace("fclose", "close_it")),
        ("c", "check.c", C_HARNESS.replace('"main.c"', '"other.c"')),
        ("cpp", "check.cpp", "int solve(int, int);\nint main() { return sovle(1, 2); }\n"),
    ],
)
def test_a_harness_that_does_not_build_with_a_sound_answer_is_the_tasks_fault(
    judge: Judge, language: Any, name: Any, broken: Any
) -> None:
    result = judge(harness(broken, ["adds"], language, name), SOUND, language)

    assert (result.status, result.reason) == (CheckStatus.ERROR, Reason.TASK_INVALID), result


def test_a_typescript_harness_that_does_not_parse_is_the_tasks_fault(judge: Judge) -> None:
    options = harness("const x: = 1;", ["adds"], "typescript", "check.ts")

    result = judge(options, "export const solve = 1;", "typescript")

    assert (result.status, result.reason) == (CheckStatus.ERROR, Reason.TASK_INVALID), result


def test_an_answer_without_what_the_task_asked_for_in_words_fails(judge: Judge) -> None:
    options = harness(C_HARNESS, ["adds"], "c", "check.c")
    other = "int other(void) { return 0; }\n"

    asked = judge(options, other, "c", description="Write solve(a, b), the sum of two numbers.")
    silent = judge(options, other, "c", description="Write what resolves and solves it.")

    assert asked.status is CheckStatus.FAIL
    assert asked.summary == "the answer does not define solve"
    assert (silent.status, silent.reason) == (CheckStatus.ERROR, Reason.TASK_INVALID)


@pytest.mark.parametrize(
    "code",
    [
        "int solve(int a, int b, int c) { return a + b + c; }\n",  # the harness's call is an error
        "static int spare;\nint solve(int a, int b) { int c; return a + b; }\n",  # only warned about
    ],
)
def test_notes_and_warnings_in_the_answer_are_no_reason_to_blame_it(
    judge: Judge, code: Any
) -> None:
    broken = C_HARNESS.replace("fclose", "close_it")

    result = judge(harness(broken, ["adds"], "c", "check.c"), code, "c")

    assert (result.status, result.reason) == (CheckStatus.ERROR, Reason.TASK_INVALID), result
