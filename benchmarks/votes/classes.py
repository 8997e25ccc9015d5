"""Classes on public sets: our models beside crowd-kit's; ties count by share."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Final

from benchmarks.timing import Ratio
from benchmarks.votes import GROUP, crowd_kit, percent, points
from benchmarks.votes.figures import right_share
from benchmarks.votes.public_sets import CLASSES, VoteSet, sets, there
from validator.peers.averages import weighted_average
from validator.peers.baselines import majority
from validator.peers.confusion import dawid_skene, pooled_confusion
from validator.peers.ensemble import blend
from validator.peers.pool import Kind
from validator.peers.subtypes import subtype_model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from validator.peers.pool import Floats, Pool

OURS: Final[Mapping[str, Callable[[Pool], Floats]]] = {
    "blend": lambda pool: blend(pool).belief,
    "confusion": lambda pool: pooled_confusion(pool).belief,
    "subtypes": subtype_model,
    "average": weighted_average,
    "dawid-skene": lambda pool: dawid_skene(pool).belief,
    "majority": majority,
}
LOSS: Final = -2.0
"""Points that may be lost against the plain majority on any set."""


def measure(short: bool) -> Iterator[Ratio]:
    """Measure; the short form leaves out the peers that take minutes."""
    if not there():
        return
    found = list(sets(CLASSES, Kind.CLASS))
    ours = {name: [_share(each, fit(each.pool())) for each in found] for name, fit in OURS.items()}
    for name, shares in ours.items():
        yield from _lines(f"ours, {name}", shares)
    worst = min(
        blended - plain for blended, plain in zip(ours["blend"], ours["majority"], strict=True)
    )
    yield points(
        "classes: ours, blend: least lead over the majority, points",
        100 * worst, LOSS, at_most=False,
    )  # fmt: skip
    if not crowd_kit.there():
        return
    best = 0.0
    for name, shares in _peers(found, short):
        yield from _lines(f"crowd-kit, {name}", shares)
        best = max(best, statistics.mean(shares))
    lead = "classes: mean right, ours (blend) / best of crowd-kit"
    yield Ratio(
        GROUP, lead, 100 * statistics.mean(ours["blend"]), 100 * best, "%", 1.0, at_most=False
    )


def _share(each: VoteSet, belief: Floats) -> float:
    return right_share(belief, each.codes(each.pool()))


def _lines(who: str, shares: list[float]) -> Iterator[Ratio]:
    for name, share in zip(CLASSES, shares, strict=True):
        yield percent(f"classes: {who}: right on {name}", share)
    yield percent(f"classes: {who}: right, mean of {len(shares)}", statistics.mean(shares))


def _peers(found: list[VoteSet], short: bool) -> Iterator[tuple[str, list[float]]]:
    """Those of crowd-kit that get through all sets."""
    chosen = crowd_kit.QUICK if short else {**crowd_kit.QUICK, **crowd_kit.SLOW}
    for name, options in chosen.items():
        shares: list[float] = []
        for each in found:
            belief = crowd_kit.beliefs(name, each.pool(), options)
            if belief is None:
                break
            shares.append(_share(each, belief))
        else:
            yield name, shares
