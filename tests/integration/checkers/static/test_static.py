"""The check as a whole: good answers pass, and a batch says what each answer alone is told."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from checkers.options import CHECK_OPTIONS
from checkers.protocol import Answer, CheckResult, CheckStatus, Context, Reason, Submission
from checkers.registry import run_check
from checkers.static import batch, rules
from checkers.static.batch import check_many
from checkers.static.check import TOOL_LIMITS
from checkers.static.python_tools import Mypy
from checkers.static.semgrep import VERSION
from checkers.static.targets import make_target
from sandboxes.protocol import Limits, Sandbox, ToolchainMissingError
from tests.components import missing

if TYPE_CHECKING:
    from tests.integration.checkers.static.conftest import Analyze

GOOD = {
    "python": {"main.py": "def add(a: int, b: int) -> int:\n    return a + b\n"},
    "javascript": {"main.js": "export function add(a, b) {\n  return a + b;\n}\n"},
    "typescript": {
        "main.ts": "import { add } from './lib/add.js';\nconsole.log(add(1, 2));\n",
        "lib/add.ts": "export function add(a: number, b: number): number {\n  return a + b;\n}\n",
    },
    "bash": {"main.sh": '#!/bin/bash\nread -r line\nprintf "%s\\n" "$line"\n'},
    "c": {
        "main.c": '#include "add.h"\nint main(void) { return add(1, -1); }\n',
        "add.h": "static int add(int a, int b) { return a + b; }\n",
    },
    "solidity": {
        "A.sol": "// SPDX-License-Identifier: MIT\npragma solidity 0.8.20;\n"
        "contract A {\n    function one() external pure returns (uint256) { return 1; }\n}\n"
    },
    "vyper": {"a.vy": "@external\n@pure\ndef answer() -> uint256:\n    return 42\n"},
    "rust": {"main.rs": 'fn main() {\n    println!("{}", 6 * 7);\n}\n'},
    "go": {"main.go": 'package main\n\nimport "fmt"\n\nfunc main() { fmt.Println(42) }\n'},
    "java": {
        "Main.java": "class Main {\n    public static void main(String[] a) {\n"
        "        System.out.println(42);\n    }\n}\n"
    },
    "cpp": {
        "main.cpp": "#include <vector>\nint main() { return (int)std::vector<int>{}.size(); }\n"
    },
}
CALLS = {
    "main.py": "from shapes.circle import area\n\nprint(area('3'))\n",
    "shapes/circle.py": "def area(radius: float) -> float:\n    return 3 * radius**2\n",
}


@pytest.mark.parametrize("language", GOOD)
def test_a_sound_answer_passes(language: str, analyze: Analyze) -> None:
    result = analyze({name: text.encode() for name, text in GOOD[language].items()}, language)

    # Of a contract it may be noted which compiler it asks for.
    assert result.status is CheckStatus.PASS, result
    assert result.score == 100 - (language == "solidity"), result


def test_files_of_an_answer_know_each_other(analyze: Analyze) -> None:
    files = {name: text.encode() for name, text in CALLS.items()}

    result = analyze(files, "python", ("mypy",))

    (finding,) = result.findings
    assert (finding.category, finding.file, finding.lines) == ("mypy/arg-type", "main.py", (3, 3))


def test_a_task_that_asks_the_wrong_tool_is_the_task_s_fault(analyze: Analyze) -> None:
    result = analyze({"main.py": b"x = 1\n"}, "python", ("shellcheck",))

    assert result.reason is Reason.TASK_INVALID
    assert result.summary == "the task asks for shellcheck over python; shellcheck reads bash"


def test_an_answer_without_code_fails(analyze: Analyze) -> None:
    assert analyze({}, "python").summary == "the answer holds no python source file"


class Cageless:
    """A sandbox that has the language and no analyzer."""

    def __init__(self, inner: Sandbox) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def toolchain(self, name: str) -> Any:
        raise ToolchainMissingError(name, "run `make setup-analyzers`")


def context_of(cage: Any) -> Context:
    return Context(cage, time.monotonic, time.monotonic() + 300, Limits())


def options_of(*tools: str) -> Any:
    return CHECK_OPTIONS.validate_python({"check": "static", "tools": list(tools)})


def test_a_missing_tool_is_never_clean_and_the_mend_is_named(cage: Sandbox) -> None:
    submission = Submission("code", Answer(files={"main.py": b"x = 1\n"}), "python")

    result = run_check("static", submission, options_of("ruff"), context_of(Cageless(cage)))

    assert result.reason is Reason.TOOLCHAIN_MISSING
    assert "make setup-analyzers" in result.summary


WEAK = b"import subprocess\n\n\ndef run(line):\n    return subprocess.call(line, shell=True)\n"
SLOW = b"x = " + b"+".join(b"[%d]" % number for number in range(60_000)) + b"\n"
BATCH: tuple[dict[str, bytes], ...] = (
    {"main.py": WEAK},
    {"main.py": b"def f(:\n"},
    {"main.py": b"count: int = 'x'  # type: ignore\n"},
    {"main.py": SLOW},
    {"main.py": b"x = " + b"-" * 30_000 + b"1\n"},
    {name: text.encode() for name, text in CALLS.items()},
    {"main.py": b"from .nothing import x\n"},
    {"main.py": b"s = '/program/a0/s0.py'\n", "mypy.ini": b"[mypy]\nplugins = x.py\n"},
    {"notes.txt": b""},
    {"main.py": WEAK},
)


def plain(results: list[CheckResult]) -> list[CheckResult]:
    return [replace(result, duration_s=0.0) for result in results]


def test_what_semgrep_ran_with_is_told_whole(analyze: Analyze) -> None:
    result = analyze({"main.py": WEAK}, "python", ("semgrep", "ruff"))

    assert result.tool is not None
    assert f"semgrep {VERSION}+rules.{rules.digest()}" in result.tool.version


def test_mypy_uses_the_cache_of_the_standard_library(cage: Sandbox) -> None:
    target = make_target("python", {"main.py": b"import subprocess, xml.dom.minidom\n"})
    job = Mypy().job(target, TOOL_LIMITS)
    try:
        with cage.open(Mypy.cage) as session:
            session.put(target.tree)
            outcome = session.run(replace(job, argv=(*job.argv, "-v")))
    except ToolchainMissingError as error:
        missing(str(error))

    said = outcome.stderr.decode()
    assert "Parsing /program/s0.py" in said
    assert "Parsing /opt/analyzers" not in said


def test_a_batch_says_what_each_answer_alone_is_told(cage: Sandbox) -> None:
    options = options_of("ruff", "mypy", "bandit", "semgrep")
    asked = [(Submission("code", Answer(files=files), "python"), options) for files in BATCH]
    context = context_of(cage)

    together = check_many(asked, context)

    if together[0].reason is Reason.TOOLCHAIN_MISSING:
        missing(together[0].summary)
    alone = [run_check("static", *one, context) for one in asked]
    assert plain(together) == plain(alone)
    assert plain(check_many(asked, context)) == plain(alone)
    assert together[0].findings == together[9].findings != ()


def test_an_answer_that_is_killed_in_the_batch_is_judged_alone(
    cage: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone: list[Submission] = []

    def judged_alone(name: str, submission: Submission, *more: Any) -> CheckResult:
        alone.append(submission)
        return run_check(name, submission, *more)

    monkeypatch.setattr(batch, "run_check", judged_alone)
    monkeypatch.setattr(batch, "CHILD_S", 2.0)
    options = options_of("bandit")
    asked = [
        (Submission("code", Answer(files={"main.py": source}), "python"), options)
        for source in (WEAK, b"x = [" + b"[1],[2]," * 400_000 + b"]\n", WEAK)
    ]

    results = check_many(asked, context_of(cage))

    if results[0].reason is Reason.TOOLCHAIN_MISSING:
        missing(results[0].summary)
    assert alone == [asked[1][0]]
    assert results[0].findings == results[2].findings != ()
