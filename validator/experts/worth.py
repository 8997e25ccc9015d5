"""Whether a fee pays for the review that it is for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from validator.domain.economics import PPM, TOS
from validator.errors import EconomicsError

if TYPE_CHECKING:
    from collections.abc import Sequence


def accept_review(expected_cost: int, fee_tos: int, tos_usd: int | None, share: int) -> bool:
    """Tell whether `expected_cost <= share * fee * tos_usd` (design of expert review, section 8).

    `expected_cost` and `tos_usd`, the price of one TOS, are in millionths of a dollar, `fee_tos` in
    units of 1e-9 TOS, `share` in parts per million. An unknown price of the TOS accepts nothing.
    Whole numbers throughout, so that the line is where it is said to be. Raises EconomicsError.
    """
    for name, value in (("expected_cost", expected_cost), ("fee_tos", fee_tos), ("share", share)):
        if value < 0:
            raise EconomicsError(name, "must not be negative")
    if share > PPM:
        raise EconomicsError("share", f"must be at most {PPM} parts per million")
    if tos_usd is None:
        return False
    return expected_cost * PPM * TOS <= share * fee_tos * tos_usd


def expected_cost(costs: Sequence[int], chances: Sequence[int]) -> int:
    """Return the sum of each tier's cost times the chance, in ppm, that it is reached, rounded up.

    `costs` are in millionths of a dollar, from the first tier asked upwards. Raises EconomicsError.
    """
    if len(costs) != len(chances):
        raise EconomicsError("chances", "must be as many as costs")
    if any(not 0 <= chance <= PPM for chance in chances):
        raise EconomicsError("chances", f"must be 0 to {PPM} parts per million")
    total = sum(cost * chance for cost, chance in zip(costs, chances, strict=True))
    return -(-total // PPM)
