"""From a harness's JUnit report to a result: the host knows which tests there have to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checkers import jail
from checkers.protocol import Case, CheckResult, CheckStatus
from checkers.results import cut, task_fault
from checkers.tests.tally import CHECK, points

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_REPORT = 4 * 1024 * 1024
SECONDS = 10.0


def judge_report(
    report: bytes, expect_tests: Sequence[str], *, in_process: bool
) -> CheckResult | None:
    """Exactly the expected tests must have passed; None when the report cannot be read.

    A test that is missing is the harness's fault, except in one process with the answer, which
    could have ended it early.
    """
    tests = _read(report)
    if tests is None:
        return None
    statuses = _by_expected(tests, expect_tests)
    missing = [name for name in expect_tests if name not in statuses]
    if missing and not in_process:
        return task_fault(CHECK, cut(f"the task's harness did not report {', '.join(missing)}"))
    absent = ("failed", "not reported")
    cases = tuple(_case(name, statuses.get(name, absent)) for name in expect_tests)
    extra = [name for name, status in _unexpected(tests, expect_tests) if status == "failed"]
    passed = sum(case.status is CheckStatus.PASS for case in cases)
    summary = f"{passed} of {len(cases)} tests passed"
    if extra:
        summary += cut(f"; {extra[0]}, which is not among the expected ones, failed")
    score = points(cases, CheckStatus.PASS)
    good = passed == len(cases) and not extra
    if not good:
        score = min(score, 99)
    status = CheckStatus.PASS if good else CheckStatus.FAIL
    return CheckResult(CHECK, status, score, summary, cases=cases)


def _read(report: bytes) -> list[tuple[str, str, str, str]] | None:
    if len(report) > MAX_REPORT:
        return None
    try:
        reply = jail.run("report", report.decode(), seconds=SECONDS)
    except (UnicodeDecodeError, jail.JailError):
        return None
    tests = reply.get("tests")
    return None if tests is None else [tuple(test) for test in tests]


def _names(name: str, owner: str) -> tuple[str, ...]:
    return (name, f"{owner}.{name}", f"{owner}::{name}", f"{owner.rpartition('.')[2]}.{name}")


def _by_expected(
    tests: Sequence[tuple[str, str, str, str]], expect_tests: Sequence[str]
) -> dict[str, tuple[str, str]]:
    """Status of each expected test; one that is reported twice must have passed both times."""
    wanted = set(expect_tests)
    found: dict[str, tuple[str, str]] = {}
    for name, owner, status, message in tests:
        for known in _names(name, owner):
            if known in wanted and found.get(known, ("passed", ""))[0] == "passed":
                found[known] = (status, message)
    return found


def _unexpected(
    tests: Sequence[tuple[str, str, str, str]], expect_tests: Sequence[str]
) -> list[tuple[str, str]]:
    wanted = set(expect_tests)
    return [
        (name, status) for name, owner, status, _ in tests if wanted.isdisjoint(_names(name, owner))
    ]


def _case(name: str, seen: tuple[str, str]) -> Case:
    status, message = seen
    passed = status == "passed"
    detail = "" if passed else cut(message or status)
    return Case(name, CheckStatus.PASS if passed else CheckStatus.FAIL, detail=detail)
