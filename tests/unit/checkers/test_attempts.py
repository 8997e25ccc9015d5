from __future__ import annotations

import os
from typing import Any

import pytest

from checkers.protocol import CheckStatus, Context, Reason
from checkers.tests.attempts import (
    NOT_RUN,
    NOT_TRIED,
    Attempt,
    Seen,
    Settled,
    Slot,
    is_starved,
    settle,
    shown,
)
from checkers.tests.tally import Planned, run_all, tally
from sandboxes.protocol import Limits, Outcome, Status, Usage

PASS, FAIL, UNDECIDED, ERROR = (
    CheckStatus.PASS, CheckStatus.FAIL, CheckStatus.UNDECIDED, CheckStatus.ERROR,
)  # fmt: skip
RIGHT = Attempt(Seen.RIGHT)
CLOSE = Attempt(Seen.RIGHT, marginal=True)
WRONG = Attempt(Seen.WRONG)
LIMIT = Attempt(Seen.WRONG, limited=True, timed_out=True)
WALL = Attempt(Seen.WALL, limited=True, timed_out=True)
STARVED = Attempt(Seen.WALL, limited=True, timed_out=True, starved=True)
FAULT = Attempt(Seen.FAULT)


@pytest.mark.parametrize(
    ("runs", "status"),
    [
        ([RIGHT], PASS),
        ([WRONG], FAIL),
        ([LIMIT], FAIL),
        ([CLOSE, RIGHT], PASS),
        ([CLOSE, CLOSE], UNDECIDED),
        ([CLOSE, WRONG], FAIL),
        ([CLOSE, LIMIT], UNDECIDED),
        ([CLOSE, WALL], UNDECIDED),
        ([CLOSE, FAULT], ERROR),
        ([WALL, WALL], FAIL),
        ([WALL, RIGHT], ERROR),
        ([WALL, WRONG], FAIL),
        ([WALL, FAULT], ERROR),
        ([STARVED, LIMIT], FAIL),
        ([STARVED, RIGHT], ERROR),
        ([FAULT, RIGHT], PASS),
        ([FAULT, FAULT], ERROR),
        ([FAULT, WALL], ERROR),
        ([FAULT, WRONG], FAIL),
    ],
)
def test_the_status_is_a_function_of_all_runs(runs: Any, status: Any) -> None:
    left = iter(runs)

    assert settle(lambda _patience: next(left)).status is status
    assert next(left, None) is None


def test_a_program_that_was_computing_gets_more_wall_time_on_its_second_try() -> None:
    asked = []

    settle(lambda patience: asked.append(patience) or STARVED)

    assert asked == [1.0, 4.0]


def planned(*weights: Any) -> Any:
    return [Planned(Slot(f"case {i}", weight, hidden=False), lambda _p: RIGHT) for i, weight in enumerate(weights)]  # noqa: E501 # fmt: skip


def result(*statuses: Any, weights: Any = None, pass_at: Any = 100) -> Any:
    weights = weights or [1] * len(statuses)
    return tally(planned(*weights), [Settled(status) for status in statuses], pass_at, None)


def test_points_are_rounded_down() -> None:
    assert result(PASS, PASS, FAIL).score == 66
    assert result(PASS, FAIL, weights=[999, 1]).score == 99


def test_an_error_or_doubt_decides_nothing_unless_the_rest_does() -> None:
    assert result(PASS, ERROR).status is ERROR
    assert result(PASS, UNDECIDED).status is UNDECIDED
    assert result(UNDECIDED, ERROR).status is ERROR
    assert result(FAIL, ERROR).status is FAIL
    assert result(PASS, PASS, PASS, ERROR, pass_at=70).status is PASS


@pytest.mark.parametrize(
    ("ends", "reason"),
    [
        ([Settled(PASS), Settled(ERROR, timed_out=True)], Reason.MACHINE_BUSY),
        ([Settled(PASS), NOT_TRIED], Reason.MACHINE_BUSY),
        ([Settled(PASS), Settled(ERROR, fault=True)], Reason.INTERNAL),
        ([Settled(ERROR, timed_out=True), Settled(ERROR, fault=True)], Reason.INTERNAL),
    ],
)
def test_a_busy_machine_and_a_broken_cage_are_told_apart(ends: Any, reason: Reason) -> None:
    assert tally(planned(1, 1), ends, 100, None).reason is reason


def test_an_end_knows_whether_the_cage_failed() -> None:
    assert settle(lambda _p: FAULT).fault
    runs = iter([STARVED, RIGHT])
    assert not settle(lambda _p: next(runs)).fault


def test_when_nothing_ran_it_is_the_budget() -> None:
    found = tally(planned(1, 1), [NOT_RUN, NOT_RUN], 100, None)

    assert (found.status, found.reason) == (ERROR, Reason.BUDGET)


def test_of_a_hidden_case_only_our_name_and_the_status_are_shown() -> None:
    settled = Settled(PASS, "secret", marginal=True, nondeterministic=True, timed_out=True, cpu_s=3)

    case = shown(Slot("hidden 1", 2, hidden=True), settled)

    assert (case.detail, case.marginal, case.nondeterministic) == ("", False, False)


def run_cases(*runs: Attempt) -> Any:
    left = iter(runs)
    context = Context(None, lambda: 0.0, 60.0, Limits())  # type: ignore[arg-type] # no cage is needed
    cases = [
        Planned(Slot(f"case {number}", 1, hidden=False), lambda _patience: next(left, RIGHT))
        for number in range(5)
    ]
    return [end.status for end in run_all(cases, context)]


def test_after_three_time_limits_of_the_answer_the_rest_count_as_failed() -> None:
    assert run_cases(LIMIT, LIMIT, LIMIT) == [FAIL] * 5


def test_time_limits_that_nobody_can_judge_blame_no_case_that_was_not_run() -> None:
    unfair = [WALL, RIGHT]

    assert run_cases(*unfair, *unfair, *unfair) == [ERROR] * 5


def test_a_busy_machine_gives_a_waiting_program_more_wall_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    outcome = Outcome(Status.WALL_LIMIT, usage=Usage(cpu_s=0.0, wall_s=1.0))

    monkeypatch.setattr(os, "getloadavg", lambda: (0.0, 0.0, 0.0))
    assert not is_starved(outcome)
    monkeypatch.setattr(os, "getloadavg", lambda: (1e6, 0.0, 0.0))
    assert is_starved(outcome)
