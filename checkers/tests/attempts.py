"""From runs to the status of a case: what repeats, what counts, and when to stop."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from checkers.protocol import Case, CheckStatus
from checkers.results import ending
from sandboxes.protocol import Outcome, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from checkers.protocol import Context
    from sandboxes.protocol import Limits

STARVED_SHARE = 0.1
"""CPU time over wall time from which a wall-limit hit may be the machine's: it was computing."""

PATIENCE = 4.0
"""How much longer the wall clock runs on the second try of such a case; the CPU limit stays."""

MAX_TIME_LIMITS = 3
"""After so many cases at a CPU or wall limit the rest are not run."""


class Seen(StrEnum):
    """What one run showed."""

    RIGHT = "right"
    WRONG = "wrong"  # a wrong output, exit or limit: the answer's own doing
    WALL = "wall"  # the wall clock ran out, which a busy machine can cause as well
    FAULT = "fault"  # the cage failed


class OutOfTimeError(Exception):
    """The submission's budget ended while a case ran; what it did says nothing."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One run, judged. `detail` may hold the program's bytes: for public cases only."""

    seen: Seen
    detail: str = ""
    marginal: bool = False
    limited: bool = False
    timed_out: bool = False
    starved: bool = False
    cpu_s: float = 0.0
    memory_mb: float = 0.0


@dataclass(frozen=True, slots=True)
class Settled:
    """A case's end."""

    status: CheckStatus
    detail: str = ""
    marginal: bool = False
    nondeterministic: bool = False
    timed_out: bool = False
    fault: bool = False  # the cage failed in the last run
    cpu_s: float = 0.0
    memory_mb: float = 0.0


@dataclass(frozen=True, slots=True)
class Slot:
    """A case of the task before it runs: what of it may be shown."""

    name: str
    weight: int
    hidden: bool


def timed_run(
    run: Callable[[Limits], Outcome], limits: Limits, context: Context, patience: float = 1.0
) -> Outcome:
    """Run inside the submission's budget; a wall limit that only the budget set is no finding."""
    remaining = context.remaining()
    if remaining <= 0:
        raise OutOfTimeError
    outcome = run(replace(limits, wall_s=min(limits.wall_s * patience, remaining)))
    if outcome.status is Status.WALL_LIMIT and remaining < limits.wall_s:
        raise OutOfTimeError
    return outcome


def attempt(outcome: Outcome, seen: Seen, detail: str) -> Attempt:
    """A judged run with its usage."""
    return Attempt(
        seen=seen,
        detail=detail,
        marginal=outcome.marginal,
        limited=outcome.status.is_limit,
        timed_out=outcome.status in (Status.CPU_LIMIT, Status.WALL_LIMIT),
        starved=is_starved(outcome),
        cpu_s=outcome.usage.cpu_s,
        memory_mb=outcome.usage.memory_mb or 0.0,
    )


def stopped_attempt(outcome: Outcome, limits: Limits) -> Attempt | None:
    """The attempt of a run that the cage ended; None where the program came to its own end."""
    if outcome.status is Status.INTERNAL_ERROR:
        return attempt(outcome, Seen.FAULT, "the sandbox failed")
    if outcome.status is Status.WALL_LIMIT:
        return attempt(outcome, Seen.WALL, ending(outcome, limits))
    if outcome.status.is_limit:
        return attempt(outcome, Seen.WRONG, ending(outcome, limits))
    return None


def is_starved(outcome: Outcome) -> bool:
    """True when the wall clock may have run out for want of a processor.

    Either the program was computing, not waiting (on an idle machine it meets its CPU limit
    first), or the machine had more to run than it has processors. So its second try gets more
    wall time, and the CPU limit, which a busy machine does not move, decides.
    """
    usage = outcome.usage
    computing = usage.cpu_s >= STARVED_SHARE * usage.wall_s
    return outcome.status is Status.WALL_LIMIT and (computing or is_busy())


def is_busy() -> bool:
    """True when over the last minute more tasks wanted to run than there are processors."""
    return os.getloadavg()[0] > (os.cpu_count() or 1)


def settle(run: Callable[[float], Attempt]) -> Settled:
    """Run a case, and again where one run cannot tell. `run` takes its patience.

    One observed wrong output is `fail`. A wall-limit hit counts only when it repeats, otherwise
    nobody knows whose it was: `error`. A run that came close to a limit is repeated; a case that
    stays close, or whose two runs differ, is `undecided`.
    """
    first = run(1.0)
    if first.seen is Seen.WRONG:
        return _end(CheckStatus.FAIL, first)
    if first.seen is Seen.RIGHT and not first.marginal:
        return _end(CheckStatus.PASS, first)
    second = run(PATIENCE if first.starved else 1.0)
    if second.seen is Seen.WRONG and not (first.seen is Seen.RIGHT and second.limited):
        return _end(CheckStatus.FAIL, second, differ=first.seen is Seen.RIGHT)
    return _weigh(first, second)


def _weigh(first: Attempt, second: Attempt) -> Settled:
    match first.seen, second.seen:
        case (Seen.WALL, Seen.WALL):
            return _end(CheckStatus.FAIL, second)
        case (Seen.WALL, _) | (_, Seen.FAULT):
            return _end(CheckStatus.ERROR, first if first.seen is Seen.WALL else second)
        case (Seen.FAULT, Seen.WALL):
            return _end(CheckStatus.ERROR, second)
        case (_, Seen.RIGHT) if not second.marginal:
            return _end(CheckStatus.PASS, second)
        case (_, Seen.RIGHT):
            return _end(CheckStatus.UNDECIDED, second)
        case _:
            return _end(CheckStatus.UNDECIDED, second, differ=True)


def _end(status: CheckStatus, last: Attempt, *, differ: bool = False) -> Settled:
    return Settled(
        status=status,
        detail=last.detail,
        marginal=last.marginal and last.seen is Seen.RIGHT,
        nondeterministic=differ,
        timed_out=last.timed_out,
        fault=last.seen is Seen.FAULT,
        cpu_s=last.cpu_s,
        memory_mb=last.memory_mb,
    )


def shown(slot: Slot, settled: Settled) -> Case:
    """The case as it leaves the check: of a hidden one only our name, weight and status.

    Even `marginal` and `nondeterministic` come from what the answer did, so they stay inside.
    """
    if slot.hidden:
        return Case(slot.name, settled.status, slot.weight, hidden=True)
    return Case(
        name=slot.name,
        status=settled.status,
        weight=slot.weight,
        marginal=settled.marginal,
        nondeterministic=settled.nondeterministic,
        detail=settled.detail,
    )


NOT_RUN = Settled(CheckStatus.FAIL, "not run: too many time limits, or no time was left")
NOT_TRIED = Settled(CheckStatus.ERROR, "not run: earlier cases could not be timed fairly")
