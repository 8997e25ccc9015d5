"""The bench: configured judges, their licences, and which tiers are really open."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from validator.domain.reviews import Seat, Tier
from validator.experts.licence import Floor, Licence, covers, open_tiers
from validator.experts.seating import Panel, Vacant, seat_panel
from validator.experts.tiers import ACCEPT_LINE, ORDER

if TYPE_CHECKING:
    from validator.experts.seating import Draw

NOT_CONFIGURED: Final = "experts_not_configured"
"""Reason code where no judge is configured at all."""


@dataclass(frozen=True, slots=True)
class CallLimits:
    """Limits of every call: characters of prompt, tokens of reply, seconds."""

    max_input_chars: int = 200_000
    max_output_tokens: int = 4_000
    deadline_s: float = 120.0


@dataclass(frozen=True, slots=True)
class Bench:
    """Who may judge, and by which rules. All of it goes into the record.

    `highest` is the dearest tier that the fee pays for. `suspended`: seats whose drift alarm rang.
    """

    seats: tuple[Seat, ...]
    licences: tuple[Licence, ...] = ()
    floor: Floor = field(default_factory=Floor)
    lines: tuple[int, ...] = (ACCEPT_LINE,)
    limits: CallLimits = field(default_factory=CallLimits)
    highest: Tier = Tier.MASTER
    suspended: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Open:
    """A tier that can judge now. Without a licence only gold items are judged."""

    panel: Panel
    licence: Licence | None


def open_tier(
    bench: Bench, tier: Tier, task_type: str, miner_family: str | None, draw: Draw
) -> Open | Vacant:
    """Return the panel and licence of a tier, or why it is not available."""
    if not bench.seats:
        return Vacant("no judge is configured; add [[experts.seats]] with a key file")
    if ORDER.index(tier) > ORDER.index(bench.highest):
        return Vacant(f"the fee pays for {bench.highest.value} at most")
    opened, closed = open_tiers(bench.licences, task_type, bench.floor)
    licence = opened.get(tier)
    if licence is None:
        return Vacant(closed[tier])
    licensed = [
        seat
        for seat in bench.seats
        if covers(licence, seat) is None and seat.name not in bench.suspended
    ]
    panel = seat_panel(tier, licensed, miner_family, draw)
    return panel if isinstance(panel, Vacant) else Open(panel, licence)


def availability(bench: Bench, task_type: str) -> dict[Tier, str | None]:
    """Return each tier with why it is not available for a task type, or None where it is."""
    found: dict[Tier, str | None] = {}
    for tier in ORDER:
        opened = open_tier(bench, tier, task_type, None, lambda _: 0)
        found[tier] = opened.why if isinstance(opened, Vacant) else None
    return found
