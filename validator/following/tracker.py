"""The chain's AI state as a node has it: blocks played in the order seen, by the chain's own rules.

A node does not roll this state back when blocks change their order (protocol note, 6.5), so nothing
is taken back here either: what a replaced block executed stays, and what is applied again fails as
a duplicate. What happened in blocks that we never saw is mended from what a node shows of tasks
and miners. Account scores are shown by nobody: after such a gap they are an estimate.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from validator.wire.tos import PublicKey, PublishTask, RegisterMiner, SubmitAnswer, ValidateAnswer
from validator.wire.tos.rules import (
    ACCEPT_THRESHOLD,
    Account,
    BlockStamp,
    MiningState,
    RuleError,
    apply,
    refusal,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from validator.chain.values import Block, BlockTransaction
    from validator.domain.clock import Clock
    from validator.wire.tos import AiPayload
    from validator.wire.tos.rules import Miner, Task


@dataclass(frozen=True, slots=True)
class Played:
    """A block played: the state before and after, and what a node must be asked about."""

    block: Block
    before: MiningState
    after: MiningState
    unsure_tasks: frozenset[bytes]
    unsure_keys: frozenset[PublicKey]

    @property
    def changed(self) -> list[Task]:
        """The tasks that are another value than before: of its acts, and those that were swept."""
        if self.after is self.before:  # most blocks: nothing sweeps but an act that was applied
            return []
        old = self.before.tasks
        return [task for name, task in self.after.tasks.items() if old.get(name) is not task]


@dataclass(slots=True)
class Tracker:
    """One chain's AI state and its time. Written by one thread; reading is safe from any."""

    clock: Clock
    seq: int = 0
    """The journal's number of the newest block that was played."""
    _state: MiningState = field(default_factory=MiningState)
    _top: BlockStamp = field(default_factory=lambda: BlockStamp(0, 0))
    _seen_s: float = 0.0

    def mining(self) -> MiningState:
        """Return the state after everything that was seen."""
        return self._state

    def now_ms(self) -> int:
        """Return the chain's time: the newest block's timestamp, and what has passed since.

        Behind the chain's own while old blocks are caught up with, never ahead of it by more than
        the next block is late.
        """
        return self._top.timestamp + int((self.clock.monotonic() - self._seen_s) * 1000)

    @property
    def height(self) -> int:
        """Height of the newest block."""
        return self._top.height

    def account(self, key: PublicKey) -> Account | None:
        """Return an account's counters and stored score, None while it is not registered."""
        return self._state.accounts.get(key)

    def refusal(self, payload: AiPayload, source: PublicKey) -> RuleError | None:
        """Return why the chain would refuse this in the next block, None when it would not."""
        stamp = BlockStamp(self._top.height + 1, self.now_ms())
        return refusal(self._state, payload, source, stamp)

    def look(self, block: Block) -> Played:
        """Play a block without keeping the result."""
        state, stamp = self._state, BlockStamp(block.height, block.timestamp_ms)
        tasks: set[bytes] = set()
        keys: set[PublicKey] = set()
        for act in block.transactions:
            after = _after(state, act, stamp) if act.executed else None
            if after is not None:
                state = after
            elif act.executed or not _shows(state, act):  # the node saw something that we did not
                keys.add(act.source)
                if not isinstance(act.payload, RegisterMiner):
                    tasks.add(act.payload.task_id)
        return Played(block, self._state, state, frozenset(tasks), frozenset(keys))

    def take(self, played: Played, seq: int) -> None:
        """Keep what a block did, once the journal has it under this number."""
        self._state, self.seq = played.after, seq
        block = played.block
        if (block.height, block.timestamp_ms) > (self._top.height, self._top.timestamp):
            self._top = BlockStamp(block.height, block.timestamp_ms)
            self._seen_s = self.clock.monotonic()

    def mend(
        self, task: Task | None, miner: Miner | None, time_of: Callable[[int], int | None]
    ) -> None:
        """Take a node's word for a task and for a miner, where it is given.

        `time_of` gives the timestamp of a height. Acts that are new to us count for their accounts.
        """
        tasks, miners = dict(self._state.tasks), dict(self._state.miners)
        accounts = dict(self._state.accounts)
        if miner is not None:
            miners[miner.address] = miner
            accounts.setdefault(miner.address, _estimate(miner, self.now_ms()))
        if task is not None:
            for act in _new_acts(tasks.get(task.task_id), task):
                if act.key in accounts:
                    when = time_of(act.height) or self._top.timestamp
                    accounts[act.key] = act.on(accounts[act.key], when)
            tasks[task.task_id] = task
        self._state = replace(self._state, tasks=tasks, miners=miners, accounts=accounts)

    def forget(self, task_id: bytes) -> None:
        """Drop a task that no node shows any more."""
        tasks = {name: task for name, task in self._state.tasks.items() if name != task_id}
        self._state = replace(self._state, tasks=tasks)


def _after(state: MiningState, act: BlockTransaction, stamp: BlockStamp) -> MiningState | None:
    try:
        return apply(state, act.payload, act.source, stamp)
    except RuleError:
        return None


def _shows(state: MiningState, act: BlockTransaction) -> bool:
    """Say whether the state explains why this was not executed: its effect is there already."""
    match act.payload:
        case RegisterMiner():
            return act.source in state.miners
        case PublishTask(task_id=name):
            return name in state.tasks
        case SubmitAnswer(task_id=name):
            task = state.tasks.get(name)
            return task is not None and any(
                one.submitter == act.source for one in task.submitted_answers
            )
        case ValidateAnswer(task_id=name, answer_id=answer_id):
            task = state.tasks.get(name)
            answer = None if task is None else task.answer(answer_id)
            return answer is not None and any(
                one.validator == act.source for one in answer.validation_scores
            )


@dataclass(frozen=True, slots=True)
class _Act:
    """What an account did: at a height, with a new stake or with a score."""

    key: PublicKey
    height: int
    stake: int | None = None
    score: int | None = None

    def on(self, account: Account, when: int) -> Account:
        """Return the account after it (protocol note, 7.2 to 7.5)."""
        staked = account if self.stake is None else replace(account, stake_amount=self.stake)
        acted = staked.rescored(when).acted(max(when, account.last_submission_time))
        if self.score is None:
            return acted
        return acted.validated(successful=self.score >= ACCEPT_THRESHOLD)


def _new_acts(old: Task | None, new: Task) -> Iterator[_Act]:
    """Yield what was done to the task since its old value."""
    if old is None:
        yield _Act(new.publisher, new.published_at)
    for answer in new.submitted_answers:
        known = None if old is None else old.answer(answer.answer_id)
        if known is None:
            yield _Act(answer.submitter, answer.submitted_at, stake=answer.stake_amount)
        before = set() if known is None else {one.validator for one in known.validation_scores}
        for entry in answer.validation_scores:
            if entry.validator not in before:
                yield _Act(entry.validator, entry.validated_at, score=entry.score)


def _estimate(miner: Miner, now_ms: int) -> Account:
    """Return an account that was registered before our first block, no better than it can be.

    `tasks_published` grows by two for each task (protocol note, 7.2).
    """
    acts = miner.tasks_published // 2 + miner.answers_submitted + miner.validations_performed
    return Account(
        created_at=miner.registered_at,
        transaction_count=acts,
        stake_amount=miner.registration_fee,
        last_submission_time=now_ms if acts else 0,
        total_validations=miner.validations_performed,
    ).rescored(now_ms)
