"""What is asked of a node. Every call has a deadline, and caps on what it takes from the node."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from validator.chain.values import Block, NodeInfo, Pending, TransactionFacts
    from validator.wire.tos import PublicKey
    from validator.wire.tos.rules import Miner, Task


class Node(Protocol):
    """One endpoint. Every method raises ChainUnreadableError when it cannot be had as it must be.

    A method may be called from any thread.
    """

    @property
    def name(self) -> str:
        """Its name in the settings."""

    def genesis(self) -> bytes:
        """Return the hash of the block at topoheight 0."""

    def info(self) -> NodeInfo:
        """Return where the node stands."""

    def block(self, topoheight: int) -> Block:
        """Return the ordered block there, with its AI-mining transactions."""

    def task(self, task_id: bytes) -> Task | None:
        """Return a task with its answers and their scores; None when there is none."""

    def active_tasks(self) -> tuple[Task, ...]:
        """Return every task that is Active."""

    def miner(self, key: PublicKey) -> Miner | None:
        """Return a registered account; None when it is not."""

    def next_nonce(self, key: PublicKey) -> int:
        """Return the nonce of the account's next transaction, 0 for a fresh account."""

    def balance(self, key: PublicKey) -> int:
        """Return the account's balance in units, 0 for a fresh account."""

    def pending(self, key: PublicKey) -> Pending | None:
        """Return what the mempool holds of an account; None when that is nothing."""

    def transaction(self, tx_hash: bytes) -> TransactionFacts | None:
        """Return what is known of a transaction; None when nothing is."""

    def submit(self, data: bytes) -> None:
        """Send a transaction; one that is there already is as good as sent.

        Raises SubmitRefusedError for what the node says, and ChainUnreadableError when nobody
        knows whether it was taken.
        """
