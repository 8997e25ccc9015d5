"""Looks what became of verdicts. Only the chain moves a post on here, by the score it shows.

Executed says too little and too much: a re-order takes balances and nonces back and leaves the
scores (protocol note, 6.5). A verdict has landed when our score reads back and its nonce is used.
What is stable, the signer decides by its own reading, and records it before the row says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import structlog

from validator.domain.posting import Post, PostState
from validator.errors import (
    EvidenceRefusedError,
    InvalidEvidenceError,
    InvalidParameterError,
    NotFoundError,
    PostingHaltedError,
    StoreDamagedError,
    ValidatorError,
)
from validator.posting.alerts import Alert
from validator.posting.asks import mark_ask
from validator.posting.foreign import own_score
from validator.posting.outcomes import Outcome, outcome
from validator.posting.parts import WATCHED
from validator.posting.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable

    from validator.posting.foreign import Foreign
    from validator.posting.parts import Head, Parts
    from validator.wire.tos.rules import Score, Task

log = structlog.get_logger(__name__)

RELEASE_MS: Final = 7 * 24 * 3600 * 1000
"""A task whose deadline is longer past is not looked at again; releases are repeated no longer."""
# Damaged: the row's score is the signer's, and the verdict beside it another one.
_NEVER_KEPT: Final = (
    EvidenceRefusedError,
    InvalidEvidenceError,
    NotFoundError,
    StoreDamagedError,
)


class Confirmer:
    """One for each key. `resend` gives the same bytes of a post to every node again."""

    def __init__(
        self, parts: Parts, foreign: Foreign, resend: Callable[[Post, Head], None]
    ) -> None:
        self._parts = parts
        self._foreign = foreign
        self._store = parts.store
        self._resend = resend
        self._since: dict[str, int] = {}
        self._released: set[str] = set()
        self._failing = Tally()

    def step(self, head: Head) -> None:
        """Move every watched post on as the chain shows, one failure apart from the other.

        Raises PostingHaltedError, for a foreign score that the signer proved, once all were looked
        at; and StoreUnavailableError.
        """
        halt: PostingHaltedError | None = None
        tasks: dict[str, Task | None] = {}
        for post in self._store.find(WATCHED):
            try:
                self._look(post, head, tasks)
            except ValidatorError as error:
                if outcome(error) is Outcome.HALT:
                    halt = PostingHaltedError(error.detail)
                self._failed(post, error, head)
            else:
                self._failing.forget(post.answer_id)
        if halt is not None:
            raise halt
        self._watch_nonce(head)
        self._release(head)

    def _failed(self, post: Post, error: ValidatorError, head: Head) -> None:
        """Leave a post to the next head, and tell of one that fails at many in a row."""
        log.info("post_not_confirmed", answer=post.answer_id, why=error.detail)
        heads = self._failing.add(post.answer_id, head.info.height)
        if heads >= self._parts.settings.stuck_blocks:
            self._parts.alerts.tell(
                Alert.STUCK, post.answer_id, state=post.state.value, why=error.detail
            )

    def _look(self, post: Post, head: Head, tasks: dict[str, Task | None]) -> None:
        if post.task_id not in tasks:
            name = bytes.fromhex(post.task_id)
            tasks[post.task_id] = self._parts.nodes.read(lambda node: node.task(name))
        score = own_score(tasks[post.task_id], post.answer_id, self._parts.key)
        if score is not None and score.score != post.score:
            self._foreign.see(post, score.score)
            return
        self._foreign.gone(post.answer_id)
        landed = score is not None and (post.nonce is None or head.next_nonce > post.nonce)
        if post.state is PostState.CONFIRMED:
            if landed and score is not None:
                self._finalize(post, score, head)
            else:
                self._since.pop(post.answer_id, None)
                reason = "a re-order took it out of its block"
                self._store.move(post.answer_id, post.state, PostState.UNCONFIRMED, reason=reason)
        elif landed:
            self._confirm(post)
        elif post.nonce is not None and head.next_nonce > post.nonce:
            self._lost(post)
        else:
            self._waiting(post, head)

    def _confirm(self, post: Post) -> None:
        self._since.pop(post.answer_id, None)
        self._parts.alerts.over(Alert.STUCK, post.answer_id)
        self._store.move(post.answer_id, post.state, PostState.CONFIRMED)
        log.info("post_confirmed", answer=post.answer_id, score=post.score)

    def _finalize(self, post: Post, score: Score, head: Head) -> None:
        if score.validated_at > head.info.stable_height:
            return
        if post.tx_hash is not None and not self._marked(post, "confirmed"):
            return
        self._keep(post)
        self._store.move(post.answer_id, post.state, PostState.FINALIZED)
        log.info("post_finalized", answer=post.answer_id, score=post.score)

    def _keep(self, post: Post) -> None:
        """See that the evidence is kept. Raises what passes: disk full, key not laid down yet."""
        try:
            kept = self._parts.signing.prove(bytes.fromhex(post.answer_id))
        except NotFoundError:  # not made here: read back from the chain, or imported
            log.info("post_without_evidence", answer=post.answer_id)
            return
        try:
            self._parts.evidence.keep(post, kept)
        except _NEVER_KEPT as error:
            # The signer's verdict replaced ours: its evidence is in the signer's own log.
            self._parts.alerts.tell(Alert.EVIDENCE, post.answer_id, why=error.detail)

    def _lost(self, post: Post) -> None:
        """The nonce is used up without a score; the signer says when that is stable."""
        if not self._marked(post, "spent"):
            return
        self._since.pop(post.answer_id, None)
        reason = "the nonce is used up at stable height, and no score of ours reads back"
        self._parts.alerts.tell(Alert.LOST, post.tx_hash or post.answer_id, answer=post.answer_id)
        self._store.move(
            post.answer_id, post.state, PostState.CONFIRMED_MISSING_RECEIPT, reason=reason
        )

    def _marked(self, post: Post, state: Literal["confirmed", "spent"]) -> bool:
        """Say whether the signer sees it so, too; it reads at stable height."""
        if post.tx_hash is None:
            return False
        ask = mark_ask(post.answer_id, bytes.fromhex(post.tx_hash), state)
        try:
            self._parts.signing.mark(ask)
        except InvalidParameterError:
            return False
        return True

    def _waiting(self, post: Post, head: Head) -> None:
        """Tell of what takes too long, and give it out again if no mempool has it."""
        since = self._since.setdefault(post.answer_id, head.info.height)
        if head.info.height - since < self._parts.settings.stuck_blocks:
            return
        self._parts.alerts.tell(
            Alert.STUCK, post.answer_id, nonce=post.nonce, next_nonce=head.next_nonce
        )
        self._since[post.answer_id] = head.info.height
        pending = self._parts.nodes.pending(self._parts.key)
        if post.tx_hash is None or bytes.fromhex(post.tx_hash) not in pending:
            self._resend(post, head)
            log.info("post_resent", answer=post.answer_id, nonce=post.nonce)

    def _watch_nonce(self, head: Head) -> None:
        last = self._store.last_nonce()
        if last is not None and head.next_nonce > last + 1:
            self._parts.alerts.tell(
                Alert.NONCE_MOVED, str(head.next_nonce), ours=last + 1, chain=head.next_nonce
            )

    def _release(self, head: Head) -> None:
        for task_id in self._store.closed(head.now_ms - RELEASE_MS):
            if task_id in self._released:
                continue
            try:
                self._parts.evidence.release(task_id)
            except ValidatorError as error:
                log.warning("post_evidence_not_released", task=task_id, why=error.detail)
            else:
                self._released.add(task_id)
