"""Does the chain say what we say? Pure logic over one reading of it, and the state of signing.

A row is committed before the key is touched, so a verdict of ours on the chain always has one,
whatever crashed. A verdict without a row therefore means one of two things: this history is an
older copy of itself (a restore), or somebody else signs with the key (a twin). The chain cannot
tell them apart, so its facts are taken in at once and signing halts, unless the operator has said
beforehand, by naming the key's fingerprint, that the gap is a restore, an import or a new history
(`declared`). One proof needs no word of anybody: an answer whose block came after our own start
can be no part of our past, since answers are judged only in stable blocks.

After a declared gap two things close what nobody can see, a transaction that was signed in the
lost past and is not mined yet (T0 transactions never expire): the low watermark rises to the
newest stable height of any endpoint, since the past may have read one that was farther than the
least, so that no answer that it could have judged is signed for the first time; and
signing stays quiet until 8 more stable blocks have passed with nothing unknown of ours in any
endpoint's mempool and every nonce accounted for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Final

from validator.errors import SigningClosedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from validator.protection.values import KeyState, Verdict

QUIET_BLOCKS: Final = 8
"""The chain's stable depth (protocol, section 8): what is deeper is not re-ordered."""


class Phase(Enum):
    """Whether signatures are given."""

    CLOSED = "closed"
    QUIET = "quiet"
    OPEN = "open"
    HALTED = "halted"


class Reason(Enum):
    """Why they are not."""

    NOT_RECONCILED = "not_reconciled"
    UNREADABLE = "chain_unreadable"
    OTHER_GENESIS = "other_genesis"
    BEHIND = "chain_behind"
    PRUNED = "node_pruned"
    INCOMPLETE = "reading_incomplete"
    UNVERIFIED = "unverified_verdict"
    PENDING = "unknown_transaction_pending"
    QUIET_PERIOD = "quiet_period"
    FOREIGN_VERDICT = "foreign_verdict"
    FOREIGN_SCORE = "foreign_score"
    NONCE = "nonce_unexplained"
    OPERATOR = "halted_by_operator"


@dataclass(frozen=True, slots=True)
class ChainVerdict:
    """A verdict under our key at stable height. `verified`: its signature was checked by us."""

    verdict: Verdict
    submitter: bytes
    answer_hash: bytes
    answer_height: int
    nonce: int
    verified: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of the chain, which the independent endpoints agree on.

    `since`: lowest height from which `verdicts` is complete; `next_nonce`: the account's, at
    `stable_height`; `pruned_height`: highest of the endpoints', None when none is pruned;
    `pending`: hashes of our account's transactions in any endpoint's mempool; `newest_stable`:
    stable height of the endpoint that is farthest, None: `stable_height` is that.
    """

    genesis: bytes
    stable_height: int
    since: int
    next_nonce: int
    pruned_height: int | None
    verdicts: tuple[ChainVerdict, ...]
    pending: frozenset[bytes]
    newest_stable: int | None = None

    @property
    def newest(self) -> int:
        """No answer in a block above this height could have been judged when this was read."""
        return max(self.stable_height, self.newest_stable or 0)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the history holds for one answer id."""

    score: int | None
    barred: bool


@dataclass(frozen=True, slots=True)
class Known:
    """What the history says, read after the chain was: else a verdict just signed looks foreign.

    `answers` holds at least the recorded ones among the reading's; `nonces` those from the settled
    one on that are accounted for; `transactions` the hashes that may still be mined.
    """

    genesis: bytes
    key: KeyState
    answers: Mapping[bytes, Recorded]
    nonces: frozenset[int]
    transactions: frozenset[bytes]


@dataclass(frozen=True, slots=True)
class Plan:
    """What must be on disk before the new state counts. None: unchanged."""

    adopt: tuple[ChainVerdict, ...] = ()
    low: int | None = None
    reconciled: int | None = None
    settled_nonce: int | None = None
    halt: Reason | None = None
    ends_declaration: bool = False


@dataclass(frozen=True, slots=True)
class SigningState:
    """Asked before each signature. `start_height`: newest stable height of the first reading.

    `clear`: quiet blocks seen so far; `seen`: stable height of the last reading; `read_at`: when
    that was, in seconds of a monotonic clock.
    """

    phase: Phase = Phase.CLOSED
    reasons: tuple[Reason, ...] = (Reason.NOT_RECONCILED,)
    start_height: int | None = None
    clear: int = 0
    seen: int = 0
    read_at: float = 0.0

    def require_open(self, now: float, longest_s: float) -> None:
        """Raise SigningClosedError unless signing is open and the chain was read lately enough."""
        if self.phase is not Phase.OPEN:
            reasons = ", ".join(reason.value for reason in self.reasons)
            raise SigningClosedError(f"signing is {self.phase.value}: {reasons}")
        if now - self.read_at > longest_s:
            raise SigningClosedError(f"signing is closed: {Reason.UNREADABLE.value}")


