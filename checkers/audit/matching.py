"""Merging a report's own duplicates, and pairing what is left with the known weaknesses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from checkers.audit.assignment import best_pairs
from checkers.audit.categories import group_of, same
from checkers.audit.findings import SEVERITIES
from checkers.audit.places import NEAR, Place, gap, span

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from checkers.audit.explanations import Source
    from checkers.audit.findings import Reported

WHOLE: Final = 1_000_000
"""A pair's full weight; weights are whole millionths, so that sums do not depend on their order."""

MAX_MERGED: Final = 5
"""Lines that a merged finding may have. With 15, naming every line earned 45 of 100 in place of
24 (static analysis note, section 7)."""

MAX_FREE_SPAN: Final = 15
"""Lines that a finding may cite before its weight falls by 15 / span."""

SEVERITY_PERCENT: Final = (100, 75, 50)
"""Share kept when the severity is right, one step off, further off or not given."""

VAGUE_PERCENT: Final = 50
SCANNED_TENTHS: Final = 3
"""Tenths that a weakness counts in a paid audit when the validator's own scanner reports it."""


@dataclass(frozen=True, slots=True)
class Known:
    """A weakness that is there. `severity` None: it is not judged."""

    place: Place
    severity: str | None = None
    scanned: bool = False


@dataclass(frozen=True, slots=True)
class Merged:
    """One finding after step 2: what it covers, and the reported ones in it (at least one)."""

    place: Place
    parts: tuple[Reported, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """Indexes of a merged finding and a known weakness, and their weight in millionths."""

    finding: int
    known: int
    weight: int


def merge(reported: Sequence[Reported]) -> tuple[Merged, ...]:
    """Merge findings of one file and category whose ranges touch, up to `MAX_MERGED` lines.

    Exact copies are merged whatever their length. Sorted by place.
    """
    made: list[Merged] = []
    for one in sorted(reported, key=lambda item: (item.place.file, item.place.category, item)):
        last = made[-1] if made else None
        whole = None if last is None else _joined(last.place, one.place)
        if last is None or whole is None:
            made.append(Merged(one.place, (one,)))
        else:
            made[-1] = Merged(whole, (*last.parts, one))
    return tuple(sorted(made, key=lambda item: item.place))


def _joined(one: Place, other: Place) -> Place | None:
    if one == other:
        return one
    if (one.file, one.category) != (other.file, other.category) or gap(one.lines, other.lines) > 1:
        return None
    lines = min(one.lines[0], other.lines[0]), max(one.lines[1], other.lines[1])
    return Place(one.file, lines, one.category) if span(lines) <= MAX_MERGED else None


def weigh(finding: Merged, known: Known, sources: Mapping[str, Source]) -> int:
    """Return the weight of a pair in millionths (steps 3 and 5).

    Where merged findings differ in severity or explanation, the worst of each counts: repeating a
    finding with every severity gains nothing.
    """
    place, wanted = finding.place, known.place
    if place.file != wanted.file or not same(place.category, wanted.category):
        return 0
    source = sources[place.file]
    if gap(place.lines, wanted.lines) <= NEAR:
        weight = WHOLE
    elif _same_function(source, place.lines, wanted.lines):
        weight = WHOLE // 2
    else:
        return 0
    if span(place.lines) > MAX_FREE_SPAN:
        weight = weight * MAX_FREE_SPAN // span(place.lines)
    if known.severity is not None:
        weight = weight * min(_severity(part.severity, known.severity) for part in finding.parts)
        weight //= 100
    if not all(source.is_specific(part) for part in finding.parts):
        weight = weight * VAGUE_PERCENT // 100
    return weight


def _same_function(source: Source, one: tuple[int, int], other: tuple[int, int]) -> bool:
    around = source.functions.around(one)
    return around is not None and around == source.functions.around(other)


def _severity(reported: str, known: str) -> int:
    if not reported:
        return SEVERITY_PERCENT[-1]
    steps = abs(SEVERITIES.index(reported) - SEVERITIES.index(known))
    return SEVERITY_PERCENT[min(steps, len(SEVERITY_PERCENT) - 1)]


def pair(
    findings: Sequence[Merged], known: Sequence[Known], sources: Mapping[str, Source]
) -> tuple[Pair, ...]:
    """Pair one to one by largest total weight; of equal ones, what counts most for the recall.

    Only findings and weaknesses of one file and group can pair, so each such part is solved alone.
    """
    rooms: dict[tuple[str, str], list[int]] = {}
    for index, one in enumerate(known):
        rooms.setdefault((one.place.file, group_of(one.place.category)), []).append(index)
    found: list[Pair] = []
    for (file, group), wanted in sorted(rooms.items()):
        given = [
            index
            for index, one in enumerate(findings)
            if one.place.file == file and group_of(one.place.category) == group
        ]
        found += _pair_room(findings, given, known, wanted, sources)
    return tuple(sorted(found, key=lambda item: item.finding))


def _pair_room(
    findings: Sequence[Merged],
    given: Sequence[int],
    known: Sequence[Known],
    wanted: Sequence[int],
    sources: Mapping[str, Source],
) -> list[Pair]:
    weights = [[weigh(findings[one], known[other], sources) for one in given] for other in wanted]
    # The first weight decides; the second, which no sum of can reach one step of it, breaks ties.
    step = 10 * WHOLE * (len(wanted) + 1)
    values = [
        [weight * step + weight * tenths(known[other]) for weight in row]
        for other, row in zip(wanted, weights, strict=True)
    ]
    return [
        Pair(given[column], wanted[row], weights[row][column]) for row, column in best_pairs(values)
    ]


def tenths(known: Known) -> int:
    """Return what a weakness counts in the recall, in tenths (step 7)."""
    return SCANNED_TENTHS if known.scanned else 10
