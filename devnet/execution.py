"""Execution of one block's transactions (protocol note, 6.4).

A transaction whose AI rule fails keeps its nonce and its spending: fee, stake, reward and
registration fee are gone although nothing was executed. The node does so, and so does this.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from devnet.errors import NodeError
from devnet.ledger import TOS_ASSET, Balance, Holding
from devnet.spending import spending, taken_by_mining
from validator.wire.tos import Burn, MultiSigSetup, Transfers
from validator.wire.tos.rules import BlockStamp, MiningState, RuleError, apply

if TYPE_CHECKING:
    from devnet.blocks import Block, Credit
    from devnet.ledger import Ledger
    from validator.wire.tos import PublicKey, Transaction
    from validator.wire.tos.payloads import AiPayload


class Execution:
    """The changes of one block at a topoheight; `commit` writes them into the ledger."""

    def __init__(
        self, ledger: Ledger, mining: MiningState | None, block: Block, topoheight: int
    ) -> None:
        self._ledger = ledger
        self._topoheight = topoheight
        self._stamp = BlockStamp(block.height, block.timestamp)
        self.mining = mining
        """The AI state after what was executed; None before the first AI transaction."""
        self._nonces: dict[PublicKey, int] = {}
        self._left: dict[Holding, int] = {}
        self._spent: dict[Holding, int] = {}
        self._received: dict[Holding, int] = {}
        self._setups: dict[PublicKey, MultiSigSetup | None] = {}
        self._totals = ledger.totals

    def credit(self, entry: Credit) -> None:
        """Give out units; none of them can be spent within the same block."""
        self._receive((entry.key, TOS_ASSET), entry.amount)
        self._totals = replace(self._totals, issued=self._totals.issued + entry.amount)

    def run(self, transaction: Transaction) -> str | None:
        """Execute one transaction; return why it failed, or None."""
        source = transaction.source
        expected = self._nonces.get(source, self._ledger.nonce(source))
        if expected is None or transaction.nonce != expected:
            return f"nonce {transaction.nonce} is not the account's next one"
        try:
            amounts = spending(transaction)
        except NodeError as error:
            return error.message
        if not self._take(transaction, amounts):
            return "Overflow detected"
        self._nonces[source] = transaction.nonce + 1
        self._count(transaction)
        return self._effects(transaction)

    def commit(self) -> None:
        """Write nonces, balances, multisig set-ups and sums."""
        ledger, topoheight = self._ledger, self._topoheight
        for key, nonce in self._nonces.items():
            ledger.nonces.write(key, topoheight, nonce)
        for holding in self._spent.keys() | self._received.keys():
            final = ledger.amount(*holding) + self._received.get(holding, 0)
            final -= self._spent.get(holding, 0)
            output = self._left[holding] if holding in self._spent else None
            ledger.balances.write(holding, topoheight, Balance(final, output))
            if ledger.nonce(holding[0]) is None:
                ledger.nonces.write(holding[0], topoheight, 0)
        for key, setup in self._setups.items():
            ledger.multisig.write(key, topoheight, setup)
        if self._totals != ledger.totals:
            ledger.supply.write(None, topoheight, self._totals)

    def _take(self, transaction: Transaction, amounts: dict[bytes, int]) -> bool:
        """Take all amounts from the sender, or none."""
        source, reference = transaction.source, transaction.reference.topoheight
        for asset, amount in amounts.items():
            holding = (source, asset)
            if holding not in self._left:
                self._left[holding] = min(
                    self._ledger.spendable(holding, reference, self._topoheight),
                    self._ledger.amount(source, asset),
                )
            if self._left[holding] < amount:
                return False
        for asset, amount in amounts.items():
            self._left[source, asset] -= amount
            self._spent[source, asset] = self._spent.get((source, asset), 0) + amount
        return True

    def _count(self, transaction: Transaction) -> None:
        old = self._totals
        self._totals = replace(
            old, fees=old.fees + transaction.fee, taken=old.taken + taken_by_mining(transaction)
        )

    def _effects(self, transaction: Transaction) -> str | None:
        match transaction.payload:
            case Transfers(transfers=transfers):
                for one in transfers:
                    self._receive((one.destination, one.asset), one.amount)
            case Burn(asset=asset, amount=amount):
                burned = amount if asset == TOS_ASSET else 0
                self._totals = replace(self._totals, burned=self._totals.burned + burned)
            case MultiSigSetup() as setup:
                self._setups[transaction.source] = setup if setup.threshold else None
            case payload:
                return self._mine(payload, transaction.source)
        return None

    def _mine(self, payload: AiPayload, source: PublicKey) -> str | None:
        try:
            self.mining = apply(self.mining or MiningState(), payload, source, self._stamp)
        except RuleError as error:
            return str(error)
        return None

    def _receive(self, holding: Holding, amount: int) -> None:
        self._received[holding] = self._received.get(holding, 0) + amount
