"""Why a report got its points, finding by finding: gold, so for the operator alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checkers.audit.matching import MAX_FREE_SPAN, WHOLE
from checkers.audit.places import NEAR, gap, span

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from checkers.audit.explanations import Source
    from checkers.audit.matching import Known, Merged
    from checkers.audit.places import Place
    from checkers.audit.scoring import Score


def sentences(result: Score, known: Sequence[Known], sources: Mapping[str, Source]) -> list[str]:
    """Return one sentence for each finding, then one for each weakness that was missed."""
    pairs = {one.finding: one for one in result.pairs}
    said = []
    for index, finding in enumerate(result.findings):
        found = pairs.get(index)
        if found is None:
            rest = "unresolved: reported elsewhere too, false until somebody resolves it"
            said.append(
                f"{_place(finding.place)}: "
                + (rest if index in result.unresolved else "matches no known weakness")
            )
            continue
        weakness = known[found.known]
        why = "; ".join(_discounts(finding, weakness, sources))
        said.append(
            f"{_place(finding.place)}: finds {_place(weakness.place)}, "
            f"weight {found.weight / WHOLE:.3f}" + (f" ({why})" if why else "")
        )
    hit = {one.known for one in result.pairs}
    said += [f"missed: {_place(one.place)}" for index, one in enumerate(known) if index not in hit]
    return said


def _discounts(finding: Merged, known: Known, sources: Mapping[str, Source]) -> Iterator[str]:
    lines = finding.place.lines
    if gap(lines, known.place.lines) > NEAR:
        yield "only the function is the same"
    if span(lines) > MAX_FREE_SPAN:
        yield f"cites {span(lines)} lines"
    given = {part.severity for part in finding.parts}
    if known.severity is not None and given != {known.severity}:
        yield f"severity {' and '.join(sorted(one or 'missing' for one in given))}"
        yield f"expected {known.severity}"
    if not all(sources[finding.place.file].is_specific(part) for part in finding.parts):
        yield "the explanation names nothing of the cited lines"


def _place(place: Place) -> str:
    return f"{place.category} in {place.file}:{place.lines[0]}-{place.lines[1]}"
