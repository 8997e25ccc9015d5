"""Nodes in this process: `ports.Node` over a devnet World, with switches for trouble."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from devnet.errors import HangUpError, NodeError
from validator.chain.values import Block, BlockTransaction, NodeInfo, Pending, TransactionFacts
from validator.errors import ChainUnreadableError, SubmitRefusedError
from validator.wire import tos

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.fakes.devnet import World
    from validator.chain.ports import Node
    from validator.wire.tos.rules import Miner, Task

_AI = (tos.RegisterMiner, tos.PublishTask, tos.SubmitAnswer, tos.ValidateAnswer)
_REFUSALS = {
    220: "nonce", 279: "nonce", 300: "nonce", 231: "reference", 235: "fee", 253: "syncing",
    299: "funds",
}  # fmt: skip
_THERE = (228, 289)


@dataclass
class WorldNode:
    """One endpoint of a World. `before` runs before every call with the method's name."""

    world: World
    name: str = "node"
    down: bool = False
    pruned: int | None = None
    behind: int = 0
    """Shows so many blocks fewer than there are; the AI state is the newest nevertheless."""
    calls: list[str] = field(default_factory=list)
    before: Callable[[str], None] | None = None

    def genesis(self) -> bytes:
        self._asked("genesis")
        return bytes(self.world.chain.genesis)

    def info(self) -> NodeInfo:
        self._asked("info")
        chain = self.world.chain
        top = max(0, chain.topoheight - self.behind)
        return NodeInfo(
            network=self.world.node.network,
            height=max(chain.blocks[name].height for name in chain.order[: top + 1]),
            topoheight=top,
            stable_height=min(chain.stable_height, chain.blocks[chain.order[top]].height),
            stable_topoheight=min(chain.stable_topoheight, top),
            pruned_topoheight=self.pruned,
            top_hash=chain.order[top],
        )

    def block(self, topoheight: int) -> Block:
        self._asked("block")
        chain = self.world.chain
        if not (self.pruned or 0) <= topoheight <= chain.topoheight - self.behind:
            raise ChainUnreadableError(f"{self.name}: has no block at topoheight {topoheight}")
        found = chain.blocks[chain.order[topoheight]]
        records = [chain.records[name] for name in found.transactions]
        return Block(
            found.hash,
            topoheight,
            found.height,
            found.timestamp,
            tuple(
                BlockTransaction(
                    record.transaction.hash(),
                    record.transaction.source,
                    record.transaction.payload,
                    record.transaction.nonce,
                    record.executed_in == found.hash,
                    record.transaction.encode(),
                )
                for record in records
                if isinstance(record.transaction.payload, _AI)
            ),
        )

    def task(self, task_id: bytes) -> Task | None:
        self._asked("task")
        return self._tasks().get(task_id)

    def active_tasks(self) -> tuple[Task, ...]:
        self._asked("active_tasks")
        return tuple(task for task in self._tasks().values() if task.status == "Active")

    def miner(self, key: tos.PublicKey) -> Miner | None:
        self._asked("miner")
        mining = self.world.chain.mining
        return None if mining is None else mining.miners.get(key)

    def next_nonce(self, key: tos.PublicKey) -> int:
        self._asked("next_nonce")
        return self.world.chain.ledger.nonce(key) or 0

    def balance(self, key: tos.PublicKey) -> int:
        self._asked("balance")
        return int(self.world.chain.ledger.amount(key))

    def pending(self, key: tos.PublicKey) -> Pending | None:
        self._asked("pending")
        cache = self.world.chain.mempool.senders.get(key)
        if cache is None:
            return None
        names = frozenset(entry.name for entry in cache.pending)
        return Pending(cache.lowest, cache.highest, names)

    def transaction(self, tx_hash: bytes) -> TransactionFacts | None:
        self._asked("transaction")
        chain = self.world.chain
        record = chain.records.get(tx_hash)
        if record is not None:
            blocks = tuple(record.blocks)
            nonce = record.transaction.nonce
            return TransactionFacts(tx_hash, nonce, blocks, record.executed_in, in_mempool=False)
        entry = chain.mempool.get(tx_hash)
        if entry is None:
            return None
        return TransactionFacts(tx_hash, entry.transaction.nonce, (), None, in_mempool=True)

    def submit(self, data: bytes) -> None:
        self._asked("submit")
        try:
            self.world.node.submit(data)
        except HangUpError:
            raise ChainUnreadableError(f"{self.name}: broke off") from None
        except NodeError as error:
            code = int(error.code)
            if code not in _THERE:
                kind = _REFUSALS.get(code, "other")
                raise SubmitRefusedError(error.message, kind, code) from None

    def _tasks(self) -> dict[bytes, Task]:
        mining = self.world.chain.mining
        return {} if mining is None else dict(mining.tasks)

    def _asked(self, method: str) -> None:
        self.calls.append(method)
        if self.before is not None:
            self.before(method)
        if self.down:
            raise ChainUnreadableError(f"{self.name}: does not answer")


@dataclass
class FakeEndpoints:
    """The first node that is not down; `differing` are sentences of a disagreement."""

    nodes: Sequence[WorldNode]
    differing: tuple[str, ...] = ()
    failures: list[str] = field(default_factory=list)

    def failed(self, name: str) -> None:
        self.failures.append(name)

    def use(self) -> Node:
        for node in self.nodes:
            if not node.down:
                return node
        raise ChainUnreadableError("no endpoint answers")

    def disagreements(self) -> tuple[str, ...]:
        return self.differing


@dataclass
class FakeWakeups:
    """Wakes at once, and counts; `then` runs at each wait."""

    waits: int = 0
    then: Callable[[], Any] | None = None

    def wait(self, seconds: float) -> bool:
        self.waits += 1
        if self.then is not None:
            self.then()
        return True

    def close(self) -> None:
        """Nothing to end."""
