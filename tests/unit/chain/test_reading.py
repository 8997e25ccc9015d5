"""Replies of nodes: what reads, and that everything else is refused in one way only."""

from __future__ import annotations

import copy
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devnet import views
from tests.fakes.devnet import ANSWER, TASK, VALIDATOR, world
from validator.chain import reading
from validator.chain.blocks import read_block
from validator.chain.fields import InvalidReplyError
from validator.wire import tos
from validator.wire.tos.rules import Miner, TaskStatus

if TYPE_CHECKING:
    from collections.abc import Callable

DEVNET = tos.Network.DEVNET
SEEN = world()
ANSWER_ID = SEEN.market()
VERDICT = SEEN.do(VALIDATOR, tos.ValidateAnswer(TASK, ANSWER_ID, 60))
TOP = SEEN.chain.topoheight

Json = Any


def shown(value: object) -> Json:
    """As it comes over the wire."""
    return json.loads(json.dumps(value))


def block() -> Json:
    return shown(views.block(SEEN.chain, SEEN.chain.top, DEVNET, include=True))


def task() -> Json:
    return shown(views.task(SEEN.chain.mining.tasks[TASK]))


REAL: dict[str, tuple[Callable[[Any], object], Callable[[], Json]]] = {
    "info": (
        lambda value: reading.read_info(value, DEVNET),
        lambda: shown(views.info(SEEN.chain, DEVNET, None)),
    ),
    "task": (reading.read_task, task),
    "tasks": (reading.read_active_tasks, lambda: {TASK.hex(): task()}),
    "miner": (
        reading.read_miner,
        lambda: shown(views.miner(SEEN.chain.mining.miners[VALIDATOR.public])),
    ),
    "nonce": (reading.read_nonce, lambda: {"nonce": 2, "topoheight": 5}),
    "exist": (reading.read_exist, lambda: {"exist": True}),
    "balance": (reading.read_balance, lambda: {"balance": 7, "topoheight": 1}),
    "pending": (
        reading.read_pending,
        lambda: {"min": 1, "max": 2, "txs": ["aa" * 32], "balances": {}},
    ),
    "facts": (
        lambda value: reading.read_facts(value, VERDICT),
        lambda: shown(views.transaction(SEEN.chain, VERDICT, DEVNET)),
    ),
    "block": (lambda value: read_block(value, TOP, DEVNET, whole=True), block),
}
READERS = [pytest.param(read, real, id=name) for name, (read, real) in REAL.items()]
NUMBERS = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
LEAVES = st.none() | st.booleans() | NUMBERS | st.text(max_size=70)
ANY_JSON = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=33) | st.dictionaries(st.text(max_size=20), inner, max_size=6)
    ),
    max_leaves=40,
)


def places(value: Json) -> list[tuple[Any, ...]]:
    """Every path into a document."""
    found: list[tuple[Any, ...]] = []
    if isinstance(value, dict | list):
        entries = value.items() if isinstance(value, dict) else enumerate(value)
        for key, member in entries:
            found.append((key,))
            found += [(key, *rest) for rest in places(member)]
    return found


def changed(value: Json, path: tuple[Any, ...], new: Json) -> Json:
    made = copy.deepcopy(value)
    inner = made
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = new
    return made


@pytest.mark.parametrize(("read", "real"), READERS)
def test_a_real_reply_reads(read: Callable[[Any], object], real: Callable[[], Json]) -> None:
    assert read(real()) is not None


@pytest.mark.parametrize(("read", "real"), READERS)
@given(data=st.data())
def test_any_json_is_a_value_or_an_invalid_reply(
    read: Callable[[Any], object], real: Callable[[], Json], data: st.DataObject
) -> None:
    drawn = data.draw(ANY_JSON)
    with suppress(InvalidReplyError):  # anything else that is raised fails the test
        assert read(drawn) is not None


