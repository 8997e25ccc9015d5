"""The verdict that a round of peers comes to: its score goes the way of every check's score."""

from __future__ import annotations

import platform
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from checkers.protocol import CheckResult, CheckStatus
from validator.domain.verdict import CheckRecord, Decision, Tier, Verdict
from validator.pipeline.cage import NO_SANDBOX
from validator.pipeline.pipeline import is_empty
from validator.scoring import confidence, decide
from validator.scoring.score1 import ACCEPT_FROM
from validator.wire.documents import result_digest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from validator.domain.clock import Clock, IdSource
    from validator.domain.submission import Intake

PEERS: Final = "peers"


def peer_verdict(
    intake: Intake,
    submission_id: str,
    supersedes: str,
    result: Mapping[str, Any],
    clock: Clock,
    ids: IdSource,
) -> Verdict:
    """Return the verdict of a final result (`tosv.vote-result/1`), by the rule `score/1`.

    The round stands as one sufficient check that nothing requires, so that its score is the
    verdict's; an empty answer is not accepted by votes either. What the automatic checks found is
    in the verdict that this one `supersedes`.
    """
    record = _record(result)
    ruling = decide((record,), answer_empty=is_empty(intake.submission.answer))
    return Verdict(
        verdict_id=ids.new("ver"),
        submission_id=submission_id,
        task_id=intake.task_label,
        answer_id=intake.answer_label,
        decision=ruling.decision,
        score=ruling.score,
        confidence=confidence((record,), ruling.decision, ruling.score),
        tier=Tier.PEER,
        next_tier=Tier.EXPERT if ruling.decision is Decision.ESCALATE else None,
        reasons=ruling.reasons,
        checks=(record,),
        plan_id=intake.plan.plan_id,
        plan_digest=intake.plan.digest,
        sandbox=NO_SANDBOX,
        result_digest=result_digest(ruling.decision, ruling.score, (record,)),
        created_at=clock.now(),
        flags=intake.flags,
        supersedes=supersedes,
        versions=MappingProxyType({"python": platform.python_version()}),
    )


def _record(result: Mapping[str, Any]) -> CheckRecord:
    score: int = result["score"]
    return CheckRecord(
        CheckResult(
            PEERS,
            CheckStatus.PASS if score >= ACCEPT_FROM else CheckStatus.FAIL,
            score,
            f"{result['votes_used']} votes of round {result['round_id']}, evidence"
            f" {result['evidence']}",
            metrics=MappingProxyType({"votes": result["votes_used"]}),
        ),
        weight=1,
        required=False,
        sufficient=True,
        pass_at=ACCEPT_FROM,
    )
