"""Small statistics that the detectors share: medians and lower bounds of shares."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

Z_95: Final = 1.6448536269514722
"""One-sided 95 % point of the normal distribution."""

MAD_TO_SIGMA: Final = 1.4826
"""Median absolute deviation to standard deviation, for a normal distribution."""


def median(values: Sequence[float]) -> float:
    """Return the median; raises ValueError for no values."""
    if not values:
        raise ValueError("there is no median of nothing")
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def deviation(values: Sequence[float]) -> float:
    """Return the median absolute deviation from the median, unscaled."""
    middle = median(values)
    return median([abs(value - middle) for value in values])


def lower_bound(successes: int, trials: int, z: float = Z_95) -> float:
    """Return Wilson's lower bound of a share (Wilson 1927); 0 without a trial."""
    if trials <= 0:
        return 0.0
    share, square = successes / trials, z * z
    middle = share + square / (2 * trials)
    spread = z * math.sqrt(share * (1 - share) / trials + square / (4 * trials * trials))
    return max(0.0, (middle - spread) / (1 + square / trials))


def poisson_tail(count: int, mean: float) -> float:
    """Return P(X >= count) for a Poisson variable of this mean (0 or more).

    Summed from `count` on upwards, where every term is smaller than the one before once past the
    mean; exact to some 1e-12, also far in the tail, where 1 - P(X < count) would be 0.
    """
    if count <= 0:
        return 1.0
    if mean <= 0:
        return 0.0
    if count <= mean:
        return 1.0  # no evidence; the exact figure is not needed
    term = math.exp(count * math.log(mean) - mean - math.lgamma(count + 1))
    total, number = 0.0, count
    while term > total * 1e-12 and number < count + 10_000:
        total += term
        number += 1
        term *= mean / number
    return min(1.0, total)
