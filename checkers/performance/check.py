"""`performance`: is the answer faster than the baseline by as much as the task asks."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from checkers.performance.climb import climb
from checkers.performance.growth import DOUBLINGS, exponent
from checkers.performance.instructions import count_both, countable, longest_counted
from checkers.performance.options import COUNTED
from checkers.performance.programs import CHECK, Programs
from checkers.performance.race import race
from checkers.performance.schedule import Schedule
from checkers.performance.statistics import MATERIAL, Speed
from checkers.protocol import CheckResult, CheckStatus, Reason
from checkers.results import errored, failed, task_fault, undecided
from checkers.sources import Stopped, source_of, tool_of
from checkers.tests.attempts import OutOfTimeError
from sandboxes.languages import compiles_only

if TYPE_CHECKING:
    from collections.abc import Mapping

    from checkers.performance.climb import Climbed
    from checkers.performance.instructions import Counts
    from checkers.performance.options import PerformanceOptions
    from checkers.performance.race import Raced
    from checkers.performance.statistics import Measured
    from checkers.protocol import Context, Submission
    from checkers.sources import Source

CONTRADICTION: Final = 0.9
"""A ratio of instructions below this says that the answer does more work, not less."""

SHORT: Final = 3.0
"""A run shorter than this many starts of the program says too little against an answer."""


@dataclass(frozen=True, slots=True)
class _Evidence:
    """All that was measured."""

    climbed: Climbed
    raced: Raced
    counts: Counts | None


class PerformanceCheck:
    """Right outputs first, then pairs against the noise of the baseline itself, then callgrind."""

    name = CHECK
    version = "1"

    def check(
        self, submission: Submission, options: PerformanceOptions, context: Context
    ) -> CheckResult:
        """Judge one answer. Measured figures go into `metrics` alone."""
        try:
            source = source_of(CHECK, submission, None)
            _refuse_language(source, options)
            tool = tool_of(context.sandbox, source.language)
            evidence = _gather(source, options, context)
        except Stopped as stop:
            return stop.result
        except OutOfTimeError:
            return errored(CHECK, Reason.BUDGET, "no time was left to compare all outputs")
        result = _decide(evidence, options)
        return replace(result, metrics=_metrics(evidence), tool=tool)


def _refuse_language(source: Source, options: PerformanceOptions) -> None:
    only = compiles_only(source.language)
    if only is not None:
        raise Stopped(task_fault(CHECK, only))
    if options.measure == "instructions" and source.language not in COUNTED:
        message = f"instructions are counted for {', '.join(COUNTED)} only; measure wall"
        raise Stopped(task_fault(CHECK, message))


def _gather(source: Source, options: PerformanceOptions, context: Context) -> _Evidence:
    schedule = Schedule(options.sizes, options.seed, context.seed)
    # Where instructions measure how much is gained, the clock has to show that something is.
    claim = 1.0 if options.measure == "instructions" else options.min_speedup
    with Programs(source, options, context) as programs:
        climbed = climb(programs, schedule, context)
        raced = race(programs, schedule, climbed.top.size, claim, context)
        shown = raced.measured is not None and raced.measured.speed is Speed.CONFIRMED
        counts = None
        if shown and options.measure != "wall" and countable(programs):
            largest = climbed.largest_within(longest_counted(context)).size
            sizes = schedule.halvings(largest, DOUBLINGS)
            counts = count_both(programs, [schedule.ask(size) for size in sizes], context)
    return _Evidence(climbed, raced, counts)


def _decide(evidence: _Evidence, options: PerformanceOptions) -> CheckResult:
    measured = evidence.raced.measured
    if measured is None:
        return undecided(CHECK, "no time was left to measure enough pairs of runs")
    if not (evidence.climbed.outputs_differ or len(evidence.raced.outputs) > 1):
        message = "the task's baseline writes the same for every input, so nothing shows work"
        return task_fault(CHECK, message)
    if measured.speed is Speed.REFUTED:
        return _refuted(evidence, measured, options)
    if measured.speed is Speed.UNDECIDED:
        message = "the runs vary too much to tell whether the answer is as much faster as asked"
        return undecided(CHECK, message)
    return _confirmed(evidence.counts, options)


def _refuted(evidence: _Evidence, measured: Measured, options: PerformanceOptions) -> CheckResult:
    slower = measured.gain.high < -MATERIAL
    if slower:
        return failed(CHECK, "the answer is slower than the baseline")
    if evidence.climbed.top.baseline_s < SHORT * evidence.climbed.start_s:
        message = (
            "one run takes little longer than starting the program, which hides what was gained;"
            " the task's sizes are too small"
        )
        return undecided(CHECK, message)
    if measured.gain.high < MATERIAL:
        return failed(CHECK, "the answer is not faster than the baseline")
    asked = f"asked for: at least {options.min_speedup:g} times as fast"
    return failed(CHECK, f"the answer is faster than the baseline, but by too little ({asked})")


def _confirmed(counts: Counts | None, options: PerformanceOptions) -> CheckResult:
    if options.measure == "instructions":
        return _by_instructions(counts, options.min_speedup)
    if counts is not None and counts.ratio < CONTRADICTION:
        message = "the answer takes less time, yet executes more instructions than the baseline"
        return undecided(CHECK, message)
    return _passed(options.min_speedup, "on the clock")


def _by_instructions(counts: Counts | None, min_speedup: float) -> CheckResult:
    if counts is None:
        message = "instructions could not be counted: callgrind is missing or cannot run these"
        return errored(CHECK, Reason.TOOLCHAIN_MISSING, message)
    if counts.ratio < min_speedup:
        asked = f"asked for: at most 1/{min_speedup:g} of the baseline's"
        return failed(CHECK, f"the answer executes too many instructions ({asked})")
    return _passed(min_speedup, "in instructions, and faster on the clock")


def _passed(min_speedup: float, where: str) -> CheckResult:
    gained = f"at least {min_speedup:g} times as fast as" if min_speedup > 1 else "faster than"
    summary = f"right on all hidden inputs, and {gained} the baseline {where}"
    return CheckResult(CHECK, CheckStatus.PASS, 100, summary)


def _metrics(evidence: _Evidence) -> Mapping[str, float]:
    """Figures for people, to two digits: what an answer may tell by its times is kept coarse."""
    climbed, raced, measured = evidence.climbed, evidence.raced, evidence.raced.measured
    baseline, answer = _growths(evidence)
    figures: dict[str, float | None] = {
        "pairs": float(len(raced.trios)),
        "baseline_s": climbed.top.baseline_s,
        "start_s": climbed.start_s,
        "baseline_growth": baseline,
        "answer_growth": answer,
        "baseline_mb": raced.baseline_mb or None,
        "answer_mb": raced.answer_mb or None,
        "instructions_ratio": evidence.counts.ratio if evidence.counts else None,
        "instructions_counted": float(evidence.counts is not None),
    }
    if measured is not None:
        figures |= {
            "speedup": math.exp(measured.gain.median),
            "speedup_low": math.exp(measured.gain.low),
            "speedup_high": math.exp(measured.gain.high),
            "noise": math.exp(measured.noise),
        }
    return {name: two_digits(value) for name, value in figures.items() if value is not None}


def _growths(evidence: _Evidence) -> tuple[float | None, float | None]:
    """Exponents of baseline and answer: of instructions where they were counted, else of time."""
    if evidence.counts is not None and None not in evidence.counts.growth:
        return evidence.counts.growth
    rungs, start_s = evidence.climbed.rungs, evidence.climbed.start_s
    return (
        exponent([(rung.size, rung.baseline_s) for rung in rungs], start_s),
        exponent([(rung.size, rung.answer_s) for rung in rungs], start_s),
    )


def two_digits(value: float) -> float:
    """Round to two significant digits."""
    return float(f"{value:.2g}")
