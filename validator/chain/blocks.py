"""Blocks and the transactions in them, from a node's JSON (protocol note, 9.2).

Every function raises InvalidReplyError and nothing else, whatever JSON it is given.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from validator.chain.fields import Fields, InvalidReplyError, hash_of
from validator.chain.values import Block, BlockTransaction
from validator.wire.tos import (
    AddressError,
    AiPayload,
    Network,
    PublicKey,
    TosError,
    decode_address,
    encode_payload,
    payload_from_json,
    transaction_from_json,
)
from validator.wire.tos.json_view import AI_MINING_KEY

if TYPE_CHECKING:
    from collections.abc import Mapping

_HEX_KEY: Final = 64


@dataclass(frozen=True, slots=True)
class BlockEntry:
    """A transaction of any type in a block. `payload` and `data` only for AI mining."""

    tx_hash: bytes
    source: PublicKey
    nonce: int
    payload: AiPayload | None
    data: bytes | None


@dataclass(frozen=True, slots=True)
class RawBlock:
    """A block before anybody asked which of its transactions it executed."""

    hash: bytes
    topoheight: int
    height: int
    timestamp_ms: int
    entries: tuple[BlockEntry, ...]

    @property
    def ai_mining(self) -> tuple[bytes, ...]:
        """Hashes of its AI-mining transactions."""
        return tuple(entry.tx_hash for entry in self.entries if entry.payload is not None)

    def with_executions(self, executed_in: Mapping[bytes, bytes | None]) -> Block:
        """Return the block with what is known of each AI-mining transaction."""
        made = tuple(
            BlockTransaction(
                entry.tx_hash,
                entry.source,
                entry.payload,
                entry.nonce,
                executed_in.get(entry.tx_hash) == self.hash,
                entry.data,
            )
            for entry in self.entries
            if entry.payload is not None
        )
        return Block(self.hash, self.topoheight, self.height, self.timestamp_ms, made)


def read_block(value: object, topoheight: int, network: Network, *, whole: bool) -> RawBlock:
    """Read the block at a topoheight; `whole`: it was asked for with its transactions."""
    found = Fields(value)
    if found.integer("topoheight") != topoheight:
        raise InvalidReplyError("result.topoheight is not the one asked for")
    return RawBlock(
        hash=found.hash("hash"),
        topoheight=topoheight,
        height=found.integer("height"),
        timestamp_ms=found.integer("timestamp"),
        entries=_entries(found, network) if whole else (),
    )


def _entries(found: Fields, network: Network) -> tuple[BlockEntry, ...]:
    hashes = [hash_of(one, found.at("txs_hashes")) for one in found.items("txs_hashes")]
    if len(set(hashes)) < len(hashes):
        raise InvalidReplyError("result.txs_hashes has one twice")
    shown = found.items("transactions") if hashes or found.has("transactions") else []
    entries = tuple(_entry(one, network) for one in shown)
    if [entry.tx_hash for entry in entries] != hashes:
        raise InvalidReplyError("result.transactions are not those of result.txs_hashes")
    return entries


def _entry(value: object, network: Network) -> BlockEntry:
    found = Fields(value, "result.transactions")
    data = found.get("data")
    mining = isinstance(data, dict) and AI_MINING_KEY in data
    return BlockEntry(
        tx_hash=found.hash("hash"),
        source=_source(found, network),
        nonce=found.integer("nonce"),
        payload=_payload(data) if mining else None,
        data=_bytes(value) if mining else None,
    )


def _payload(data: object) -> AiPayload:
    try:
        payload = payload_from_json(data)
        encode_payload(payload)  # what no transaction can carry was in no block
    except TosError as error:
        raise InvalidReplyError(f"result.transactions: {error}") from None
    return payload


def _bytes(value: object) -> bytes | None:
    """Return the proven bytes; None where the hash says that these are not they."""
    try:
        return transaction_from_json(value).encode()
    except TosError:
        return None


def _source(found: Fields, network: Network) -> PublicKey:
    value = found.get("source")
    if isinstance(value, str) and len(value) == _HEX_KEY:
        return PublicKey(hash_of(value, found.at("source")))
    try:
        return decode_address(value if isinstance(value, str) else "", network).public_key
    except AddressError as error:
        raise InvalidReplyError(f"{found.at('source')}: {error}") from None
