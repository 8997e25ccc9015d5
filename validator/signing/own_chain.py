"""Our verdicts as one node shows them: blocks read once each, and the scores of tasks.

A verdict counts when its task shows our score: on a re-order the AI state is not rolled back, so
that a transaction may stand unexecuted in its block while its first effect stays (protocol note,
6.5).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from validator.chain.placing import SPREAD, first_at
from validator.errors import ChainUnreadableError
from validator.protection.values import Verdict
from validator.signing.chain import OwnVerdict
from validator.wire.plain import plain
from validator.wire.tos import SubmitAnswer, ValidateAnswer

if TYPE_CHECKING:
    from collections.abc import Callable

    from validator.chain.node import NodeClient
    from validator.chain.values import Block, BlockTransaction, NodeInfo
    from validator.wire.tos import PublicKey
    from validator.wire.tos.rules import Answer, Score, Task

NO_NONCE: Final = -1
"""In the place of a nonce where the transaction behind a score is not known: no account has it."""


@dataclass(frozen=True, slots=True)
class Target:
    """How far to read: the stable block that all endpoints have, and the height to go back to.

    `newest_stable`: stable height of the endpoint that is farthest.
    """

    topoheight: int
    hash: bytes
    stable_height: int
    newest_stable: int
    since: int


@dataclass(frozen=True, slots=True)
class _Sent:
    """A verdict of ours in a stable block."""

    transaction: BlockTransaction
    score: int
    topoheight: int
    height: int


@dataclass(frozen=True, slots=True)
class _Scored:
    """A score of ours that a task shows."""

    task: bytes
    answer: Answer
    score: Score


class OwnChain:
    """One node, and what was read of it so far. One thread at a time."""

    def __init__(self, node: NodeClient, key: PublicKey) -> None:
        self.node = node
        self._key = key
        self._genesis: bytes | None = None
        self._since: int | None = None
        self._complete_from = 0
        self._next = 0
        self._anew = False
        self._anchor: tuple[int, bytes] | None = None
        self._sent: dict[bytes, list[_Sent]] = {}
        self._open: dict[bytes, bytes] = {}
        self._answered: set[bytes] = set()
        self._scored: dict[bytes, _Scored] = {}

    @property
    def genesis(self) -> bytes:
        """Hash of the first block, as it was when this node had it. Raises ChainUnreadableError."""
        if self._genesis is None:
            self._genesis = self.node.genesis()
        return self._genesis

    @property
    def complete_from(self) -> int:
        """Height from which on everything was read."""
        return self._complete_from

    def unsettled(self, target: Target) -> frozenset[bytes]:
        """Tasks with a verdict of ours that was not seen at stable height yet."""
        late = (
            scored.task
            for scored in self._scored.values()
            if scored.score.validated_at > target.stable_height
        )
        return frozenset(self._open.values()).union(late)

    def block_hash(self, topoheight: int) -> bytes:
        """Return the hash of the block there. Raises ChainUnreadableError."""
        return self.node.raw_block(topoheight, whole=False).hash

    def read_blocks(self, info: NodeInfo, target: Target, in_time: Callable[[], bool]) -> None:
        """Read the blocks up to the target that were not read yet.

        Raises ChainUnreadableError, also when the time is over: what was read is kept, and the next
        call goes on from there; but from the start after another block than one read before.
        """
        _ = self.genesis
        if self._since is None or self._anew or target.since < self._since:
            self._start(info, target)
        elif not self._holds(target):
            self._anew = True
            self._fail("it shows another stable block than before")
        while self._next <= target.topoheight:
            if not in_time():
                self._fail(f"its blocks are read up to {self._next} of {target.topoheight}")
            block = self.node.block(self._next)
            if block.topoheight == target.topoheight and block.hash != target.hash:
                self._fail("it shows another stable block than a moment ago")
            self._take(block)

    def take_answered(self) -> frozenset[bytes]:
        """Return the tasks answered in blocks read since the last call, also where one failed."""
        answered, self._answered = frozenset(self._answered), set()
        return answered

    def take_task(self, task_id: bytes, task: Task | None) -> None:
        """Look for scores of ours in a task, as this node shows it now.

        A verdict in a stable block whose task shows no score was refused by a rule, for good.
        """
        kept = {key: scored for key, scored in self._scored.items() if scored.task != task_id}
        for answer in () if task is None else task.submitted_answers:
            score = own_score(answer, self._key)
            if score is not None:
                kept[answer.answer_id] = _Scored(task_id, answer, score)
        self._scored = kept
        self._open = {key: named for key, named in self._open.items() if named != task_id}

    def verdicts(self, target: Target) -> tuple[OwnVerdict, ...]:
        """Return our verdicts from SPREAD below the target's `since` up to its stable block.

        And all those, however old, whose transaction was not seen.
        """
        found = []
        for scored in self._scored.values():
            at = scored.score.validated_at
            sent = self._transaction(scored, target)
            # Read by place, told by height: a side block comes after a stable one of its height.
            if at <= target.stable_height and (
                sent is None or max(at, sent.height) + SPREAD >= target.since
            ):
                found.append(_verdict(scored, sent))
        return tuple(found)

    def _holds(self, target: Target) -> bool:
        """Whether the last block read is still there, as this node or as all show it."""
        if self._anchor is None:
            return True
        topoheight, read = self._anchor
        agreed = topoheight == target.topoheight
        return read == (target.hash if agreed else self.block_hash(topoheight))

    def _start(self, info: NodeInfo, target: Target) -> None:
        """Choose where to begin: nobody scores before he is registered (protocol note, 7.4).

        Never later than before: the other endpoints still tell what they read since then.
        """
        since = target.since if self._since is None else min(target.since, self._since)
        miner = self.node.miner(self._key)
        registered = info.stable_height if miner is None else miner.registered_at
        height = max(since, registered)
        low, self._complete_from = 0, since
        if info.pruned_topoheight is not None:
            low = min(info.pruned_topoheight, target.topoheight)
            pruned = self.node.raw_block(low, whole=False).height
            self._complete_from = max(since, pruned + 1 if pruned >= height else 0)
        place = first_at(self.node, height, low, target.topoheight)
        self._next, self._anchor = max(low, place - SPREAD), None
        self._since, self._anew = since, False
        self._sent, self._open = {}, {}

    def _take(self, block: Block) -> None:
        for each in block.transactions:
            if isinstance(each.payload, SubmitAnswer):
                self._answered.add(each.payload.task_id)
            if isinstance(each.payload, ValidateAnswer) and each.source == self._key:
                payload = each.payload
                sent = _Sent(each, payload.validation_score, block.topoheight, block.height)
                self._sent.setdefault(payload.answer_id, []).append(sent)
                self._open[payload.answer_id] = payload.task_id
        self._next, self._anchor = block.topoheight + 1, (block.topoheight, block.hash)

    def _transaction(self, scored: _Scored, target: Target) -> _Sent | None:
        """The one that says this score, in a block up to the target; rather one that ran."""
        fitting = [
            sent
            for sent in self._sent.get(scored.answer.answer_id, ())
            if sent.topoheight <= target.topoheight and sent.score == scored.score.score
        ]
        ran = [sent for sent in fitting if sent.transaction.executed]
        return next(iter(ran or fitting), None)

    def _fail(self, what: str) -> None:
        raise ChainUnreadableError(f"node {plain(self.node.name, 64)}: {what}")


def own_score(answer: Answer, key: PublicKey) -> Score | None:
    """Return the score that an answer has under a key; the chain takes no second one."""
    return next((each for each in answer.validation_scores if each.validator == key), None)


def _verdict(scored: _Scored, sent: _Sent | None) -> OwnVerdict:
    answer = scored.answer
    return OwnVerdict(
        Verdict(scored.task, answer.answer_id, scored.score.score),
        answer.submitter.data,
        answer.answer_hash,
        answer.submitted_at,
        NO_NONCE if sent is None else sent.transaction.nonce,
        None if sent is None else sent.transaction.data,
    )
