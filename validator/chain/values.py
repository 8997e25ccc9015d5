"""What a node tells, read strictly. Heights are block heights, times Unix milliseconds.

Tasks, answers and miners are the values of `validator.wire.tos.rules`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from validator.wire.tos import AiPayload, Network, PublicKey


@dataclass(frozen=True, slots=True)
class NodeInfo:
    """Where a node stands. `pruned_topoheight`: blocks below it are gone; None: it has all."""

    network: Network
    height: int
    topoheight: int
    stable_height: int
    stable_topoheight: int
    pruned_topoheight: int | None
    top_hash: bytes


@dataclass(frozen=True, slots=True)
class BlockTransaction:
    """An AI-mining transaction in a block.

    `executed`: this block executed it, so that its rules held; else its fee and nonce are gone, or
    another block executed it. `data` are its full bytes, rebuilt from the node's JSON and proven
    by the hash; None where they cannot be rebuilt.
    """

    tx_hash: bytes
    source: PublicKey
    payload: AiPayload
    nonce: int
    executed: bool
    data: bytes | None


@dataclass(frozen=True, slots=True)
class Block:
    """An ordered block with the AI-mining transactions in it, in the block's order."""

    hash: bytes
    topoheight: int
    height: int
    timestamp_ms: int
    transactions: tuple[BlockTransaction, ...]


@dataclass(frozen=True, slots=True)
class Pending:
    """An account's transactions in a node's mempool: least and greatest nonce, and the hashes."""

    least: int
    most: int
    hashes: frozenset[bytes]


@dataclass(frozen=True, slots=True)
class TransactionFacts:
    """What a node knows of a transaction. `executed_in`: hash of the block, None while in none."""

    tx_hash: bytes
    nonce: int
    blocks: tuple[bytes, ...]
    executed_in: bytes | None
    in_mempool: bool
