"""The methods of JSON-RPC (protocol note, section 9) and what each answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from devnet import params, views
from devnet.errors import Code, HangUpError, NodeError, invalid_params, invalid_request, wrapped
from devnet.params import Field, GivenAddress
from validator.wire.tos.rules import Statistics
from validator.wire.tos.transaction import MAX_TRANSACTION

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from devnet.blocks import Block
    from devnet.node import Node
    from validator.wire.tos.rules import MiningState, Task

    Arguments = Mapping[str, Any]

MAX_TRANSACTIONS: Final = 20
_ADDRESS: Final = Field("address", params.address)
_ASSET: Final = Field("asset", params.hash32)
_HASH: Final = Field("hash", params.hash32)
_TOPOHEIGHT: Final = Field("topoheight", params.u64)
_INCLUDE: Final = Field("include_txs", params.boolean, default=False)
_NOT_ON_DISK: Final = "Data not found on disk"


@dataclass(frozen=True, slots=True)
class Method:
    """What a call does; `fields` is empty for a method without parameters."""

    call: Callable[[Node, Arguments], object]
    fields: tuple[Field, ...] = ()

    def run(self, node: Node, given: object) -> object:
        """Read the parameters and return the result. Raises NodeError and HangUpError."""
        if not self.fields:
            params.no_params(given)
            return self.call(node, {})
        return self.call(node, params.read_params(given, self.fields))


def _info(node: Node, _: Arguments) -> object:
    return views.info(node.chain, node.network, node.trouble.pruned_topoheight)


def _has_nonce(node: Node, given: Arguments) -> object:
    key = given["address"].of(node.network)
    version = node.chain.ledger.nonces.last(key)
    if given["topoheight"] is not None:
        version = node.chain.ledger.nonces.newest(
            key, lambda one: one.topoheight == given["topoheight"]
        )
    return {"exist": version is not None}


def _get_nonce(node: Node, given: Arguments) -> object:
    version = node.chain.ledger.nonces.last(given["address"].of(node.network))
    if version is None:
        raise wrapped(
            "Error while retrieving nonce for account",
            f"{_NOT_ON_DISK}: get last topoheight for nonce",
        )
    return {
        "topoheight": version.topoheight,
        "nonce": version.value,
        "previous_topoheight": version.previous,
    }


def _get_balance(node: Node, given: Arguments) -> object:
    holding = (given["address"].of(node.network), given["asset"])
    version = node.chain.ledger.balances.last(holding)
    if version is None:
        raise wrapped(
            "Error while retrieving last balance",
            f"{_NOT_ON_DISK}: get last topoheight for balance",
        )
    return {"balance": version.value.amount, "topoheight": version.topoheight}


def _get_stable_balance(node: Node, given: Arguments) -> object:
    chain, stable = node.chain, node.chain.stable_topoheight
    holding = (given["address"].of(node.network), given["asset"])
    # A spending above the stable point hides the stable version: its own place is named instead.
    version = chain.ledger.balances.newest(
        holding, lambda one: one.topoheight >= stable and one.value.output is not None
    ) or chain.ledger.balances.newest(holding, lambda one: one.topoheight <= stable)
    if version is None:
        raise invalid_request("no stable balance found for this account")
    return {
        "balance": version.value.amount,
        "stable_topoheight": version.topoheight,
        "stable_block_hash": chain.order[version.topoheight].hex(),
    }


def _mempool_cache(node: Node, given: Arguments) -> object:
    address: GivenAddress = given["address"]
    if not address.plain:
        raise invalid_params("invalid address")
    cache = node.chain.mempool.senders.get(address.of(node.network))
    if cache is None:
        raise NodeError(Code.WRAPPED, "Account not found while retrieving mempool cache")
    return views.sender(cache)


def _submit(node: Node, given: Arguments) -> object:
    if len(given["data"]) > 2 * MAX_TRANSACTION:
        raise wrapped("Transaction size cannot be greater than 1 MiB", "Invalid JSON request")
    node.submit(params.octets(given["data"], "data"))
    return True


def _get_transaction(node: Node, given: Arguments) -> object:
    found = views.transaction(node.chain, given["hash"], node.network)
    if found is None:
        raise wrapped(
            "Error while retrieving transaction from disk and mempool",
            f"Tx {given['hash'].hex()} not found in mempool",
        )
    return found


def _get_transactions(node: Node, given: Arguments) -> object:
    names = given["tx_hashes"]
    if len(names) > MAX_TRANSACTIONS:
        raise wrapped(
            f"Too many requested txs: {len(names)}, maximum is {MAX_TRANSACTIONS}",
            "Invalid JSON request",
        )
    return [views.transaction(node.chain, name, node.network) for name in names]


def _executor(node: Node, given: Arguments) -> object:
    record = node.chain.records.get(given["hash"])
    if record is None or record.executed_in is None:
        raise NodeError(Code.NOT_ON_DISK, f"{_NOT_ON_DISK}: get block executor for tx")
    block = node.chain.blocks[record.executed_in]
    return {
        "block_topoheight": node.chain.topoheights[block.hash],
        "block_timestamp": block.timestamp,
        "block_hash": block.hash.hex(),
    }


def _is_executed(node: Node, given: Arguments) -> object:
    record = node.chain.records.get(given["tx_hash"])
    return record is not None and record.executed_in == given["block_hash"]


def _block_at(node: Node, given: Arguments) -> object:
    topoheight = given["topoheight"]
    pruned = node.trouble.pruned_topoheight or 0
    if not pruned <= topoheight <= node.chain.topoheight:
        raise wrapped(
            "Error while retrieving hash at topo height",
            f"{_NOT_ON_DISK}: get block hash for topoheight '{topoheight}'",
        )
    return _block(node, node.chain.blocks[node.chain.order[topoheight]], given)


def _block_by_hash(node: Node, given: Arguments) -> object:
    found = node.chain.blocks.get(given["hash"])
    if found is None:
        raise invalid_params(
            f"Error while retrieving block by hash: {given['hash'].hex()} not found"
        )
    return _block(node, found, given)


def _block(node: Node, found: Block, given: Arguments) -> object:
    return node.block(found, include=given["include_txs"])


def _task(node: Node, given: Arguments) -> object:
    found = _mining(node).tasks.get(given["task_id"])
    if found is None:
        raise invalid_request("Task not found")
    return views.task(found)


def _active_tasks(node: Node, _: Arguments) -> object:
    tasks: list[Task] = list(node.chain.mining.tasks.values()) if node.chain.mining else []
    return {one.task_id.hex(): views.task(one) for one in tasks if one.status == "Active"}


def _miner(node: Node, given: Arguments) -> object:
    found = _mining(node).miners.get(given["address"])
    if found is None:
        raise invalid_request("Miner not found")
    return views.miner(found)


def _mining(node: Node) -> MiningState:
    if node.chain.mining is None:
        raise invalid_request("AI mining state not initialized")
    return node.chain.mining


def _statistics(node: Node, _: Arguments) -> object:
    state = node.chain.mining
    return views.statistics(Statistics() if state is None else state.statistics)


def _has_state_at(node: Node, given: Arguments) -> object:
    return given["topoheight"] in node.chain.mining_at


def _state(node: Node, _: Arguments) -> None:
    """Its maps are keyed by bytes, which JSON cannot carry: the node's handler panics."""
    if node.chain.mining is not None:
        raise HangUpError


