"""Transactions that wait for a block, by sender and nonce; there is no replacement by fee."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from devnet import admission
from devnet.errors import Code, NodeError
from devnet.spending import spending
from validator.wire.tos import MultiSigSetup
from validator.wire.tos.transaction import MAX_TRANSACTION

if TYPE_CHECKING:
    from collections.abc import Collection

    from devnet.ledger import Ledger
    from validator.wire.tos import PublicKey, Transaction

MAX_BLOCK: Final = 1024 * 1024 + 256 * 1024
"""Bytes of transactions that fit into a block."""
FEE_PER_KILOBYTE: Final = 10_000
KILOBYTE: Final = 1024


class View(Protocol):
    """What the mempool asks of the chain."""

    @property
    def ledger(self) -> Ledger:
        """Nonces, balances, multisig set-ups."""

    @property
    def topoheight(self) -> int:
        """The newest topoheight."""

    def is_executed(self, name: bytes) -> bool:
        """Say whether a transaction was executed in a block."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A waiting transaction; `first_seen` is Unix seconds."""

    name: bytes
    transaction: Transaction
    size: int
    first_seen: int


@dataclass(slots=True)
class SenderCache:
    """A sender's waiting transactions in nonce order, and what it has after all of them."""

    pending: list[Pending] = field(default_factory=list)
    balances: dict[bytes, int] = field(default_factory=dict)
    setup: MultiSigSetup | None = None

    @property
    def lowest(self) -> int:
        """Lowest nonce that waits."""
        return self.pending[0].transaction.nonce

    @property
    def highest(self) -> int:
        """Highest nonce that waits."""
        return self.pending[-1].transaction.nonce


