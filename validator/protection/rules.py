"""May this be signed? Pure decisions over what is recorded; the order of the questions is fixed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from validator.protection.values import Attempt, AttemptState, KeyState, Observed, Origin, Row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from validator.protection.values import RecordedContent, Request


class Refusal(Enum):
    """Why a signature is refused: a word for machines; `sentence` is for people."""

    UNKNOWN_KEY = "unknown_key"
    KEY_DISABLED = "key_disabled"
    KEY_HALTED = "key_halted"
    OTHER_GENESIS = "other_genesis"
    AT_OR_ABOVE_HIGH = "at_or_above_high_watermark"
    AT_OR_BELOW_LOW = "at_or_below_low_watermark"
    NEVER_SIGN = "never_sign"
    OTHER_ANSWER = "other_answer"
    OTHER_ROOT = "other_root"
    OTHER_SCORE = "other_score"
    NONCE_TAKEN = "nonce_taken"
    NONCE_SPENT = "nonce_spent"
    NONCE_OPEN = "nonce_open"
    NOT_OBSERVED = "not_observed"
    ON_CHAIN = "on_chain"
    FOREIGN_SCORE = "foreign_score"

    @property
    def sentence(self) -> str:
        """One plain sentence, without its full stop."""
        return _SENTENCES[self]

    @property
    def is_conflict(self) -> bool:
        """Whether two different verdicts would exist if it were signed."""
        return self in (Refusal.OTHER_ROOT, Refusal.OTHER_SCORE)


_SENTENCES = {
    Refusal.UNKNOWN_KEY: "the key is not registered here",
    Refusal.KEY_DISABLED: "the key is disabled",
    Refusal.KEY_HALTED: "signing with the key is halted until its operator resumes it",
    Refusal.OTHER_GENESIS: "the verdict is for another network than this history",
    Refusal.AT_OR_ABOVE_HIGH: "the answer's block is at or above the high watermark",
    Refusal.AT_OR_BELOW_LOW: "the answer's block is at or below the low watermark",
    Refusal.NEVER_SIGN: "the answer was recorded with conflicting verdicts and is never signed",
    Refusal.OTHER_ANSWER: "the answer id is recorded for another submitter or answer hash",
    Refusal.OTHER_ROOT: "another verdict was already permitted for this answer",
    Refusal.OTHER_SCORE: "the same answer under another id already has another score",
    Refusal.NONCE_TAKEN: "the nonce belongs to another transaction of the key",
    Refusal.NONCE_SPENT: "the nonce is already used up on chain",
    Refusal.NONCE_OPEN: "an earlier transaction of this verdict can still be mined",
    Refusal.NOT_OBSERVED: "the verdict was made elsewhere; look on the chain for its score first",
    Refusal.ON_CHAIN: "the score is already on the chain",
    Refusal.FOREIGN_SCORE: "the chain shows another score under the key",
}


@dataclass(frozen=True, slots=True)
class New:
    """Permitted, and to be recorded first. `first`: same content under an earlier answer id."""

    first: RecordedContent | None


@dataclass(frozen=True, slots=True)
class Repeat:
    """Permitted: these very bytes were permitted before."""

    row: Row


@dataclass(frozen=True, slots=True)
class Refused:
    """Not permitted. `row` is what stands in the way, where a row does."""

    why: Refusal
    row: Row | None = None


def decide(
    request: Request,
    genesis: bytes,
    key: KeyState | None,
    row: Row | None,
    content: RecordedContent | None,
) -> New | Repeat | Refused:
    """Decide about one verdict.

    `genesis` is the history's own; `row` the one recorded for the answer id under this key;
    `content` what is recorded for the answer's content under this key. A repeat passes below the
    low watermark, which is about first signatures, and never at or above the high one, which says
    that the key signs elsewhere from there on.
    """
    why = key_refusal(key)
    if why is None and request.genesis != genesis:
        why = Refusal.OTHER_GENESIS
    if why is not None or key is None:
        return Refused(why or Refusal.UNKNOWN_KEY, row)
    if key.high is not None and request.height >= key.high:
        return Refused(Refusal.AT_OR_ABOVE_HIGH, row)
    if row is not None:
        return _decide_known(request, row, content)
    return _decide_new(request, key, content)


def key_refusal(key: KeyState | None) -> Refusal | None:
    """Return why nothing at all may be signed with a key, or None."""
    if key is None:
        return Refusal.UNKNOWN_KEY
    if not key.enabled:
        return Refusal.KEY_DISABLED
    return Refusal.KEY_HALTED if key.halted is not None else None


def _decide_known(request: Request, row: Row, content: RecordedContent | None) -> Repeat | Refused:
    if row.barred or (content is not None and content.barred):
        return Refused(Refusal.NEVER_SIGN, row)
    if row.root != request.root:
        return Refused(Refusal.OTHER_ROOT, row)
    if row.content != request.content:
        return Refused(Refusal.OTHER_ANSWER, row)
    return Repeat(row)


def _decide_new(request: Request, key: KeyState, content: RecordedContent | None) -> New | Refused:
    if key.low is not None and request.height <= key.low:
        return Refused(Refusal.AT_OR_BELOW_LOW)
    if content is None:
        return New(None)
    if content.barred:
        return Refused(Refusal.NEVER_SIGN)
    return New(content) if content.score == request.verdict.score else Refused(Refusal.OTHER_SCORE)


def decide_attempt(
    row: Row, attempts: Sequence[Attempt], nonce: int, observed: Observed | None
) -> Refusal | None:
    """Return why a transaction with this nonce may not be signed under a row; None: it may.

    `attempts` are all under the row. A rebuild keeps a nonce that is still open, or comes once
    every earlier nonce is used up at stable height and the score does not read back: a T0
    transaction never expires, so only a spent nonce kills it. That the key may sign, that the row
    is not barred and that the nonce is no other row's, the caller has asked before.
    """
    on_chain = _on_chain(row, attempts, observed)
    if on_chain is not None:
        return on_chain
    spent = {each.nonce for each in attempts if each.state is AttemptState.SPENT}
    if observed is not None:
        spent |= {each.nonce for each in attempts if each.nonce < observed.next_nonce}
    if nonce in spent or (observed is not None and nonce < observed.next_nonce):
        return Refusal.NONCE_SPENT
    used = {each.nonce for each in attempts}
    if nonce in used:
        return None
    if used - spent:
        return Refusal.NONCE_OPEN
    if observed is None and (used or row.origin is not Origin.SIGNED):
        return Refusal.NOT_OBSERVED
    return None


def _on_chain(row: Row, attempts: Sequence[Attempt], observed: Observed | None) -> Refusal | None:
    if observed is not None and observed.score is not None:
        return Refusal.ON_CHAIN if observed.score == row.score else Refusal.FOREIGN_SCORE
    confirmed = any(each.state is AttemptState.CONFIRMED for each in attempts)
    return Refusal.ON_CHAIN if confirmed else None
