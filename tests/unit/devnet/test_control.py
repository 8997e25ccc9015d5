"""The control surface and the trouble that it makes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from devnet.ledger import TOS_ASSET
from tests.fakes.devnet import FUNDS, PUBLISHER, TASK, VALIDATOR
from tests.unit.devnet.test_rpc import address, call, numbers, refused
from validator.wire import tos

if TYPE_CHECKING:
    from tests.fakes.devnet import TestClient, World

BURN = tos.Burn(TOS_ASSET, 1)


@pytest.fixture
def client(world: World) -> TestClient:
    return world.client()


def do(client: TestClient, name: str, **wish: Any) -> Any:
    reply = client.post(f"/devnet/{name}", json=wish)
    assert reply.status_code == 200, reply.text
    return reply.json()


def wrong(client: TestClient, name: str, **wish: Any) -> str:
    reply = client.post(f"/devnet/{name}", json=wish)
    assert reply.status_code == 422
    assert set(reply.json()) == {"detail"}
    detail: str = reply.json()["detail"]
    assert "\n" not in detail
    return detail


def test_blocks_come_on_demand_and_the_clock_moves_on(client: TestClient, world: World) -> None:
    first = do(client, "mine")["blocks"][0]
    many = do(client, "mine", blocks=3, skip_ms=600_000)["blocks"]

    assert [one["topoheight"] for one in many] == [2, 3, 4]
    assert many[0]["timestamp"] == first["timestamp"] + 600_000
    side = do(client, "mine", side=True)["blocks"][0]
    assert (side["height"], side["topoheight"]) == (4, 5)
    assert call(client, "get_block_at_topoheight", [5])["block_type"] == "Side"


def test_the_faucet_gives_by_a_block(client: TestClient, world: World) -> None:
    given = do(client, "faucet", address=address(PUBLISHER), amount=5)

    assert (given["balance"], given["topoheight"]) == (5, 1)
    assert do(client, "faucet", address=address(PUBLISHER), amount=2)["balance"] == 7
    supply = client.get("/devnet/state").json()["supply"]
    assert supply == {"issued": 7, "burned": 0, "fees": 0, "taken": 0, "balances": 7}


@pytest.mark.parametrize(
    ("name", "wish", "said"),
    [
        ("faucet", {"address": "tst1", "amount": 1}, "address: "),
        ("faucet", {"address": "tos1qsl6sj2u0", "amount": 1}, "address: "),
        ("faucet", {"amount": 1}, "address: field required"),
        ("faucet", {"address": "x", "amount": 0}, "amount: "),
        ("mine", {"blocks": 0}, "blocks: "),
        ("mine", {"blocks": 10**6}, "blocks: "),
        ("mine", {"bloks": 1}, "bloks: extra inputs are not permitted"),
        ("mine", {"side": True}, "side: "),
        ("reorder", {"depth": 1}, "depth must be 1 to 0"),
        ("reorder", {"depth": 1, "kind": "sideways"}, "kind: "),
        ("transactions", {"fate": "lost"}, "fate: "),
        ("down", {"seconds": -1}, "seconds: "),
        ("errors", {"code": 2**40}, "code: "),
        ("lie", {"path": [1.5], "value": 1}, "path.0"),
        ("explain", {"hash": "00"}, "hash: "),
        ("explain", {"hash": "00" * 32}, "hash: no block ever held this transaction"),
        ("auto", {"period_ms": "often"}, "period_ms: "),
    ],
)
def test_a_wrong_wish_is_one_sentence_that_names_the_field(
    client: TestClient, name: str, wish: dict[str, Any], said: str
) -> None:
    assert wrong(client, name, **wish).startswith(said)


def test_more_than_the_whole_supply_is_refused(client: TestClient) -> None:
    supply = 184_000_000 * 10**8
    do(client, "faucet", address=address(PUBLISHER), amount=supply)

    said = wrong(client, "faucet", address=address(PUBLISHER), amount=1)
    assert said == "amount must be a whole number of units from 1 to 0"


def test_a_body_that_is_no_object_is_refused(client: TestClient) -> None:
    for body in (b"[]", b"nonsense", b"\xff", b"[" * 500):
        assert client.post("/devnet/mine", content=body).status_code == 422
    assert client.post("/devnet/mine", content=b"").status_code == 200
    assert client.post("/devnet/mine", content=b" " * (3 * 2**20)).status_code == 413


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://example.org"},
        {"host": "devnet.example.org"},
        {"host": "[bad"},
        {"host": ""},
        {"host": "127.0.0.1.example.org:8080"},
    ],
)
def test_web_pages_cannot_use_it(client: TestClient, headers: dict[str, str]) -> None:
    assert client.post("/devnet/mine", json={}, headers=headers).status_code == 403
    assert client.get("/devnet/state", headers=headers).status_code == 403
    assert call(client, "get_height") == 0


def test_it_can_be_left_out(world: World) -> None:
    client = world.client(with_control=False)

    assert client.post("/devnet/mine", json={}).status_code == 404
    assert client.get("/devnet/state").status_code == 404
    assert call(client, "get_height") == 0


def test_a_held_transaction_waits_for_ever_and_a_delayed_one_for_its_blocks(
    client: TestClient, world: World
) -> None:
    world.fund(PUBLISHER, VALIDATOR)
    do(client, "transactions", fate="hold")
    do(client, "transactions", fate="delay", blocks=2)
    held, delayed = world.send(PUBLISHER, BURN), world.send(VALIDATOR, BURN)
    world.mine(2)
    assert not world.chain.is_executed(delayed)
    world.mine()

    assert world.chain.is_executed(delayed)
    world.mine(20)
    assert not world.chain.is_executed(held)
    assert call(client, "get_transaction", {"hash": held.hex()})["in_mempool"] is True


def test_a_vanished_transaction_was_taken_and_is_gone(client: TestClient, world: World) -> None:
    world.fund(PUBLISHER)
    before = world.send(PUBLISHER, BURN)
    do(client, "transactions", fate="vanish")
    lost = world.signed(PUBLISHER, BURN)

    assert call(client, "submit_transaction", {"data": lost.encode().hex()}) is True
    assert refused(client, "get_transaction", {"hash": lost.hash().hex()})[0] == -32004
    assert before in world.chain.mempool
    assert call(client, "submit_transaction", {"data": lost.encode().hex()}) is True


def test_a_lost_reply_leaves_the_transaction_in_the_mempool(
    client: TestClient, world: World
) -> None:
    world.fund(PUBLISHER)
    do(client, "transactions", fate="reply_lost")
    sent = world.signed(PUBLISHER, BURN)
    body = {"jsonrpc": "2.0", "id": 1, "method": "submit_transaction"}
    client.post("/json_rpc", json=body | {"params": {"data": sent.encode().hex()}})

    assert world.dropped == ["/json_rpc"]
    assert refused(client, "submit_transaction", {"data": sent.encode().hex()})[0] == 228


def test_a_doubled_transaction_is_in_two_blocks_and_executed_once(
    client: TestClient, world: World
) -> None:
    world.fund(PUBLISHER)
    do(client, "transactions", fate="twice")
    name = world.do(PUBLISHER, BURN)
    first = world.chain.top.hash
    world.mine(2)

    shown = call(client, "get_transaction", {"hash": name.hex()})
    assert len(shown["blocks"]) == 2
    assert shown["executed_in_block"] == first.hex()
    assert world.chain.ledger.amount(PUBLISHER.public) == FUNDS - 1 - 10_000


def test_a_syncing_node_refuses_with_253(client: TestClient, world: World) -> None:
    world.fund(PUBLISHER)
    data = {"data": world.signed(PUBLISHER, BURN).encode().hex()}
    do(client, "syncing")
    assert refused(client, "submit_transaction", data) == (253, "Blockchain is syncing")
    do(client, "syncing", on=False)

    assert call(client, "submit_transaction", data) is True


def test_errors_strike_so_many_calls_of_a_method(client: TestClient) -> None:
    do(client, "errors", method="get_info", count=2, code=-32603, message="Internal error: x")
    assert call(client, "get_height") == 0
    for _ in range(2):
        assert refused(client, "get_info") == (-32603, "Internal error: x")
    call(client, "get_info")
    do(client, "errors", count=-1, code=299)
    assert refused(client, "get_height")[0] == refused(client, "get_info")[0] == 299
    do(client, "clear")
    call(client, "get_info")


def test_an_error_without_code_drops_the_connection(client: TestClient, world: World) -> None:
    do(client, "errors", method="get_info")
    client.post("/json_rpc", json={"jsonrpc": "2.0", "id": 1, "method": "get_info"})

    assert world.dropped == ["/json_rpc"]


def test_slow_replies_wait(client: TestClient) -> None:
    do(client, "slow", seconds=0.3, method="get_height")
    began = time.monotonic()
    call(client, "get_height")
    waited = time.monotonic() - began
    call(client, "get_height")

    assert waited >= 0.3


def test_a_lie_changes_what_is_told_and_nothing_else(client: TestClient, world: World) -> None:
    answer = world.market()
    world.do(VALIDATOR, tos.ValidateAnswer(TASK, answer, 30))
    path = ["submitted_answers", 0, "validation_scores", 0, "score"]
    do(client, "lie", method="get_ai_mining_task", path=path, value=99)
    do(client, "lie", method="get_ai_mining_miner", path=["no", "such", "path"], value=1)
    do(client, "lie", method="get_height", path=[], value=10**6, count=-1)
    ask = {"task_id": TASK.hex()}

    told = call(client, "get_ai_mining_task", ask)["submitted_answers"][0]["validation_scores"]
    assert told == [{"validator": numbers(VALIDATOR), "score": 99, "validated_at": 8}]
    truth = call(client, "get_ai_mining_task", ask)["submitted_answers"][0]["validation_scores"]
    assert truth[0]["score"] == 30
    miner = call(client, "get_ai_mining_miner", {"address": numbers(VALIDATOR)})
    assert miner["reputation"] == 503
    assert [call(client, "get_height") for _ in range(3)] == [10**6] * 3


def test_one_of_two_endpoints_can_lie_or_be_down(client: TestClient, world: World) -> None:
    do(client, "lie", path=[], value=7, method="get_height", host="localhost", count=-1)
    body = {"jsonrpc": "2.0", "id": 1, "method": "get_height"}

    def told(host: str) -> Any:
        return client.post("/json_rpc", json=body, headers={"host": f"{host}:8080"})

    assert told("localhost").json()["result"] == 7
    assert told("127.0.0.1").json()["result"] == 0
    do(client, "down", seconds=10, host="127.0.0.1")
    assert told("127.0.0.1").status_code == 503
    assert told("localhost").json()["result"] == 7
    with client.websocket_connect("/json_rpc", headers={"host": "localhost"}) as socket:
        socket.send_json(body)
        assert socket.receive_json()["result"] == 7


def test_a_pruned_node_has_no_old_blocks(client: TestClient, world: World) -> None:
    world.mine(5)
    do(client, "pruned", topoheight=3)

    assert call(client, "get_info")["pruned_topoheight"] == 3
    assert refused(client, "get_block_at_topoheight", [2])[0] == -32004
    assert call(client, "get_block_at_topoheight", [3])["height"] == 3
    do(client, "pruned", topoheight=0)
    assert call(client, "get_block_at_topoheight", [2])["height"] == 2


def test_a_node_that_is_down_leaves_its_control_surface_open(
    client: TestClient, world: World
) -> None:
    do(client, "down", seconds=10)
    assert client.post("/json_rpc", json={}).status_code == 503
    assert client.get("/").status_code == 503
    assert client.get("/devnet/state").json()["trouble"]["down"]["localhost"] == "503"
    world.now[0] += 10_000
    assert call(client, "get_height") == 0
    do(client, "down", seconds=10, kind="dropped")
    do(client, "clear")
    assert call(client, "get_height") == 0


def test_a_re_order_and_its_reasons_can_be_seen(client: TestClient, world: World) -> None:
    answer = world.market()
    name = world.do(VALIDATOR, tos.ValidateAnswer(TASK, answer, 30))
    assert do(client, "explain", hash=name.hex())["failure"] is None
    blocks = do(client, "reorder", depth=2, kind="later")["blocks"]

    assert [len(block["transactions"]) for block in blocks] == [0, 2]
    told = do(client, "explain", hash=name.hex())
    assert told["executed_in_block"] is None
    assert told["failure"].startswith("AI Mining validation failed: ")


def test_the_period_can_be_changed(client: TestClient) -> None:
    assert do(client, "auto", period_ms=500) == {"period_ms": 500}
    assert client.get("/devnet/state").json()["period_ms"] == 500
    assert do(client, "auto", period_ms=0) == {"period_ms": None}
