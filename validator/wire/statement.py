"""What a chain key signs besides transactions: statements under a prefix, and nothing else.

    ff  "tosv-statement/1"  00
    length of purpose (1 byte)   purpose, ASCII
    genesis (32 bytes)
    length of round (1 byte)     round, UTF-8
    the message, to the end

The first byte is no transaction version (those are 00 and 01), and the whole is always longer than
the 32 bytes that a participant of a multisig signs: no statement can be taken for either. Purpose,
genesis and round keep a statement from being used anywhere else (threat model, row 14).

Whoever verifies one needs no key file: signing is in `validator.keys`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from validator.errors import InvalidParameterError
from validator.wire.tos import EncodeError
from validator.wire.tos.octets import Writer, check_octets, check_text

if TYPE_CHECKING:
    from validator.wire.tos import PublicKey

PREFIX: Final = b"\xfftosv-statement/1\x00"
MAX_MESSAGE: Final = 64 * 1024
"""Bytes of a message: more is named by its digest."""


class Purpose(StrEnum):
    """What a statement is for."""

    VOTE = "vote"
    LOGIN = "login"
    EVIDENCE_KEY = "evidence-key"
    """The message is the evidence key of this account; the signer alone makes it."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A message with its purpose, the chain it belongs to (32 bytes), and its round.

    `round` is a round's id for a vote and the server's challenge for a login: 1 to 255 bytes.
    Raises InvalidParameterError when something does not fit.
    """

    purpose: Purpose
    genesis: bytes
    round: str
    message: bytes

    def __post_init__(self) -> None:
        try:
            check_octets("genesis", self.genesis)
            check_text("round", self.round)
        except EncodeError as error:
            raise InvalidParameterError(str(error)) from None
        if not self.round:
            raise InvalidParameterError("round must not be empty")
        if len(self.message) > MAX_MESSAGE:
            raise InvalidParameterError(f"message must be at most {MAX_MESSAGE} bytes")

    def to_bytes(self) -> bytes:
        """Return the bytes that are signed."""
        writer = Writer().octets(PREFIX).text(self.purpose.value)
        return writer.octets(self.genesis).text(self.round).octets(self.message).bytes()

    def holds(self, key: PublicKey, signature: bytes) -> bool:
        """Say whether the signature is the key's for this statement."""
        return key.verify(self.to_bytes(), signature)
