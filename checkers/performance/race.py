"""Second part: pairs of baseline and answer on fresh inputs, until they say which is faster."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from checkers.performance.programs import CHECK
from checkers.performance.statistics import LOOKS, Speed, Trio, judge
from checkers.protocol import Reason
from checkers.results import errored
from checkers.sources import Stopped
from checkers.tests.attempts import OutOfTimeError

if TYPE_CHECKING:
    from checkers.performance.programs import Programs, Ran
    from checkers.performance.schedule import Schedule
    from checkers.performance.statistics import Measured
    from checkers.protocol import Context

MAX_LOST: Final = 3
"""So many pairs may be lost to a baseline that runs out of time, where it did not before."""

RESERVE: Final = 0.25
"""Share of the time left at the start that pairs after the thirtieth leave alone."""


@dataclass(slots=True)
class Raced:
    """What was run, the first pair left out; memory is the greatest seen, in MiB."""

    trios: list[Trio] = field(default_factory=list)
    measured: Measured | None = None
    baseline_mb: float = 0.0
    answer_mb: float = 0.0
    outputs: set[bytes] = field(default_factory=set)


def race(
    programs: Programs, schedule: Schedule, size: int, min_speedup: float, context: Context
) -> Raced:
    """Measure pairs at about this size. `measured` stays None where time ended too early.

    The first pair warms the machine up and is dropped. At each of LOOKS it is judged, and over as
    soon as that decides.
    """
    raced = Raced()
    orders = schedule.orders()
    left = context.remaining()
    lost = number = 0
    while len(raced.trios) < LOOKS[-1]:
        try:
            stdin = programs.make_input(schedule.ask(schedule.near(size)), twice=number == 0)
            trio = _trio(programs, stdin, orders[number % len(orders)], raced)
        except OutOfTimeError:
            break
        number += 1
        if trio is None:
            lost += 1
            _refuse_busy(lost)
        elif number > 1:
            raced.trios.append(trio)
            if len(raced.trios) in LOOKS and _settled(raced, min_speedup):
                break
            if len(raced.trios) >= LOOKS[2] and context.remaining() < RESERVE * left:
                break
    return raced


def _settled(raced: Raced, min_speedup: float) -> bool:
    raced.measured = judge(raced.trios, min_speedup)
    return raced.measured.speed is not Speed.UNDECIDED


def _trio(
    programs: Programs, stdin: bytes, order: tuple[int, int, int], raced: Raced
) -> Trio | None:
    """Run the baseline (0, 1) and the answer (2) in this order; None if a baseline did not end."""
    ran: dict[int, Ran] = {}
    for who in order:
        one = programs.run_answer(stdin) if who == 2 else programs.run_baseline(stdin)  # noqa: PLR2004 - as above
        if one is None:
            return None
        ran[who] = one
    first, again, answer = ran[0], ran[1], ran[2]
    programs.agree(first.output, again.output)
    programs.compare(stdin, first.output, answer.output)
    raced.outputs.add(first.output.strip())
    raced.baseline_mb = max(raced.baseline_mb, first.memory_mb or 0, again.memory_mb or 0)
    raced.answer_mb = max(raced.answer_mb, answer.memory_mb or 0)
    return Trio(first.run, again.run, answer.run)


def _refuse_busy(lost: int) -> None:
    if lost > MAX_LOST:
        message = "the machine was too busy: the baseline ran out of time where it did not before"
        raise Stopped(errored(CHECK, Reason.MACHINE_BUSY, message))