@pytest.mark.parametrize(("read", "real"), READERS)
@given(data=st.data())
def test_a_real_reply_with_one_place_changed_is_a_value_or_an_invalid_reply(
    read: Callable[[Any], object], real: Callable[[], Json], data: st.DataObject
) -> None:
    document = real()
    path = data.draw(st.sampled_from(places(document)))
    made = changed(document, path, data.draw(ANY_JSON))
    with suppress(InvalidReplyError):
        assert read(made) is not None


@pytest.mark.parametrize(("read", "real"), READERS)
def test_no_member_may_be_missing_unless_nobody_reads_it(
    read: Callable[[Any], object], real: Callable[[], Json]
) -> None:
    document = real()
    needed = 0
    for name in document:
        less = {key: value for key, value in document.items() if key != name}
        try:
            read(less)
        except InvalidReplyError:
            needed += 1
    assert needed or read is reading.read_active_tasks


def test_a_task_reads_with_its_answers_and_scores() -> None:
    found = reading.read_task(task())

    assert found == SEEN.chain.mining.tasks[TASK]
    assert found.submitted_answers[0].answer_content == ANSWER
    assert found.status is TaskStatus.ACTIVE
    assert found.submitted_answers[0].validation_scores[0].score == 60


def test_a_miner_reads() -> None:
    value = shown(views.miner(SEEN.chain.mining.miners[VALIDATOR.public]))
    found = reading.read_miner(value)

    assert isinstance(found, Miner)
    assert found == SEEN.chain.mining.miners[VALIDATOR.public]


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (("submitted_answers", 0, "answer_content"), "another text, as it was", "answer_hash is"),
        (("submitted_answers", 0, "answer_hash"), "00" * 32, "answer_hash is not that of"),
        (("submitted_answers", 0, "answer_id"), "é" * 64, "answer_id must be 64 hex digits"),
        (("submitted_answers", 0, "submitter"), [0] * 31, "submitter must be a list of 32"),
        (("submitted_answers", 0, "submitter"), [256] * 32, "submitter must be a list of 32"),
        (("submitted_answers", 0, "validation_scores", 0, "score"), 101, "from 0 to 100"),
        (("submitted_answers", 0, "validation_scores", 0, "score"), True, "must be a whole number"),
        (("submitted_answers", 0, "average_score"), 60.5, "average_score must be a whole number"),
        (("reward_amount",), -1, "reward_amount must be a whole number"),
        (("reward_amount",), 2**64, "reward_amount must be a whole number"),
        (("deadline",), 1.0, "deadline must be a whole number"),
        (("description",), "é" * 128, "description must be text of at most 255 bytes"),
        (("status",), "Cancelling", "status is none of the words"),
        (("difficulty",), "Expertly", "difficulty must be Beginner"),
        (("task_id",), " " + "a" * 63, "task_id must be 64 hex digits"),
    ],
)
def test_a_field_of_a_task_that_cannot_be_is_named(
    path: tuple[Any, ...], value: Json, says: str
) -> None:
    with pytest.raises(InvalidReplyError, match=says):
        reading.read_task(changed(task(), path, value))


def test_an_answer_or_a_validator_twice_is_refused() -> None:
    answers = task()["submitted_answers"]
    scores = answers[0]["validation_scores"]
    with pytest.raises(InvalidReplyError, match="has one answer twice"):
        reading.read_task(changed(task(), ("submitted_answers",), answers * 2))
    path = ("submitted_answers", 0, "validation_scores")
    with pytest.raises(InvalidReplyError, match="has one validator twice"):
        reading.read_task(changed(task(), path, scores * 2))


def test_a_list_too_long_is_refused() -> None:
    with pytest.raises(InvalidReplyError, match="list of at most 65536"):
        reading.read_task(changed(task(), ("submitted_answers",), [{}] * 65_537))


