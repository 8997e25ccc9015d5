"""What becomes of a post that met an error: it waits and is counted, is held, or is over."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

import structlog

from validator.domain.posting import Post, PostState
from validator.errors import NotFoundError, PostingHaltedError, PostMovedError, ValidatorError
from validator.posting.alerts import Alert
from validator.posting.outcomes import Outcome, outcome, would_meet_all
from validator.posting.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from validator.posting.parts import Head, Parts

log = structlog.get_logger(__name__)

MAX_STUCK: Final = 20
"""Heads at which a begun post failed, before the operator hears of it; and, where nothing was
signed, before it makes room for others."""
ABSENCES: Final = 3
"""Heads in a row at which the signer must show nothing of a post that it is not asked to sign."""


class Setbacks:
    """One for each key, of its broadcaster."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._store = parts.store
        self._failing = Tally()
        self._stuck = Tally()
        self._absent = Tally()

    def failed(self, post: Post, error: ValidatorError, head: Head) -> None:
        """Do what the table of outcomes says of an error after a post was begun.

        Raises PostingHaltedError for a foreign score that the signer proved.
        """
        post = self._store.get(post.answer_id)  # what was signed of it meanwhile counts
        found = outcome(error, signed=post.nonce is not None)
        if found is Outcome.HALT:
            raise PostingHaltedError(error.detail) from error
        if found in (Outcome.TELL, Outcome.REFEE):
            self._tell(post, error)
        act = self._ACTS.get(found)
        if act is None or post.state is not PostState.IN_PROGRESS:
            self._wait(post, error, head)
        else:
            act(self, post, error, head)

    def rests(self, post: Post, head: Head) -> bool:
        """Say whether a begun post is not to be signed now; end or hold it once that is safe.

        So it is past its deadline, and after MAX_STUCK refusals, if nothing was signed. The signer
        shows what it has without waiting for a request that is still at work, so one look after a
        lost reply proves nothing: several do, while nothing else is asked. Raises as `prove` does.
        """
        late = head.now_ms > post.deadline_ms
        name = post.answer_id
        if post.nonce is not None or not (late or self._stuck.count(name) >= MAX_STUCK):
            self._absent.forget(name)
            return False
        try:
            self._parts.signing.prove(bytes.fromhex(name))
        except NotFoundError:
            if self._absent.add(name, head.info.height) >= ABSENCES:
                self._give_up(post, late=late)
            return True
        except ValidatorError:
            self._absent.forget(name)
            raise
        self._absent.forget(name)
        return False

    def signed(self, post: Post) -> None:
        """Hear that the signer has signed a post: what it refused before counts no more."""
        self._stuck.forget(post.answer_id)

    def sent(self, post: Post) -> None:
        """Hear that a node has a post: what comes now is told anew."""
        self._failing.forget(post.answer_id)
        self._parts.alerts.over(Alert.NODE, post.answer_id)

    def hold(self, post: Post, reason: str) -> None:
        """Leave a post to the operator. Raises PostMovedError."""
        self._parts.alerts.tell(Alert.OPERATOR, post.answer_id, why=reason)
        self._store.move(post.answer_id, post.state, PostState.HELD, reason=reason)

    def refuse(self, post: Post, reason: str) -> None:
        """End a post that will never be let out. Raises PostMovedError."""
        self._parts.alerts.tell(Alert.REFUSED, post.answer_id, score=post.score, why=reason)
        self._end(post, reason)

    def end_late(self, post: Post) -> None:
        """End a post of which nothing was signed before the deadline. Raises PostMovedError."""
        self._parts.alerts.tell(Alert.LATE, post.answer_id, score=post.score)
        self._end(post, "the task's deadline passed: a verdict would complete nothing")

    def note(self, post: Post, error: ValidatorError) -> None:
        """Write down why a post waits."""
        log.info("post_waits", answer=post.answer_id, code=error.code, why=error.detail)
        try:
            self._store.note(post.answer_id, post.state, reason=error.detail)
        except PostMovedError:
            log.info("post_moved", answer=post.answer_id)

    def _wait(self, post: Post, error: ValidatorError, head: Head) -> None:
        height = head.info.height
        if self._failing.add(post.answer_id, height) >= MAX_STUCK:
            self._tell(post, error)
        if post.nonce is None and not would_meet_all(error):
            self._stuck.add(post.answer_id, height)
        self.note(post, error)

    def _tell(self, post: Post, error: ValidatorError) -> None:
        self._parts.alerts.tell(Alert.NODE, post.answer_id, why=error.detail)

    def _give_up(self, post: Post, *, late: bool) -> None:
        for tally in (self._failing, self._stuck, self._absent):
            tally.forget(post.answer_id)
        self._parts.alerts.over(Alert.NODE, post.answer_id)
        if late:
            self.end_late(post)
        else:
            self.hold(post, post.reason or "the signer does not sign it")

    def _hold_for(self, post: Post, error: ValidatorError, head: Head) -> None:
        if self._has_nothing(post):
            self.hold(post, error.detail)
        else:
            self._tell(post, error)
            self._wait(post, error, head)

    def _refuse_for(self, post: Post, error: ValidatorError, head: Head) -> None:
        if self._has_nothing(post):
            self.refuse(post, error.detail)
        else:
            self._tell(post, error)
            self._wait(post, error, head)

    def _has_nothing(self, post: Post) -> bool:
        """Say whether the signer shows nothing signed of a post, just after it refused it."""
        try:
            self._parts.signing.prove(bytes.fromhex(post.answer_id))
        except NotFoundError:
            return True
        except ValidatorError as error:
            log.info("post_not_proved", answer=post.answer_id, why=error.detail)
        return False

    def _already_there(self, post: Post, _: ValidatorError, __: Head) -> None:
        """The signer sees its score on the chain and has no more to sign."""
        self._store.move(post.answer_id, post.state, PostState.UNCONFIRMED)

    def _adopt(self, post: Post, conflict: ValidatorError, head: Head) -> None:
        """Let the next step go on with the signer's own verdict; without one it is over."""
        try:
            self._parts.signing.prove(bytes.fromhex(post.answer_id))
        except NotFoundError:
            self._parts.alerts.tell(Alert.CONFLICT, post.answer_id, why=conflict.detail)
            self._end(post, conflict.detail)
        except ValidatorError as error:
            self._wait(post, error, head)
        else:
            self._wait(post, conflict, head)

    def _end(self, post: Post, reason: str) -> None:
        self._store.move(post.answer_id, post.state, PostState.FATAL_ERROR, reason=reason)

    _ACTS: ClassVar[Mapping[Outcome, Callable[[Setbacks, Post, ValidatorError, Head], None]]] = {
        Outcome.FATAL: _refuse_for,
        Outcome.HOLD: _hold_for,
        Outcome.SENT: _already_there,
        Outcome.ADOPT: _adopt,
    }
