"""JSON-RPC: every method's shape, every refusal's code, and the node's own ways."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from devnet.ledger import TOS_ASSET, Balance
from devnet.methods import METHODS
from tests.components import require_vectors, vector_rows
from tests.fakes.devnet import FUNDS, MINER, POOR, PUBLISHER, TASK, VALIDATOR, secret
from validator.wire import tos

if TYPE_CHECKING:
    from tests.fakes.devnet import TestClient, World

ZEROS = "00" * 32
DEVNET = tos.Network.DEVNET


def address(key: tos.SecretKey, network: tos.Network = DEVNET) -> str:
    return tos.encode_address(key.public, network)


def numbers(key: tos.SecretKey) -> list[int]:
    return list(key.public.data)


@pytest.fixture
def client(world: World) -> TestClient:
    return world.client()


def post(client: TestClient, body: Any) -> Any:
    """One HTTP call; errors, too, come with the status 200."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    reply = client.post("/json_rpc", content=content)
    assert reply.status_code == 200
    return reply.json()


def call(client: TestClient, method: str, params: Any = None) -> Any:
    reply = post(client, {"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
    assert reply["jsonrpc"] == "2.0"
    assert reply["id"] == 1
    return reply["result"]


def refused(client: TestClient, method: str, params: Any = None) -> tuple[int, str]:
    reply = post(client, {"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
    assert set(reply) == {"jsonrpc", "id", "error"}
    assert set(reply["error"]) == {"code", "message"}
    return reply["error"]["code"], reply["error"]["message"]


def test_the_root_greets(client: TestClient) -> None:
    assert client.get("/").text.startswith("Hello, world!\nRunning on: ")


def test_info_has_every_field(client: TestClient, world: World) -> None:
    world.fund(PUBLISHER)
    world.do(PUBLISHER, tos.Burn(TOS_ASSET, 7))
    info = call(client, "get_info")

    assert set(info) == {
        "height", "topoheight", "stableheight", "stable_topoheight", "pruned_topoheight",
        "top_block_hash", "circulating_supply", "burned_supply", "emitted_supply",
        "maximum_supply", "difficulty", "block_time_target", "average_block_time",
        "block_reward", "dev_reward", "miner_reward", "mempool_size", "version", "network",
        "block_version",
    }  # fmt: skip
    assert info["network"] == "Dev"
    assert info["block_version"] == 0
    assert info["difficulty"].isdigit()
    assert info["pruned_topoheight"] is None
    assert (info["emitted_supply"], info["burned_supply"]) == (FUNDS, 7)
    assert info["circulating_supply"] == FUNDS - 7
    assert info["top_block_hash"] == world.chain.top.hash.hex()


@pytest.mark.parametrize("name", sorted(n for n, one in METHODS.items() if not one.fields))
def test_a_method_without_parameters_takes_nothing_null_or_an_empty_array(
    client: TestClient, name: str
) -> None:
    assert "result" in post(client, {"jsonrpc": "2.0", "id": 1, "method": name})
    call(client, name, None)
    call(client, name, [])
    for wrong in ({}, {"a": 1}, [1], 0, "", False):
        code, text = refused(client, name, wrong)
        assert (code, text) == (-32602, "Unexpected parameters for this method")


@pytest.mark.parametrize("name", sorted(n for n, one in METHODS.items() if one.fields))
@pytest.mark.parametrize(
    "wrong", [0, "x", True, [[]] * 9, [{}], {"address": 1, "hash": 1, "include_txs": 1}]
)
def test_a_method_with_parameters_refuses_what_does_not_read(
    client: TestClient, name: str, wrong: Any
) -> None:
    code, text = refused(client, name, wrong)

    assert code == -32602
    assert text.startswith("Invalid params: ")


def test_a_missing_field_is_named(client: TestClient) -> None:
    assert refused(client, "get_nonce") == (-32602, "Invalid params: missing field `address`")
    assert refused(client, "get_balance", {"address": address(MINER)})[0] == -32602


def test_parameters_may_come_in_order(client: TestClient, world: World) -> None:
    world.fund(MINER)
    found = call(client, "get_balance", [address(MINER), ZEROS])

    assert found == {"balance": FUNDS, "topoheight": 1}


def test_nonces(client: TestClient, world: World) -> None:
    who = {"address": address(PUBLISHER)}
    assert call(client, "has_nonce", who) == {"exist": False}
    code, text = refused(client, "get_nonce", who)
    assert (code, text.split(":")[0]) == (-32004, "Error while retrieving nonce for account")

    world.fund(PUBLISHER)
    fresh = {"topoheight": 1, "nonce": 0, "previous_topoheight": None}
    assert call(client, "get_nonce", who) == fresh
    world.do(PUBLISHER, tos.Burn(TOS_ASSET, 7))
    assert call(client, "get_nonce", who) == {
        "topoheight": 2, "nonce": 1, "previous_topoheight": 1,
    }  # fmt: skip
    assert call(client, "has_nonce", who | {"topoheight": 1}) == {"exist": True}
    assert call(client, "has_nonce", who | {"topoheight": 3}) == {"exist": False}


def test_balances(client: TestClient, world: World) -> None:
    who = {"address": address(PUBLISHER), "asset": ZEROS}
    assert refused(client, "get_balance", who)[0] == -32004
    assert refused(client, "get_stable_balance", who) == (
        -32600, "Invalid request: no stable balance found for this account",
    )  # fmt: skip
    world.fund(PUBLISHER)
    world.mine(9)
    stable = call(client, "get_stable_balance", who)

    assert stable == {
        "balance": FUNDS,
        "stable_topoheight": 1,
        "stable_block_hash": world.chain.order[1].hex(),
    }
    world.do(PUBLISHER, tos.Burn(TOS_ASSET, 7))
    spent = call(client, "get_stable_balance", who)
    assert spent["stable_topoheight"] == world.chain.topoheight


def test_addresses_are_read_as_the_node_does(client: TestClient, world: World) -> None:
    from validator.wire.tos.address import encode_bech32

    world.fund(PUBLISHER)
    integrated = encode_bech32("tst", PUBLISHER.public.data + b"\x01" + bytes(9))
    odd = encode_bech32("tst", PUBLISHER.public.data + b"\x02")

    assert call(client, "get_nonce", {"address": integrated})["nonce"] == 0
    assert refused(client, "get_mempool_cache", {"address": integrated}) == (
        -32602, "Invalid params: invalid address",
    )  # fmt: skip
    mainnet = address(PUBLISHER, tos.Network.MAINNET)
    wrong = [mainnet, odd, address(PUBLISHER).upper(), PUBLISHER.public.hex(), "", "tst1", 5]
    for text in wrong:
        assert refused(client, "get_nonce", {"address": text})[0] == -32602


def test_the_mempools_view_of_a_sender(client: TestClient, world: World) -> None:
    who = {"address": address(PUBLISHER)}
    world.fund(PUBLISHER)
    assert refused(client, "get_mempool_cache", who)[0] == -32004
    names = [world.send(PUBLISHER, tos.Burn(TOS_ASSET, 1)).hex() for _ in range(2)]

    assert call(client, "get_mempool_cache", who) == {
        "min": 0,
        "max": 1,
        "txs": names,
        "balances": {ZEROS: FUNDS - 20_002},
        "multisig": None,
        "energy_resource": None,
    }
    assert call(client, "get_info")["mempool_size"] == 2
    assert call(client, "get_estimated_fee_rates") == dict.fromkeys(
        ("low", "medium", "high", "default"), 10_000
    )


def test_submitting_answers_true_or_the_mempools_code(client: TestClient, world: World) -> None:
    world.fund(PUBLISHER)
    sent = world.signed(PUBLISHER, tos.Burn(TOS_ASSET, 1))
    data = {"data": sent.encode().hex()}

    assert call(client, "submit_transaction", data) is True
    assert refused(client, "submit_transaction", data)[0] == 228
    world.mine()
    assert refused(client, "submit_transaction", data)[0] == 289
    for wrong in ("zz", "abc", "00 01", "0001", ""):
        assert refused(client, "submit_transaction", {"data": wrong})[0] == -32602
    assert refused(client, "submit_transaction", {"data": "00" * 2**20 + "00"})[0] == -32004


def arrange(world: World, transaction: tos.Transaction, participants: tuple[str, ...]) -> None:
    """Let the sender have funds, the nonce and the multisig set-up that a vector asks for."""
    world.mine(110)
    ledger, top = world.chain.ledger, world.chain.topoheight
    ledger.balances.write((transaction.source, TOS_ASSET), top, Balance(2**64 - 1))
    ledger.nonces.write(transaction.source, top, transaction.nonce)
    if participants:
        keys = tuple(tos.PublicKey.from_hex(text) for text in participants)
        ledger.multisig.write(transaction.source, top, tos.MultiSigSetup(2, keys))


@pytest.mark.parametrize("row", vector_rows("ai_mining_tx.json", "vectors") or [None])
def test_the_published_transactions_are_taken(
    client: TestClient, world: World, row: dict[str, Any] | None
) -> None:
    if row is None:
        require_vectors("ai_mining_tx.json")
        return
    transaction = tos.decode_transaction(bytes.fromhex(row["tx_hex"]))
    signers = {
        one["id"]: one["public_key"]
        for one in row.get("multisig", {"signatures": []})["signatures"]
    }
    others = {
        place: secret(90 + place).public.hex() for place in range(max(signers, default=-1) + 1)
    }
    arrange(world, transaction, tuple((others | signers)[place] for place in sorted(others)))
    data = {"data": row["tx_hex"]}

    if row["version"] == 1:
        assert refused(client, "submit_transaction", data)[0] == 273
    elif row["reference"]["topoheight"] > world.chain.topoheight:
        assert refused(client, "submit_transaction", data)[0] == 231
    else:
        assert call(client, "submit_transaction", data) is True
        shown = call(client, "get_transaction", {"hash": row["tx_hash"]})
        assert tos.transaction_from_json(shown) == transaction
        assert (shown["size"], shown["nonce"]) == (row["size"], row["account_nonce"])


@pytest.mark.parametrize("row", vector_rows("ai_mining_invalid.json", "vectors") or [None])
def test_the_published_forgeries_are_refused(
    client: TestClient, world: World, row: dict[str, Any] | None
) -> None:
    if row is None:
        require_vectors("ai_mining_invalid.json")
        return
    good = require_vectors("ai_mining_tx.json")["vectors"][0]
    arrange(world, tos.decode_transaction(bytes.fromhex(good["tx_hex"])), ())
    data = {"data": row["tx_hex"]}
    if row["name"] == "trailing_byte":  # a node ignores what follows the end
        assert call(client, "submit_transaction", data) is True
        return

    code, _ = refused(client, "submit_transaction", data)
    assert code in {-32602, 231, 254, 299, 300, 302}
    assert len(world.chain.mempool) == 0


def test_a_transaction_from_the_mempool_to_its_block(client: TestClient, world: World) -> None:
    answer = world.market()
    sent = world.signed(VALIDATOR, tos.ValidateAnswer(TASK, answer, 85))
    name = sent.hash().hex()
    code, text = refused(client, "get_transaction", {"hash": name})
    assert (code, text.split(":")[0]) == (
        -32004, "Error while retrieving transaction from disk and mempool",
    )  # fmt: skip
    call(client, "submit_transaction", {"data": sent.encode().hex()})
    waiting = call(client, "get_transaction", {"hash": name})
    assert (waiting["blocks"], waiting["executed_in_block"]) == (None, None)
    assert waiting["in_mempool"] is True
    assert isinstance(waiting["first_seen"], int)
    assert refused(client, "get_transaction_executor", {"hash": name})[0] == 264

    block = world.mine()
    done = call(client, "get_transaction", {"hash": name})
    assert done == {
        "blocks": [block.hash.hex()],
        "executed_in_block": block.hash.hex(),
        "in_mempool": False,
        "first_seen": None,
        "hash": name,
        "version": 0,
        "chain_id": 0,
        "source": address(VALIDATOR),
        "data": {
            "a_i_mining": {
                "ValidateAnswer": {
                    "task_id": TASK.hex(), "answer_id": answer.hex(), "validation_score": 85,
                }
            }
        },
        "fee": 10_000,
        "nonce": 1,
        "reference": {
            "hash": sent.reference.hash.hex(), "topoheight": sent.reference.topoheight,
        },
        "multisig": None,
        "signature": sent.signature.hex() if sent.signature else "",
        "size": 222,
    }  # fmt: skip
    assert tos.transaction_from_json(done) == sent
    assert call(client, "get_transaction_executor", {"hash": name}) == {
        "block_topoheight": world.chain.topoheight,
        "block_timestamp": block.timestamp,
        "block_hash": block.hash.hex(),
    }
    both = {"tx_hash": name, "block_hash": block.hash.hex()}
    assert call(client, "is_tx_executed_in_block", both) is True
    assert call(client, "is_tx_executed_in_block", both | {"block_hash": ZEROS}) is False


def test_many_transactions_at_once_are_at_most_twenty(client: TestClient, world: World) -> None:
    world.fund(PUBLISHER)
    name = world.send(PUBLISHER, tos.Burn(TOS_ASSET, 1)).hex()
    found = call(client, "get_transactions", {"tx_hashes": [ZEROS, name.upper()]})

    assert found[0] is None
    assert found[1]["hash"] == name
    code, text = refused(client, "get_transactions", {"tx_hashes": [ZEROS] * 21})
    assert code == -32004
    assert text.startswith("Too many requested txs: 21, maximum is 20")


def test_blocks(client: TestClient, world: World) -> None:
    world.fund(PUBLISHER)
    name = world.do(PUBLISHER, tos.Burn(TOS_ASSET, 1)).hex()
    top = {"topoheight": 2}
    block = call(client, "get_block_at_topoheight", top)

    assert set(block) == {
        "hash", "topoheight", "block_type", "difficulty", "supply", "reward", "miner_reward",
        "dev_reward", "cumulative_difficulty", "total_fees", "total_size_in_bytes", "version",
        "tips", "timestamp", "height", "nonce", "extra_nonce", "miner", "txs_hashes",
    }  # fmt: skip
    assert (block["height"], block["txs_hashes"], block["total_fees"]) == (2, [name], None)
    whole = call(client, "get_block_at_topoheight", top | {"include_txs": True})
    assert whole["total_fees"] == 10_000
    assert [one["hash"] for one in whole["transactions"]] == [name]
    assert call(client, "get_block_by_hash", {"hash": block["hash"]}) == block
    assert call(client, "get_top_block") == block
    assert "transactions" not in call(client, "get_top_block", [True])["tips"]
    assert call(client, "get_block_at_topoheight", [0])["tips"] == []
    assert refused(client, "get_block_at_topoheight", {"topoheight": 3})[0] == -32004
    assert refused(client, "get_block_by_hash", {"hash": ZEROS})[0] == -32602
    assert [call(client, f"get_{n}") for n in ("height", "topoheight")] == [2, 2]


def test_before_any_ai_activity(client: TestClient, world: World) -> None:
    nothing = (-32600, "Invalid request: AI mining state not initialized")

    assert refused(client, "get_ai_mining_task", {"task_id": ZEROS}) == nothing
    assert refused(client, "get_ai_mining_miner", {"address": numbers(MINER)}) == nothing
    assert call(client, "get_ai_mining_active_tasks") == {}
    assert set(call(client, "get_ai_mining_statistics").values()) == {0}
    assert call(client, "get_ai_mining_state") is None
    assert call(client, "get_ai_mining_state_at_topoheight", {"topoheight": 0}) is None
    assert call(client, "has_ai_mining_state_at_topoheight", {"topoheight": 0}) is False


def test_a_task_with_an_answer_and_a_score(client: TestClient, world: World) -> None:
    answer = world.market()
    world.do(VALIDATOR, tos.ValidateAnswer(TASK, answer, 85))
    task = call(client, "get_ai_mining_task", {"task_id": TASK.hex()})
    top = world.chain.height

    assert task == {
        "task_id": TASK.hex(),
        "publisher": numbers(PUBLISHER),
        "description": "Compute 6*7 and explain.",
        "reward_amount": 10**10,
        "difficulty": "Beginner",
        "deadline": task["deadline"],
        "status": "Completed",
        "published_at": top - 2,
        "submitted_answers": [
            {
                "answer_id": answer.hex(),
                "answer_content": "6*7 = 42 because six sevens are forty-two",
                "answer_hash": task["submitted_answers"][0]["answer_hash"],
                "submitter": numbers(MINER),
                "stake_amount": 10**9,
                "validation_scores": [
                    {"validator": numbers(VALIDATOR), "score": 85, "validated_at": top}
                ],
                "average_score": 85,
                "submitted_at": top - 1,
            }
        ],
        "rewards_processed": True,
    }
    assert call(client, "get_ai_mining_active_tasks") == {}
    unknown = refused(client, "get_ai_mining_task", {"task_id": ZEROS})
    assert unknown == (-32600, "Invalid request: Task not found")


def test_active_tasks_are_keyed_by_id(client: TestClient, world: World) -> None:
    world.market()
    (active,) = call(client, "get_ai_mining_active_tasks").items()

    assert active[0] == active[1]["task_id"] == TASK.hex()
    assert active[1]["submitted_answers"][0]["average_score"] is None


def test_a_miner_is_asked_for_by_its_key_and_never_by_its_address(
    client: TestClient, world: World
) -> None:
    world.market()
    found = call(client, "get_ai_mining_miner", {"address": numbers(MINER)})

    assert found == {
        "address": numbers(MINER),
        "registration_fee": 10**9,
        "registered_at": 5,
        "tasks_published": 0,
        "answers_submitted": 1,
        "validations_performed": 0,
        "reputation": 510,
    }
    for wrong in (address(MINER), MINER.public.hex(), [0] * 31, [0] * 33, [256] + [0] * 31):
        assert refused(client, "get_ai_mining_miner", {"address": wrong})[0] == -32602
    stranger = refused(client, "get_ai_mining_miner", {"address": numbers(POOR)})
    assert stranger == (-32600, "Invalid request: Miner not found")
    assert call(client, "get_ai_mining_statistics") == {
        "total_tasks": 1, "active_tasks": 1, "completed_tasks": 0, "total_miners": 4,
        "total_rewards_distributed": 0, "total_staked": 0,
    }  # fmt: skip


def test_the_whole_state_drops_the_connection(client: TestClient, world: World) -> None:
    world.market()
    at = {"topoheight": world.chain.topoheight}
    assert call(client, "has_ai_mining_state_at_topoheight", at) is True
    for method, params in (
        ("get_ai_mining_state", None),
        ("get_ai_mining_state_at_topoheight", at),
    ):
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        client.post("/json_rpc", json=body)

    assert world.dropped == ["/json_rpc", "/json_rpc"]
    assert call(client, "get_ai_mining_state_at_topoheight", {"topoheight": 1}) is None


@pytest.mark.parametrize("rpc_id", ["text", "", 0, 7, 2**64 - 1])
def test_an_id_is_text_or_a_number_and_comes_back(client: TestClient, rpc_id: Any) -> None:
    reply = post(client, {"jsonrpc": "2.0", "id": rpc_id, "method": "get_height"})

    assert reply == {"jsonrpc": "2.0", "id": rpc_id, "result": 0}


@pytest.mark.parametrize("rpc_id", [-1, 1.0, True, [], {}, 2**64])
def test_any_other_id_is_a_bad_body(client: TestClient, rpc_id: Any) -> None:
    reply = post(client, {"jsonrpc": "2.0", "id": rpc_id, "method": "get_height"})

    assert reply["error"] == {"code": -32700, "message": "Invalid body in request"}
    assert reply["id"] is None


def test_without_id_a_success_is_null_and_an_error_is_told(client: TestClient) -> None:
    assert post(client, {"jsonrpc": "2.0", "method": "get_height"}) is None
    assert post(client, {"jsonrpc": "2.0", "id": None, "method": "get_height"}) is None
    reply = post(client, {"jsonrpc": "2.0", "method": "nothing"})
    assert (reply["id"], reply["error"]["code"]) == (None, -32601)


def test_the_version_and_the_method_are_checked(client: TestClient) -> None:
    old = post(client, {"jsonrpc": "1.0", "id": 5, "method": "get_height"})
    assert (old["id"], old["error"]["code"]) == (5, -32600)
    assert old["error"]["message"] == "Expected json_rpc set to '2.0'"
    unknown = post(client, {"jsonrpc": "2.0", "id": 5, "method": "ai_publish_task"})
    assert unknown["error"]["code"] == -32601
    assert "'ai_publish_task'" in unknown["error"]["message"]
    assert refused(client, "subscribe", {"notify": "new_block"})[0] == -32601
    for broken in ({"id": 1, "method": "x"}, {"jsonrpc": "2.0", "id": 1}, {"jsonrpc": 2}):
        assert post(client, broken)["error"]["code"] == -32700


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"nonsense", b"\xff\xfe{}", b'{"a": NaN}', b"[1,]", b'"\\ud800"',
        b"[" * 200 + b"]" * 200, b"1e999", "\ufeff{}".encode(), b"{} {}", b"9" * 5000,
    ],
)  # fmt: skip
def test_a_body_that_is_no_json_is_32700(client: TestClient, body: bytes) -> None:
    assert post(client, body)["error"]["code"] == -32700


@pytest.mark.parametrize("body", [1, "text", None, True, 1.5])
def test_json_that_is_no_call_is_32600(client: TestClient, body: Any) -> None:
    reply = post(client, body)

    assert reply["error"] == {"code": -32600, "message": "Invalid JSON request"}


def test_a_batch_answers_in_order_up_to_twenty(client: TestClient) -> None:
    one = {"jsonrpc": "2.0", "id": 1, "method": "get_height"}
    silent = {"jsonrpc": "2.0", "method": "get_height"}
    unknown = {"jsonrpc": "2.0", "id": 2, "method": "nothing"}
    replies = post(client, [one, 5, silent, unknown])

    assert replies[0] == {"jsonrpc": "2.0", "id": 1, "result": 0}
    assert replies[1]["error"]["code"] == -32600
    assert replies[2] is None
    assert replies[3]["error"]["code"] == -32601
    assert post(client, []) == []
    assert len(post(client, [one] * 20)) == 20
    many = post(client, [one] * 21)
    assert many["error"] == {"code": -32600, "message": "batch limit exceeded"}


def test_a_bad_request_in_a_batch_answers_for_all_of_it(client: TestClient) -> None:
    one = {"jsonrpc": "2.0", "id": 1, "method": "get_height"}
    reply = post(client, [one, {"jsonrpc": "1.0", "id": 9, "method": "get_height"}, one])

    assert (reply["id"], reply["error"]["code"]) == (9, -32600)


def test_http_around_it(client: TestClient) -> None:
    assert client.get("/json_rpc").status_code == 400
    assert client.get("/ai/tasks").status_code == 404
    assert client.post("/json_rpc", content=b" " * (3 * 2**20)).status_code == 413
    plain = client.post("/json_rpc", content=b"[]", headers={"content-type": "text/plain"})
    assert plain.json() == []
