"""The interval of a score: what the judges are apart, widened by their error on gold items."""

from __future__ import annotations

from typing import TYPE_CHECKING

from validator.domain.reviews import BEST_SCORE

if TYPE_CHECKING:
    from collections.abc import Sequence

Interval = tuple[int, int]


def of_scores(scores: Sequence[int], error: int) -> Interval:
    """Return least and greatest of some scores, widened by `error` points on both sides.

    Scores are 0-100 and so is the interval. Raises ValueError for no scores or an error below 0.
    """
    if not scores:
        raise ValueError("there is no interval of nothing")
    if error < 0:
        raise ValueError("an interval cannot be narrower than its scores")
    return max(0, min(scores) - error), min(BEST_SCORE, max(scores) + error)


def crossed(interval: Interval, lines: Sequence[int]) -> int | None:
    """Return the first decision line that lies inside, or None.

    A line is the least score of its upper side: 70-80 is wholly above the line at 70, 60-70 is not
    wholly below it.
    """
    low, high = interval
    for line in sorted(lines):
        if low < line <= high:
            return line
    return None


def held(interval: Interval, low: int, high: int) -> Interval:
    """Return the interval moved into bounds that executed checks set."""
    return clamp(interval[0], low, high), clamp(interval[1], low, high)


def clamp(value: int, low: int, high: int) -> int:
    """Return the value, or the bound that it passes."""
    return min(max(value, low), high)
