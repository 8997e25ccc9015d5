"""The chain: blocks in their order, what they did, and re-orders of the part that is not stable.

On a re-order nonces and balances are rolled back and the AI state is not, as on a node (protocol
note, 6.5): transactions that are applied again then fail, although their first effect stays.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from devnet.blocks import Block, Record, genesis
from devnet.errors import DevnetError, NodeError
from devnet.execution import Execution
from devnet.ledger import Ledger
from devnet.mempool import Mempool, Pending

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from validator.wire.tos import PublicKey, Transaction
    from validator.wire.tos.rules import MiningState

STABLE_DEPTH: Final = 8
"""A block is stable this many heights below the tip."""
SCANNED: Final = 50
"""Blocks that the average block time is taken over."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A block and its topoheight."""

    block: bytes
    topoheight: int


@dataclass(frozen=True, slots=True)
class Executed:
    """A transaction that a block executed."""

    name: bytes
    block: bytes
    topoheight: int


@dataclass(slots=True)
class Changes:
    """What one new block or one re-order did, for events."""

    new: list[bytes] = field(default_factory=list)
    ordered: list[Placed] = field(default_factory=list)
    orphaned: list[Placed] = field(default_factory=list)
    executed: list[Executed] = field(default_factory=list)
    failed: list[bytes] = field(default_factory=list)
    dropped: list[Pending] = field(default_factory=list)
    stable: tuple[int, int] = (0, 0)
    """Stable topoheight before and after."""


