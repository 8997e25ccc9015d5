"""A node over JSON-RPC: the port of `validator.chain.ports`, and a little more for the signer."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

from validator.chain.blocks import read_block
from validator.chain.fields import InvalidReplyError, TooManyItemsError, items
from validator.chain.reading import (
    read_active_tasks,
    read_balance,
    read_exist,
    read_facts,
    read_info,
    read_miner,
    read_nonce,
    read_pending,
    read_task,
)
from validator.chain.refusals import is_absent, refusal_of
from validator.chain.rpc import Fault, Rpc
from validator.wire.plain import plain
from validator.wire.tos import encode_address, key_to_json

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Sequence

    from validator.chain.blocks import RawBlock
    from validator.chain.values import Block, NodeInfo, Pending, TransactionFacts
    from validator.wire.tos import Network, PublicKey
    from validator.wire.tos.rules import Miner, Task

BATCH: Final = 20
"""Transactions that a node tells of in one call."""
TOS_ASSET: Final = "00" * 32
_NO_TASK: Final = ("task not found", "state not initialized")
_NO_MINER: Final = ("miner not found", "state not initialized")
_Value = TypeVar("_Value")


class NodeClient:
    """One endpoint. Threads may share it. It opens connections as it needs them.

    Every method raises ChainUnreadableError when the node cannot be reached, is slow, says an error
    that is no answer, or sends what its reply cannot be. `timeout_s` is for one call; a method may
    make several. `tls`: what certificates are verified against; None: public authorities.
    """

    def __init__(
        self,
        name: str,
        url: str,
        network: Network,
        timeout_s: float,
        reply_bytes: int,
        *,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._rpc = Rpc(name, url, timeout_s, reply_bytes, tls)
        self._network = network

    @property
    def name(self) -> str:
        """Its name in the settings."""
        return self._rpc.name

    def close(self) -> None:
        """Close its connections."""
        self._rpc.close()

    def genesis(self) -> bytes:
        """Return the hash of the block at topoheight 0, which a pruned node has not."""
        return self.raw_block(0, whole=False).hash

    def info(self) -> NodeInfo:
        """Return where the node stands. Another network than the one expected is unreadable."""
        return self._read("get_info", None, lambda value: read_info(value, self._network))

    def block(self, topoheight: int) -> Block:
        """Return the ordered block there, with its AI-mining transactions."""
        found = self.raw_block(topoheight)
        return found.with_executions(
            {
                tx_hash: None if facts is None else facts.executed_in
                for tx_hash, facts in self._known(found.ai_mining).items()
            }
        )

    def raw_block(self, topoheight: int, *, whole: bool = True) -> RawBlock:
        """Return the ordered block there in one call; `whole`: with its transactions."""
        params = {"topoheight": topoheight, "include_txs": whole}
        return self._read(
            "get_block_at_topoheight",
            params,
            lambda value: read_block(value, topoheight, self._network, whole=whole),
        )

    def task(self, task_id: bytes) -> Task | None:
        """Return a task with its answers and their scores; None when there is none."""
        method = "get_ai_mining_task"
        found = self._rpc.call(method, {"task_id": task_id.hex()})
        if isinstance(found, Fault) and is_absent(found, *_NO_TASK):
            return None
        task = self._as(method, found, read_task)
        if task.task_id != task_id:
            self._rpc.odd(method, "result.task_id is not the one asked for")
        return task

    def active_tasks(self) -> tuple[Task, ...]:
        """Return every task that is Active."""
        return self._read("get_ai_mining_active_tasks", None, read_active_tasks)

    def miner(self, key: PublicKey) -> Miner | None:
        """Return a registered account; None when it is not."""
        method = "get_ai_mining_miner"
        found = self._rpc.call(method, {"address": key_to_json(key)})
        if isinstance(found, Fault) and is_absent(found, *_NO_MINER):
            return None
        miner = self._as(method, found, read_miner)
        if miner.address != key:
            self._rpc.odd(method, "result.address is not the one asked for")
        return miner

    def next_nonce(self, key: PublicKey) -> int:
        """Return the nonce of the account's next transaction, 0 for a fresh account."""
        found = self.newest_nonce(key)
        return 0 if found is None else found[0]

    def newest_nonce(self, key: PublicKey) -> tuple[int, int] | None:
        """Return the next nonce and the topoheight at which it became that; None: no account."""
        asked = {"address": encode_address(key, self._network)}
        found = self._rpc.call("get_nonce", asked)
        if isinstance(found, Fault) and not self._read("has_nonce", asked, read_exist):
            return None  # any error would do for an account that the node says is none
        return self._as("get_nonce", found, read_nonce)

    def balance(self, key: PublicKey) -> int:
        """Return the account's balance in units, 0 for a fresh account."""
        method = "get_balance"
        asked = {"address": encode_address(key, self._network), "asset": TOS_ASSET}
        found = self._rpc.call(method, asked)
        if isinstance(found, Fault) and is_absent(found, "not found"):
            return 0
        return self._as(method, found, read_balance)

    def pending(self, key: PublicKey) -> Pending | None:
        """Return what the mempool holds of an account; None when that is nothing."""
        method = "get_mempool_cache"
        found = self._rpc.call(method, {"address": encode_address(key, self._network)})
        if isinstance(found, Fault) and is_absent(found, "not found"):
            return None
        pending = self._as(method, found, read_pending)
        return pending if pending.hashes else None

    def transaction(self, tx_hash: bytes) -> TransactionFacts | None:
        """Return what is known of a transaction; None when nothing is."""
        return self.transactions((tx_hash,))[tx_hash]

    def transactions(self, hashes: Sequence[bytes]) -> dict[bytes, TransactionFacts | None]:
        """Return what is known of several, 20 in a call."""
        known: dict[bytes, TransactionFacts | None] = {}
        for start in range(0, len(hashes), BATCH):
            some = hashes[start : start + BATCH]
            asked = {"tx_hashes": [each.hex() for each in some]}
            known |= self._read("get_transactions", asked, partial(_facts, asked=some))
        return known

    def submit(self, data: bytes) -> None:
        """Send a transaction; one that is there already is as good as sent.

        Raises SubmitRefusedError for what the node says, and ChainUnreadableError when nobody
        knows whether it was taken.
        """
        method = "submit_transaction"
        found = self._rpc.send(method, {"data": data.hex()})
        if isinstance(found, Fault):
            refusal = refusal_of(found, plain(self.name, 64))
            if refusal is not None:
                raise refusal
        elif found is not True:
            self._rpc.odd(method, "result must be true")

    def _known(self, hashes: Sequence[bytes]) -> dict[bytes, TransactionFacts | None]:
        """Tell of transactions that a block of this node holds: it must know them."""
        known = self.transactions(hashes)
        if None in known.values():
            self._rpc.odd("get_transactions", "a transaction of its own block is not there")
        return known

    def _read(
        self, method: str, params: dict[str, Any] | None, read: Callable[[object], _Value]
    ) -> _Value:
        return self._as(method, self._rpc.call(method, params), read)

    def _as(self, method: str, found: object, read: Callable[[object], _Value]) -> _Value:
        if isinstance(found, Fault):
            self._rpc.odd(method, f"error {found.code}: {found.message}")
        try:
            return read(found)
        except InvalidReplyError as error:
            over = isinstance(error, TooManyItemsError)
            self._rpc.odd(method, plain(str(error)), over=over)


def _facts(value: object, asked: Sequence[bytes]) -> dict[bytes, TransactionFacts | None]:
    found = items(value, "result", len(asked))
    if len(found) != len(asked):
        raise InvalidReplyError(f"result must have {len(asked)} entries")
    return {
        tx_hash: None if one is None else read_facts(one, tx_hash)
        for tx_hash, one in zip(asked, found, strict=True)
    }
