"""Phase and reasons of signing in an operator's words, and what to do about each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from validator.protection.reconcile import QUIET_BLOCKS, Phase, Reason

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Words:
    """What is the matter, and what the operator does; `mend` is empty where it ends by itself."""

    sentence: str
    mend: str = ""


_VOUCH: Final = (
    "make sure that no other signer has this key; only then"
    " `tos-validator signer resume FINGERPRINT --vouch`"
)
PHASES: Final[Mapping[Phase, str]] = {
    Phase.OPEN: "verdicts are signed",
    Phase.QUIET: "nothing is signed yet; it opens by itself",
    Phase.CLOSED: "nothing is signed; it opens by itself when the reason is gone",
    Phase.HALTED: "nothing is signed until the operator says so",
}
REASONS: Final[Mapping[Reason, Words]] = {
    Reason.NOT_RECONCILED: Words(
        "the chain was not read since the start", "start the process that reads the chain"
    ),
    Reason.UNREADABLE: Words(
        "the chain cannot be read, or its endpoints differ", "look at the nodes with `doctor`"
    ),
    Reason.OTHER_GENESIS: Words(
        "the nodes show another chain than the history is of",
        "mend `chain.nodes`, or use the data directory of that network",
    ),
    Reason.BEHIND: Words(
        "the nodes are behind what was seen before", "wait until they have caught up"
    ),
    Reason.PRUNED: Words(
        "the nodes have deleted blocks that were never read", "name a node that keeps every block"
    ),
    Reason.INCOMPLETE: Words(
        "the reading does not reach back to the last one", "let the reader finish its first reading"
    ),
    Reason.UNVERIFIED: Words(
        "the chain shows a verdict under this key whose signature nobody could check",
        "name a node that gives whole transactions",
    ),
    Reason.PENDING: Words(
        "an unknown transaction of this account waits in a mempool",
        "find out who sent it: the account is the signer's alone",
    ),
    Reason.QUIET_PERIOD: Words(
        f"after a gap in the history {QUIET_BLOCKS} stable blocks must bring nothing unknown"
    ),
    Reason.FOREIGN_VERDICT: Words(
        "the chain holds a verdict under this key that this signer did not make", _VOUCH
    ),
    Reason.FOREIGN_SCORE: Words(
        "the chain holds another score under this key than the recorded one", _VOUCH
    ),
    Reason.NONCE: Words("a nonce of the account was used by something unknown", _VOUCH),
    Reason.OPERATOR: Words(
        "the operator paused it", "`tos-validator signer resume FINGERPRINT` ends the pause"
    ),
}


def phase_in_words(phase: str) -> str:
    """Return what a phase means; empty for one of another release."""
    return next((words for known, words in PHASES.items() if known.value == phase), "")


def reason_in_words(reason: str) -> Words:
    """Return what a reason means; the reason itself for one of another release."""
    found = next((words for known, words in REASONS.items() if known.value == reason), None)
    return found or Words(reason.replace("_", " "))