def test_active_tasks_are_those_that_say_so_under_their_own_id() -> None:
    ended = changed(task(), ("status",), "Completed")
    assert reading.read_active_tasks({TASK.hex(): ended}) == ()
    with pytest.raises(InvalidReplyError, match="is not the task's task_id"):
        reading.read_active_tasks({"00" * 32: task()})


def test_another_network_is_refused() -> None:
    info = shown(views.info(SEEN.chain, DEVNET, None))
    with pytest.raises(InvalidReplyError, match="network must be Testnet"):
        reading.read_info(info, tos.Network.TESTNET)


def test_a_node_cannot_be_pruned_above_its_stable_block() -> None:
    stable = SEEN.chain.stable_topoheight
    at = shown(views.info(SEEN.chain, DEVNET, stable))
    assert reading.read_info(at, DEVNET).pruned_topoheight == stable
    above = shown(views.info(SEEN.chain, DEVNET, stable + 1))
    with pytest.raises(InvalidReplyError, match="pruned_topoheight must not be above"):
        reading.read_info(above, DEVNET)


def test_only_ai_mining_transactions_of_a_block_have_a_payload() -> None:
    seen = world()
    seen.fund(VALIDATOR)
    burn = seen.send(VALIDATOR, tos.Burn(bytes(32), 5))
    entry = seen.send(VALIDATOR, tos.RegisterMiner(VALIDATOR.public, 10**9))
    seen.mine()
    value = shown(views.block(seen.chain, seen.chain.top, DEVNET, include=True))
    found = read_block(value, seen.chain.topoheight, DEVNET, whole=True)

    assert [(each.tx_hash, each.nonce) for each in found.entries] == [(burn, 0), (entry, 1)]
    assert found.ai_mining == (entry,)
    made = found.with_executions({entry: found.hash})
    assert [each.executed for each in made.transactions] == [True]
    data = made.transactions[0].data
    assert data is not None
    assert tos.blake3_256(data) == entry


def test_bytes_that_the_hash_does_not_prove_are_none() -> None:
    value = block()
    changed_fee = changed(value, ("transactions", 0, "fee"), 20_000)
    found = read_block(changed_fee, TOP, DEVNET, whole=True)

    assert found.entries[0].data is None
    assert read_block(value, TOP, DEVNET, whole=True).entries[0].data is not None


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (("transactions",), [], "are not those of result.txs_hashes"),
        (("txs_hashes",), [], "are not those of result.txs_hashes"),
        (("txs_hashes",), ["00" * 32], "are not those of result.txs_hashes"),
        (("topoheight",), TOP + 1, "topoheight is not the one asked for"),
        (("transactions", 0, "source"), "tos1qqq", "source: "),
        (("transactions", 0, "data", "a_i_mining", "ValidateAnswer", "validation_score"), 256, "s"),
        (("transactions", 0, "data", "a_i_mining"), {"Steal": {}}, "none of the four"),
    ],
)
def test_a_block_that_cannot_be_is_refused(path: tuple[Any, ...], value: Json, says: str) -> None:
    with pytest.raises(InvalidReplyError, match=says):
        read_block(changed(block(), path, value), TOP, DEVNET, whole=True)


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("info", ("height",)),
        ("info", ("topoheight",)),
        ("info", ("pruned_topoheight",)),
        ("block", ("timestamp",)),
        ("block", ("height",)),
        ("task", ("published_at",)),
        ("task", ("deadline",)),
        ("task", ("submitted_answers", 0, "submitted_at")),
        ("task", ("submitted_answers", 0, "validation_scores", 0, "validated_at")),
    ],
)
def test_a_height_or_a_time_that_no_column_holds_is_refused(
    name: str, place: tuple[str | int, ...]
) -> None:
    read, real = REAL[name]
    document = real()
    for number in (2**62 + 1, 2**63, 2**64 - 1):
        with pytest.raises(InvalidReplyError, match="must be a whole number from 0 to"):
            read(changed(document, place, number))
