"""Reviews as they are shown, to everybody who may and to the operator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from validator.wire.documents import rfc3339

if TYPE_CHECKING:
    from validator.domain.review_queue import Review

REVIEW_SCHEMA: Final = "tosv.expert-review/1"


def review_to_json(review: Review, *, operator: bool) -> dict[str, Any]:
    """Return a review as it stands.

    Whose it is, who decided and the digest of its record are for the operator; rubric, prompts,
    canaries and gold are in the record alone.
    """
    shown: dict[str, Any] = {
        "schema": REVIEW_SCHEMA,
        "review_id": review.review_id,
        "submission_id": review.submission_id,
        "task_type": review.task_type,
        "state": review.state.value,
        "reason": review.reason,
        "asked_tier": review.asked.value,
        "tier": None if review.tier is None else review.tier.value,
        "score": review.score,
        "interval": None if review.interval is None else list(review.interval),
        "reasons": list(review.reasons),
        "flags": [dict(flag) for flag in review.flags],
        "basis": _basis(review),
        "scripted": review.scripted,
        "attempts": review.attempts,
        "cost_microdollars": review.cost,
        "created_at": rfc3339(review.created_at),
        "updated_at": rfc3339(review.updated_at),
        "human": None,
    }
    if review.human is not None:
        shown["human"] = {
            "score": review.human.score,
            "reason": review.human.reason,
            "decided_at": rfc3339(review.human.decided_at),
        }
    if operator:
        shown |= {
            "owner": review.owner,
            "origin": review.origin.value,
            "record_digest": review.record,
            "taken_by": review.taken_by,
            "taken_at": None if review.taken_at is None else rfc3339(review.taken_at),
        }
        if review.human is not None:
            shown["human"]["author"] = review.human.author
    return shown


def _basis(review: Review) -> str | None:
    """Who is behind the score; none while there is no score."""
    if review.human is not None:
        return "human"
    if review.score is None:
        return None
    return "experts" if review.tier is not None else "precheck"
