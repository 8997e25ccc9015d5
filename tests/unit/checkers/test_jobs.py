"""How many programs a check starts: each costs as much as a small answer."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from checkers.options import CHECK_OPTIONS
from checkers.protocol import Answer, CheckResult, CheckStatus, Context, Reason, Submission
from checkers.registry import run_check
from sandboxes.languages import BUILD_LIMITS
from sandboxes.protocol import Job, Limits, Outcome, Status, Usage
from tests.fakes.cages import CountingCage

if TYPE_CHECKING:
    from collections.abc import Sequence

WROTE = Outcome(Status.OK, exit_code=0, stdout=b"2\n")
MAIN = {"python": "main.py", "javascript": "main.js", "bash": "main.sh", "c": "main.c"}
CASE = {"stdin": "1", "expected_stdout": "2"}


def judge(cage: CountingCage, options: dict[str, Any], language: str = "python") -> CheckResult:
    context = Context(cage, time.monotonic, time.monotonic() + 60, Limits())
    submission = Submission("code", Answer(files={MAIN[language]: b"x"}), language)
    parsed = CHECK_OPTIONS.validate_python(options)
    return run_check(parsed.check, submission, parsed, context)


@pytest.mark.parametrize("language", ["python", "javascript", "bash"])
def test_one_case_is_one_job_where_nothing_has_to_be_built(language: str) -> None:
    cage = CountingCage([WROTE])

    result = judge(cage, {"check": "tests", "cases": [CASE]}, language)

    assert result.status is CheckStatus.PASS
    assert len(cage.jobs) == 1
    assert cage.opened == 1
    assert cage.put_files == [{MAIN[language]: b"x"}]


def test_one_call_is_one_job() -> None:
    cage = CountingCage()

    judge(cage, {"check": "tests", "entry": "solve", "calls": [{"expected": 1}]})

    assert len(cage.jobs) == 1


def test_a_compiled_language_is_built_once_for_all_cases() -> None:
    cage = CountingCage([Outcome(Status.OK), WROTE, WROTE])

    result = judge(cage, {"check": "tests", "cases": [CASE, CASE]}, "c")

    assert result.status is CheckStatus.PASS
    assert len(cage.jobs) == 3


PROGRAM = {"program": {"language": "python", "code": "x"}}


def comparing(replies: Sequence[int]) -> tuple[CheckResult, CountingCage]:
    """Judge two cases by a comparator that ends with these exit codes."""
    left = iter(replies)

    def answer(job: Job) -> Outcome:
        if "expected" not in job.files:
            return WROTE
        code = next(left)
        status = Status.OK if code == 0 else Status.RUNTIME_ERROR
        return Outcome(status, exit_code=code)

    cage = CountingCage(answer)
    options = {"check": "tests", "cases": [CASE, CASE], "comparator": PROGRAM}
    return judge(cage, options), cage


def test_a_comparator_is_proven_once_for_all_cases() -> None:
    result, cage = comparing([0, 1, 0, 1, 0, 0])

    assert result.status is CheckStatus.PASS
    asked = [job.files["actual"] for job in cage.jobs if "actual" in job.files]
    assert asked == [b"2", b"", b"2", b"", b"2\n", b"2\n"]


@pytest.mark.parametrize(
    "replies",
    [[1], [0, 0], [0, 1, 1], [0, 1, 0, 0], [70], [0, 70], [0, 2]],
    ids=[
        "refuses",
        "accepts empty",
        "then refuses",
        "then accepts empty",
        "dies",
        "late",
        "says 2",
    ],
)
def test_a_comparator_that_fails_its_proof_is_the_tasks_fault(replies: list[int]) -> None:
    result, _ = comparing(replies)

    assert (result.status, result.reason) == (CheckStatus.ERROR, Reason.TASK_INVALID)


def limited(status: Status, cpu_s: float) -> Outcome:
    return Outcome(status, usage=Usage(cpu_s=cpu_s, wall_s=BUILD_LIMITS.wall_s), detail="stopped")


@pytest.mark.parametrize(
    ("outcome", "runs"),
    [
        (limited(Status.WALL_LIMIT, 2), 2),
        (limited(Status.WALL_LIMIT, 58), 1),
        (limited(Status.CPU_LIMIT, 30), 1),
        (limited(Status.MEMORY_LIMIT, 3), 1),
        (limited(Status.OUTPUT_LIMIT, 0.1), 1),
    ],
)
def test_a_compile_limit_is_tried_again_only_where_the_machine_may_have_been_slow(
    outcome: Outcome, runs: int
) -> None:
    cage = CountingCage([outcome] * 3)

    result = judge(cage, {"check": "compile"}, "c")

    assert result.status is CheckStatus.FAIL
    assert len(cage.jobs) == runs


def test_a_compile_limit_that_does_not_repeat_is_nobodys_fault() -> None:
    cage = CountingCage([limited(Status.WALL_LIMIT, 2)])

    result = judge(cage, {"check": "compile"}, "c")

    assert (result.status, result.reason) == (CheckStatus.ERROR, Reason.MACHINE_BUSY)


def test_a_program_that_does_not_parse_is_said_in_words_for_public_cases_only() -> None:
    said = b'  File "/program/main.py", line 1\n    f(:\n      ^\nSyntaxError: invalid syntax\n'
    broken = Outcome(Status.RUNTIME_ERROR, exit_code=1, stderr=said)

    public = judge(CountingCage([broken]), {"check": "tests", "cases": [CASE]})
    hidden = judge(CountingCage([broken]), {"check": "tests", "cases": [CASE | {"hidden": True}]})

    assert public.summary == "0 of 1 cases passed; the program does not parse"
    assert public.cases[0].detail == "exited with 1: SyntaxError: invalid syntax"
    assert public.findings[0].explanation == public.cases[0].detail
    assert hidden.summary == "the cases are hidden, and so is how many of them passed"
    assert not hidden.findings
