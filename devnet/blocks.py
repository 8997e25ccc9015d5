"""Blocks, and what the chain remembers of each transaction."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final

from validator.wire.tos import blake3_256
from validator.wire.tos.octets import U64_MAX, Writer, check_integer

if TYPE_CHECKING:
    from validator.wire.tos import PublicKey, Transaction

BLOCK_DOMAIN: Final = b"tosv/devnet/block/1\x00"
GENESIS_DOMAIN: Final = b"tosv/devnet/genesis/1\x00"
GENESIS_TIMESTAMP: Final = 1_767_225_600_000
"""2026-01-01 in milliseconds: fixed, so that a seed always gives the same genesis."""


@dataclass(frozen=True, slots=True)
class Credit:
    """The faucet's entry in a block: units for an account."""

    key: PublicKey
    amount: int

    def __post_init__(self) -> None:
        check_integer("amount", self.amount, U64_MAX)


@dataclass(frozen=True)
class Block:
    """A block: hashes of its transactions in order, the faucet's entries, its one parent.

    `timestamp` is in milliseconds; `nonce` tells apart blocks that are otherwise equal.
    """

    height: int
    timestamp: int
    parent: bytes
    transactions: tuple[bytes, ...] = ()
    credits: tuple[Credit, ...] = ()
    nonce: int = 0

    @cached_property
    def hash(self) -> bytes:
        """BLAKE3 of everything in it."""
        writer = Writer().octets(BLOCK_DOMAIN).octets(self.parent)
        writer.u64(self.height).u64(self.timestamp).u64(self.nonce).u64(len(self.transactions))
        for name in self.transactions:
            writer.octets(name)
        for credit in self.credits:
            writer.octets(credit.key.data).u64(credit.amount)
        return blake3_256(writer.bytes())


def genesis(seed: str) -> Block:
    """Return the block at height 0 that a seed always gives."""
    parent = blake3_256(GENESIS_DOMAIN + seed.encode("utf-8"))
    return Block(0, GENESIS_TIMESTAMP, parent)


@dataclass(slots=True)
class Record:
    """A transaction that was in a block: which blocks hold it, which one executed it.

    `failure` is the node's log line about the last attempt that failed, for people at the control
    surface: over RPC a node shows only that `executed_in_block` is null.
    """

    transaction: Transaction
    blocks: list[bytes] = field(default_factory=list)
    executed_in: bytes | None = None
    failure: str | None = None
