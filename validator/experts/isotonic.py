"""Isotonic maps: what a judge's raw score was worth on gold items.

Pool adjacent violators (Ayer et al., "An empirical distribution function for sampling with
incomplete information", 1955) over whole numbers and exact fractions, so that a map is the same on
every machine.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from validator.domain.reviews import BEST_SCORE

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class ScoreMap:
    """A map that never falls, of 0-100 onto 0-100: `knots` are (raw, calibrated), raw rising.

    Between two knots it is straight, outside them level. Without a knot a score stays as it is.
    """

    knots: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        raws = [raw for raw, _ in self.knots]
        values = [value for _, value in self.knots]
        if raws != sorted(set(raws)) or values != sorted(values):
            raise ValueError("knots: raw scores must rise, and calibrated ones may not fall")
        if any(not 0 <= number <= BEST_SCORE for number in raws + values):
            raise ValueError(f"knots: scores must be whole numbers of 0-{BEST_SCORE}")

    def __call__(self, raw: int) -> int:
        """Return the calibrated score, rounded half up."""
        if not self.knots:
            return raw
        after = bisect_right(self.knots, raw, key=lambda knot: knot[0])
        if after == 0:
            return self.knots[0][1]
        if after == len(self.knots):
            return self.knots[-1][1]
        (left, low), (right, high) = self.knots[after - 1], self.knots[after]
        return low + rounded(Fraction((high - low) * (raw - left), right - left))


def fit(pairs: Sequence[tuple[int, int]]) -> ScoreMap:
    """Return the map nearest to (raw, gold) pairs in squares, both 0-100; of no pairs the identity.

    Equal raw scores are one point with their mean.
    """
    merged: dict[int, list[int]] = {}
    for raw, gold in pairs:
        merged.setdefault(raw, []).append(gold)
    blocks: list[tuple[int, int, int, int]] = []  # first raw, last raw, sum of gold, count
    for raw in sorted(merged):
        block = (raw, raw, sum(merged[raw]), len(merged[raw]))
        # Means are compared crosswise: no division, nothing rounded.
        while blocks and blocks[-1][2] * block[3] >= block[2] * blocks[-1][3]:
            before = blocks.pop()
            block = (before[0], block[1], before[2] + block[2], before[3] + block[3])
        blocks.append(block)
    knots: dict[int, int] = {}
    for first, last, total, count in blocks:
        knots[first] = knots[last] = rounded(Fraction(total, count))
    return ScoreMap(tuple(sorted(knots.items())))


def rounded(value: Fraction) -> int:
    """Return the nearest whole number, halves upward."""
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)
