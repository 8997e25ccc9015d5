"""Levels with hysteresis, what a level brings, and success that is too good to be true."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from validator.domain.reputation import PPM, Level
from validator.reputation.posterior import quantile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from validator.domain.reputation import LevelSettings, ReputationSettings
    from validator.reputation.posterior import Floats, Prior
    from validator.reputation.results import Counts

POSTED_MAX: Final = 10_000
"""The posted integer of a success rate of 1, the scale of the chain's own account score."""
MEDIAN: Final = 0.5
_LAST_BITS: Final = 1e-6
"""Two machines may differ in the last bits of a quantile; they must not differ in the integer."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an account stands in one role, or in one specialization of it.

    `lower`: the success rate that its results prove (5 % point); `median`: the 50 % point, both
    0-1. `posted`: `lower` as an integer of 0..10000. `weight`: of the results it rests on.
    """

    level: Level
    lower: float
    median: float
    posted: int
    weight: float

    @property
    def rank(self) -> tuple[int, int]:
        """Sorts who is asked first: by level, then by proven rate."""
        return self.level, self.posted


def assess(counts: Counts, prior: Prior, held: Level, settings: ReputationSettings) -> Standing:
    """Return where an account stands; `held` is the level that it had so far."""
    lower = float(quantile(prior, counts.successes, counts.failures, settings.bound_ppm / PPM))
    median = float(quantile(prior, counts.successes, counts.failures, MEDIAN))
    level = Level(
        int(
            next_levels(
                np.array(lower),
                np.array(median),
                np.array(counts.weight),
                np.array(held.value),
                settings,
            )
        )
    )
    return Standing(level, lower, median, posted(lower), counts.weight)


def next_levels(
    lower: Floats,
    median: Floats,
    weight: Floats,
    held: NDArray[np.int64],
    settings: ReputationSettings,
) -> NDArray[np.int64]:
    """Return the levels 0-3 of many accounts (arrays of one shape).

    Up: to the highest level that `lower` is above, once the results weigh `rise_weight`. Down: only
    when `median` is under the level held, and then to the highest level that it is not under. So
    nobody rises by luck, and nobody goes up and down at a threshold.
    """
    above = settings.levels.above
    earned = np.where(weight >= settings.rise_weight, np.searchsorted(above, lower, side="left"), 0)
    kept = np.searchsorted(above, median, side="right")
    return np.asarray(np.maximum(earned, np.minimum(held, kept)), dtype=np.int64)


def posted(lower: float) -> int:
    """Return a rate as the integer that is posted, rounded down, 0..10000."""
    return max(0, min(int(lower * POSTED_MAX + _LAST_BITS), POSTED_MAX))


def bonus_weight(level: Level, settings: LevelSettings) -> int:
    """Return the weight of an account in a part of a reward: 1,000,000 and its bonus.

    A bonus of 10 % is a share one tenth greater than that of a Beginner who did the same. It
    comes out of the part that both share, so no money has to be made for it; the only winner of
    a task has all of its part at any level.
    """
    return PPM + settings.bonus_ppm(level)


def abnormal_success(
    counts: Counts, experts: Sequence[Counts], prior: Prior, settings: ReputationSettings
) -> bool:
    """Whether an account's proven rate is above what the best experts of the task type reach.

    Proven: the lower bound with 95 % certainty (5 % point). Reached: the greatest 50 % point of
    the experts. A reason to look, never a verdict. Without experts there is nothing to compare.
    """
    if not experts:
        return False
    best = quantile(
        prior, [item.successes for item in experts], [item.failures for item in experts], MEDIAN
    ).max()
    lower = quantile(prior, counts.successes, counts.failures, settings.bound_ppm / PPM)
    return bool(lower > best)
