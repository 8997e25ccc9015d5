"""The node: a chain with a clock, a store, switches for trouble and listeners to its events."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from devnet import views
from devnet.blocks import Block, Credit
from devnet.chain import Chain
from devnet.errors import DevnetError, HangUpError, invalid_params
from devnet.trouble import Fate
from validator.wire.tos import Network, decode_transaction
from validator.wire.tos.errors import DecodeError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from devnet.chain import Changes, Executed
    from devnet.mempool import Pending
    from devnet.store import Store
    from devnet.trouble import Trouble
    from validator.wire.tos import PublicKey

_log = logging.getLogger(__name__)

DEFAULT_SEED: Final = "tos-validator"
MAX_MINED: Final = 1000
"""Blocks that one request may ask for."""
MAX_SKIP: Final = 366 * 24 * 3600 * 1000
"""Milliseconds by which one request may move the chain's clock on."""


class Rewrite(StrEnum):
    """What a re-order puts in the place of the last blocks."""

    REVERSE = "reverse"
    """The same blocks in the opposite order."""
    LATER = "later"
    """Other blocks; the last of them holds all the transactions."""
    EMPTY = "empty"
    """Other blocks without transactions; these go back to the mempool."""


@dataclass(frozen=True, slots=True)
class Event:
    """A node's event: its name, and the fields beside it."""

    name: str
    fields: dict[str, Any]


