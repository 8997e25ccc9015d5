"""The life of a verdict on its way to the chain (operator-service report, section 5)."""

from __future__ import annotations

from enum import StrEnum


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
