"""The debate of the highest tier: issues, roles, what may change a score, how an issue ends.

Pure. Whatever a judge says only counts with evidence that code has found: unguided debate moves
belief around and no nearer to the truth (design of expert review, sections 2 and 8).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from validator.domain.reviews import Quote  # noqa: TC001 - a field's type
from validator.experts.panel import middle

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from validator.domain.reviews import CriterionScore, Rubric, SeatVerdict

MAX_ISSUES: Final = 5
ISSUE_APART: Final = 10
"""Points on one criterion over which judges disagree."""
AGREED: Final = 15
"""Points within which the median of an issue stands."""
ROUNDS: Final = 2
LEAST_MOVE: Final = 3
"""A round in which no score moves by this many points is the last."""

ADVOCATE: Final = "advocate"
SCEPTIC: Final = "sceptic"
JUROR: Final = "juror"


@dataclass(frozen=True, slots=True)
class Issue:
    """A criterion on which the sealed verdicts are apart, and between which scores."""

    criterion: str
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Position:
    """What one judge holds on one issue, under a random label. `rationale` is untrusted text."""

    label: str
    criterion: str
    score: int
    quotes: tuple[Quote, ...]
    rationale: str


@dataclass(frozen=True, slots=True)
class Part:
    """What one call of a debate is about. Round 0 is the chair's.

    `roles` are by criterion; `own` is the label of the judge that is asked; `facts` are results of
    checks, in our own words. `without_spans`: the answer is shown without suspicious spans, and
    quotes are looked for in that.
    """

    round: int
    issues: tuple[Issue, ...]
    roles: Mapping[str, str]
    positions: tuple[Position, ...]
    facts: tuple[str, ...]
    own: str | None
    without_spans: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a judge stands on an issue. `confirmed`: a check bears it out; `refuted`: denies it."""

    score: int
    quotes: tuple[Quote, ...]
    confirmed: bool = False
    refuted: bool = False

    @property
    def has_evidence(self) -> bool:
        """Whether it rests on a span that exists or on a check."""
        return bool(self.quotes) or self.confirmed


def issues_of(verdicts: Mapping[str, SeatVerdict], rubric: Rubric) -> tuple[Issue, ...]:
    """Return the issues, at most five, what moves the score most first.

    A criterion that a verdict left out, since its evidence did not exist, is no position on it.
    """
    found = []
    for place, criterion in enumerate(rubric.criteria):
        scores = [
            said.score
            for verdict in verdicts.values()
            for said in verdict.criteria
            if said.criterion == criterion.id
        ]
        apart = max(scores) - min(scores) if scores else 0
        if apart > ISSUE_APART:
            issue = Issue(criterion.id, min(scores), max(scores))
            found.append((-apart * criterion.weight, place, issue))
    return tuple(issue for _, _, issue in sorted(found, key=lambda one: one[:2])[:MAX_ISSUES])


def roles_of(issues: Sequence[Issue], drawn: Sequence[str]) -> dict[str, dict[str, str]]:
    """Return each seat's role by criterion, from seats in drawn order.

    The first two argue for and against the answer, whatever they think of it, and change sides
    with every issue; the others weigh.
    """
    roles: dict[str, dict[str, str]] = {seat: {} for seat in drawn}
    for place, issue in enumerate(issues):
        sides = (ADVOCATE, SCEPTIC) if place % 2 == 0 else (SCEPTIC, ADVOCATE)
        for seat, role in zip(drawn, (*sides, *(JUROR for _ in drawn[2:])), strict=False):
            roles[seat][issue.criterion] = role
    return roles


def first_standings(
    verdicts: Mapping[str, SeatVerdict], issues: Iterable[Issue]
) -> dict[str, dict[str, Standing]]:
    """Return the sealed positions on each issue, by criterion and seat."""
    return {
        issue.criterion: {
            seat: Standing(said.score, said.quotes)
            for seat, verdict in verdicts.items()
            for said in verdict.criteria
            if said.criterion == issue.criterion
        }
        for issue in issues
    }


def heard(
    standing: Standing, said: CriterionScore | None, settled: Iterable[bool | None]
) -> tuple[Standing, str]:
    """Return where a judge stands after its turn on an issue, and why.

    `settled`: what checks said of its claims on it. What a check denies is out, and that binds. A
    new score needs a span that the judge had not cited, or a check that confirms; else it is drift
    and the earlier score stays.
    """
    results = list(settled)
    if False in results:
        return replace(standing, refuted=True), "refuted"
    confirmed = standing.confirmed or True in results
    if said is None:
        return replace(standing, confirmed=confirmed), "silent"
    fresh = tuple(quote for quote in said.quotes if _is_fresh(quote, standing.quotes))
    after = replace(standing, quotes=standing.quotes + fresh, confirmed=confirmed)
    if said.score == standing.score:
        return after, "kept"
    if not fresh and True not in results:
        return after, "drift"
    return replace(after, score=said.score), "changed"


def is_open(standings: Mapping[str, Standing]) -> bool:
    """Whether an issue is worth another round or the chair."""
    return settle_issue(standings, None)[0] is None


def settle_issue(standings: Mapping[str, Standing], chair: int | None) -> tuple[int | None, str]:
    """Return an issue's score and the rule that settled it, or None where nothing does.

    The median where all are within 15 points; else the position with evidence; else the one with
    evidence that the chair came nearest to, where that is within 15 points of it.
    """
    live = [standing for standing in standings.values() if not standing.refuted]
    if not live:
        return None, "refuted"
    found = _agreed(live)
    if found is not None:
        return found, "median"
    shown = [standing for standing in live if standing.has_evidence]
    found = _agreed(shown)
    if found is not None:
        return found, "evidence"
    if chair is not None and shown:
        nearest = min(shown, key=lambda standing: (abs(standing.score - chair), standing.score))
        if abs(nearest.score - chair) <= AGREED:
            return nearest.score, "chair"
    return None, "open"


def moved(before: Mapping[str, Standing], after: Mapping[str, Standing]) -> bool:
    """Whether a round changed anything that another round could build on."""
    return any(
        abs(after[seat].score - standing.score) >= LEAST_MOVE
        or after[seat].refuted != standing.refuted
        for seat, standing in before.items()
    )


def _agreed(standings: Sequence[Standing]) -> int | None:
    scores = [standing.score for standing in standings]
    if not scores or max(scores) - min(scores) > AGREED:
        return None
    return middle(scores)


def _is_fresh(quote: Quote, earlier: Iterable[Quote]) -> bool:
    """Whether a span overlaps none that was cited before."""
    return all(
        quote.piece != old.piece or quote.end <= old.start or quote.start >= old.end
        for old in earlier
    )
