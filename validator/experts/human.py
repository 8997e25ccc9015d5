"""Operators in the judges' place: they see what judges saw, decide with a reason, and it is kept.

A ruling is recorded like a seat's verdict: with its author, its reason, and the digest of the
record that its author saw.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from validator.domain.review_queue import HumanDecision
from validator.wire.canonical import canonical_json, sha256_digest
from validator.wire.documents import rfc3339

if TYPE_CHECKING:
    from collections.abc import Callable

    from validator.domain.clock import Clock
    from validator.domain.review_queue import Review
    from validator.experts.reading import HumanDocument
    from validator.store.reviews import ReviewStore

HUMAN_SCHEMA: Final = "tosv.human-review/1"
"""Of a record without judges: nobody had said anything before the operator did."""


@dataclass(frozen=True, slots=True)
class Humans:
    """What operators do with reviews.

    `into` writes a decision into the judges' record and gives the new record's bytes.
    """

    store: ReviewStore
    clock: Clock
    into: Callable[[bytes, HumanDecision, str], bytes]

    def act(self, review_id: str, document: HumanDocument) -> Review:
        """Do what an operator asked for. Raises as `take`, `release` and `decide` do."""
        author = document.author.strip()
        if document.action == "take":
            return self.take(review_id, author)
        if document.action == "release":
            return self.release(review_id, author)
        return self.decide(review_id, author, document.score, (document.reason or "").strip())

    def take(self, review_id: str, author: str) -> Review:
        """Take a review out of the queue. Raises NotFoundError, ReviewTakenError, ReviewStateError.

        May be repeated. What judges ended without a score may be taken, too.
        """
        return self.store.hold(review_id, author)

    def release(self, review_id: str, author: str) -> Review:
        """Give it back to whoever comes next. Raises NotFoundError, ReviewTakenError."""
        return self.store.let_go(review_id, author)

    def decide(self, review_id: str, author: str, score: int | None, reason: str) -> Review:
        """Decide a review that is in one's hands: a score of 0-100, or none.

        Raises NotFoundError, ReviewTakenError, ReviewStateError.
        """
        review = self.store.review(None, review_id)
        decision = HumanDecision(author, reason, score, self.clock.now())
        if review.record is None:
            record = alone(review, decision)
        else:
            judged = self.store.record(review_id, review.record)
            record = self.into(judged, decision, review.record)
        digest = sha256_digest(record)
        return self.store.rule(review_id, decision, review.record, record, digest=digest)


def alone(review: Review, decision: HumanDecision) -> bytes:
    """Return the record of a decision that no judge's record comes before."""
    return canonical_json(
        {
            "schema": HUMAN_SCHEMA,
            "review_id": review.review_id,
            "submission_id": review.submission_id,
            "asked": review.asked.value,
            "judges": review.reason,
            "human": {
                "author": decision.author,
                "reason": decision.reason,
                "score": decision.score,
                "decided_at": rfc3339(decision.decided_at),
            },
        }
    )
