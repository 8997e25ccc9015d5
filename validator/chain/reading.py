"""A node's replies, read strictly into values (protocol note, 9.1 and 9.2).

Every function raises InvalidReplyError and nothing else, whatever JSON it is given.
"""

from __future__ import annotations

from typing import Final

from validator.chain.fields import Fields, InvalidReplyError, hash_of
from validator.chain.values import NodeInfo, Pending, TransactionFacts
from validator.wire.tos import DecodeError, Network, PublicKey, answer_hash
from validator.wire.tos.json_view import difficulty_from_json
from validator.wire.tos.octets import U64_MAX
from validator.wire.tos.rules import Answer, Miner, Score, Task, TaskStatus

MAX_POINTS: Final = 100
MAX_REPUTATION: Final = 1000


def read_info(value: object, network: Network) -> NodeInfo:
    """Read `get_info` of a node of this network."""
    found = Fields(value)
    if found.get("network") != network.info_name:
        raise InvalidReplyError(f"result.network must be {network.info_name}")
    info = NodeInfo(
        network=network,
        height=found.integer("height"),
        topoheight=found.integer("topoheight"),
        stable_height=found.integer("stableheight"),
        stable_topoheight=found.integer("stable_topoheight"),
        pruned_topoheight=found.optional("pruned_topoheight"),
        top_hash=found.hash("top_block_hash"),
    )
    if info.stable_height > info.height or info.stable_topoheight > info.topoheight:
        raise InvalidReplyError("result.stableheight and stable_topoheight must not be above it")
    if (info.pruned_topoheight or 0) > info.stable_topoheight:
        raise InvalidReplyError("result.pruned_topoheight must not be above stable_topoheight")
    return info


def read_task(value: object, path: str = "result") -> Task:
    """Read a task with its answers; an answer's hash must be that of its content."""
    found = Fields(value, path)
    try:
        difficulty = difficulty_from_json(found.get("difficulty"))
    except DecodeError as error:
        raise InvalidReplyError(f"{path}: {error}") from None
    answers = tuple(
        _answer(Fields(one, found.at("submitted_answers")))
        for one in found.items("submitted_answers")
    )
    if len({answer.answer_id for answer in answers}) < len(answers):
        raise InvalidReplyError(f"{path}.submitted_answers has one answer twice")
    return Task(
        task_id=found.hash("task_id"),
        publisher=found.key("publisher"),
        description=found.text("description"),
        reward_amount=found.integer("reward_amount"),
        difficulty=difficulty,
        deadline=found.integer("deadline"),
        published_at=found.integer("published_at"),
        status=TaskStatus(found.word("status", tuple(TaskStatus))),
        submitted_answers=answers,
        rewards_processed=found.flag("rewards_processed"),
    )


def read_active_tasks(value: object) -> tuple[Task, ...]:
    """Read `get_ai_mining_active_tasks`, in the node's order."""
    if not isinstance(value, dict):
        raise InvalidReplyError("result must be an object")
    tasks = []
    for key, one in value.items():
        task = read_task(one, "result.task")
        if hash_of(key, "a key of result") != task.task_id:
            raise InvalidReplyError("a key of result is not the task's task_id")
        tasks.append(task)
    if len({task.task_id for task in tasks}) < len(tasks):
        raise InvalidReplyError("result has one task twice")
    return tuple(task for task in tasks if task.status is TaskStatus.ACTIVE)


def read_miner(value: object) -> Miner:
    """Read `get_ai_mining_miner`."""
    found = Fields(value)
    return Miner(
        address=found.key("address"),
        registration_fee=found.integer("registration_fee"),
        registered_at=found.integer("registered_at"),
        tasks_published=found.integer("tasks_published"),
        answers_submitted=found.integer("answers_submitted"),
        validations_performed=found.integer("validations_performed"),
        reputation=found.integer("reputation", MAX_REPUTATION),
    )


def read_nonce(value: object) -> tuple[int, int]:
    """Read `get_nonce`: the next nonce, and the topoheight at which it became that."""
    found = Fields(value)
    return found.integer("nonce"), found.integer("topoheight")


def read_exist(value: object) -> bool:
    """Read `has_nonce`."""
    return Fields(value).flag("exist")


def read_balance(value: object) -> int:
    """Read `get_balance`, in units."""
    return Fields(value).integer("balance")


def read_pending(value: object) -> Pending:
    """Read `get_mempool_cache`."""
    found = Fields(value)
    least, most = found.integer("min"), found.integer("max", U64_MAX - 1)
    if least > most:
        raise InvalidReplyError("result.min must not be above result.max")
    hashes = (hash_of(one, "result.txs") for one in found.items("txs"))
    return Pending(least, most, frozenset(hashes))


def read_facts(value: object, tx_hash: bytes) -> TransactionFacts:
    """Read what is known of the transaction of this hash."""
    found = Fields(value)
    if found.hash("hash") != tx_hash:
        raise InvalidReplyError("result.hash is not that of the transaction asked for")
    blocks = () if found.get("blocks") is None else found.items("blocks")
    return TransactionFacts(
        tx_hash=tx_hash,
        nonce=found.integer("nonce"),
        blocks=tuple(hash_of(one, "result.blocks") for one in blocks),
        executed_in=found.optional_hash("executed_in_block"),
        in_mempool=found.flag("in_mempool"),
    )


def _answer(found: Fields) -> Answer:
    content, digest = found.text("answer_content"), found.hash("answer_hash")
    if answer_hash(content) != digest:
        raise InvalidReplyError(f"{found.at('answer_hash')} is not that of answer_content")
    found.optional("average_score", MAX_POINTS)
    scores = tuple(
        _score(Fields(one, found.at("validation_scores")))
        for one in found.items("validation_scores")
    )
    if len({score.validator for score in scores}) < len(scores):
        raise InvalidReplyError(f"{found.at('validation_scores')} has one validator twice")
    return Answer(
        answer_id=found.hash("answer_id"),
        answer_content=content,
        answer_hash=digest,
        submitter=found.key("submitter"),
        stake_amount=found.integer("stake_amount"),
        submitted_at=found.integer("submitted_at"),
        validation_scores=scores,
    )


def _score(found: Fields) -> Score:
    validator: PublicKey = found.key("validator")
    return Score(validator, found.integer("score", MAX_POINTS), found.integer("validated_at"))
