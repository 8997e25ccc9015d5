"""The four AI-mining payloads (protocol note, section 1.2), checked when they are made.

Amounts are chain units, deadlines Unix milliseconds. Only what the wire cannot carry is refused:
whether a score, a fee or a text keeps the chain's rules is for those who know them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from validator.wire.tos.errors import DecodeError, EncodeError
from validator.wire.tos.keys import KEY_SIZE, PublicKey
from validator.wire.tos.octets import (
    U8_MAX,
    Reader,
    Writer,
    check_integer,
    check_octets,
    check_text,
)


class Difficulty(IntEnum):
    """A task's difficulty, as its byte."""

    BEGINNER = 0
    INTERMEDIATE = 1
    ADVANCED = 2
    EXPERT = 3


@dataclass(frozen=True, slots=True)
class PublishTask:
    """A new task: `reward_amount` in units, `deadline` in Unix ms, a text of up to 255 bytes."""

    task_id: bytes
    reward_amount: int
    difficulty: Difficulty
    deadline: int
    description: str

    def __post_init__(self) -> None:
        check_octets("task_id", self.task_id)
        check_integer("reward_amount", self.reward_amount)
        if not isinstance(self.difficulty, Difficulty):
            raise EncodeError("difficulty must be one of the four of Difficulty")
        check_integer("deadline", self.deadline)
        check_text("description", self.description)

    def write(self, writer: Writer) -> None:
        """Append everything after the variant byte."""
        writer.octets(self.task_id).u64(self.reward_amount).u8(self.difficulty)
        writer.u64(self.deadline).text(self.description)

    @classmethod
    def read(cls, reader: Reader) -> PublishTask:
        """Take everything after the variant byte. Raises DecodeError."""
        return cls(
            reader.hash("task_id"),
            reader.u64("reward_amount"),
            _difficulty(reader.u8("difficulty")),
            reader.u64("deadline"),
            reader.text("description"),
        )


@dataclass(frozen=True, slots=True)
class SubmitAnswer:
    """An answer of up to 255 bytes, BLAKE3 of it, and a stake in units."""

    task_id: bytes
    answer_content: str
    answer_hash: bytes
    stake_amount: int

    def __post_init__(self) -> None:
        check_octets("task_id", self.task_id)
        check_text("answer_content", self.answer_content)
        check_octets("answer_hash", self.answer_hash)
        check_integer("stake_amount", self.stake_amount)

    def write(self, writer: Writer) -> None:
        """Append everything after the variant byte."""
        writer.octets(self.task_id).text(self.answer_content)
        writer.octets(self.answer_hash).u64(self.stake_amount)

    @classmethod
    def read(cls, reader: Reader) -> SubmitAnswer:
        """Take everything after the variant byte. Raises DecodeError."""
        return cls(
            reader.hash("task_id"),
            reader.text("answer_content"),
            reader.hash("answer_hash"),
            reader.u64("stake_amount"),
        )


@dataclass(frozen=True, slots=True)
class ValidateAnswer:
    """A verdict. The byte carries 0-255; the chain's rules refuse a score above 100."""

    task_id: bytes
    answer_id: bytes
    validation_score: int

    def __post_init__(self) -> None:
        check_octets("task_id", self.task_id)
        check_octets("answer_id", self.answer_id)
        check_integer("validation_score", self.validation_score, U8_MAX)

    def write(self, writer: Writer) -> None:
        """Append everything after the variant byte."""
        writer.octets(self.task_id).octets(self.answer_id).u8(self.validation_score)

    @classmethod
    def read(cls, reader: Reader) -> ValidateAnswer:
        """Take everything after the variant byte. Raises DecodeError."""
        return cls(reader.hash("task_id"), reader.hash("answer_id"), reader.u8("validation_score"))


@dataclass(frozen=True, slots=True)
class RegisterMiner:
    """An account asks to take part; the fee is in units."""

    miner_address: PublicKey
    registration_fee: int

    def __post_init__(self) -> None:
        if not isinstance(self.miner_address, PublicKey):
            raise EncodeError("miner_address must be a PublicKey")
        check_integer("registration_fee", self.registration_fee)

    def write(self, writer: Writer) -> None:
        """Append everything after the variant byte."""
        writer.octets(self.miner_address.data).u64(self.registration_fee)

    @classmethod
    def read(cls, reader: Reader) -> RegisterMiner:
        """Take everything after the variant byte. Raises DecodeError."""
        return cls(
            PublicKey(reader.octets("miner_address", KEY_SIZE)), reader.u64("registration_fee")
        )


AiPayload = PublishTask | SubmitAnswer | ValidateAnswer | RegisterMiner

VARIANTS: Final = (PublishTask, SubmitAnswer, ValidateAnswer, RegisterMiner)
"""In the order of the variant byte."""


def encode_payload(payload: AiPayload) -> bytes:
    """Return the payload from its variant byte on (the transaction puts a 06 before it)."""
    writer = Writer()
    write_payload(writer, payload)
    return writer.bytes()


def decode_payload(data: bytes) -> AiPayload:
    """Read one payload, and nothing after it. Raises DecodeError."""
    reader = Reader(data)
    payload = read_payload(reader)
    if reader.left:
        raise DecodeError(f"payload: {reader.left} bytes follow its end")
    return payload


def write_payload(writer: Writer, payload: AiPayload) -> None:
    """Append variant byte and fields."""
    writer.u8(VARIANTS.index(type(payload)))
    payload.write(writer)


def read_payload(reader: Reader) -> AiPayload:
    """Take variant byte and fields. Raises DecodeError."""
    variant = reader.u8("payload variant")
    if variant >= len(VARIANTS):
        raise DecodeError(f"payload variant: {variant} is none of 0 to {len(VARIANTS) - 1}")
    return VARIANTS[variant].read(reader)


def _difficulty(value: int) -> Difficulty:
    try:
        return Difficulty(value)
    except ValueError:
        raise DecodeError(f"difficulty: {value} is none of 0 to 3") from None
