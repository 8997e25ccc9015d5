"""Transfers, burns and multisig set-ups: read and shown, never made by this engine.

Their bytes are the same in T0 and T1. Contracts, energy, referrals, KYC and encrypted transfers
are not read: their transactions are refused at the type tag.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from validator.wire.tos.errors import DecodeError, EncodeError
from validator.wire.tos.keys import KEY_SIZE, PublicKey
from validator.wire.tos.octets import U8_MAX, Reader, Writer, check_integer, check_octets

MAX_TRANSFERS: Final = 500
"""Recipients of one transaction (`MAX_TRANSFER_COUNT` of the node)."""
MAX_EXTRA_DATA: Final = 1024
"""Bytes beside a transfer (`DEFAULT_MAX_ITEMS` of the node's reader)."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """One recipient. `asset` is 32 bytes (TOS: zeros), `amount` in units of the asset."""

    asset: bytes
    destination: PublicKey
    amount: int
    extra_data: bytes | None = None

    def __post_init__(self) -> None:
        check_octets("asset", self.asset)
        check_integer("amount", self.amount)
        if self.extra_data is not None and len(self.extra_data) > MAX_EXTRA_DATA:
            raise EncodeError(f"extra_data must be at most {MAX_EXTRA_DATA} bytes")

    def write(self, writer: Writer) -> None:
        """Append one recipient."""
        writer.octets(self.asset).octets(self.destination.data).u64(self.amount)
        writer.u8(self.extra_data is not None)
        if self.extra_data is not None:
            writer.u16(len(self.extra_data)).octets(self.extra_data)

    @classmethod
    def read(cls, reader: Reader) -> Transfer:
        """Take one recipient. Raises DecodeError."""
        asset = reader.hash("asset")
        destination = PublicKey(reader.octets("destination", KEY_SIZE))
        amount = reader.u64("amount")
        extra = _read_extra(reader) if reader.flag("extra_data") else None
        return cls(asset, destination, amount, extra)


@dataclass(frozen=True, slots=True)
class Transfers:
    """1 to 500 plain transfers."""

    transfers: tuple[Transfer, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.transfers) <= MAX_TRANSFERS:
            raise EncodeError(f"transfers must be 1 to {MAX_TRANSFERS}")

    def write(self, writer: Writer) -> None:
        """Append everything after the type tag."""
        writer.u16(len(self.transfers))
        for transfer in self.transfers:
            transfer.write(writer)

    @classmethod
    def read(cls, reader: Reader) -> Transfers:
        """Take everything after the type tag. Raises DecodeError."""
        count = reader.u16("transfers")
        if not 1 <= count <= MAX_TRANSFERS:
            raise DecodeError(f"transfers: {count} is not from 1 to {MAX_TRANSFERS}")
        return cls(tuple(Transfer.read(reader) for _ in range(count)))


@dataclass(frozen=True, slots=True)
class Burn:
    """An amount of an asset that is gone."""

    asset: bytes
    amount: int

    def __post_init__(self) -> None:
        check_octets("asset", self.asset)
        check_integer("amount", self.amount)

    def write(self, writer: Writer) -> None:
        """Append everything after the type tag."""
        writer.octets(self.asset).u64(self.amount)

    @classmethod
    def read(cls, reader: Reader) -> Burn:
        """Take everything after the type tag. Raises DecodeError."""
        return cls(reader.hash("asset"), reader.u64("amount"))


@dataclass(frozen=True, slots=True)
class MultiSigSetup:
    """How many of which keys must sign with an account from now on; threshold 0 ends it."""

    threshold: int
    participants: tuple[PublicKey, ...] = ()

    def __post_init__(self) -> None:
        check_integer("threshold", self.threshold, U8_MAX)
        if bool(self.threshold) != bool(self.participants):
            raise EncodeError("participants are none exactly when threshold is 0")
        if len(self.participants) > U8_MAX or len(set(self.participants)) < len(self.participants):
            raise EncodeError(f"participants must be at most {U8_MAX} different keys")

    def write(self, writer: Writer) -> None:
        """Append everything after the type tag."""
        writer.u8(self.threshold)
        if self.threshold:
            writer.u8(len(self.participants))
            for participant in self.participants:
                writer.octets(participant.data)

    @classmethod
    def read(cls, reader: Reader) -> MultiSigSetup:
        """Take everything after the type tag. Raises DecodeError."""
        threshold = reader.u8("threshold")
        count = reader.u8("participants") if threshold else 0
        if threshold and not count:
            raise DecodeError("participants: a threshold needs at least one")
        keys = tuple(PublicKey(reader.octets("participant", KEY_SIZE)) for _ in range(count))
        if len(set(keys)) < count:
            raise DecodeError("participants: one is named twice")
        return cls(threshold, keys)


OtherPayload = Burn | Transfers | MultiSigSetup


def _read_extra(reader: Reader) -> bytes:
    size = reader.u16("extra_data")
    if size > MAX_EXTRA_DATA:
        raise DecodeError(f"extra_data: {size} is more than {MAX_EXTRA_DATA} bytes")
    return reader.octets("extra_data", size)
