"""The rule `score/1` (contract, section 3): pure, integers only, every branch property-tested.

A check that ended in `error` or `undecided` is open: the rule decides once with all open checks at
0 points and once at 100. Decisions rise with points (reject < escalate < accept), so where both
ends agree, everything between them agrees, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from checkers.protocol import CheckStatus
from validator.domain.verdict import Decision, Ruling
from validator.scoring.reasons import explain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from validator.domain.verdict import CheckRecord

ACCEPT_FROM = 70
"""The chain's threshold: a first score of 70 or more closes a task."""

REJECTED_AT_MOST = 20
"""The most points that an answer with a failed required check gets."""

BEST = 100

_OPEN = (CheckStatus.ERROR, CheckStatus.UNDECIDED)


@dataclass(frozen=True, slots=True)
class _Scored:
    """A check with points, real or supposed."""

    record: CheckRecord
    score: int

    @property
    def passed(self) -> bool:
        return self.score >= self.record.pass_at


def decide(records: Sequence[CheckRecord], *, answer_empty: bool) -> Ruling:
    """Decide what an answer is worth. `skipped` checks count for nothing at all."""
    counted = [item for item in records if item.result.status is not CheckStatus.SKIPPED]
    worst = _decide_as(counted, errors=0, undecided=0, answer_empty=answer_empty)
    best = _decide_as(counted, errors=BEST, undecided=BEST, answer_empty=answer_empty)
    if worst is best:
        decision = worst
    elif _errors_matter(counted, answer_empty=answer_empty):
        decision = Decision.ABSTAIN
    else:
        decision = Decision.ESCALATE
    score = _points(counted) if decision in (Decision.ACCEPT, Decision.REJECT) else None
    return Ruling(decision, score, explain(records, decision, score, answer_empty=answer_empty))


def _errors_matter(records: Sequence[CheckRecord], *, answer_empty: bool) -> bool:
    """Whether the checks in error could turn the decision, however the undecided ones end."""
    return any(
        _decide_as(records, errors=0, undecided=points, answer_empty=answer_empty)
        is not _decide_as(records, errors=BEST, undecided=points, answer_empty=answer_empty)
        for points in (0, BEST)
    )


def _decide_as(
    records: Sequence[CheckRecord], *, errors: int, undecided: int, answer_empty: bool
) -> Decision:
    supposed = {CheckStatus.ERROR: errors, CheckStatus.UNDECIDED: undecided}
    scored = [
        _Scored(
            item, _score(item) if item.result.score is not None else supposed[item.result.status]
        )
        for item in records
    ]
    if any(item.record.required and not item.passed for item in scored):
        return Decision.REJECT
    total = _total(scored)
    if total is None:
        return Decision.ESCALATE
    if total < ACCEPT_FROM:
        return Decision.REJECT
    proven = any(item.record.sufficient and item.passed for item in scored)
    return Decision.ACCEPT if proven and not answer_empty else Decision.ESCALATE


def _points(records: Sequence[CheckRecord]) -> int:
    """Points from the known checks alone; 0 where none of them has any weight."""
    known = [_Scored(item, _score(item)) for item in records if item.result.status not in _OPEN]
    total = _total(known) or 0
    if any(item.record.required and not item.passed for item in known):
        return min(total, REJECTED_AT_MOST)
    return total


def _score(record: CheckRecord) -> int:
    score = record.result.score
    assert score is not None  # noqa: S101 - CheckResult refuses pass and fail without a score
    return score


def _total(scored: Sequence[_Scored]) -> int | None:
    weight = sum(item.record.weight for item in scored)
    if weight == 0:
        return None
    return sum(item.record.weight * item.score for item in scored) // weight
