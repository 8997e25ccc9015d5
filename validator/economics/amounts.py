"""Whole amounts: how they are checked, and how they are divided to the last unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from validator.domain.economics import MAX_AMOUNT, PPM
from validator.errors import EconomicsError

if TYPE_CHECKING:
    from collections.abc import Sequence


def whole(field: str, value: object, least: int = 0, most: int = MAX_AMOUNT) -> int:
    """Return the value if it is an integer of the range; `True` is none.

    Raises EconomicsError that names the field and the bound.
    """
    if not isinstance(value, int) or isinstance(value, bool):
        raise EconomicsError(field, "must be a whole number")
    if value < least:
        raise EconomicsError(field, f"must be at least {least}")
    if value > most:
        raise EconomicsError(field, f"must be at most {most}")
    return value


def part_of(amount: int, ppm: int) -> int:
    """Return so many parts per million of an amount, rounded down as the chain rounds."""
    return amount * ppm // PPM


def apportion(amount: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Divide an amount by weights so that the parts sum to it exactly.

    The largest-remainder method (Hamilton): everyone gets the part rounded down, and the units left
    over go one each to the largest remainders; of equal remainders the earlier place is served
    first. No part is off by a unit or more. `amount` and every weight >= 0, their sum > 0.
    """
    total = sum(weights)
    if total <= 0 or min(weights) < 0:
        raise EconomicsError("weights", "must not be negative, and one must be greater than 0")
    parts = [amount * weight // total for weight in weights]
    remainders = [amount * weight % total for weight in weights]
    order = sorted(range(len(parts)), key=lambda place: -remainders[place])
    for place in order[: amount - sum(parts)]:
        parts[place] += 1
    return tuple(parts)
