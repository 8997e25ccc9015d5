"""What the detectors read and what they say: plain frozen records, times in milliseconds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from validator.domain.verdict import Flag


class FraudKind(StrEnum):
    """Kinds of flags (contract, section 3, and what issue E adds)."""

    TOO_FAST = "too_fast"
    RHYTHM = "implausible_rhythm"
    NO_REASONING = "no_reasoning"
    SUCCESS = "abnormal_success"
    DUPLICATE = "near_duplicate"
    COLLUSION = "collusion_suspected"


@dataclass(frozen=True, slots=True)
class FraudFlag:
    """Something odd about an account: it lowers trust or escalates, and never rejects.

    `weight` is 0-1; `evidence` are ids of answers, votes or transfers, all of them acts of
    `account` (threat model, row 29).
    """

    kind: FraudKind
    account: str
    detail: str
    weight: float
    evidence: tuple[str, ...]

    def as_flag(self) -> Flag:
        """Return what a verdict shows of it."""
        return Flag(self.kind.value, self.detail, self.weight)


@dataclass(frozen=True, slots=True)
class Act:
    """One answer that an account handed in.

    `seen_at` is when the account could first read the task, `submitted_at` when the answer came;
    both from blocks or from our own clock, never from the account's claim. `accepted` is None
    while undecided.
    """

    answer_id: str
    account: str
    task_id: str
    task_type: str
    publisher: str
    seen_at: int
    submitted_at: int
    accepted: bool | None = None
    has_reasoning: bool = True

    @property
    def thinking_s(self) -> float:
        """Seconds between reading and answering; negative where the order is impossible."""
        return (self.submitted_at - self.seen_at) / 1000