def _state_at(node: Node, given: Arguments) -> None:
    if given["topoheight"] in node.chain.mining_at:
        raise HangUpError


METHODS: Final[Mapping[str, Method]] = {
    "get_version": Method(lambda _node, _: views.VERSION),
    "get_info": Method(_info),
    "get_height": Method(lambda node, _: node.chain.height),
    "get_topoheight": Method(lambda node, _: node.chain.topoheight),
    "get_stable_height": Method(lambda node, _: node.chain.stable_height),
    "get_stable_topoheight": Method(lambda node, _: node.chain.stable_topoheight),
    "has_nonce": Method(
        _has_nonce, (_ADDRESS, Field("topoheight", params.optional_u64, default=None))
    ),
    "get_nonce": Method(_get_nonce, (_ADDRESS,)),
    "get_balance": Method(_get_balance, (_ADDRESS, _ASSET)),
    "get_stable_balance": Method(_get_stable_balance, (_ADDRESS, _ASSET)),
    "get_estimated_fee_rates": Method(lambda node, _: node.chain.mempool.fee_rates()),
    "get_mempool_cache": Method(_mempool_cache, (_ADDRESS,)),
    "submit_transaction": Method(_submit, (Field("data", params.text),)),
    "get_transaction": Method(_get_transaction, (_HASH,)),
    "get_transactions": Method(_get_transactions, (Field("tx_hashes", params.hashes),)),
    "get_transaction_executor": Method(_executor, (_HASH,)),
    "is_tx_executed_in_block": Method(
        _is_executed, (Field("tx_hash", params.hash32), Field("block_hash", params.hash32))
    ),
    "get_block_at_topoheight": Method(_block_at, (_TOPOHEIGHT, _INCLUDE)),
    "get_block_by_hash": Method(_block_by_hash, (_HASH, _INCLUDE)),
    "get_top_block": Method(lambda node, given: _block(node, node.chain.top, given), (_INCLUDE,)),
    "get_ai_mining_task": Method(_task, (Field("task_id", params.hash32),)),
    "get_ai_mining_active_tasks": Method(_active_tasks),
    "get_ai_mining_miner": Method(_miner, (Field("address", params.key32),)),
    "get_ai_mining_statistics": Method(_statistics),
    "has_ai_mining_state_at_topoheight": Method(_has_state_at, (_TOPOHEIGHT,)),
    "get_ai_mining_state": Method(_state),
    "get_ai_mining_state_at_topoheight": Method(_state_at, (_TOPOHEIGHT,)),
}
