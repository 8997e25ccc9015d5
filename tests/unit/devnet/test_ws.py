"""Events over a WebSocket, and the methods beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from devnet.ledger import TOS_ASSET
from tests.fakes.devnet import PUBLISHER
from validator.wire import tos

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.testclient import WebSocketTestSession

    from tests.fakes.devnet import TestClient, World


@pytest.fixture
def client(world: World) -> TestClient:
    return world.client()


@pytest.fixture
def socket(client: TestClient) -> Iterator[WebSocketTestSession]:
    with client.websocket_connect("/json_rpc") as opened:
        yield opened


def ask(socket: WebSocketTestSession, method: str, rpc_id: Any = 1, **params: Any) -> Any:
    socket.send_json({"jsonrpc": "2.0", "id": rpc_id, "method": method, "params": params or None})
    return socket.receive_json()


def fund(client: TestClient) -> None:
    """Over HTTP, so that the node acts in the same loop as the socket."""
    address = tos.encode_address(PUBLISHER.public, tos.Network.DEVNET)
    assert client.post("/devnet/faucet", json={"address": address, "amount": 10**9}).is_success


def test_methods_answer_as_over_http(socket: WebSocketTestSession) -> None:
    assert ask(socket, "get_height") == {"jsonrpc": "2.0", "id": 1, "result": 0}
    assert ask(socket, "nothing")["error"]["code"] == -32601
    socket.send_bytes(b'{"jsonrpc":"2.0","id":2,"method":"get_height"}')
    assert socket.receive_json()["result"] == 0
    socket.send_text("no json")
    assert socket.receive_json()["error"]["code"] == -32700
    socket.send_json({"jsonrpc": "2.0", "method": "get_height"})
    assert socket.receive_json() is None


def test_a_subscription_is_answered_true_and_events_carry_its_id(
    client: TestClient, world: World
) -> None:
    with client, client.websocket_connect("/json_rpc") as socket:
        assert ask(socket, "subscribe", "mine", notify="new_block")["result"] is True
        assert ask(socket, "subscribe", 8, notify="block_ordered")["result"] is True
        fund(client)
        ordered, new = socket.receive_json(), socket.receive_json()

    block = world.chain.top.hash.hex()
    assert ordered == {
        "jsonrpc": "2.0",
        "id": 8,
        "result": {
            "event": "block_ordered", "block_hash": block, "block_type": "Normal", "topoheight": 1,
        },
    }  # fmt: skip
    assert (new["id"], new["result"]["event"]) == ("mine", "new_block")
    assert new["result"]["hash"] == block
    assert "transactions" not in new["result"]


def test_an_executed_transaction_is_told(client: TestClient, world: World) -> None:
    with client, client.websocket_connect("/json_rpc") as socket:
        fund(client)
        for name in ("transaction_executed", "transaction_added_in_mempool"):
            ask(socket, "subscribe", name, notify=name)
        sent = world.signed(PUBLISHER, tos.Burn(TOS_ASSET, 1))
        reply = ask(socket, "submit_transaction", data=sent.encode().hex())
        client.post("/devnet/mine", json={})
        told = [reply, socket.receive_json(), socket.receive_json()]

    results = {one["id"]: one["result"] for one in told}
    assert results[1] is True
    assert results["transaction_added_in_mempool"]["size"] == sent.size
    assert results["transaction_executed"] == {
        "event": "transaction_executed",
        "block_hash": world.chain.top.hash.hex(),
        "tx_hash": sent.hash().hex(),
        "topoheight": 2,
    }


def test_twice_the_same_or_none_at_all_has_its_code(socket: WebSocketTestSession) -> None:
    gone = ask(socket, "unsubscribe", notify="new_block")
    ask(socket, "subscribe", notify="new_block")
    again = ask(socket, "subscribe", notify="new_block")

    assert gone["error"] == {"code": -1, "message": "Event is not subscribed"}
    assert again["error"] == {"code": -2, "message": "Event is already subscribed"}
    assert ask(socket, "unsubscribe", notify="new_block")["result"] is True


@pytest.mark.parametrize(
    "params", [None, {}, [], {"notify": 1}, {"notify": "task_published"}, "new_block", ["a", "b"]]
)
def test_a_subscription_to_nothing_is_refused(socket: WebSocketTestSession, params: Any) -> None:
    socket.send_json({"jsonrpc": "2.0", "id": 1, "method": "subscribe", "params": params})

    assert socket.receive_json()["error"]["code"] == -32602


def test_after_unsubscribing_nothing_comes(client: TestClient) -> None:
    with client, client.websocket_connect("/json_rpc") as socket:
        ask(socket, "subscribe", notify="new_block")
        ask(socket, "unsubscribe", notify="new_block")
        client.post("/devnet/mine", json={})

        assert ask(socket, "get_height")["result"] == 1


def test_a_batch_has_no_limit_and_each_bad_request_answers_for_itself(
    socket: WebSocketTestSession,
) -> None:
    one = {"jsonrpc": "2.0", "id": 1, "method": "get_height"}
    bad = {"jsonrpc": "1.0", "id": 2, "method": "get_height"}
    socket.send_json([one, bad, 5, *[one] * 30])
    replies = socket.receive_json()

    assert len(replies) == 33
    assert replies[0]["result"] == replies[-1]["result"] == 0
    assert (replies[1]["id"], replies[1]["error"]["code"]) == (2, -32600)
    assert replies[2]["error"]["code"] == -32600


def test_a_client_that_goes_is_forgotten(client: TestClient, world: World) -> None:
    before = len(world.node.listeners)
    with client.websocket_connect("/json_rpc") as socket:
        ask(socket, "subscribe", notify="new_block")
        assert len(world.node.listeners) == before + 1

    assert len(world.node.listeners) == before


def test_a_panicking_method_drops_the_socket(client: TestClient, world: World) -> None:
    world.market()
    with client.websocket_connect("/json_rpc") as socket:
        socket.send_json({"jsonrpc": "2.0", "id": 1, "method": "get_ai_mining_state"})
        while not world.dropped:
            socket.portal.call(_turn)  # type: ignore[attr-defined]

    assert world.dropped == ["/json_rpc"]


async def _turn() -> None:
    """Let the loop go round once."""