def reconcile(
    state: SigningState, known: Known, reading: Reading | None, now: float
) -> tuple[SigningState, Plan]:
    """Return the next state and what to write first. `reading` None: the chain cannot be read."""
    if known.key.halted is not None:
        return _halted(state, _halt_reason(known.key.halted)), Plan()
    closed = _cannot_tell(known, reading)
    if reading is None or closed:
        return _closed(state, closed or (Reason.UNREADABLE,)), Plan()
    start = state.start_height
    if start is None or state.phase is Phase.HALTED:  # a resumed history starts anew
        start = reading.newest
    state = replace(state, start_height=start, read_at=now)
    missing = tuple(each for each in reading.verdicts if each.verdict.answer not in known.answers)
    halt = _proof_of_another(known, reading, start)
    unexplained = _unexplained(known, reading)
    vouched = known.key.declared
    if halt is None and not vouched:
        halt = Reason.FOREIGN_VERDICT if missing else Reason.NONCE if unexplained else None
    if halt is None:
        # A later gap in the quiet period is still the declared one; an open history has none.
        return _go_on(state, known, reading, missing)
    strangers = _differing(known, reading)
    return _halted(state, halt), Plan(adopt=(*missing, *strangers), halt=halt)


def _cannot_tell(known: Known, reading: Reading | None) -> tuple[Reason, ...]:
    """Why this reading proves nothing; empty when it does."""
    if reading is None:
        return (Reason.UNREADABLE,)
    if reading.genesis != known.genesis:
        return (Reason.OTHER_GENESIS,)
    last = -1 if known.key.reconciled is None else known.key.reconciled
    sent = reading.next_nonce > 0  # an account that never sent anything has no past to miss
    pruned = reading.pruned_height
    found = {
        Reason.BEHIND: reading.stable_height < last or reading.next_nonce < known.key.settled_nonce,
        Reason.PRUNED: sent and pruned is not None and pruned > last,
        Reason.INCOMPLETE: sent and reading.since > last + 1,
        Reason.UNVERIFIED: any(not each.verified for each in _strange(known, reading)),
    }
    return tuple(reason for reason, holds in found.items() if holds)


def _strange(known: Known, reading: Reading) -> tuple[ChainVerdict, ...]:
    """Verdicts of the reading that the history does not explain."""
    differing = _differing(known, reading)
    return tuple(
        each
        for each in reading.verdicts
        if each.verdict.answer not in known.answers or each in differing
    )


def _differing(known: Known, reading: Reading) -> tuple[ChainVerdict, ...]:
    """Verdicts whose answer has a row with another score; a barred row explains any."""
    found = []
    for each in reading.verdicts:
        row = known.answers.get(each.verdict.answer)
        if row is not None and not row.barred and row.score != each.verdict.score:
            found.append(each)
    return tuple(found)


def _proof_of_another(known: Known, reading: Reading, start: int) -> Reason | None:
    """Proof of another signer that no declaration explains."""
    if _differing(known, reading):
        return Reason.FOREIGN_SCORE
    later = any(
        each.answer_height > start and each.verdict.answer not in known.answers
        for each in reading.verdicts
    )
    return Reason.FOREIGN_VERDICT if later else None


def _unexplained(known: Known, reading: Reading) -> bool:
    """Whether a nonce was used up by nothing we know of (a twin's duplicate leaves no more)."""
    of_verdicts = {each.nonce for each in reading.verdicts}
    span = range(known.key.settled_nonce, reading.next_nonce)
    # Counted first: a number from outside must not decide how long we loop.
    if len(span) > len(known.nonces) + len(of_verdicts):
        return True
    return any(nonce not in known.nonces and nonce not in of_verdicts for nonce in span)


def _go_on(
    state: SigningState, known: Known, reading: Reading, missing: tuple[ChainVerdict, ...]
) -> tuple[SigningState, Plan]:
    """Nothing foreign: quiet after a gap, else open."""
    written = Plan(
        adopt=missing, reconciled=reading.stable_height, settled_nonce=reading.next_nonce
    )
    unknown = bool(reading.pending - known.transactions)
    if not known.key.declared:
        return (_closed(state, (Reason.PENDING,)) if unknown else _opened(state, reading)), written
    if missing or unknown or _unexplained(known, reading) or state.phase is not Phase.QUIET:
        return _quiet(state, reading, 0), replace(written, low=state.start_height)
    clear = state.clear + (1 if reading.stable_height > state.seen else 0)
    if clear < QUIET_BLOCKS:
        return _quiet(state, reading, clear), written
    return _opened(state, reading), replace(written, ends_declaration=True)


def _quiet(state: SigningState, reading: Reading, clear: int) -> SigningState:
    reasons = (Reason.QUIET_PERIOD,)
    return replace(
        state, phase=Phase.QUIET, reasons=reasons, clear=clear, seen=reading.stable_height
    )


def _opened(state: SigningState, reading: Reading) -> SigningState:
    return replace(state, phase=Phase.OPEN, reasons=(), clear=0, seen=reading.stable_height)


def _closed(state: SigningState, reasons: tuple[Reason, ...]) -> SigningState:
    return replace(state, phase=Phase.CLOSED, reasons=reasons, clear=0)


def _halted(state: SigningState, reason: Reason) -> SigningState:
    return replace(state, phase=Phase.HALTED, reasons=(reason,), clear=0)


def _halt_reason(word: str) -> Reason:
    """The reason that was recorded; any other word is the operator's own."""
    try:
        return Reason(word)
    except ValueError:
        return Reason.OPERATOR
