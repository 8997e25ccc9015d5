"""Who sits in a panel: families that differ from each other and from the miner's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from validator.experts.tiers import ORDER, RULES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from validator.domain.reviews import Seat, Tier

Draw: TypeAlias = Callable[[str], int]
"""A number for a label, as a seeded review draws it."""


@dataclass(frozen=True, slots=True)
class Panel:
    """Seats of a tier. `reserves` take the place of a seat that falls out; `chair` is Master's."""

    seats: tuple[Seat, ...]
    reserves: tuple[Seat, ...]
    chair: Seat | None


@dataclass(frozen=True, slots=True)
class Vacant:
    """Why no panel can sit, in a sentence."""

    why: str


def seat_panel(
    tier: Tier, seats: Sequence[Seat], miner_family: str | None, draw: Draw
) -> Panel | Vacant:
    """Return a panel of a tier, drawn by `draw`, one seat of each family.

    A seat of a higher tier may fill a place of a lower one, never the other way round: a weaker
    judge cannot settle what stronger ones dispute. The miner's declared family never judges it.
    """
    rule = RULES[tier]
    drawn = sorted(
        (seat for seat in seats if _fits(seat, tier, miner_family)),
        key=lambda seat: (ORDER.index(seat.tier), draw(seat.name), seat.name),
    )
    firsts: dict[str, Seat] = {}
    for seat in drawn:
        firsts.setdefault(seat.family.casefold(), seat)
    places = rule.seats + rule.chair
    if len(firsts) < places:
        return Vacant(_missing(tier, places, len(firsts), miner_family))
    order = list(firsts.values())
    chair = order[rule.seats] if rule.chair else None
    panel = tuple(order[: rule.seats])
    taken = {seat.name for seat in panel} | ({chair.name} if chair else set())
    return Panel(panel, tuple(seat for seat in drawn if seat.name not in taken), chair)


def replacement(
    panel: Sequence[Seat], fallen: Seat, reserves: Sequence[Seat], chair: Seat | None
) -> Seat | None:
    """Return the first reserve whose family nobody else of the panel has, or None."""
    others = [seat for seat in panel if seat.name != fallen.name] + ([chair] if chair else [])
    held = {seat.family.casefold() for seat in others}
    return next((seat for seat in reserves if seat.family.casefold() not in held), None)


def _fits(seat: Seat, tier: Tier, miner_family: str | None) -> bool:
    strong = ORDER.index(seat.tier) >= ORDER.index(tier)
    return strong and not _same(seat.family, miner_family)


def _same(family: str, other: str | None) -> bool:
    return other is not None and family.casefold() == other.strip().casefold()


def _missing(tier: Tier, places: int, found: int, miner_family: str | None) -> str:
    asked = f"{tier.value} needs judges of {places} families"
    apart = f" besides the miner's own, {miner_family}" if miner_family is not None else ""
    return f"{asked}{apart}; {found} can sit"