class Chain:
    """Everything that blocks decide. It knows no clock: whoever makes a block gives its time."""

    def __init__(self, seed: str) -> None:
        first = genesis(seed)
        self.genesis = first.hash
        self.blocks: dict[bytes, Block] = {first.hash: first}
        self.order: list[bytes] = [first.hash]
        self.topoheights: dict[bytes, int] = {first.hash: 0}
        self.records: dict[bytes, Record] = {}
        self.ledger = Ledger()
        self.mempool = Mempool()
        self.mining: MiningState | None = None
        self.mining_at: set[int] = set()
        """Topoheights at which a node has a version of the AI state."""
        self._mining_after: dict[int, MiningState | None] = {0: None}

    @property
    def topoheight(self) -> int:
        """The newest topoheight."""
        return len(self.order) - 1

    @property
    def top(self) -> Block:
        """The block at the newest topoheight."""
        return self.blocks[self.order[-1]]

    @property
    def tip(self) -> Block:
        """The highest block, of several the latest; a re-order may have put another one last."""
        recent = (self.blocks[name] for name in self.order[-4 * STABLE_DEPTH :])
        return max(recent, key=lambda block: (block.height, block.timestamp))

    @property
    def height(self) -> int:
        """Height of the tip."""
        return self.tip.height

    @property
    def stable_height(self) -> int:
        """Height from which on downwards nothing changes any more."""
        return max(0, self.height - STABLE_DEPTH)

    @property
    def stable_topoheight(self) -> int:
        """Topoheight of the last block at the stable height."""
        stable, topoheight = self.stable_height, self.topoheight
        while self.blocks[self.order[topoheight]].height > stable:
            topoheight -= 1
        return topoheight

    @property
    def average_block_time(self) -> int | None:
        """Milliseconds over the last 50 blocks; None while there are too few."""
        count = min(SCANNED, self.topoheight - 1)
        if count < 1:
            return None
        earlier = self.blocks[self.order[-1 - count]]
        return max(0, self.top.timestamp - earlier.timestamp) // count

    def is_executed(self, name: bytes) -> bool:
        """Say whether a transaction was executed in a block."""
        record = self.records.get(name)
        return record is not None and record.executed_in is not None

    def extend(self, block: Block, transactions: Mapping[bytes, Transaction]) -> Changes:
        """Put a block at the end. Its transactions are given by hash."""
        changes = Changes()
        before = self.stable_topoheight
        self._remember(block, changes)
        self._execute(block, transactions, changes)
        self._settle(changes, suspects=self._senders(changes.failed))
        changes.stable = (before, self.stable_topoheight)
        return changes

    def rewrite(
        self,
        base: int,
        blocks: Sequence[Block],
        transactions: Mapping[bytes, Transaction],
        *,
        keep_mining: bool,
    ) -> Changes:
        """Take back everything from topoheight `base` on and put these blocks there.

        `keep_mining` is what nodes do with the AI state; without it that is rolled back, too.
        Raises DevnetError for a base that is stable.
        """
        if not self.stable_topoheight < base <= self.topoheight:
            raise DevnetError(f"depth must be 1 to {self.topoheight - self.stable_topoheight}")
        changes = Changes()
        before = self.stable_topoheight
        loose = self._unwind(base, {block.hash for block in blocks}, changes)
        if not keep_mining:
            self.mining = self._mining_after[base - 1]
            self.mining_at = {height for height in self.mining_at if height < base}
        for block in blocks:
            self._remember(block, changes)
            self._execute(block, transactions, changes)
        self._settle(changes, suspects=None)
        self._give_back(loose + changes.failed)
        changes.stable = (before, self.stable_topoheight)
        return changes

    def resume(self, transaction: Transaction, first_seen: int) -> None:
        """Take a transaction in that waited when the last process ended, if it still fits."""
        with suppress(NodeError):
            self.mempool.admit(transaction, self, first_seen)

    def _remember(self, block: Block, changes: Changes) -> None:
        if block.hash not in self.blocks:
            changes.new.append(block.hash)
        self.blocks[block.hash] = block
        self.topoheights[block.hash] = len(self.order)
        self.order.append(block.hash)
        changes.ordered.append(Placed(block.hash, self.topoheight))

    def _execute(
        self, block: Block, transactions: Mapping[bytes, Transaction], changes: Changes
    ) -> None:
        topoheight = self.topoheight
        execution = Execution(self.ledger, self.mining, block, topoheight)
        for credit in block.credits:
            execution.credit(credit)
        for name in block.transactions:
            record = self.records.setdefault(name, Record(transactions[name]))
            if block.hash not in record.blocks:
                record.blocks.append(block.hash)
            if record.executed_in is not None:
                continue  # another block had it before
            record.failure = execution.run(record.transaction)
            if record.failure is None:
                record.executed_in = block.hash
                changes.executed.append(Executed(name, block.hash, topoheight))
            else:
                changes.failed.append(name)
        execution.commit()
        if execution.mining is not self.mining:
            self.mining = execution.mining
            self.mining_at.add(topoheight)
        self._mining_after[topoheight] = self.mining
        self._mining_after.pop(topoheight - 4 * STABLE_DEPTH, None)

    def _unwind(self, base: int, staying: set[bytes], changes: Changes) -> list[bytes]:
        """Take blocks off the end; return executed transactions of those that do not stay."""
        loose: list[bytes] = []
        for topoheight in range(base, len(self.order)):
            block = self.blocks[self.order[topoheight]]
            del self.topoheights[block.hash]
            if block.hash not in staying:
                changes.orphaned.append(Placed(block.hash, topoheight))
            for name in block.transactions:
                record = self.records[name]
                if record.executed_in == block.hash:
                    record.executed_in = None
                    loose += [] if block.hash in staying else [name]
        del self.order[base:]
        self.ledger.roll_back(base)
        return loose

    def _settle(self, changes: Changes, suspects: set[PublicKey] | None) -> None:
        dropped = self.mempool.clean(self, suspects)
        changes.dropped = [entry for entry in dropped if not self.is_executed(entry.name)]

    def _give_back(self, names: list[bytes]) -> None:
        """Try to put transactions that lost their block back into the mempool."""
        for name in names:
            if self.is_executed(name) or name in self.mempool:
                continue
            seen = self.top.timestamp // 1000
            try:
                self.mempool.admit(self.records[name].transaction, self, seen)
            except NodeError as error:
                self.records[name].failure = self.records[name].failure or error.message

    def _senders(self, names: list[bytes]) -> set[PublicKey]:
        return {self.records[name].transaction.source for name in names}
