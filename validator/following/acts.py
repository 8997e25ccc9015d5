"""A block's AI-mining transactions as the journal keeps them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from validator.chain.values import Block, BlockTransaction
from validator.store.chain_values import NewBlock
from validator.wire.tos import PublicKey, decode_payload, encode_payload

if TYPE_CHECKING:
    from validator.store.chain_values import BlockRow


def to_journal(block: Block) -> NewBlock:
    """Return a block as it is written. Payloads are their own bytes, in hexadecimal text."""
    acts = [
        {
            "tx": one.tx_hash.hex(),
            "source": one.source.hex(),
            "payload": encode_payload(one.payload).hex(),
            "nonce": one.nonce,
            "executed": one.executed,
        }
        for one in block.transactions
    ]
    spelled = json.dumps(acts, separators=(",", ":"))
    return NewBlock(block.topoheight, block.hash.hex(), block.height, block.timestamp_ms, spelled)


def from_journal(row: BlockRow) -> Block:
    """Return what `to_journal` wrote; the transactions' full bytes are not kept."""
    acts = tuple(
        BlockTransaction(
            bytes.fromhex(one["tx"]),
            PublicKey.from_hex(one["source"]),
            decode_payload(bytes.fromhex(one["payload"])),
            one["nonce"],
            one["executed"],
            None,
        )
        for one in json.loads(row.acts)
    )
    return Block(bytes.fromhex(row.hash), row.topoheight, row.height, row.timestamp_ms, acts)
