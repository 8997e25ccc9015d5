"""Running all cases of a task and counting points; hidden cases leave no trace but the points."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checkers.protocol import Case, CheckResult, CheckStatus, Finding, Reason
from checkers.results import errored
from checkers.tests.attempts import (
    MAX_TIME_LIMITS,
    NOT_RUN,
    NOT_TRIED,
    Attempt,
    OutOfTimeError,
    Settled,
    Slot,
    settle,
    shown,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from checkers.protocol import Context, Tool

CHECK = "tests"
ALL_POINTS = 100

# As the interpreters that need no build say it: the program is not parsed before its first run.
_SYNTAX_ERROR = re.compile(r"\b(?:SyntaxError|IndentationError|TabError)\b|syntax error")


@dataclass(frozen=True, slots=True)
class Planned:
    """A case and how to run it once, with more or less patience."""

    slot: Slot
    run: Callable[[float], Attempt]


def slots(items: Sequence[tuple[str | None, int, bool]], noun: str) -> list[Slot]:
    """Names, weights and flags as they may be shown; a hidden case's own name stays inside."""
    made = []
    hidden_so_far = 0
    for position, (name, weight, hidden) in enumerate(items, start=1):
        if hidden:
            hidden_so_far += 1
            made.append(Slot(f"hidden {hidden_so_far}", weight, hidden=True))
        else:
            made.append(Slot(name or f"{noun} {position}", weight, hidden=False))
    return made


def run_all(planned: Sequence[Planned], context: Context) -> list[Settled]:
    """Settle every case, one at a time so that no case slows another.

    Public cases run first: whether one of them ran at all must not depend on a hidden one.
    """
    order = sorted(range(len(planned)), key=lambda index: planned[index].slot.hidden)
    ends: dict[int, Settled] = {}
    for index in order:
        if context.remaining() <= 0 or _enough(ends.values()):
            break
        try:
            ends[index] = settle(planned[index].run)
        except OutOfTimeError:
            break
    # Time limits that nobody could pin on the answer do not turn the rest into its failures.
    rest = NOT_TRIED if any(_unfair(end) for end in ends.values()) else NOT_RUN
    return [ends.get(index, rest) for index in range(len(planned))]


def _unfair(end: Settled) -> bool:
    return end.timed_out and end.status is not CheckStatus.FAIL


def _enough(ends: Iterable[Settled]) -> bool:
    """True after three time limits that are the answer's, or three that nobody can judge."""
    timed = [end for end in ends if end.timed_out]
    unfair = sum(_unfair(end) for end in timed)
    return max(unfair, len(timed) - unfair) >= MAX_TIME_LIMITS


def tally(
    planned: Sequence[Planned], ends: Sequence[Settled], pass_at: int, tool: Tool | None
) -> CheckResult:
    """Count the points; undecided and broken cases are counted both ways."""
    if all(end in (NOT_RUN, NOT_TRIED) for end in ends):
        return errored(CHECK, Reason.BUDGET, "no time was left to run a single case")
    places = [item.slot for item in planned]
    cases = tuple(shown(slot, end) for slot, end in zip(places, ends, strict=True))
    low = points(cases, CheckStatus.PASS)
    high = points(cases, CheckStatus.PASS, CheckStatus.UNDECIDED, CheckStatus.ERROR)
    summary = _summary(cases, low, pass_at)
    findings = _unparsable(cases)
    if findings:
        summary += "; the program does not parse"
    metrics = _metrics(places, ends)
    if low >= pass_at or high < pass_at:
        status = CheckStatus.PASS if low >= pass_at else CheckStatus.FAIL
        return CheckResult(
            CHECK, status, low, summary, findings, cases=cases, metrics=metrics, tool=tool
        )
    if any(case.status is CheckStatus.ERROR for case in cases):
        fault = any(end.fault for end in ends if end.status is CheckStatus.ERROR)
        reason = Reason.INTERNAL if fault else Reason.MACHINE_BUSY
        broken = errored(CHECK, reason, f"{summary}; some could not be run fairly")
        return _with_cases(broken, cases, metrics, tool)
    unsure = sum(case.status is CheckStatus.UNDECIDED for case in cases)
    many = "some" if any(case.hidden for case in cases) else str(unsure)
    open_end = CheckResult(
        CHECK, CheckStatus.UNDECIDED, None, f"{summary}; {many} came too close to a limit to tell"
    )
    return _with_cases(open_end, cases, metrics, tool)


def _summary(cases: Sequence[Case], low: int, pass_at: int) -> str:
    """Count cases. Where some are hidden only public ones, unless that all passed is plain anyway.

    A count that hidden cases are part of would tell how they ended.
    """
    public = [case for case in cases if not case.hidden]
    if len(public) == len(cases) or low == pass_at == ALL_POINTS:
        return f"{_passed(cases)} of {len(cases)} cases passed"
    if not public:
        return "the cases are hidden, and so is how many of them passed"
    return (
        f"{_passed(public)} of {len(public)} public cases passed; hidden ones are not counted here"
    )


def _passed(cases: Sequence[Case]) -> int:
    return sum(case.status is CheckStatus.PASS for case in cases)


def _unparsable(cases: Sequence[Case]) -> tuple[Finding, ...]:
    """One finding when every public case ended with a syntax error; hidden ones say nothing."""
    details = [case.detail for case in cases if not case.hidden]
    if not details or not all(_SYNTAX_ERROR.search(detail) for detail in details):
        return ()
    return (Finding("diagnostic", "the program does not parse", "high", explanation=details[0]),)


def points(cases: Sequence[Case], *counted: CheckStatus) -> int:
    """floor(100 * weight of the counted statuses / all weight)."""
    total = sum(case.weight for case in cases)
    return 100 * sum(case.weight for case in cases if case.status in counted) // total


def _with_cases(
    result: CheckResult, cases: tuple[Case, ...], metrics: dict[str, float], tool: Tool | None
) -> CheckResult:
    return CheckResult(
        check=result.check,
        status=result.status,
        score=None,
        summary=result.summary,
        cases=cases,
        metrics=metrics,
        tool=tool,
        reason=result.reason,
    )


def _metrics(places: Sequence[Slot], ends: Sequence[Settled]) -> dict[str, float]:
    public = [end for slot, end in zip(places, ends, strict=True) if not slot.hidden]
    if not public:
        return {}
    return {
        "cpu_s": round(sum(end.cpu_s for end in public), 3),
        "memory_mb_max": round(max(end.memory_mb for end in public), 1),
    }
