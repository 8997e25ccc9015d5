"""Suspected rings: accounts that are tied to each other by the acts of both."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from validator.fraud.graph import components
from validator.fraud.links import Link, LinkKind, any_of
from validator.fraud.records import FraudFlag, FraudKind

if TYPE_CHECKING:
    from collections.abc import Iterable

EDGE: Final = 0.6
"""Weight that the links of *each* of two accounts towards the other must reach together."""

MAX_EVIDENCE: Final = 100
"""Ids in one flag; the case file has them all."""


@dataclass(frozen=True, slots=True)
class Ring:
    """Accounts that hang together (sorted), and all links among them (sorted).

    `weights` are the combined ones, from the accused to the other; 0-1.
    """

    members: tuple[str, ...]
    links: tuple[Link, ...]
    weights: tuple[tuple[str, str, float], ...]


def combined(links: Iterable[Link]) -> dict[tuple[str, str], float]:
    """Return (accused, other) to weight: the strongest of each kind, kinds as independent signs."""
    strongest: dict[tuple[str, str], dict[LinkKind, float]] = defaultdict(dict)
    for link in links:
        known = strongest[link.accused, link.other]
        known[link.kind] = max(known.get(link.kind, 0.0), link.weight)
    return {pair: any_of(known.values()) for pair, known in sorted(strongest.items())}


def find_rings(links: Iterable[Link]) -> list[Ring]:
    """Return the connected components of the edges that both sides earn; largest first.

    An edge weighs what the lesser of its two directions does: an account that did nothing towards
    another is tied to nobody, however many are tied to it.
    """
    listed = list(links)
    weights = combined(listed)
    edges = [
        (one, other)
        for (one, other), weight in weights.items()
        if one < other and min(weight, weights.get((other, one), 0.0)) >= EDGE
    ]
    rings = []
    for members in components(edges):
        inside = set(members)
        own = [link for link in listed if link.accused in inside and link.other in inside]
        own.sort(key=lambda link: (link.accused, link.other, link.kind, link.evidence))
        among = tuple(
            (one, other, round(weight, 4))
            for (one, other), weight in weights.items()
            if one in inside and other in inside
        )
        rings.append(Ring(members, tuple(own), among))
    return rings


def ring_flags(rings: Iterable[Ring]) -> list[FraudFlag]:
    """Flag every member of a ring for its own acts and with the weight of its own strongest tie."""
    found = []
    for ring in rings:
        for member in ring.members:
            own = [link for link in ring.links if link.accused == member]
            weight = max(weight for one, _, weight in ring.weights if one == member)
            kinds = ", ".join(sorted({link.kind.value for link in own}))
            detail = f"acts together with {len(ring.members) - 1} other accounts: {kinds}"
            ids = sorted({act for link in own for act in link.evidence})
            found.append(
                FraudFlag(
                    FraudKind.COLLUSION, member, detail, round(weight, 3), tuple(ids[:MAX_EVIDENCE])
                )
            )
    return found