class Node:
    """One development node. Not safe for threads: everything runs in one event loop.

    `clock` gives Unix milliseconds. Blocks follow each other by at least the block time on the
    chain's own clock, however fast they are made, so that cooldowns and deadlines mean something.
    """

    def __init__(
        self, seed: str, network: Network, store: Store, trouble: Trouble, clock: Callable[[], int]
    ) -> None:
        self.chain = Chain(seed)
        self.network = network
        self.trouble = trouble
        self.listeners: list[Callable[[Event], None]] = []
        self._store = store
        self._clock = clock
        self._offset = 0
        self._held: dict[bytes, int | None] = {}
        self._twice: set[bytes] = set()
        self._again: list[bytes] = []
        store.replay(self.chain)

    def close(self) -> None:
        """Let go of the store."""
        self._store.close()

    def submit(self, data: bytes) -> Pending:
        """Take a transaction's bytes in, as `submit_transaction` does.

        Raises NodeError, and HangUpError when the reply is to be lost.
        """
        self.trouble.check_syncing()
        try:
            transaction = decode_transaction(data)
        except DecodeError as error:
            raise invalid_params(str(error)) from None
        entry = self.chain.mempool.admit(transaction, self.chain, self._clock() // 1000)
        fate = self._doom(entry.name)
        self._store.waiting(self.chain)
        self._tell("transaction_added_in_mempool", views.summary(entry, self.network))
        if fate is Fate.REPLY_LOST:
            raise HangUpError
        return entry

    def _doom(self, name: bytes) -> Fate | None:
        doom = self.trouble.next_doom()
        if doom is None:
            return None
        match doom.fate:
            case Fate.HOLD:
                self._held[name] = None
            case Fate.DELAY:
                self._held[name] = self.chain.topoheight + doom.blocks
            case Fate.VANISH:
                self.chain.mempool.vanish(name, self.chain)
            case Fate.TWICE:
                self._twice.add(name)
        return doom.fate

    def mine(self, *, side: bool = False, credits_: Sequence[Credit] = ()) -> Block:
        """Make the next block out of what waits. A `side` block has the height of the tip.

        Raises DevnetError when there is no tip beside which it could stand.
        """
        tip = self.chain.tip
        if side and not tip.height:
            raise DevnetError("side: genesis has no block beside it; mine one first")
        self._release()
        chosen = self.chain.mempool.select(self._held)
        transactions = {entry.name: entry.transaction for entry in chosen}
        for name in self._again:
            transactions[name] = self.chain.records[name].transaction
        block = self._unlike_others(
            Block(
                tip.height + (not side),
                max(self._clock() + self._offset, tip.timestamp + views.BLOCK_TIME_TARGET),
                tip.parent if side else tip.hash,
                tuple(transactions),
                tuple(credits_),
            )
        )
        self._again = [entry.name for entry in chosen if entry.name in self._twice]
        self._twice -= set(self._again)
        changes = self.chain.extend(block, transactions)
        self._store.extended(self.chain, block)
        self._publish(changes)
        return block

    def _release(self) -> None:
        due = self.chain.topoheight
        for name, height in list(self._held.items()):
            over = height is not None and height <= due
            if over or name not in self.chain.mempool:
                del self._held[name]

    def skip(self, milliseconds: int) -> None:
        """Move the chain's clock on; the next block shows it. Raises DevnetError."""
        if not 0 <= milliseconds <= MAX_SKIP:
            raise DevnetError(f"skip_ms must be 0 to {MAX_SKIP}")
        now = max(self._clock() + self._offset, self.chain.tip.timestamp)
        self._offset = now + milliseconds - self._clock()

    def faucet(self, key: PublicKey, amount: int) -> Block:
        """Give out units in a block made at once. Raises DevnetError."""
        left = views.MAXIMUM_SUPPLY - self.chain.ledger.totals.issued
        if not 0 < amount <= left:
            raise DevnetError(f"amount must be a whole number of units from 1 to {left}")
        return self.mine(credits_=[Credit(key, amount)])

    def reorder(
        self, depth: int, kind: Rewrite, *, order: Sequence[int] | None, keep_mining: bool
    ) -> list[Block]:
        """Put other blocks, or the same in another order, in the place of the last `depth`.

        `order` (positions, first block 0) takes the place of `kind`. Raises DevnetError.
        """
        old = [self.chain.blocks[name] for name in self.chain.order[-depth:]] if depth > 0 else []
        base = len(self.chain.order) - len(old)
        if order is not None:
            if sorted(order) != list(range(len(old))):
                raise DevnetError("order must hold each position from 0 to depth - 1 once")
            blocks = [old[position] for position in order]
        else:
            blocks = old[::-1] if kind is Rewrite.REVERSE else self._others(old, kind)
        transactions = {
            name: self.chain.records[name].transaction for one in old for name in one.transactions
        }
        changes = self.chain.rewrite(base, blocks, transactions, keep_mining=keep_mining)
        self._store.rewritten(self.chain, base, blocks, keep_mining=keep_mining)
        self._publish(changes)
        return blocks

    def _others(self, old: list[Block], kind: Rewrite) -> list[Block]:
        """Return new blocks for the place of these. The faucet's entries stay where they are."""
        everything = tuple(name for block in old for name in block.transactions)
        blocks: list[Block] = []
        for position, block in enumerate(old):
            last = kind is Rewrite.LATER and position == len(old) - 1
            other = replace(
                block,
                timestamp=block.timestamp + 1,
                parent=blocks[-1].hash if blocks else block.parent,
                transactions=everything if last else (),
            )
            blocks.append(self._unlike_others(other))
        return blocks

    def _unlike_others(self, block: Block) -> Block:
        """Return it with a nonce that gives it a hash of its own."""
        while block.hash in self.chain.blocks:
            block = replace(block, nonce=block.nonce + 1)
        return block

    def _publish(self, changes: Changes) -> None:
        for name in changes.failed:
            record = self.chain.records[name]
            _log.info("transaction %s was not executed: %s", name.hex(), record.failure)
        for old in changes.orphaned:
            place = {"block_hash": old.block.hex(), "old_topoheight": old.topoheight}
            self._tell("block_orphaned", place)
        for placed in changes.ordered:
            self._tell("block_ordered", self._ordered(placed.block, placed.topoheight))
        for done in changes.executed:
            self._tell("transaction_executed", _executed(done))
        for entry in changes.dropped:
            shown = views.waiting(entry, self.network, in_mempool=False)
            self._tell("transaction_orphaned", shown)
        before, after = changes.stable
        if before != after:
            fields = {"previous_stable_topoheight": before, "new_stable_topoheight": after}
            self._tell("stable_topo_height_changed", fields)
        for name in changes.new:
            found = self.chain.blocks[name]
            self._tell("new_block", self.block(found, include=False) | {"total_fees": 0})

    def _ordered(self, name: bytes, topoheight: int) -> dict[str, Any]:
        kind = self.block(self.chain.blocks[name], include=False)["block_type"]
        return {"block_hash": name.hex(), "block_type": kind, "topoheight": topoheight}

    def block(self, found: Block, *, include: bool) -> dict[str, Any]:
        """Return a block's JSON."""
        return views.block(self.chain, found, self.network, include=include)

    def _tell(self, name: str, fields: dict[str, Any]) -> None:
        for listener in self.listeners:
            listener(Event(name, fields))


def _executed(done: Executed) -> dict[str, Any]:
    return {
        "block_hash": done.block.hex(),
        "tx_hash": done.name.hex(),
        "topoheight": done.topoheight,
    }
