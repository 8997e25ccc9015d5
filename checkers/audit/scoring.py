"""Precision and recall of a report, as 0 to 100 points (steps 4, 6 and 7)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from checkers.audit.categories import same
from checkers.audit.matching import WHOLE, Known, Merged, Pair, merge, pair, tenths
from checkers.audit.places import NEAR, Place, gap

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from checkers.audit.explanations import Source
    from checkers.audit.findings import Reading


@dataclass(frozen=True, slots=True)
class Score:
    """How a report compares with the known weaknesses. Holds gold: for the operator alone.

    `unresolved` are indexes of findings that match nothing known while somebody independent reports
    the same: they count as false until an expert or a human says otherwise (threat model, row 30).
    """

    points: int
    precision: Fraction
    recall: Fraction
    findings: tuple[Merged, ...]
    pairs: tuple[Pair, ...]
    unresolved: tuple[int, ...] = ()


def score(
    reading: Reading,
    known: Sequence[Known],
    sources: Mapping[str, Source],
    corroborated: Collection[Place] = (),
    confirmed: Collection[Place] = (),
) -> Score:
    """Score a report on the files of `sources`.

    `corroborated` are places that the validator's scanner, or an unlinked miner's earlier
    commitment, reports: they mark findings as unresolved and change no point. `confirmed` are
    places of unresolved findings that a later tier found true: these leave the precision.
    """
    findings = merge(reading.reported)
    pairs = pair(findings, known, sources)
    paired = {one.finding for one in pairs}
    rest = [index for index in range(len(findings)) if index not in paired]
    true_after_all = [index for index in rest if findings[index].place in confirmed]
    counted = len(findings) + len(reading.refused) - len(true_after_all)
    precision = _precision(pairs, counted)
    recall = _recall(pairs, known)
    unresolved = tuple(
        index
        for index in rest
        if index not in true_after_all and _is_corroborated(findings[index].place, corroborated)
    )
    points = _points(precision, recall) if known else _half_up(Fraction(100, 1 + counted))
    return Score(points, precision, recall, findings, pairs, unresolved)


def is_scanned(place: Place, scanned: Collection[Place]) -> bool:
    """True when a scanner reports the same near the same lines."""
    return _is_corroborated(place, scanned)


def _is_corroborated(place: Place, others: Collection[Place]) -> bool:
    return any(
        other.file == place.file
        and same(other.category, place.category)
        and gap(other.lines, place.lines) <= NEAR
        for other in others
    )


def _precision(pairs: Sequence[Pair], counted: int) -> Fraction:
    return Fraction(sum(one.weight for one in pairs), WHOLE * counted) if counted else Fraction(0)


def _recall(pairs: Sequence[Pair], known: Sequence[Known]) -> Fraction:
    whole = WHOLE * sum(tenths(one) for one in known)
    found = sum(one.weight * tenths(known[one.known]) for one in pairs)
    return Fraction(found, whole) if whole else Fraction(0)


def _points(precision: Fraction, recall: Fraction) -> int:
    both = precision + recall
    return _half_up(200 * precision * recall / both) if both else 0


def _half_up(value: Fraction) -> int:
    return int(value + Fraction(1, 2))
