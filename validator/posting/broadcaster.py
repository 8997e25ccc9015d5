"""Gives verdicts out, one at a time: signed and on the signer's disk before any node sees them.

It guarantees a nonce and a saved attempt, and no more: that a verdict landed is the confirmer's to
find out. What it forgets when it is killed, it asks the signer again.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

import structlog

from validator.domain.posting import IN_FLIGHT, Post, PostState
from validator.errors import (
    NotFoundError,
    PostingHaltedError,
    PostMovedError,
    SubmitRefusedError,
    ValidatorError,
)
from validator.posting.alerts import Alert
from validator.posting.asks import Terms, mark_ask, rebuild_ask, recorded, sign_ask
from validator.posting.foreign import own_score
from validator.posting.outcomes import Outcome, outcome
from validator.posting.parts import WATCHED
from validator.posting.rules import Course, Obstacle, Sight, obstacle
from validator.posting.scheduler import Choice, Pace, Wait, choose, late
from validator.posting.setbacks import Setbacks

if TYPE_CHECKING:
    from validator.chain.ports import Node
    from validator.posting.foreign import Foreign
    from validator.posting.parts import Head, Parts
    from validator.signing.client import SignedVerdict
    from validator.wire.tos.rules import Task

log = structlog.get_logger(__name__)

BLOCK_MS: Final = 3000
"""About the time between blocks (protocol note, section 8)."""
MAX_PASSED_OVER: Final = 20
"""Posts that cannot go now and are passed over in one step."""
REBUILDS: Final = 1
"""Other transactions for a verdict whose nonce is gone without a score."""


class Broadcaster:
    """One for each key: the account belongs to this service alone."""

    def __init__(self, parts: Parts, foreign: Foreign) -> None:
        self._parts = parts
        self._foreign = foreign
        self._store = parts.store
        self._setbacks = Setbacks(parts)
        self._waits: Wait | None = None

    @property
    def waits(self) -> Wait | None:
        """Why nothing new went out in the last step; None when something did."""
        return self._waits

    def step(self, head: Head) -> None:
        """Go on with what was begun, end what is too late, and begin at most one verdict.

        Raises PostingHaltedError, and StoreUnavailableError.
        """
        self._look_again()
        for post in self._store.find((PostState.CONFIRMED_MISSING_RECEIPT,)):
            if self._foreign.why is None:
                self._try_again(post, head)
        for post in self._store.find((PostState.IN_PROGRESS,)):
            if self._foreign.why is None or post.nonce is not None:
                self._carry_on(post, head)
        self._begin(head)
        if self._foreign.why is not None:
            self._waits = Wait(head.now_ms + BLOCK_MS, self._foreign.why)

    def resend(self, post: Post, head: Head) -> None:
        """Give the same bytes to every node once more. Raises what signer and nodes do."""
        _, signed = self._signed(post, head)
        self._parts.nodes.submit(signed.transaction.data)

    def _begin(self, head: Head) -> None:
        passed: set[str] = set()
        while len(passed) < MAX_PASSED_OVER and self._foreign.why is None:
            posts = [post for post in self._open() if post.answer_id not in passed]
            self._end_late(posts, head)
            choice = self._choice(posts, head)
            if isinstance(choice, Wait):
                self._waits = choice
                return
            if self._begin_one(choice, head):
                self._waits = None
                return
            passed.add(choice.post.answer_id)

    def _open(self) -> list[Post]:
        """Return what is not over, each kind for itself: many held ones must hide no other."""
        kinds = (IN_FLIGHT, (PostState.UNSTARTED,), (PostState.HELD,))
        return [post for states in kinds for post in self._store.find(states)]

    def _choice(self, posts: list[Post], head: Head) -> Choice | Wait:
        tasks = self._store.tasks({post.task_id for post in posts})
        pace = Pace(head.now_ms, BLOCK_MS, self._parts.settings.margin_ms)
        account = self._parts.tracked.mining().accounts.get(self._parts.key)
        return choose(posts, tasks, pace, account)

    def _end_late(self, posts: list[Post], head: Head) -> None:
        for post in late(posts, head.now_ms):
            with suppress(PostMovedError):  # the operator was quicker
                self._setbacks.end_late(post)

    def _begin_one(self, choice: Choice, head: Head) -> bool:
        """Begin a verdict; False when it cannot go now and another one may."""
        post = choice.post
        try:
            found = self._obstacle(post, head)
            if found is not None:
                self._obstructed(post, found)
                return False
            self._parts.evidence.statement(post)  # what has none never gets as far as the signer
            begun = self._store.move(post.answer_id, PostState.UNSTARTED, PostState.IN_PROGRESS)
        except PostingHaltedError:
            raise
        except PostMovedError:
            return False  # the operator was quicker
        except ValidatorError as error:
            self._setbacks.note(post, error)
            return False
        if choice.unfair is not None:
            self._parts.alerts.tell(
                Alert.CLOSES_EARLY, post.answer_id, task=post.task_id, why=choice.unfair
            )
        self._carry_on(begun, head, fresh=True)
        return True

    def _obstacle(self, post: Post, head: Head) -> Obstacle | None:
        parts = self._parts

        def ask(node: Node) -> Sight:
            task, miner = node.task(bytes.fromhex(post.task_id)), node.miner(parts.key)
            return Sight(head.info.height, head.now_ms, parts.tracked.mining(), task, miner)

        sight = parts.nodes.read(ask)
        other = self._other_score(post, sight.task)
        return obstacle(post, parts.key, sight) if other is None else Obstacle(Course.WAIT, other)

    def _look_again(self) -> None:
        """Forget a foreign score that is shown no more; of what is out the confirmer says that."""
        for name in self._foreign.answers:
            post = self._store.get(name)
            if post.state.is_final:
                self._foreign.gone(name)
            elif post.state not in WATCHED:
                with suppress(ValidatorError):  # nobody knows: it stays seen
                    self._other_score(post, self._task(post))

    def _task(self, post: Post) -> Task | None:
        name = bytes.fromhex(post.task_id)
        return self._parts.nodes.read(lambda node: node.task(name))

    def _other_score(self, post: Post, task: Task | None) -> str | None:
        """Say what foreign score is shown; the signer's own counts for ours (row 20)."""
        shown = own_score(task, post.answer_id, self._parts.key)
        if shown is not None and shown.score != post.score:
            try:
                kept = self._parts.signing.prove(bytes.fromhex(post.answer_id))
            except NotFoundError:
                return self._foreign.see(post, shown.score)
            if recorded(kept)[0] != shown.score:
                return self._foreign.see(post, shown.score)
            self._replace_score(post, shown.score)
        self._foreign.gone(post.answer_id)
        return None

    def _replace_score(self, post: Post, score: int) -> Post:
        """Let the signer's record win over a verdict that was made since (row 20)."""
        self._parts.alerts.tell(Alert.CONFLICT, post.answer_id, recorded=score, refused=post.score)
        reason = f"the signer had recorded {score} points; the verdict of {post.score} is void"
        return self._store.note(post.answer_id, post.state, score=score, reason=reason)

    def _obstructed(self, post: Post, found: Obstacle) -> None:
        match found.course:
            case Course.WAIT:
                self._store.note(post.answer_id, post.state, reason=found.reason)
            case Course.HOLD:
                self._setbacks.hold(post, found.reason)
            case Course.SCORED:
                # A restored database: the verdict was posted in its lost past.
                self._store.move(post.answer_id, post.state, PostState.CONFIRMED)
            case Course.FATAL:
                self._setbacks.refuse(post, found.reason)

    def _carry_on(self, post: Post, head: Head, *, fresh: bool = False) -> None:
        """Sign a begun verdict, or fetch what was signed of it, and give it out."""
        try:
            if fresh:
                signed = self._sign(post, self._parts.evidence.statement(post), head)
            elif self._setbacks.rests(post, head):
                return
            else:
                post, signed = self._signed(post, head)
            self._setbacks.signed(post)
            transaction = signed.transaction
            post = self._store.note(
                post.answer_id, post.state, root=signed.root.hex(), nonce=transaction.nonce,
                tx_hash=transaction.tx_hash.hex(),
            )  # fmt: skip
            self._give(post, signed, head)
        except PostingHaltedError:
            raise
        except ValidatorError as error:
            self._setbacks.failed(post, error, head)

    def _try_again(self, post: Post, head: Head) -> None:
        """Make another transaction of a verdict whose nonce is gone, if the rules still allow it.

        The row's nonce changes with its state alone: killed in between, the next step finds the
        newer transaction at the signer and goes on with that.
        """
        try:
            post, signed = self._signed(post, head)
            if signed.transaction.nonce == post.nonce:
                found = self._last_word(post, head)
                if found is not None:
                    if found.course is Course.WAIT:
                        self._store.note(post.answer_id, post.state, reason=found.reason)
                    elif found.course is Course.SCORED:
                        self._store.move(post.answer_id, post.state, PostState.CONFIRMED)
                    else:
                        self._setbacks.refuse(
                            post, f"its transaction was not executed: {found.reason}"
                        )
                    return
                signed = self._parts.signing.rebuild(rebuild_ask(post, self._terms(post, head)))
            self._give(post, signed, head)
        except PostingHaltedError:
            raise
        except ValidatorError as error:
            self._setbacks.failed(post, error, head)

    def _last_word(self, post: Post, head: Head) -> Obstacle | None:
        if post.tries >= REBUILDS:
            return Obstacle(Course.FATAL, f"{post.tries + 1} transactions came to nothing")
        if head.now_ms > post.deadline_ms:
            return Obstacle(Course.FATAL, "the task's deadline passed meanwhile")
        return self._obstacle(post, head)

    def _signed(self, post: Post, head: Head) -> tuple[Post, SignedVerdict]:
        """Return what the signer has of a begun post; its verdict counts, if it has another."""
        try:
            kept = self._parts.signing.prove(bytes.fromhex(post.answer_id))
        except NotFoundError:
            return post, self._sign(post, self._parts.evidence.statement(post), head)
        score, statement = recorded(kept)
        if score != post.score:
            post = self._replace_score(post, score)
        return post, self._sign(post, statement, head)

    def _sign(self, post: Post, statement: str, head: Head) -> SignedVerdict:
        answer = self._store.answer(post.answer_id)
        terms = self._terms(post, head)
        return self._parts.signing.sign(sign_ask(post, answer, statement, terms, self._parts.key))

    def _terms(self, post: Post, head: Head) -> Terms:
        pending = [
            other.nonce
            for other in self._store.find((*IN_FLIGHT, PostState.CONFIRMED))
            if other.nonce is not None and other.answer_id != post.answer_id
        ]
        nonce = max([head.next_nonce, *(each + 1 for each in pending)])
        return Terms(self._parts.genesis, nonce, self._parts.settings.fee, head.reference)

    def _give(self, post: Post, signed: SignedVerdict, head: Head) -> None:
        self._keep(post, signed)
        signed = self._submitted(post, signed, head)
        transaction = signed.transaction
        numbers: dict[str, int | str | None] = {
            "nonce": transaction.nonce, "tx_hash": transaction.tx_hash.hex(),
            "root": signed.root.hex(),
        }  # fmt: skip
        rebuilt = post.state is PostState.CONFIRMED_MISSING_RECEIPT
        if rebuilt:
            numbers["tries"] = post.tries + 1
        if transaction.state in ("prepared", "signed"):
            told = mark_ask(post.answer_id, transaction.tx_hash, "sent")
            self._parts.signing.mark(told)
        self._store.move(post.answer_id, post.state, PostState.UNCONFIRMED, **numbers)
        self._setbacks.sent(post)
        log.info("post_sent", answer=post.answer_id, score=signed.score, nonce=transaction.nonce)

    def _keep(self, post: Post, signed: SignedVerdict) -> None:
        """Keep the evidence now if that can be; the confirmer does not end a post without it."""
        if signed.evidence is None:
            return
        try:
            self._parts.evidence.keep(post, signed.evidence)
        except ValidatorError as error:
            log.warning("post_evidence_not_kept", answer=post.answer_id, why=error.detail)

    def _submitted(self, post: Post, signed: SignedVerdict, head: Head) -> SignedVerdict:
        """Give the bytes out; return what was given, which a node may have wanted with its fee."""
        nodes, settings = self._parts.nodes, self._parts.settings
        try:
            nodes.submit(signed.transaction.data)
        except SubmitRefusedError as error:
            wanted = outcome(error)
            if wanted is Outcome.REFEE and signed.transaction.fee < settings.fee:
                terms = Terms(
                    self._parts.genesis, signed.transaction.nonce, settings.fee, head.reference
                )
                signed = self._parts.signing.rebuild(rebuild_ask(post, terms))
                nodes.submit(signed.transaction.data)
            elif wanted is not Outcome.SENT:
                raise
        return signed
