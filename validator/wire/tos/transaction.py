"""The transaction around a payload: bytes, hash, signatures (protocol note, section 1.1)."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - part of the public signatures
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final, TypeVar

from validator.wire.tos import schnorr
from validator.wire.tos.errors import DecodeError, EncodeError, SignatureError, Stage
from validator.wire.tos.fees import minimum_fee
from validator.wire.tos.hashes import blake3_256
from validator.wire.tos.keys import KEY_SIZE, PublicKey, SecretKey
from validator.wire.tos.octets import (
    HASH_SIZE,
    U8_MAX,
    Reader,
    Writer,
    check_integer,
    check_octets,
)
from validator.wire.tos.other_payloads import Burn, MultiSigSetup, OtherPayload, Transfers
from validator.wire.tos.payloads import AiPayload, read_payload, write_payload

MAX_TRANSACTION: Final = 1024 * 1024
"""Bytes of a transaction that a node takes."""
AI_MINING_TAG: Final = 6
OTHER_TAGS: Final[Mapping[int, type[OtherPayload]]] = {0: Burn, 1: Transfers, 2: MultiSigSetup}
_TAGS: Final = {kind: tag for tag, kind in OTHER_TAGS.items()}

Payload = AiPayload | OtherPayload
_Choice = TypeVar("_Choice", bound=IntEnum)


class TxVersion(IntEnum):
    """T0 carries no chain id, T1 does. Nodes with AI mining take T0 only."""

    T0 = 0
    T1 = 1


class FeeType(IntEnum):
    """What the fee is paid in. AI mining takes TOS only."""

    TOS = 0
    ENERGY = 1
    UNO = 2


@dataclass(frozen=True, slots=True)
class Reference:
    """The block that a transaction was built on: hash and topoheight."""

    hash: bytes
    topoheight: int

    def __post_init__(self) -> None:
        check_octets("reference.hash", self.hash, HASH_SIZE)
        check_integer("reference.topoheight", self.topoheight)


@dataclass(frozen=True, slots=True)
class MultiSigSignature:
    """One participant's signature of BLAKE3(signed bytes); `id` is its place in the set-up."""

    id: int
    signature: bytes

    def __post_init__(self) -> None:
        check_integer("multisig.id", self.id, U8_MAX)
        _check_signature("multisig.signature", self.signature)


@dataclass(frozen=True, slots=True)
class MultiSig:
    """The participants' signatures, in the order sent; no id twice."""

    signatures: tuple[MultiSigSignature, ...]

    def __post_init__(self) -> None:
        if len(self.signatures) > U8_MAX:
            raise EncodeError(f"multisig must hold at most {U8_MAX} signatures")
        if len({entry.id for entry in self.signatures}) < len(self.signatures):
            raise EncodeError("multisig names an id twice")


@dataclass(frozen=True, slots=True)
class Transaction:
    """A transaction, signed or (with `signature` None) about to be.

    `fee` in units, `nonce` the account's next one, `chain_id` 0-255 in T1 and None in T0.
    """

    source: PublicKey
    payload: Payload
    fee: int
    nonce: int
    reference: Reference
    version: TxVersion = TxVersion.T0
    chain_id: int | None = None
    fee_type: FeeType = FeeType.TOS
    multisig: MultiSig | None = None
    signature: bytes | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.version, TxVersion):
            raise EncodeError("version must be one of TxVersion")
        if not isinstance(self.fee_type, FeeType):
            raise EncodeError("fee_type must be one of FeeType")
        check_integer("fee", self.fee)
        check_integer("nonce", self.nonce)
        if self.version is TxVersion.T1:
            check_integer("chain_id", self.chain_id, U8_MAX)
        elif self.chain_id is not None:
            raise EncodeError("chain_id has no place in version 0")
        if self.signature is not None:
            _check_signature("signature", self.signature)

    def unsigned(self) -> bytes:
        """Return the bytes that the source signs: fields 1 to 10, without multisig."""
        writer = Writer().u8(self.version)
        if self.chain_id is not None:
            writer.u8(self.chain_id)
        writer.octets(self.source.data)
        _write_payload(writer, self.payload)
        writer.u64(self.fee).u8(self.fee_type).u64(self.nonce)
        return writer.octets(self.reference.hash).u64(self.reference.topoheight).bytes()

    def multisig_message(self) -> bytes:
        """Return the 32 bytes that each participant of a multisig signs."""
        return blake3_256(self.unsigned())

    def encode(self) -> bytes:
        """Return the full bytes. Raises EncodeError while there is no signature."""
        if self.signature is None:
            raise EncodeError("signature is missing; sign the transaction first")
        writer = Writer().octets(self.unsigned())
        writer.u8(self.multisig is not None)
        if self.multisig is not None:
            writer.u8(len(self.multisig.signatures))
            for entry in self.multisig.signatures:
                writer.u8(entry.id).octets(entry.signature)
        return writer.octets(self.signature).bytes()

    def hash(self) -> bytes:
        """Return BLAKE3 of the full bytes: the name of the transaction on the chain."""
        return blake3_256(self.encode())

    @property
    def size(self) -> int:
        """Full bytes, signature included, also before it is signed."""
        entries = 0 if self.multisig is None else len(self.multisig.signatures)
        multisig = 1 if self.multisig is None else 2 + entries * (1 + schnorr.SIGNATURE_SIZE)
        return len(self.unsigned()) + multisig + schnorr.SIGNATURE_SIZE

    @property
    def minimum_fee(self) -> int:
        """The least fee that a node takes for it, in units."""
        entries = 0 if self.multisig is None else len(self.multisig.signatures)
        outputs = len(self.payload.transfers) if isinstance(self.payload, Transfers) else 0
        return minimum_fee(self.size, entries, outputs)

    def signed(self, secret: SecretKey) -> Transaction:
        """Return it with the source's signature. Raises SignatureError for another's key."""
        if secret.public != self.source:
            raise SignatureError("this key is not the source of the transaction")
        return replace(self, signature=secret.sign(self.unsigned()))

    def signature_holds(self) -> bool:
        """Say whether the source's signature is there and holds."""
        return self.signature is not None and self.source.verify(self.unsigned(), self.signature)

    def require_signature(self) -> None:
        """Raise SignatureError unless the source's signature holds."""
        if not self.signature_holds():
            raise SignatureError("signature: it does not hold for the source and these bytes")

    def multisig_holds(self, participants: Mapping[int, PublicKey]) -> bool:
        """Say whether each signature of the multisig holds for the key of its id."""
        message = self.multisig_message()
        return self.multisig is not None and all(
            entry.id in participants and participants[entry.id].verify(message, entry.signature)
            for entry in self.multisig.signatures
        )


