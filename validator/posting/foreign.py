"""Scores under our key that are not ours, as a node shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from validator.posting.alerts import Alert

if TYPE_CHECKING:
    from validator.domain.posting import Post
    from validator.posting.alerts import Alerts
    from validator.wire.tos import PublicKey
    from validator.wire.tos.rules import Score, Task


def own_score(task: Task | None, answer_id: str, key: PublicKey) -> Score | None:
    """Return the score that a node shows under a key for an answer; None without one."""
    answer = None if task is None else task.answer(bytes.fromhex(answer_id))
    scores = () if answer is None else answer.validation_scores
    return next((each for each in scores if each.validator == key), None)


class Foreign:
    """While one is seen nothing is begun, and the operator hears of it.

    A node's word proves nothing, so it halts nothing for good: the signer does that, which verifies
    the signature under the score (threat model, row 17).
    """

    def __init__(self, alerts: Alerts) -> None:
        self._alerts = alerts
        self._seen: dict[str, str] = {}

    @property
    def answers(self) -> tuple[str, ...]:
        """The answers with such a score."""
        return tuple(self._seen)

    @property
    def why(self) -> str | None:
        """What is seen, in one sentence; None while nothing is."""
        return next(iter(self._seen.values()), None)

    def see(self, post: Post, shown: int) -> str:
        """Remember another score for a post's answer; return the sentence about it."""
        said = (
            f"The chain shows {shown} points under our key for answer"
            f" {post.answer_id[:16]}..., and ours are {post.score}."
        )
        self._seen[post.answer_id] = said
        self._alerts.tell(Alert.FOREIGN_SCORE, post.answer_id, why=said)
        return said

    def gone(self, answer_id: str) -> None:
        """Hear that no other score than ours is shown for an answer."""
        if self._seen.pop(answer_id, None) is not None:
            self._alerts.over(Alert.FOREIGN_SCORE, answer_id)
