"""First part: from the smallest size up, is the answer right, and which size can be measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from checkers.performance.programs import CHECK
from checkers.performance.statistics import LOOKS
from checkers.results import failed, task_fault
from checkers.sources import Stopped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checkers.performance.programs import Programs, Ran
    from checkers.performance.schedule import Schedule
    from checkers.protocol import Context

CLIMB_SHARE: Final = 0.3
"""The most of the time left that the climb takes."""

RACE_SHARE: Final = 0.5
"""The most of the time left that the first 30 pairs may take."""

MAX_TRIO_S: Final = 4.0
"""The most that making an input and three runs on it may take, however much time is left."""

FAR_SLOWER: Final = 2.0
"""Times the baseline's time from which an answer that fits no size at all is called slower."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One size: seconds of a run of each, and of an input with three runs."""

    size: int
    baseline_s: float
    answer_s: float
    trio_s: float


@dataclass(frozen=True, slots=True)
class Climbed:
    """What is known before the race. `outputs_differ`: not all inputs have the same output."""

    rungs: tuple[Rung, ...]
    top: Rung
    start_s: float
    outputs_differ: bool

    def largest_within(self, seconds: float) -> Rung:
        """Return the largest size whose baseline ran no longer than that, else the smallest."""
        quick = [rung for rung in self.rungs if rung.baseline_s <= seconds]
        return quick[-1] if quick else self.rungs[0]


def climb(programs: Programs, schedule: Schedule, context: Context) -> Climbed:
    """Run every size until one takes too long; raises `Stopped` at the first wrong output."""
    left = context.remaining()
    enough = context.deadline - left * (1 - CLIMB_SHARE)
    longest = min(MAX_TRIO_S, left * RACE_SHARE / (LOOKS[2] + 1))
    start_s = programs.start_s()
    rungs: list[Rung] = []
    outputs: set[bytes] = set()
    for size in schedule.ladder():
        rung = _rung(programs, schedule, context, size, outputs)
        if rung is None:
            break
        rungs.append(rung)
        if rung.trio_s > longest or context.monotonic() > enough:
            break
    top = _top(rungs, longest)
    if start_s is None:  # the smallest input is the next best measure of it
        start_s = rungs[0].baseline_s
    return Climbed(tuple(rungs), top, start_s, len(outputs) > 1)


def _rung(
    programs: Programs, schedule: Schedule, context: Context, size: int, outputs: set[bytes]
) -> Rung | None:
    """Compare all inputs of a size; the last is timed. None where the baseline takes too long."""
    rung = None
    for _ in range(schedule.inputs_of(size)):
        began = context.monotonic()
        stdin = programs.make_input(schedule.ask(size), twice=not outputs)
        baseline = programs.run_baseline(stdin)
        if baseline is None:
            return None
        answer = programs.run_answer(stdin)
        programs.compare(stdin, baseline.output, answer.output)
        outputs.add(baseline.output.strip())
        trio_s = context.monotonic() - began + _cost(baseline)
        rung = Rung(size, _cost(baseline), _cost(answer), trio_s)
    return rung


def _top(rungs: Sequence[Rung], longest: float) -> Rung:
    """Return the largest size that can be measured often enough."""
    fitting = [rung for rung in rungs if rung.trio_s <= longest]
    if fitting:
        return fitting[-1]
    if rungs and rungs[0].answer_s > FAR_SLOWER * rungs[0].baseline_s:
        raise Stopped(failed(CHECK, "the answer is slower than the baseline"))
    message = "the baseline takes too long even on the smallest of the task's sizes"
    raise Stopped(task_fault(CHECK, message))


def _cost(ran: Ran) -> float:
    return ran.run.cost_s
