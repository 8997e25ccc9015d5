"""Partial deductions and bans: what an upheld offence costs, given what came before it.

Only a ruling makes an offence: flags, faults of ours and cases still open cost nothing. What an
appeal overturned has never happened.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from validator.domain.economics import PPM
from validator.economics.amounts import part_of, whole
from validator.errors import EconomicsError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from validator.domain.penalties import Offence, PenaltySettings

POINT: Final = 1_000_000
"""Points are counted in millionths, so that old ones fade in small steps."""
MAX_DAY: Final = 10**6
"""Days since any fixed start; more than two thousand years."""


class Ruling(StrEnum):
    """Where a case stands."""

    OPEN = "open"  # not ruled, or under appeal
    UPHELD = "upheld"
    OVERTURNED = "overturned"


@dataclass(frozen=True, slots=True)
class Case:
    """An earlier case of the same account, by the day of the act."""

    offence: Offence
    day: int
    ruling: Ruling


@dataclass(frozen=True, slots=True)
class Penalty:
    """What an offence costs.

    `deducted` + `returned` = the stake. The deducted part is held until the end of
    `appeal_until`, the last day on which an appeal may come; if one is won it is returned and the
    ban ends. `banned_until` is the last day of the ban, None without one. `points` are those in
    force with this offence, in millionths.
    """

    deducted: int
    returned: int
    banned_until: int | None
    points: int
    appeal_until: int


def faded(points: int, days: int, half_life_days: int) -> int:
    """Return what is left of points after so many days, in whole numbers.

    Halved after each half-life, and a straight line between: never below the exponential with the
    same half-life, above it by 6.2 % at most. The same on every machine, unlike a power.
    """
    halvings, rest = divmod(days, half_life_days)
    return points * (2 * half_life_days - rest) // (2 * half_life_days << halvings)


def points_in_force(history: Iterable[Case], today: int, settings: PenaltySettings) -> int:
    """Return the faded points of all upheld cases, in millionths. Raises EconomicsError."""
    total = 0
    for case in history:
        whole("history.day", case.day, 0, MAX_DAY)
        if case.day > today:
            raise EconomicsError("history.day", "must not be later than today")
        if case.ruling is Ruling.UPHELD:
            points = settings.rule(case.offence).points * POINT
            total += faded(points, today - case.day, settings.half_life_days)
    return total


def penalty(
    offence: Offence,
    stake: int,
    history: Iterable[Case],
    today: int,
    settings: PenaltySettings,
) -> Penalty:
    """Return what an offence of today costs an account with this history.

    multiple = 1 + escalation * points of before, at most `most_multiple`;
    deduction = share of the rule * multiple, at most `most_ppm` of the stake, rounded down;
    ban = days of the rule * multiple, at most `most_ban_days`, and at least `ban_days` once the
    points in force reach `ban_points`. Raises EconomicsError.
    """
    whole("stake", stake)
    whole("today", today, 0, MAX_DAY)
    rule = settings.rule(offence)
    before = points_in_force(history, today, settings)
    multiple = PPM + settings.escalation_ppm * before // POINT
    multiple = min(multiple, settings.most_multiple * PPM)
    deducted = part_of(stake, min(part_of(rule.deduction_ppm, multiple), settings.most_ppm))
    points = before + rule.points * POINT
    days = part_of(rule.ban_days, multiple)
    if points >= settings.ban_points * POINT:
        days = max(days, settings.ban_days)
    days = min(days, settings.most_ban_days)
    return Penalty(
        deducted=deducted,
        returned=stake - deducted,
        banned_until=today + days if days else None,
        points=points,
        appeal_until=today + settings.appeal_days,
    )
