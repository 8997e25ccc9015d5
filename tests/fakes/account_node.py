"""A node in this process, over a development chain: what the commands of the account ask."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from devnet.errors import Code, NodeError
from validator.chain.values import Block, NodeInfo, Pending
from validator.errors import ChainUnreadableError, SubmitRefusedError
from validator.wire.tos import Network

if TYPE_CHECKING:
    from tests.fakes.devnet import World
    from validator.wire.tos import PublicKey
    from validator.wire.tos.rules import Miner

_REFUSALS = {Code.NONCE: "nonce", Code.NONCE_ALREADY_USED: "nonce", Code.FEE_TOO_LOW: "fee"}
_THERE = (Code.ALREADY_IN_MEMPOOL, Code.ALREADY_IN_CHAIN)


@dataclass
class AccountNode:
    """One endpoint over a World; `away` and `lost` make it fail before or after the fact."""

    world: World
    name: str = "node"
    away: bool = False
    lost: bool = False
    mines: bool = False
    """Make a block whenever a transaction comes."""
    other_genesis: bytes | None = None
    sent: list[bytes] = field(default_factory=list)

    def genesis(self) -> bytes:
        self._require_there()
        return self.other_genesis or self.world.chain.genesis

    def info(self) -> NodeInfo:
        self._require_there()
        chain = self.world.chain
        return NodeInfo(
            Network.DEVNET, chain.height, chain.topoheight, chain.stable_height,
            chain.stable_topoheight, None, chain.top.hash,
        )  # fmt: skip

    def block(self, topoheight: int) -> Block:
        self._require_there()
        chain = self.world.chain
        found = chain.blocks[chain.order[topoheight]]
        return Block(found.hash, topoheight, found.height, found.timestamp, ())

    def miner(self, key: PublicKey) -> Miner | None:
        self._require_there()
        mining = self.world.chain.mining
        return None if mining is None else mining.miners.get(key)

    def next_nonce(self, key: PublicKey) -> int:
        self._require_there()
        return self.world.chain.ledger.nonce(key) or 0

    def balance(self, key: PublicKey) -> int:
        self._require_there()
        return int(self.world.chain.ledger.amount(key))

    def pending(self, key: PublicKey) -> Pending | None:
        self._require_there()
        cache = self.world.chain.mempool.senders.get(key)
        if cache is None:
            return None
        hashes = frozenset(each.name for each in cache.pending)
        return Pending(cache.lowest, cache.highest, hashes)

    def submit(self, data: bytes) -> None:
        self._require_there()
        self.sent.append(data)
        try:
            self.world.node.submit(data)
        except NodeError as error:
            if error.code not in _THERE:
                refusal = _REFUSALS.get(Code(error.code), "other")
                raise SubmitRefusedError(error.message, refusal, error.code) from None
        if self.mines:
            self.world.mine()
        if self.lost:
            raise ChainUnreadableError("the node hung up")

    def _require_there(self) -> None:
        if self.away:
            raise ChainUnreadableError(f"node {self.name} does not answer")
