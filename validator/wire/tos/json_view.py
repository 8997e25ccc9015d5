"""Transactions as a node's JSON-RPC shows them (protocol note, section 9.2), in both directions.

The way back cannot be exact for every transaction: the JSON does not say the fee type. It is read
as TOS, and the hash in the document then tells whether that was right.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from validator.wire.tos.address import decode_address, encode_address
from validator.wire.tos.errors import AddressError, DecodeError, EncodeError
from validator.wire.tos.keys import KEY_SIZE, PublicKey
from validator.wire.tos.other_payloads import Burn, MultiSigSetup, Transfer, Transfers
from validator.wire.tos.payloads import (
    AiPayload,
    Difficulty,
    PublishTask,
    RegisterMiner,
    SubmitAnswer,
    ValidateAnswer,
)
from validator.wire.tos.transaction import (
    MultiSig,
    MultiSigSignature,
    Payload,
    Reference,
    Transaction,
    TxVersion,
)

if TYPE_CHECKING:
    from validator.wire.tos.networks import Network

AI_MINING_KEY: Final = "a_i_mining"
_WORDS: Final = {level: level.name.capitalize() for level in Difficulty}

Document = Mapping[str, Any]


def key_to_json(key: PublicKey) -> list[int]:
    """Return a key as AI-mining JSON shows it: 32 numbers."""
    return list(key.data)


def key_from_json(value: object, field: str = "key") -> PublicKey:
    """Read 32 numbers of 0-255. Raises DecodeError."""
    if not isinstance(value, list) or len(value) != KEY_SIZE or not all(map(_is_byte, value)):
        raise DecodeError(f"{field} must be a list of {KEY_SIZE} numbers from 0 to 255")
    return PublicKey(bytes(value))


def payload_to_json(payload: Payload, network: Network | None = None) -> dict[str, Any]:
    """Return `data` of a transaction: one key that names the type, and below it the fields.

    Destinations of transfers are addresses of the network; without one they are hex.
    """
    match payload:
        case Burn():
            return {"burn": {"asset": payload.asset.hex(), "amount": payload.amount}}
        case Transfers():
            return {"transfers": [_transfer(one, network) for one in payload.transfers]}
        case MultiSigSetup():
            keys = [key_to_json(key) for key in payload.participants]
            return {"multi_sig": {"threshold": payload.threshold, "participants": keys}}
        case _:
            return {AI_MINING_KEY: {type(payload).__name__: _ai_fields(payload)}}


def payload_from_json(data: object) -> AiPayload:
    """Read `data` of an AI-mining transaction. Raises DecodeError naming the field."""
    variants = _object(_object(data, "data").get(AI_MINING_KEY), f"data.{AI_MINING_KEY}")
    if len(variants) != 1:
        raise DecodeError(f"data.{AI_MINING_KEY} must hold exactly one payload")
    name, fields = next(iter(variants.items()))
    values = _Fields(_object(fields, name))
    try:
        return _ai_payload(name, values)
    except EncodeError as error:
        raise DecodeError(str(error)) from None


def transaction_to_json(transaction: Transaction, network: Network | None) -> dict[str, Any]:
    """Return what a transaction itself says, without a node's `blocks`, `in_mempool` and the like.

    `source` is an address of the network; without a network it is hex. Raises EncodeError while
    the transaction is not signed.
    """
    multisig = transaction.multisig
    return {
        "hash": transaction.hash().hex(),
        "version": int(transaction.version),
        "chain_id": transaction.chain_id or 0,  # as a node shows T0
        "source": _account(transaction.source, network),
        "data": payload_to_json(transaction.payload, network),
        "fee": transaction.fee,
        "nonce": transaction.nonce,
        "reference": {
            "hash": transaction.reference.hash.hex(),
            "topoheight": transaction.reference.topoheight,
        },
        "multisig": None if multisig is None else _multisig(multisig),
        "signature": (transaction.signature or b"").hex(),
        "size": transaction.size,
    }


def transaction_from_json(document: object) -> Transaction:
    """Rebuild an AI-mining transaction from a node's JSON. Raises DecodeError.

    `source` may be an address or hex. `hash` must be there and fit the bytes: a node that lies
    about a field, or a fee type other than TOS, shows itself by it. No signature is verified.
    """
    values = _Fields(_object(document, "transaction"))
    version = values.integer("version")
    if version not in tuple(TxVersion):
        raise DecodeError("version must be 0 or 1")
    reference = _Fields(_object(values.get("reference"), "reference"))
    try:
        transaction = Transaction(
            source=_source(values.text("source")),
            payload=payload_from_json(values.get("data")),
            fee=values.integer("fee"),
            nonce=values.integer("nonce"),
            reference=Reference(reference.octets("hash"), reference.integer("topoheight")),
            version=TxVersion(version),
            chain_id=values.integer("chain_id") if version == TxVersion.T1 else None,
            multisig=_read_multisig(values.get("multisig")),
            signature=values.octets("signature"),
        )
    except EncodeError as error:
        raise DecodeError(str(error)) from None
    if transaction.hash() != values.octets("hash"):
        raise DecodeError("hash is not that of the transaction's other fields")
    return transaction


class _Fields:
    """Typed reading of one JSON object; every fault names the field."""

    def __init__(self, values: Document) -> None:
        self._values = values

    def get(self, name: str) -> object:
        if name not in self._values:
            raise DecodeError(f"{name} is missing")
        return self._values[name]

    def integer(self, name: str) -> int:
        value = self.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise DecodeError(f"{name} must be a whole number")
        return value

    def text(self, name: str) -> str:
        value = self.get(name)
        if not isinstance(value, str):
            raise DecodeError(f"{name} must be text")
        return value

    def octets(self, name: str) -> bytes:
        text = self.text(name)
        # bytes.fromhex alone would let spaces pass.
        if not text.isascii() or not (text.isalnum() or not text):
            raise DecodeError(f"{name} must be hex")
        try:
            return bytes.fromhex(text)
        except ValueError:
            raise DecodeError(f"{name} must be hex") from None


def _ai_fields(payload: AiPayload) -> dict[str, Any]:
    match payload:
        case PublishTask():
            return {
                "task_id": payload.task_id.hex(),
                "reward_amount": payload.reward_amount,
                "difficulty": _WORDS[payload.difficulty],
                "deadline": payload.deadline,
                "description": payload.description,
            }
        case SubmitAnswer():
            return {
                "task_id": payload.task_id.hex(),
                "answer_content": payload.answer_content,
                "answer_hash": payload.answer_hash.hex(),
                "stake_amount": payload.stake_amount,
            }
        case ValidateAnswer():
            return {
                "task_id": payload.task_id.hex(),
                "answer_id": payload.answer_id.hex(),
                "validation_score": payload.validation_score,
            }
        case RegisterMiner():
            return {
                "miner_address": key_to_json(payload.miner_address),
                "registration_fee": payload.registration_fee,
            }


def _ai_payload(name: str, values: _Fields) -> AiPayload:
    match name:
        case "PublishTask":
            return PublishTask(
                values.octets("task_id"),
                values.integer("reward_amount"),
                difficulty_from_json(values.get("difficulty")),
                values.integer("deadline"),
                values.text("description"),
            )
        case "SubmitAnswer":
            return SubmitAnswer(
                values.octets("task_id"),
                values.text("answer_content"),
                values.octets("answer_hash"),
                values.integer("stake_amount"),
            )
        case "ValidateAnswer":
            return ValidateAnswer(
                values.octets("task_id"),
                values.octets("answer_id"),
                values.integer("validation_score"),
            )
        case "RegisterMiner":
            key = key_from_json(values.get("miner_address"), "miner_address")
            return RegisterMiner(key, values.integer("registration_fee"))
    raise DecodeError("data names none of the four AI-mining payloads")


def difficulty_from_json(value: object) -> Difficulty:
    """Read a difficulty's word, as `Beginner`. Raises DecodeError."""
    for level, word in _WORDS.items():
        if value == word:
            return level
    raise DecodeError("difficulty must be Beginner, Intermediate, Advanced or Expert")


