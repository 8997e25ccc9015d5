"""What the chain keeps about AI mining: tasks, miners, accounts, counters. All immutable.

Heights are block heights (not topoheights), deadlines Unix milliseconds, amounts chain units.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - part of the public values
from dataclasses import dataclass, field, replace
from enum import StrEnum

from validator.wire.tos.keys import PublicKey  # noqa: TC001 - part of the public values
from validator.wire.tos.payloads import Difficulty  # noqa: TC001 - as above
from validator.wire.tos.rules.accounts import Account  # noqa: TC001 - as above
from validator.wire.tos.rules.constants import ACCEPT_THRESHOLD, MAX_REPUTATION, START_REPUTATION


@dataclass(frozen=True, slots=True)
class BlockStamp:
    """The block that applies a payload: height, and timestamp in milliseconds."""

    height: int
    timestamp: int


class TaskStatus(StrEnum):
    """A task's status, as its word in JSON. Nothing ever sets Cancelled."""

    ACTIVE = "Active"
    EXPIRED = "Expired"
    COMPLETED = "Completed"
    CANCELLED = "Cancelled"


@dataclass(frozen=True, slots=True)
class Score:
    """One validator's score (0-100) and the height of the block that took it."""

    validator: PublicKey
    score: int
    validated_at: int


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer with the scores it has, in the order they came."""

    answer_id: bytes
    answer_content: str
    answer_hash: bytes
    submitter: PublicKey
    stake_amount: int
    submitted_at: int
    validation_scores: tuple[Score, ...] = ()

    @property
    def average_score(self) -> int | None:
        """Floor of the average; None before the first score."""
        scores = self.validation_scores
        return sum(entry.score for entry in scores) // len(scores) if scores else None


@dataclass(frozen=True, slots=True)
class Task:
    """A task with its answers, in the order they came."""

    task_id: bytes
    publisher: PublicKey
    description: str
    reward_amount: int
    difficulty: Difficulty
    deadline: int
    published_at: int
    status: TaskStatus = TaskStatus.ACTIVE
    submitted_answers: tuple[Answer, ...] = ()
    rewards_processed: bool = False

    def is_expired(self, now: int) -> bool:
        """Say whether the deadline is past at this timestamp."""
        return now > self.deadline

    def answer(self, answer_id: bytes) -> Answer | None:
        """Return the answer of that id."""
        return next((one for one in self.submitted_answers if one.answer_id == answer_id), None)

    @property
    def best_answer(self) -> Answer | None:
        """The answer with the highest average; of several, the one submitted last."""
        best: Answer | None = None
        highest = -1
        for answer in self.submitted_answers:
            average = answer.average_score
            if average is not None and average >= highest:
                best, highest = answer, average
        return best

    def at(self, now: int) -> Task:
        """Return it with the status that this timestamp gives."""
        if self.status is not TaskStatus.ACTIVE:
            return self
        if self.is_expired(now):
            return replace(self, status=TaskStatus.EXPIRED)
        best = self.best_answer
        if best is None or (best.average_score or 0) < ACCEPT_THRESHOLD:
            return self
        return replace(self, status=TaskStatus.COMPLETED)

    def with_answer(self, answer: Answer) -> Task:
        """Return it with one answer more, or with the one of that id renewed."""
        known = self.answer(answer.answer_id) is not None
        answers = (
            tuple(answer if o.answer_id == answer.answer_id else o for o in self.submitted_answers)
            if known
            else (*self.submitted_answers, answer)
        )
        return replace(self, submitted_answers=answers)


@dataclass(frozen=True, slots=True)
class Miner:
    """A registered account; `reputation` is 0-1000."""

    address: PublicKey
    registration_fee: int
    registered_at: int
    tasks_published: int = 0
    answers_submitted: int = 0
    validations_performed: int = 0
    reputation: int = START_REPUTATION

    def changed(self, reputation: int) -> Miner:
        """Return it with its reputation moved by so much, kept in 0..1000."""
        return replace(self, reputation=max(0, min(self.reputation + reputation, MAX_REPUTATION)))


@dataclass(frozen=True, slots=True)
class Statistics:
    """The chain's counters. They are not to be relied upon (protocol note, 7.6)."""

    total_tasks: int = 0
    active_tasks: int = 0
    completed_tasks: int = 0
    total_miners: int = 0
    total_rewards_distributed: int = 0
    total_staked: int = 0


@dataclass(frozen=True, slots=True)
class MiningState:
    """Everything. Nobody changes the mappings of a state: `apply` returns a new one."""

    tasks: Mapping[bytes, Task] = field(default_factory=dict)
    miners: Mapping[PublicKey, Miner] = field(default_factory=dict)
    accounts: Mapping[PublicKey, Account] = field(default_factory=dict)
    statistics: Statistics = field(default_factory=Statistics)


class Draft:
    """A state while one payload is applied; thrown away when a rule refuses."""

    __slots__ = ("accounts", "miners", "statistics", "tasks")

    def __init__(self, state: MiningState) -> None:
        self.tasks = dict(state.tasks)
        self.miners = dict(state.miners)
        self.accounts = dict(state.accounts)
        self.statistics = state.statistics

    def done(self) -> MiningState:
        """Return the state that the draft has become."""
        return MiningState(self.tasks, self.miners, self.accounts, self.statistics)

    def count(self, **changes: int) -> None:
        """Add to counters of the statistics."""
        old = self.statistics
        moved = {name: getattr(old, name) + change for name, change in changes.items()}
        self.statistics = replace(old, **moved)
