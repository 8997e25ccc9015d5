"""Laws of the development chain: no money appears, nothing crashes, a restart changes nothing."""

from __future__ import annotations

import json
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
from hypothesis import given

from devnet.errors import DevnetError, HangUpError, NodeError
from devnet.ledger import TOS_ASSET
from devnet.methods import METHODS
from devnet.node import Rewrite
from devnet.store import SqliteStore
from devnet.trouble import Doom, Fate
from tests.fakes import devnet
from tests.fakes.devnet import MINER, PUBLISHER, SECOND, TASK, VALIDATOR, World
from tests.property.wire.test_tos_codec import transactions
from tests.unit.devnet.test_store import everything
from validator.wire import tos

KEYS = (PUBLISHER, MINER, VALIDATOR, SECOND)
SUPPLY = len(KEYS) * 10**12

AMOUNT = st.sampled_from([0, 1, 10**6, 10**9, 10**10, 2 * 10**12, 2**64 - 1])
KEY = st.sampled_from(KEYS)
TASK_ID = st.sampled_from([TASK, bytes(32)])
TEXT = st.sampled_from(["", "short", "a text that is long enough", "é" * 120])
PAYLOAD = st.one_of(
    st.builds(tos.RegisterMiner, KEY.map(lambda key: key.public), AMOUNT),
    st.builds(
        tos.PublishTask, TASK_ID, AMOUNT, st.sampled_from(tos.Difficulty),
        st.integers(devnet.START_MS, devnet.START_MS + 10**7), TEXT,
    ),
    st.builds(
        lambda task, text, stake: tos.SubmitAnswer(task, text, tos.answer_hash(text), stake),
        TASK_ID, TEXT, AMOUNT,
    ),
    st.builds(tos.ValidateAnswer, TASK_ID, TASK_ID, st.integers(0, 255)),
    st.builds(tos.Burn, st.sampled_from([TOS_ASSET, b"\x01" * 32]), AMOUNT),
    st.builds(
        lambda key, amount: tos.Transfers((tos.Transfer(TOS_ASSET, key.public, amount),)),
        KEY, AMOUNT,
    ),
)  # fmt: skip
SEND = st.tuples(
    st.just("send"), KEY, PAYLOAD,
    st.fixed_dictionaries(
        {},
        optional={
            "fee": st.sampled_from([0, 10_000, 15_000, 10**13]),
            "nonce": st.integers(0, 6),
            "reference": st.builds(tos.Reference, st.just(bytes(32)), st.integers(0, 12)),
            "fee_type": st.sampled_from(tos.FeeType),
        },
    ),
)  # fmt: skip
STEP = st.one_of(
    SEND,
    SEND,
    st.tuples(st.just("verdict"), KEY, st.integers(0, 100)),
    st.tuples(st.just("mine"), st.booleans()),
    st.tuples(
        st.just("reorder"), st.integers(1, 9), st.sampled_from(Rewrite), st.booleans(),
        st.none() | st.permutations(range(3)),
    ),
    st.tuples(st.just("doom"), st.sampled_from(list(Fate)), st.integers(0, 3)),
)  # fmt: skip


def newest_answer(world: World) -> bytes:
    """Any id will do where a re-order has taken the answers back."""
    mining = world.chain.mining
    task = mining.tasks.get(TASK) if mining else None
    return task.submitted_answers[-1].answer_id if task and task.submitted_answers else bytes(32)


def act(world: World, step: Any) -> None:
    """Do one step; what a node may answer is no fault."""
    with suppress(NodeError, DevnetError, HangUpError):
        match step:
            case ("send", key, payload, changes):
                world.send(key, payload, **changes)
            case ("verdict", key, score):
                world.send(key, tos.ValidateAnswer(TASK, newest_answer(world), score))
            case ("mine", side):
                world.node.mine(side=side)
            case ("reorder", depth, kind, keep, order):
                world.node.reorder(depth, kind, order=order, keep_mining=keep)
            case ("doom", fate, blocks):
                world.node.trouble.dooms.append(Doom(fate, blocks))


def check_sums(world: World) -> None:
    ledger = world.chain.ledger
    totals = ledger.totals
    assert totals.issued == SUPPLY
    assert ledger.held() + totals.burned + totals.fees + totals.taken == SUPPLY
    assert all(balance.amount >= 0 for balance in ledger.balances.latest().values())


@given(st.lists(STEP, max_size=25))
def test_money_never_appears_and_nothing_crashes(steps: list[Any]) -> None:
    world = devnet.world()
    world.market()
    world.mine()
    for step in steps:
        act(world, step)
        check_sums(world)
    world.node.mine()
    check_sums(world)


@given(st.lists(STEP, max_size=20))
def test_a_restart_at_any_moment_changes_nothing(steps: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "chain.sqlite3"
        world = devnet.world(SqliteStore(path, "test"))
        world.market()
        for step in steps:
            act(world, step)
        before = everything(world)
        world.node.close()
        again = devnet.world(SqliteStore(path, "test"))
        after = everything(again)
        again.node.close()

    assert after == before


@given(transactions(PAYLOAD))
def test_no_transaction_passes_without_its_signature(transaction: tos.Transaction) -> None:
    world = devnet.world()
    world.node.faucet(transaction.source, 10**15)
    with suppress(NodeError):
        world.node.submit(transaction.encode())
        raise AssertionError("a forged transaction was taken")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(
        ["2.0", "00" * 32, devnet.TASK.hex(), tos.encode_address(MINER.public, tos.Network.DEVNET)]
    ),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(["address", "asset", "hash", "topoheight", "data", "task_id"]) | st.text(),
        inner, max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip
CALL = st.fixed_dictionaries(
    {"jsonrpc": st.just("2.0") | JSON, "method": st.sampled_from(sorted(METHODS)) | JSON},
    optional={"id": st.integers(0, 9) | JSON, "params": JSON},
)
BODY = (CALL | st.lists(CALL | JSON, max_size=3) | JSON).map(
    lambda document: json.dumps(document).encode()
) | st.binary(max_size=60)


@given(st.lists(BODY, min_size=1, max_size=5))
def test_any_body_gets_json_rpc_and_never_a_500(bodies: list[bytes]) -> None:
    world = devnet.world()
    world.market()
    client = world.client()
    for body in bodies:
        dropped = len(world.dropped)
        reply = client.post("/json_rpc", content=body)
        if len(world.dropped) > dropped:
            continue  # one of the two methods that end the connection
        assert reply.status_code == 200
        document = reply.json()
        for one in document if isinstance(document, list) else [document]:
            assert one is None or ("result" in one) != ("error" in one)


@given(st.lists(BODY, min_size=1, max_size=5))
def test_any_wish_at_the_control_surface_is_done_or_refused(bodies: list[bytes]) -> None:
    world = devnet.world()
    client = world.client()
    for body in bodies:
        for name in ("mine", "faucet", "reorder", "errors", "lie", "auto"):
            assert client.post(f"/devnet/{name}", content=body).status_code in (200, 422)
