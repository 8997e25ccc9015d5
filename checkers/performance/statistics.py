"""Is one program faster than another: what pairs of noisy costs can say. Pure, and always the same.

All figures here are natural logarithms of ratios, so that twice as fast and half as fast lie
equally far from 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from statistics import median
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

TAIL: Final = 0.025
"""What a bootstrap interval of 95 % leaves on each side."""

LOOKS: Final = (20, 25, 30, 45, 60)
"""After so many pairs it may be decided; the last is the most that is measured.

Simulated under bursty load, equal programs are called faster in less than 1 % of all runs, all
looks taken together (`tests/unit/checkers/performance/test_statistics.py`).
"""

MATERIAL: Final = math.log(1.05)
"""A speed-up that cannot be as large as this, and is not shown, counts as none."""

IDLE: Final = 0.25
"""Share of CPU time in wall time below which a program waits by itself. Computing beside six others
on two cores leaves a third."""


class Speed(StrEnum):
    """What the pairs say of the answer."""

    CONFIRMED = "confirmed"
    REFUTED = "refuted"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds of one run: on the wall clock, and of all its processes on processors."""

    wall_s: float
    cpu_s: float

    @property
    def cost_s(self) -> float:
        """What the run costs: the greater of both, so that neither threads nor sleep gain."""
        return max(self.wall_s, self.cpu_s)


@dataclass(frozen=True, slots=True)
class Trio:
    """Three runs on one input: the baseline twice, the answer once."""

    baseline: Run
    again: Run
    answer: Run


@dataclass(frozen=True, slots=True)
class Pair:
    """Costs in seconds of one input: the baseline twice, the answer once."""

    baseline: float
    again: float
    answer: float

    @property
    def gain(self) -> float:
        """Logarithm of baseline over answer; above 0 the answer is faster."""
        return (_log(self.baseline) + _log(self.again)) / 2 - _log(self.answer)

    @property
    def drift(self) -> float:
        """Logarithm of baseline over baseline: nothing but noise."""
        return _log(self.baseline) - _log(self.again)


@dataclass(frozen=True, slots=True)
class Interval:
    """A median and its bootstrap interval of 95 %."""

    low: float
    median: float
    high: float


@dataclass(frozen=True, slots=True)
class Measured:
    """What a number of pairs say. `noise` is at least 0: how far equal programs seem apart."""

    speed: Speed
    gain: Interval
    noise: float
    pairs: int


def judge(trios: Sequence[Trio], min_speedup: float) -> Measured:
    """Decide by all trios given (at least one), for a claim of `min_speedup` (1 or more) times.

    What counts is the cost of a run, the greater of wall and CPU time. On a busy machine wall time
    is mostly waiting for a processor; so the CPU time alone may decide as well, as long as the
    median of the cost says the same: what was claimed, and at least the root of the gain in CPU
    time. And the other way round: a gain in cost without at least its root in CPU time decides
    nothing, since on a busy machine several processes get more of it than one; unless the baseline
    itself does little but wait, which can be done less. A program that sleeps, or spreads its work
    over processors, is thereby held to its cost.
    """
    claim = math.log(min_speedup)
    by_cost = weigh([_pair(trio, lambda run: run.cost_s) for trio in trios], claim)
    by_cpu = weigh([_pair(trio, lambda run: run.cpu_s) for trio in trios], claim)
    if by_cost.speed is Speed.CONFIRMED:
        shown = by_cpu.gain.median >= by_cost.gain.median / 2 or _waits(trios)
        return by_cost if shown else replace(by_cost, speed=Speed.UNDECIDED)
    if by_cpu.speed is Speed.CONFIRMED and by_cost.gain.median >= max(
        claim, by_cpu.gain.median / 2
    ):
        return by_cpu
    if by_cost.speed is Speed.REFUTED:
        return by_cost
    if by_cpu.speed is Speed.REFUTED and by_cost.gain.median < max(claim, MATERIAL):
        return by_cpu
    return by_cost


def _waits(trios: Sequence[Trio]) -> bool:
    """The baseline computes for a small share of its time: less than a busy machine makes of it."""
    return median(trio.baseline.cpu_s / max(trio.baseline.wall_s, 1e-9) for trio in trios) < IDLE


def weigh(pairs: Sequence[Pair], claim: float) -> Measured:
    """Decide by one kind of cost; `claim` is a logarithm, 0 or more.

    Confirmed: the lower bound of the gain, less what was claimed, lies above the upper bound of the
    noise. Refuted: the upper bound lies below the claim by more than the noise, or below every gain
    worth the name.
    """
    gain = interval([pair.gain for pair in pairs])
    drift = interval([pair.drift for pair in pairs])
    # Which of the two runs of the baseline came first is chance, so either side is noise.
    noise = max(drift.high, -drift.low, 0.0)
    if gain.low - claim > noise:
        speed = Speed.CONFIRMED
    elif gain.high < max(claim - noise, MATERIAL):
        speed = Speed.REFUTED
    else:
        speed = Speed.UNDECIDED
    return Measured(speed, gain, noise, len(pairs))


def _pair(trio: Trio, cost: Callable[[Run], float]) -> Pair:
    return Pair(cost(trio.baseline), cost(trio.again), cost(trio.answer))


def interval(values: Sequence[float]) -> Interval:
    """Median of the values (at least one) with its percentile bootstrap interval.

    The bootstrap distribution of a median is known in closed form (Efron 1979, section 3; Maritz
    and Jarrett 1978), so nothing is drawn and nothing is left to a seed. Of an even number the
    lower and the upper middle value bound the median, which widens the interval a little.
    """
    ordered = sorted(values)
    count = len(ordered)
    low = ordered[_low_rank(count) - 1]
    high = ordered[count - _low_rank(count)]
    middle = (ordered[(count - 1) // 2] + ordered[count // 2]) / 2
    return Interval(low, middle, high)


@cache
def _low_rank(count: int) -> int:
    """Rank, from 1, of the value below which at most TAIL of the bootstrap medians lie.

    A bootstrap median is at most the value of rank k when at least half of `count` draws fall on
    the first k values, each with probability k / count.
    """
    half = (count + 1) // 2
    rank = 1
    while rank < half and _at_least(half, count, rank / count) <= TAIL:
        rank += 1
    return rank


def _at_least(least: int, count: int, share: float) -> float:
    """Probability that a binomial variable is `least` or more."""
    return math.fsum(
        math.comb(count, hits) * share**hits * (1 - share) ** (count - hits)
        for hits in range(least, count + 1)
    )


def _log(cost: float) -> float:
    return math.log(max(cost, 1e-9))
