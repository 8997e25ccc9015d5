"""What the protection of verdicts speaks of: a verdict, its signing root, the recorded rows."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import Enum
from typing import Final

from validator.errors import FingerprintError, InvalidParameterError

ROOT_DOMAIN: Final = b"tosv/validate/1\x00"
"""Begins every signing root (threat model, row 15)."""
FINGERPRINT_DOMAIN: Final = b"tosv/key/1\x00"

VALIDATE_ANSWER: Final = 0x02
"""Variant byte of the chain's ValidateAnswer payload."""
HASH_BYTES: Final = 32
MAX_SCORE: Final = 100
MAX_NUMBER: Final = 2**53 - 1
"""Greatest height or nonce: what every JSON reader keeps exactly (RFC 8259, section 6). The chain
writes u64; at a block in 3 s this is 850 million years."""

_GROUP = 4
_GROUPS = 4


def hash_of(name: str, value: object) -> bytes:
    """Return 32 bytes, or raise InvalidParameterError that names them."""
    if not isinstance(value, bytes) or len(value) != HASH_BYTES:
        raise InvalidParameterError(f"{name}: must be {HASH_BYTES} bytes")
    return value


def number_of(name: str, value: object, most: int = MAX_NUMBER) -> int:
    """Return a whole number from 0 to `most`, or raise InvalidParameterError that names it."""
    if type(value) is not int or not 0 <= value <= most:
        raise InvalidParameterError(f"{name}: must be a whole number from 0 to {most}")
    return value


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the chain is told: a score, 0 to 100, for one answer to one task."""

    task: bytes
    answer: bytes
    score: int

    def __post_init__(self) -> None:
        hash_of("task", self.task)
        hash_of("answer", self.answer)
        number_of("score", self.score, MAX_SCORE)

    @property
    def payload(self) -> bytes:
        """The 66 bytes of the chain's ValidateAnswer payload."""
        return bytes([VALIDATE_ANSWER]) + self.task + self.answer + bytes([self.score])

    def root(self, genesis: bytes, public_key: bytes) -> bytes:
        """The signing root: SHA-256 over domain, genesis, public key and payload."""
        return hashlib.sha256(ROOT_DOMAIN + genesis + public_key + self.payload).digest()


@dataclass(frozen=True, slots=True)
class AnswerContent:
    """What an answer is apart from the block it is in: 32 bytes each. A re-order keeps it."""

    task: bytes
    submitter: bytes
    answer_hash: bytes

    def __post_init__(self) -> None:
        hash_of("task", self.task)
        hash_of("submitter", self.submitter)
        hash_of("answer_hash", self.answer_hash)


@dataclass(frozen=True, slots=True)
class Request:
    """A verdict that somebody wants signed. `height` is that of the answer's block."""

    genesis: bytes
    public_key: bytes
    verdict: Verdict
    submitter: bytes
    answer_hash: bytes
    height: int

    def __post_init__(self) -> None:
        hash_of("genesis", self.genesis)
        hash_of("public_key", self.public_key)
        hash_of("submitter", self.submitter)
        hash_of("answer_hash", self.answer_hash)
        number_of("height", self.height)

    @property
    def root(self) -> bytes:
        """The signing root of this request."""
        return self.verdict.root(self.genesis, self.public_key)

    @property
    def content(self) -> AnswerContent:
        """The answer apart from its block."""
        return AnswerContent(self.verdict.task, self.submitter, self.answer_hash)


class Origin(Enum):
    """How a row came to be."""

    SIGNED = "signed"  # permitted here
    IMPORTED = "imported"  # from an interchange file
    CHAIN = "chain"  # read back from the chain


@dataclass(frozen=True, slots=True)
class Row:
    """One recorded verdict. `score` and `root` are None only where no single one is known."""

    row_id: int
    answer: bytes
    content: AnswerContent
    score: int | None
    root: bytes | None
    height: int
    log_index: int | None
    origin: Origin
    barred: bool  # never to be signed, whatever is asked


@dataclass(frozen=True, slots=True)
class RecordedContent:
    """The second unique row: the one score that an answer's content may have."""

    content_id: int
    score: int | None
    barred: bool


@dataclass(frozen=True, slots=True)
class KeyState:
    """A registered key. Watermarks are answer heights; None: not set.

    `low`: no first signature for an answer at or below it. `high`: no signature for one at or
    above it. `declared`: the operator has vouched for a gap in the history, and the next
    reconciliation closes it. `reconciled`: stable height up to which the chain has been read.
    `settled_nonce`: every nonce below it is accounted for.
    """

    public_key: bytes
    enabled: bool
    low: int | None
    high: int | None
    halted: str | None
    declared: bool
    reconciled: int | None
    settled_nonce: int


class AttemptState(Enum):
    """Life of a transaction under a row: it only goes down this list."""

    PREPARED = "prepared"  # its nonce and message are on disk, the key is untouched
    SIGNED = "signed"  # its bytes are on disk
    SENT = "sent"  # given to an endpoint at least once
    SPENT = "spent"  # its nonce is used up at stable height, and the score does not read back
    CONFIRMED = "confirmed"  # the score reads back at stable height

    @property
    def is_last(self) -> bool:
        """Whether nothing can come of the attempt any more."""
        return self in (AttemptState.SPENT, AttemptState.CONFIRMED)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One transaction under a row. `message` is what is signed, `transaction` the full bytes."""

    attempt_id: int
    row_id: int
    nonce: int
    message: bytes
    fee: int
    tx_hash: bytes | None
    transaction: bytes | None
    state: AttemptState


@dataclass(frozen=True, slots=True)
class Observed:
    """What the caller has read at one stable block: the account's next nonce, and our own score.

    `score` is None when the task at that block holds no score of ours for the answer.
    """

    next_nonce: int
    score: int | None

    def __post_init__(self) -> None:
        number_of("next_nonce", self.next_nonce)
        if self.score is not None:
            number_of("score", self.score, MAX_SCORE)


def fingerprint(public_key: bytes) -> str:
    """Return 64 bits of a hash of the key as 16 hex digits in fours, for people to type.

    It guards against the wrong key by mistake, not against somebody who searches for a twin.
    """
    digits = hashlib.sha256(FINGERPRINT_DOMAIN + hash_of("public_key", public_key)).hexdigest()
    return "-".join(digits[at * _GROUP : (at + 1) * _GROUP] for at in range(_GROUPS))


def require_fingerprint(public_key: bytes, typed: str) -> None:
    """Raise FingerprintError unless the key was named; dashes, spaces and case do not matter."""
    if "".join(typed.replace("-", " ").split()).lower() != fingerprint(public_key).replace("-", ""):
        raise FingerprintError("the fingerprint is not that of the key")
