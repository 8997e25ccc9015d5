"""Quantiles of ranked values: Hyndman and Fan's nine (1996) and four cruder ones.

"Sample Quantiles in Statistical Packages", The American Statistician 50 (4), 361-365.
"""

from __future__ import annotations

from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from checkers.claims.parts import Ranked

# Types 4 to 9 by their plotting positions (a, b): place q (n + 1 - a - b) + a, counted from 1.
_POSITIONS: Final[Mapping[str, tuple[Fraction, Fraction]]] = MappingProxyType(
    {
        "linear": (Fraction(1), Fraction(1)),
        "interpolated_inverted_cdf": (Fraction(0), Fraction(1)),
        "hazen": (Fraction(1, 2), Fraction(1, 2)),
        "weibull": (Fraction(0), Fraction(0)),
        "median_unbiased": (Fraction(1, 3), Fraction(1, 3)),
        "normal_unbiased": (Fraction(3, 8), Fraction(3, 8)),
    }
)


def quantile(values: Ranked, q: float, method: str) -> float:
    """Return the quantile of one or more values. `q` is taken as it is printed.

    `nearest` and `closest_observation` round halves to the even place, as numpy does.
    """
    n, share = len(values), Fraction(repr(q))
    if method in _POSITIONS:
        a, b = _POSITIONS[method]
        place = share * (n + 1 - a - b) + a
        low = place.numerator // place.denominator
        return _mixed(values, low - 1, float(place - low)) if low >= 1 else values.at(0)
    inner = share * (n - 1)
    floor, ceiling = inner.__floor__(), inner.__ceil__()
    match method:
        case "lower" | "higher" | "nearest":
            return values.at({"lower": floor, "higher": ceiling, "nearest": round(inner)}[method])
        case "midpoint":
            return _middle(values, floor, ceiling)
        case "closest_observation":
            return values.at(round(share * n) - 1)
    step = share * n
    place_below = step.__ceil__() - 1
    if method == "averaged_inverted_cdf" and step.denominator == 1:
        return _middle(values, place_below, place_below + 1)
    return values.at(place_below)


def _mixed(values: Ranked, place: int, share: float) -> float:
    """Value `share` of the way from the one at a place (from 0) to the next."""
    low = values.at(place)
    return low if share == 0 else low + share * (values.at(place + 1) - low)


def _middle(values: Ranked, first: int, second: int) -> float:
    return (values.at(first) + values.at(second)) / 2
