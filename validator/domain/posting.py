"""The life of a verdict on its way to the chain (operator-service report, section 5)."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - part of a public value
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class PostState(StrEnum):
    """Where a post stands. Nothing but a look at the chain moves it past `UNCONFIRMED`."""

    HELD = "held"
    """Waits for the operator: oversight, manual mode, or a signer that wants an approval."""
    UNSTARTED = "unstarted"
    """May go out; nothing was signed."""
    IN_PROGRESS = "in_progress"
    """The signer has been asked: row and attempt may be on its disk. Never unstarted again."""
    UNCONFIRMED = "unconfirmed"
    """Signed bytes were given to a node at least once."""
    CONFIRMED = "confirmed"
    """Executed, and our score was read back."""
    FINALIZED = "finalized"
    """Confirmed at stable height."""
    CONFIRMED_MISSING_RECEIPT = "confirmed_missing_receipt"
    """The nonce is used up and no score of ours reads back: a rule refused it, or a re-order."""
    FATAL_ERROR = "fatal_error"
    """Will never be posted; `reason` says why."""

    @property
    def is_final(self) -> bool:
        """True when nothing more will be done."""
        return self in (PostState.FINALIZED, PostState.FATAL_ERROR)


class PostMode(StrEnum):
    """Who lets a verdict go out: the engine, the operator each time, or the operator by hand."""

    AUTO = "auto"
    OVERSIGHT = "oversight"
    MANUAL = "manual"


MOVES: Final[Mapping[PostState, frozenset[PostState]]] = {
    PostState.HELD: frozenset({PostState.UNSTARTED, PostState.CONFIRMED, PostState.FATAL_ERROR}),
    PostState.UNSTARTED: frozenset(
        {PostState.HELD, PostState.IN_PROGRESS, PostState.CONFIRMED, PostState.FATAL_ERROR}
    ),
    PostState.IN_PROGRESS: frozenset(
        {PostState.HELD, PostState.UNCONFIRMED, PostState.FATAL_ERROR}
    ),
    PostState.UNCONFIRMED: frozenset({PostState.CONFIRMED, PostState.CONFIRMED_MISSING_RECEIPT}),
    PostState.CONFIRMED: frozenset({PostState.UNCONFIRMED, PostState.FINALIZED}),
    PostState.CONFIRMED_MISSING_RECEIPT: frozenset(
        {PostState.UNCONFIRMED, PostState.CONFIRMED, PostState.FATAL_ERROR}
    ),
    PostState.FINALIZED: frozenset(),
    PostState.FATAL_ERROR: frozenset(),
}
"""Every change of state there is. What has asked the signer goes back only to `HELD`, and only
where the signer shows, again and again, that it has nothing of it."""

UNSENT: Final = (PostState.HELD, PostState.UNSTARTED)
"""Nothing was signed: the operator may still withdraw it."""
IN_FLIGHT: Final = (
    PostState.IN_PROGRESS,
    PostState.UNCONFIRMED,
    PostState.CONFIRMED_MISSING_RECEIPT,
)
"""A nonce is bound or about to be: no other verdict goes out meanwhile."""


@dataclass(frozen=True, slots=True)
class Post:
    """A verdict on its way. Ids and hashes are hexadecimal, `reward` is in chain units.

    `deadline_ms` and `not_before` are the chain's milliseconds; the second is the time until which
    a score of 70 or more may wait for the task's other answers. `created_at` and `updated_at` are
    microseconds since 1970. `root`, `nonce` and `tx_hash` are None until the signer has a row.
    """

    answer_id: str
    task_id: str
    submission_id: str
    verdict_id: str
    score: int
    reward: int
    deadline_ms: int
    state: PostState
    reason: str | None
    approved_by: str | None
    root: str | None
    nonce: int | None
    tx_hash: str | None
    tries: int
    not_before: int
    created_at: int
    updated_at: int
