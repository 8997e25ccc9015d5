"""JSON of a node's replies and events, with the exact shapes of protocol note 9."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from validator.wire.tos import (
    Network,
    PublicKey,
    blake3_256,
    encode_address,
    key_to_json,
    transaction_to_json,
)
from validator.wire.tos.json_view import difficulty_to_json

if TYPE_CHECKING:
    from devnet.blocks import Block
    from devnet.chain import Chain
    from devnet.mempool import Pending, SenderCache
    from validator.wire.tos import MultiSigSetup
    from validator.wire.tos.rules import Answer, Miner, Statistics, Task

Json = dict[str, Any]

VERSION: Final = "0.1.11-devnet"
BLOCK_TIME_TARGET: Final = 3_000
MAXIMUM_SUPPLY: Final = 184_000_000 * 10**8
DIFFICULTY: Final = 1_000
HEADER_SIZE: Final = 160
"""Bytes that stand for a header in a block's size; its hashes come on top."""
MINER: Final = PublicKey(blake3_256(b"tosv/devnet/miner/1"))
"""Whom blocks name as their miner: bytes that nobody can sign for, and that earn nothing."""


def info(chain: Chain, network: Network, pruned: int | None) -> Json:
    """Return `get_info`. Blocks earn nothing here: what the faucet gave out is the supply."""
    totals = chain.ledger.totals
    return {
        "height": chain.height,
        "topoheight": chain.topoheight,
        "stableheight": chain.stable_height,
        "stable_topoheight": chain.stable_topoheight,
        "pruned_topoheight": pruned,
        "top_block_hash": chain.top.hash.hex(),
        "circulating_supply": totals.issued - totals.burned,
        "burned_supply": totals.burned,
        "emitted_supply": totals.issued,
        "maximum_supply": MAXIMUM_SUPPLY,
        "difficulty": str(DIFFICULTY),
        "block_time_target": BLOCK_TIME_TARGET,
        "average_block_time": chain.average_block_time or BLOCK_TIME_TARGET,
        "block_reward": 0,
        "dev_reward": 0,
        "miner_reward": 0,
        "mempool_size": len(chain.mempool),
        "version": VERSION,
        "network": network.info_name,
        "block_version": 0,
    }


def block(chain: Chain, found: Block, network: Network, *, include: bool) -> Json:
    """Return a block. Its transactions come whole with `include`, and as hashes always."""
    topoheight = chain.topoheights.get(found.hash)
    records = [chain.records[name] for name in found.transactions]
    sizes = sum(record.transaction.size for record in records)
    fees = sum(r.transaction.fee for r in records if r.executed_in == found.hash)
    ordered = topoheight is not None
    shown: Json = {
        "hash": found.hash.hex(),
        "topoheight": topoheight,
        "block_type": _block_type(chain, found, topoheight),
        "difficulty": str(DIFFICULTY),
        "supply": chain.ledger.totals.issued if ordered else None,
        "reward": 0 if ordered else None,
        "miner_reward": 0 if ordered else None,
        "dev_reward": 0 if ordered else None,
        "cumulative_difficulty": str(DIFFICULTY * (found.height + 1)),
        "total_fees": fees if include else None,
        "total_size_in_bytes": HEADER_SIZE + 32 * len(records) + sizes,
        "version": 0,
        "tips": [found.parent.hex()] if found.height else [],
        "timestamp": found.timestamp,
        "height": found.height,
        "nonce": found.nonce,
        "extra_nonce": "00" * 32,
        "miner": encode_address(MINER, network),
        "txs_hashes": [name.hex() for name in found.transactions],
    }
    if include and records:
        shown["transactions"] = [transaction_to_json(r.transaction, network) for r in records]
    return shown


def _block_type(chain: Chain, found: Block, topoheight: int | None) -> str:
    if topoheight is None:
        return "Orphaned"
    before = chain.blocks[chain.order[topoheight - 1]] if topoheight else None
    if before is not None and before.height >= found.height:
        return "Side"
    return "Sync" if topoheight <= chain.stable_topoheight else "Normal"