def decode_transaction(data: bytes) -> Transaction:
    """Read a transaction as a node does. Raises DecodeError.

    As there, bytes after the end are ignored and are no part of the hash, and no signature is
    verified. Use `decode_canonical` where the bytes themselves matter.
    """
    if len(data) > MAX_TRANSACTION:
        raise DecodeError(f"transaction: more than {MAX_TRANSACTION} bytes")
    return _read(Reader(data))


def decode_canonical(data: bytes) -> Transaction:
    """Read a transaction that is spelled in the one way. Raises DecodeError, with its stage."""
    transaction = decode_transaction(data)
    extra = len(data) - transaction.size
    if extra or transaction.encode() != data:
        raise DecodeError(f"transaction: {extra} bytes follow its end", Stage.CANONICAL)
    return transaction


def is_canonical(data: bytes) -> bool:
    """Say whether the bytes decode and are the one spelling of what they say."""
    try:
        decode_canonical(data)
    except DecodeError:
        return False
    return True


def _read(reader: Reader) -> Transaction:
    version = _member(TxVersion, "version", reader.u8("version"))
    chain_id = reader.u8("chain_id") if version is TxVersion.T1 else None
    source = PublicKey(reader.octets("source", KEY_SIZE))
    payload = _read_payload(reader)
    fee = reader.u64("fee")
    fee_type = _member(FeeType, "fee_type", reader.u8("fee_type"))
    nonce = reader.u64("nonce")
    reference = Reference(reader.hash("reference.hash"), reader.u64("reference.topoheight"))
    multisig = _read_multisig(reader) if reader.flag("multisig") else None
    signature = _read_signature(reader, "signature")
    return Transaction(
        source, payload, fee, nonce, reference, version, chain_id, fee_type, multisig, signature
    )


def _read_payload(reader: Reader) -> Payload:
    tag = reader.u8("type tag")
    if tag == AI_MINING_TAG:
        return read_payload(reader)
    if tag not in OTHER_TAGS:
        raise DecodeError(f"type tag: {tag} is not one that this engine reads (0, 1, 2, 6)")
    return OTHER_TAGS[tag].read(reader)


def _write_payload(writer: Writer, payload: Payload) -> None:
    if isinstance(payload, OtherPayload):
        writer.u8(_TAGS[type(payload)])
        payload.write(writer)
    else:
        write_payload(writer.u8(AI_MINING_TAG), payload)


def _read_multisig(reader: Reader) -> MultiSig:
    count = reader.u8("multisig")
    entries = [
        MultiSigSignature(reader.u8("multisig.id"), _read_signature(reader, "multisig.signature"))
        for _ in range(count)
    ]
    if len({entry.id for entry in entries}) < count:
        raise DecodeError("multisig: an id is named twice")
    return MultiSig(tuple(entries))


def _read_signature(reader: Reader, field: str) -> bytes:
    signature = reader.octets(field, schnorr.SIGNATURE_SIZE)
    if not schnorr.is_canonical_signature(signature):
        raise DecodeError(f"{field}: s or e is not below the group's order")
    return signature


def _check_signature(field: str, signature: bytes) -> None:
    check_octets(field, signature, schnorr.SIGNATURE_SIZE)
    if not schnorr.is_canonical_signature(signature):
        raise EncodeError(f"{field}: s or e is not below the group's order")


def _member(kind: type[_Choice], field: str, value: int) -> _Choice:
    try:
        return kind(value)
    except ValueError:
        raise DecodeError(f"{field}: {value} is none of 0 to {len(kind) - 1}") from None