class Mempool:
    """What waits. Everything in it was admitted against the chain of that moment."""

    def __init__(self) -> None:
        self._pending: dict[bytes, Pending] = {}
        self.senders: dict[PublicKey, SenderCache] = {}

    def __len__(self) -> int:
        return len(self._pending)

    def __contains__(self, name: bytes) -> bool:
        return name in self._pending

    def get(self, name: bytes) -> Pending | None:
        """Return a waiting transaction."""
        return self._pending.get(name)

    def everything(self) -> list[Pending]:
        """Return all in the order they came."""
        return list(self._pending.values())

    def admit(self, transaction: Transaction, view: View, first_seen: int) -> Pending:
        """Check a transaction and take it in. Raises NodeError with the node's code."""
        name, size = transaction.hash(), transaction.size
        if size > MAX_TRANSACTION:
            raise NodeError(
                Code.TX_TOO_BIG, f"Transaction size is {size} while limit is {MAX_TRANSACTION}"
            )
        if view.is_executed(name):
            raise NodeError(Code.ALREADY_IN_CHAIN, f"TX {name.hex()} is already in blockchain")
        if name in self._pending:
            raise NodeError(Code.ALREADY_IN_MEMPOOL, f"Tx {name.hex()} already in mempool")
        cache = self.senders.get(transaction.source)
        if cache is not None:
            _check_place(transaction.nonce, cache)
        balances, setup = self._verify(transaction, cache, view)
        entry = Pending(name, transaction, size, first_seen)
        cache = self.senders.setdefault(transaction.source, SenderCache())
        cache.pending.append(entry)
        cache.balances |= balances
        cache.setup = setup
        self._pending[name] = entry
        return entry

    def _verify(
        self, transaction: Transaction, cache: SenderCache | None, view: View
    ) -> tuple[dict[bytes, int], MultiSigSetup | None]:
        """Return balances and multisig of the sender after it."""
        source, ledger = transaction.source, view.ledger
        setup = ledger.setup(source) if cache is None else cache.setup
        expected = (ledger.nonce(source) or 0) if cache is None else cache.highest + 1
        admission.check_form(transaction, view.topoheight)
        admission.check_nonce(transaction, expected)
        admission.check_payload(transaction, setup)
        admission.check_signatures(transaction, setup)
        left = {}
        for asset, required in spending(transaction).items():
            known = None if cache is None else cache.balances.get(asset)
            if known is None:
                reference = transaction.reference.topoheight
                known = ledger.spendable((source, asset), reference, view.topoheight)
            admission.check_funds(known, required)
            left[asset] = known - required
        if isinstance(transaction.payload, MultiSigSetup):
            setup = transaction.payload if transaction.payload.threshold else None
        return left, setup

    def select(self, held: Collection[bytes]) -> list[Pending]:
        """Choose for a block: the highest fee first, each sender in nonce order.

        A transaction in `held` stays where it is, and so do its sender's later ones.
        """
        queues = [deque(cache.pending) for cache in self.senders.values()]
        chosen: list[Pending] = []
        room = MAX_BLOCK
        while True:
            heads = [queue for queue in queues if queue and queue[0].name not in held]
            if not heads:
                return chosen
            best = max(heads, key=lambda queue: queue[0].transaction.fee)
            if best[0].size > room:
                return chosen
            room -= best[0].size
            chosen.append(best.popleft())

    def clean(self, view: View, suspects: Collection[PublicKey] | None) -> list[Pending]:
        """Drop what the chain's newest state has overtaken, and return it.

        What is left of senders with an executed transaction, and of `suspects` (None: everybody,
        after a re-order), is checked anew.
        """
        dropped: list[Pending] = []
        for source, cache in list(self.senders.items()):
            kept = _still_next(cache, view.ledger.nonce(source))
            lost = [entry for entry in cache.pending if entry not in kept]
            if lost or suspects is None or source in suspects:
                self._forget(source)
                dropped += lost + self._admit_again(kept, view)
        return dropped

    def vanish(self, name: bytes, view: View) -> None:
        """Lose a transaction, and its sender's later ones, without a trace."""
        source = self._pending[name].transaction.source
        pending = self.senders[source].pending
        kept = pending[: pending.index(self._pending[name])]
        self._forget(source)
        self._admit_again(kept, view)

    def fee_rates(self) -> dict[str, int]:
        """Return units per kilobyte as the node estimates them: 10000 while little waits."""
        rates = sorted(
            (
                one.transaction.fee * KILOBYTE // max(one.size, KILOBYTE)
                for one in self.everything()
            ),
            reverse=True,
        )
        high, medium = len(rates) * 30 // 100, len(rates) * 40 // 100
        default = FEE_PER_KILOBYTE
        if not high or not medium:
            return dict.fromkeys(("low", "medium", "high", "default"), default)
        parts = {"high": rates[:high], "medium": rates[high : high + medium]}
        parts["low"] = rates[high + medium :]
        return {name: sum(part) // len(part) for name, part in parts.items()} | {"default": default}

    def _admit_again(self, entries: list[Pending], view: View) -> list[Pending]:
        """Take entries in anew; from the first that no longer fits, all are dropped."""
        for position, entry in enumerate(entries):
            try:
                self.admit(entry.transaction, view, entry.first_seen)
            except NodeError:
                return entries[position:]
        return []

    def _forget(self, source: PublicKey) -> None:
        for entry in self.senders.pop(source).pending:
            del self._pending[entry.name]


def _still_next(cache: SenderCache, nonce: int | None) -> list[Pending]:
    """Return what is still to come for an account whose next nonce is this one."""
    if nonce is None or nonce < cache.lowest:
        return []
    return [entry for entry in cache.pending if entry.transaction.nonce >= nonce]


def _check_place(nonce: int, cache: SenderCache) -> None:
    for entry in cache.pending:
        if entry.transaction.nonce == nonce:
            raise NodeError(
                Code.NONCE_ALREADY_USED, f"Tx nonce {nonce} already used by Tx {entry.name.hex()}"
            )
    if not cache.lowest <= nonce <= cache.highest + 1:
        raise NodeError(
            Code.NONCE_RANGE,
            f"Invalid tx nonce {nonce} for mempool cache, range: [{cache.lowest}-{cache.highest}]",
        )