def transaction(chain: Chain, name: bytes, network: Network) -> Json | None:
    """Return a transaction with what the node knows of it.

    One that ever was in a block shows `in_mempool` false, even when a re-order has put it back
    into the mempool: the node looks on disk first.
    """
    record, pending = chain.records.get(name), chain.mempool.get(name)
    if record is not None:
        executed = record.executed_in
        return {
            "blocks": [block.hex() for block in record.blocks],
            "executed_in_block": None if executed is None else executed.hex(),
            "in_mempool": False,
            "first_seen": None,
            **transaction_to_json(record.transaction, network),
        }
    return None if pending is None else waiting(pending, network, in_mempool=True)


def waiting(entry: Pending, network: Network, *, in_mempool: bool) -> Json:
    """Return a transaction that no block holds (any more)."""
    return {
        "blocks": None,
        "executed_in_block": None,
        "in_mempool": in_mempool,
        "first_seen": entry.first_seen,
        **transaction_to_json(entry.transaction, network),
    }


def summary(entry: Pending, network: Network) -> Json:
    """Return what the event of a new waiting transaction carries."""
    return {
        "hash": entry.name.hex(),
        "source": encode_address(entry.transaction.source, network),
        "fee": entry.transaction.fee,
        "first_seen": entry.first_seen,
        "size": entry.size,
    }


def sender(cache: SenderCache) -> Json:
    """Return `get_mempool_cache`."""
    return {
        "min": cache.lowest,
        "max": cache.highest,
        "txs": [entry.name.hex() for entry in cache.pending],
        "balances": {asset.hex(): amount for asset, amount in cache.balances.items()},
        "multisig": _setup(cache.setup),
        "energy_resource": None,
    }


def _setup(setup: MultiSigSetup | None) -> Json | None:
    if setup is None:
        return None
    keys = [key_to_json(key) for key in setup.participants]
    return {"threshold": setup.threshold, "participants": keys}


def task(found: Task) -> Json:
    """Return an AI-mining task (protocol note, 9.1)."""
    return {
        "task_id": found.task_id.hex(),
        "publisher": key_to_json(found.publisher),
        "description": found.description,
        "reward_amount": found.reward_amount,
        "difficulty": difficulty_to_json(found.difficulty),
        "deadline": found.deadline,
        "status": found.status.value,
        "published_at": found.published_at,
        "submitted_answers": [_answer(one) for one in found.submitted_answers],
        "rewards_processed": found.rewards_processed,
    }


def _answer(found: Answer) -> Json:
    return {
        "answer_id": found.answer_id.hex(),
        "answer_content": found.answer_content,
        "answer_hash": found.answer_hash.hex(),
        "submitter": key_to_json(found.submitter),
        "stake_amount": found.stake_amount,
        "validation_scores": [
            {
                "validator": key_to_json(score.validator),
                "score": score.score,
                "validated_at": score.validated_at,
            }
            for score in found.validation_scores
        ],
        "average_score": found.average_score,
        "submitted_at": found.submitted_at,
    }


def miner(found: Miner) -> Json:
    """Return a registered miner; its address is 32 numbers."""
    return {
        "address": key_to_json(found.address),
        "registration_fee": found.registration_fee,
        "registered_at": found.registered_at,
        "tasks_published": found.tasks_published,
        "answers_submitted": found.answers_submitted,
        "validations_performed": found.validations_performed,
        "reputation": found.reputation,
    }


def statistics(found: Statistics) -> Json:
    """Return the chain's counters."""
    return {
        "total_tasks": found.total_tasks,
        "active_tasks": found.active_tasks,
        "completed_tasks": found.completed_tasks,
        "total_miners": found.total_miners,
        "total_rewards_distributed": found.total_rewards_distributed,
        "total_staked": found.total_staked,
    }
