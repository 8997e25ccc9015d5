"""Rows of the chain tables as values. Hashes and keys are hexadecimal text in small letters.

Heights are block heights, times named `_ms` the chain's own, others microseconds since 1970 (UTC).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

ACTIVE = "Active"
"""Status of a task that may be answered; the other words are the chain's, too, but for GONE."""
GONE = "gone"
"""Status of a task, standing of an answer, that the chain showed once and shows no more."""


class TaskStanding(StrEnum):
    """What we make of a task."""

    NEW = "new"  # its document was not read yet
    WATCHED = "watched"
    DECLINED = "declined"  # not for this validator, or over before its document could be had
    QUARANTINED = "quarantined"  # the publisher's own bytes break the contract


class AnswerStanding(StrEnum):
    """How far an answer has come."""

    NEW = "new"
    SUBMITTED = "submitted"  # accepted by our own intake
    REFUSED = "refused"  # not judged; the sentence says whose fault
    GONE = GONE


@dataclass(frozen=True, slots=True)
class NewBlock:
    """A block to be written into the journal. `acts`: JSON of its AI-mining transactions."""

    topoheight: int
    hash: str
    height: int
    timestamp_ms: int
    acts: str


@dataclass(frozen=True, slots=True)
class BlockRow(NewBlock):
    """A block of the journal; `seq` is the order in which blocks were seen."""

    seq: int


@dataclass(frozen=True, slots=True)
class TaskFacts:
    """What the chain shows of a task. `status` is the chain's word in small letters, or GONE."""

    task_id: str
    publisher: str
    text: str
    reward: int
    difficulty: str
    deadline_ms: int
    published_height: int
    published_ms: int
    status: str


@dataclass(frozen=True, slots=True)
class TaskRow(TaskFacts):
    """A task with our standing."""

    standing: TaskStanding
    sentence: str | None
    tries: int
    sealed_ms: int | None


@dataclass(frozen=True, slots=True)
class AnswerFacts:
    """What the chain shows of an answer. `timestamp_ms`: None while its block is not known."""

    answer_id: str
    task_id: str
    submitter: str
    answer_hash: str
    content: str
    height: int
    timestamp_ms: int | None
    own_score: int | None


@dataclass(frozen=True, slots=True)
class AnswerRow(AnswerFacts):
    """An answer with our standing."""

    standing: AnswerStanding
    sentence: str | None
    submission_id: str | None
    tries: int


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event to be told once for each `key`."""

    key: str
    kind: str
    task_id: str | None
    answer_id: str | None
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ChainEvent:
    """An event as it was told. `at`: our own clock."""

    seq: int
    kind: str
    task_id: str | None
    answer_id: str | None
    data: dict[str, Any]
    at: int


@dataclass(frozen=True, slots=True)
class Changes:
    """What one reading of the chain has changed; written in one transaction."""

    tasks: tuple[TaskFacts, ...] = ()
    answers: tuple[AnswerFacts, ...] = ()
    gone: tuple[str, ...] = ()
    """Ids of answers that the chain shows no more."""
    events: tuple[NewEvent, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.tasks or self.answers or self.gone or self.events)

    def __add__(self, other: Changes) -> Changes:
        return Changes(
            self.tasks + other.tasks,
            self.answers + other.answers,
            self.gone + other.gone,
            self.events + other.events,
        )


@dataclass(frozen=True, slots=True)
class Due:
    """What "due" means now: the chain's time and stable height, our time, our key ("" for none)."""

    now_ms: int
    stable_height: int
    at: int
    own: str


@dataclass(frozen=True, slots=True)
class Retry:
    """When to try once more (our clock), and how many tries there were by then."""

    at: int
    tries: int
