"""What follows from each error on the way to the chain: one table, read by nobody else."""

from __future__ import annotations

from enum import Enum
from typing import Final

from validator.errors import (
    ApprovalNeededError,
    CeilingError,
    ChainUnreadableError,
    InvalidDocumentError,
    InvalidEvidenceError,
    InvalidParameterError,
    PostMovedError,
    SignerUnavailableError,
    SigningClosedError,
    SigningRefusedError,
    StoreUnavailableError,
    SubmitRefusedError,
    UnfoundedVerdictError,
    ValidatorError,
    VerdictConflictError,
)


class Outcome(Enum):
    """What becomes of a post that has asked the signer."""

    WAIT = "wait"
    """It stays where it is, and the next head tries again; after many, if nothing was signed, it
    makes room for others."""
    TELL = "tell"
    """The same, and the operator hears of it."""
    HOLD = "hold"
    """The signer has nothing of it and wants the operator's word."""
    REFEE = "refee"
    """The fee of the settings, under the same nonce."""
    SENT = "sent"
    """The nonce is somebody's: the confirmer finds out whose."""
    ADOPT = "adopt"
    """The signer has another verdict for it, and that is the one that counts."""
    HALT = "halt"
    """Somebody else signs with our key."""
    FATAL = "fatal"
    """It will never be posted."""


_BY_KIND: Final[dict[type[ValidatorError], Outcome]] = {
    ApprovalNeededError: Outcome.HOLD,
    CeilingError: Outcome.WAIT,
    ChainUnreadableError: Outcome.WAIT,
    InvalidDocumentError: Outcome.FATAL,
    InvalidEvidenceError: Outcome.FATAL,
    InvalidParameterError: Outcome.WAIT,
    PostMovedError: Outcome.WAIT,
    SignerUnavailableError: Outcome.WAIT,
    SigningClosedError: Outcome.WAIT,
    UnfoundedVerdictError: Outcome.FATAL,
    VerdictConflictError: Outcome.ADOPT,
}
BY_WHY: Final = {
    "unknown_key": Outcome.TELL,
    "key_disabled": Outcome.TELL,
    "key_halted": Outcome.TELL,
    "other_genesis": Outcome.TELL,
    "at_or_above_high_watermark": Outcome.TELL,
    "at_or_below_low_watermark": Outcome.FATAL,
    "never_sign": Outcome.FATAL,
    "other_answer": Outcome.FATAL,
    "nonce_taken": Outcome.WAIT,
    "nonce_spent": Outcome.WAIT,
    "nonce_open": Outcome.WAIT,
    "not_observed": Outcome.WAIT,
    "on_chain": Outcome.SENT,
    "foreign_score": Outcome.HALT,
}
"""Why the signer's history refuses a transaction (reference of the signer; protection's words).

What ends a verdict is named here: a word that nobody has thought of is the operator's."""
_OF_THE_KEY: Final = frozenset({"unknown_key", "key_disabled", "key_halted", "other_genesis"})
# What a node says of the bytes (protocol note, 9.3).
_BY_REFUSAL: Final = {
    "nonce": Outcome.SENT,
    "fee": Outcome.REFEE,
    "reference": Outcome.WAIT,
    "syncing": Outcome.WAIT,
    "funds": Outcome.TELL,
    "other": Outcome.TELL,
}


# What a verdict may have whose bytes a node may have: it goes on, whatever is said of it.
_WHEN_SIGNED: Final = {
    Outcome.HOLD: Outcome.TELL,
    Outcome.ADOPT: Outcome.TELL,
    Outcome.FATAL: Outcome.TELL,
    Outcome.SENT: Outcome.WAIT,
}


def outcome(error: ValidatorError, *, signed: bool = False) -> Outcome:
    """Return what follows; an error that nobody has thought of leaves the post where it is.

    `signed`: the post has a nonce, so that no refusal ends or holds it any more.
    """
    found = _found(error)
    return _WHEN_SIGNED.get(found, found) if signed else found


def would_meet_all(error: ValidatorError) -> bool:
    """Whether any other post would meet the same now: no room is made by holding this one."""
    if isinstance(error, SigningRefusedError):
        return error.why in _OF_THE_KEY
    return isinstance(error, SigningClosedError | SignerUnavailableError | StoreUnavailableError)


def _found(error: ValidatorError) -> Outcome:
    if isinstance(error, SigningRefusedError):
        return BY_WHY.get(error.why, Outcome.TELL)
    if isinstance(error, UnfoundedVerdictError) and error.why == "not_stable":
        return Outcome.WAIT
    if isinstance(error, SubmitRefusedError):
        return _BY_REFUSAL.get(error.refusal, Outcome.TELL)
    return _BY_KIND.get(type(error), Outcome.WAIT)