def difficulty_to_json(difficulty: Difficulty) -> str:
    """Return the word for a difficulty."""
    return _WORDS[difficulty]


def _transfer(transfer: Transfer, network: Network | None) -> dict[str, Any]:
    extra = transfer.extra_data
    return {
        "asset": transfer.asset.hex(),
        "destination": _account(transfer.destination, network),
        "amount": transfer.amount,
        "extra_data": None if extra is None else list(extra),
    }


def _account(key: PublicKey, network: Network | None) -> str:
    return key.hex() if network is None else encode_address(key, network)


def _source(text: str) -> PublicKey:
    if len(text) == 2 * KEY_SIZE:
        return PublicKey(_Fields({"source": text}).octets("source"))
    try:
        return decode_address(text).public_key
    except AddressError as error:
        raise DecodeError(f"source: {error}") from None


def _multisig(multisig: MultiSig) -> dict[str, Any]:
    return {
        "signatures": [
            {"id": entry.id, "signature": entry.signature.hex()} for entry in multisig.signatures
        ]
    }


def _read_multisig(value: object) -> MultiSig | None:
    if value is None:
        return None
    entries = _object(value, "multisig").get("signatures")
    if not isinstance(entries, list):
        raise DecodeError("multisig.signatures must be a list")
    found = [_Fields(_object(entry, "multisig.signatures")) for entry in entries]
    return MultiSig(
        tuple(MultiSigSignature(one.integer("id"), one.octets("signature")) for one in found)
    )


def _object(value: object, field: str) -> Document:
    if not isinstance(value, Mapping):
        raise DecodeError(f"{field} must be an object")
    return value


def _is_byte(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**8
