"""A verdict decided anew after some of its checks turned out otherwise."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from validator.domain.verdict import Decision, Tier
from validator.pipeline.pipeline import is_empty
from validator.scoring import confidence, decide
from validator.wire.documents import result_digest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from validator.domain.submission import Intake
    from validator.domain.verdict import CheckRecord, Verdict


def rejudged(verdict: Verdict, intake: Intake, records: Sequence[CheckRecord]) -> Verdict:
    """Return the verdict that these records give; nothing is run again."""
    found = tuple(records)
    ruling = decide(found, answer_empty=is_empty(intake.submission.answer))
    return replace(
        verdict,
        decision=ruling.decision,
        score=ruling.score,
        confidence=confidence(found, ruling.decision, ruling.score),
        next_tier=Tier.PEER if ruling.decision is Decision.ESCALATE else None,
        reasons=ruling.reasons,
        checks=found,
        result_digest=result_digest(ruling.decision, ruling.score, found),
    )
