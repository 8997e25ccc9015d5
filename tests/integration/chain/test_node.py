"""The client of a node against the development chain in a process of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.crash.house import wait_until
from tests.fakes.devnet import ANSWER, MINER, POOR, PUBLISHER, SECOND, TASK, VALIDATOR, secret
from validator.chain.node import NodeClient
from validator.errors import ChainUnreadableError, SubmitRefusedError
from validator.wire import tos
from validator.wire.tos.rules import TaskStatus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fakes.devnet_process import DevnetProcess


OPEN: list[NodeClient] = []


def client_of(devnet: DevnetProcess, **changes: Any) -> NodeClient:
    values: dict[str, Any] = {
        "name": "one", "url": devnet.url, "network": tos.Network.DEVNET, "timeout_s": 5,
        "reply_bytes": 2**20,
    }  # fmt: skip
    OPEN.append(NodeClient(**values | changes))
    return OPEN[-1]


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    while OPEN:
        OPEN.pop().close()


@pytest.fixture
def node(devnet: DevnetProcess) -> NodeClient:
    return client_of(devnet)


def test_it_reads_where_the_chain_stands(devnet: DevnetProcess, node: NodeClient) -> None:
    devnet.mine(20)
    info = node.info()

    assert (info.height, info.topoheight) == (20, 20)
    assert (info.stable_height, info.stable_topoheight, info.pruned_topoheight) == (12, 12, None)
    assert node.genesis() == devnet.genesis
    assert info.top_hash == node.block(20).hash
    devnet.trouble("pruned", topoheight=5)
    assert node.info().pruned_topoheight == 5
    with pytest.raises(ChainUnreadableError, match="node one, get_block_at_topoheight: error"):
        node.genesis()


def test_another_network_is_unreadable(devnet: DevnetProcess) -> None:
    other = client_of(devnet, network=tos.Network.TESTNET)
    with pytest.raises(ChainUnreadableError, match="network must be Testnet"):
        other.info()


def test_before_any_ai_mining_there_is_nothing_to_read(node: NodeClient) -> None:
    assert node.task(TASK) is None
    assert node.miner(MINER.public) is None
    assert node.active_tasks() == ()
    assert node.next_nonce(MINER.public) == 0
    assert node.balance(MINER.public) == 0
    assert node.pending(MINER.public) is None
    assert node.transaction(bytes(32)) is None


def test_it_reads_the_market(devnet: DevnetProcess, node: NodeClient) -> None:
    devnet.market(VALIDATOR)
    shown = devnet.answer()
    task = node.task(TASK)

    assert task is not None
    assert task.status is TaskStatus.ACTIVE
    assert task.publisher == PUBLISHER.public
    answer = task.submitted_answers[0]
    assert answer.answer_id.hex() == shown["answer_id"]
    assert answer.answer_content == ANSWER
    assert node.active_tasks() == (task,)
    assert node.task(bytes(32)) is None
    miner = node.miner(MINER.public)
    assert miner is not None
    assert (miner.registration_fee, miner.answers_submitted) == (10**9, 1)
    assert node.miner(secret(99).public) is None
    assert node.next_nonce(MINER.public) == 2
    assert node.balance(MINER.public) == 10**12 - 2 * 10**9 - 2 * 10_000


def test_a_block_has_its_ai_mining_transactions_and_says_which_it_executed(
    devnet: DevnetProcess, node: NodeClient
) -> None:
    devnet.market(VALIDATOR)
    answer = bytes.fromhex(devnet.answer()["answer_id"])
    devnet.send(VALIDATOR, tos.Burn(bytes(32), 1))
    good = devnet.send(VALIDATOR, tos.ValidateAnswer(TASK, answer, 60))
    bad = devnet.send(SECOND, tos.ValidateAnswer(TASK, bytes(32), 60))
    devnet.mine()
    block = node.block(node.info().topoheight)

    by_hash = {each.tx_hash: each for each in block.transactions}
    assert set(by_hash) == {good.hash(), bad.hash()}
    assert by_hash[good.hash()].executed
    assert not by_hash[bad.hash()].executed
    assert by_hash[good.hash()].data == good.encode()
    assert by_hash[good.hash()].payload == tos.ValidateAnswer(TASK, answer, 60)
    assert (by_hash[good.hash()].source, by_hash[good.hash()].nonce) == (VALIDATOR.public, 2)
    facts = node.transaction(good.hash())
    assert facts is not None
    assert (facts.executed_in, facts.blocks) == (block.hash, (block.hash,))


def test_a_block_of_many_transactions_is_read_in_batches(
    devnet: DevnetProcess, node: NodeClient
) -> None:
    many = [secret(number) for number in range(100, 145)]
    devnet.fund(*many)
    for key in many:
        devnet.send(key, tos.RegisterMiner(key.public, 10**9))
    devnet.mine()
    block = node.block(node.info().topoheight)

    assert len(block.transactions) == 45
    assert all(each.executed and each.data for each in block.transactions)


def test_what_waits_in_the_mempool(devnet: DevnetProcess, node: NodeClient) -> None:
    devnet.fund(MINER)
    first = devnet.send(MINER, tos.RegisterMiner(MINER.public, 10**9))
    second = devnet.send(MINER, tos.Burn(bytes(32), 1))
    found = node.pending(MINER.public)

    assert found is not None
    assert (found.least, found.most) == (0, 1)
    assert found.hashes == {first.hash(), second.hash()}
    facts = node.transaction(first.hash())
    assert facts is not None
    assert (facts.in_mempool, facts.blocks, facts.executed_in) == (True, (), None)


def test_a_transaction_that_is_there_already_is_as_good_as_sent(
    devnet: DevnetProcess, node: NodeClient
) -> None:
    devnet.fund(MINER)
    made = devnet.signed(MINER, tos.RegisterMiner(MINER.public, 10**9))
    node.submit(made.encode())
    node.submit(made.encode())
    devnet.mine()
    node.submit(made.encode())

    assert node.next_nonce(MINER.public) == 1


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"nonce": 5}, "nonce"),
        ({"fee": 9_999}, "fee"),
        ({"reference": tos.Reference(bytes(32), 10**6)}, "reference"),
        ({"version": tos.TxVersion.T1, "chain_id": 3}, "other"),
    ],
)
def test_what_the_node_refuses_has_its_reason(
    devnet: DevnetProcess, node: NodeClient, changes: dict[str, Any], refusal: str
) -> None:
    devnet.fund(MINER)
    made = devnet.signed(MINER, tos.RegisterMiner(MINER.public, 10**9), **changes)
    with pytest.raises(SubmitRefusedError) as caught:
        node.submit(made.encode())
    assert caught.value.refusal == refusal


def test_used_nonces_missing_funds_and_a_syncing_node(
    devnet: DevnetProcess, node: NodeClient
) -> None:
    devnet.fund(MINER)
    with pytest.raises(SubmitRefusedError) as caught:
        node.submit(devnet.signed(POOR, tos.RegisterMiner(POOR.public, 10**9)).encode())
    assert caught.value.refusal in ("funds", "other")
    devnet.send(MINER, tos.RegisterMiner(MINER.public, 10**9))
    rival = devnet.signed(MINER, tos.Burn(bytes(32), 1), nonce=0)
    with pytest.raises(SubmitRefusedError, match="already used") as caught:
        node.submit(rival.encode())
    assert caught.value.refusal == "nonce"
    funds = devnet.signed(MINER, tos.RegisterMiner(MINER.public, 10**13))
    with pytest.raises(SubmitRefusedError) as caught:
        node.submit(funds.encode())
    assert caught.value.refusal == "funds"
    with pytest.raises(SubmitRefusedError) as caught:
        node.submit(b"\x00")
    assert caught.value.refusal == "other"
    devnet.trouble("syncing")
    with pytest.raises(SubmitRefusedError) as caught:
        node.submit(rival.encode())
    assert caught.value.refusal == "syncing"


def test_a_lost_reply_leaves_it_open_and_sending_again_settles_it(
    devnet: DevnetProcess, node: NodeClient
) -> None:
    devnet.fund(MINER)
    made = devnet.signed(MINER, tos.RegisterMiner(MINER.public, 10**9))
    devnet.trouble("transactions", fate="reply_lost")
    with pytest.raises(ChainUnreadableError, match="broke off"):
        node.submit(made.encode())
    node.submit(made.encode())
    devnet.mine()

    assert node.miner(MINER.public) is not None


def answers(node: NodeClient) -> bool:
    try:
        node.info()
    except ChainUnreadableError as error:
        return not error.detail.startswith("node one, get_info: ")
    return True


@pytest.mark.parametrize("kind", ["503", "dropped", "refused"])
def test_a_node_that_is_down_is_unreadable_and_comes_back(
    devnet: DevnetProcess, node: NodeClient, kind: str
) -> None:
    node.info()
    devnet.trouble("down", seconds=1, kind=kind)
    wait_until(lambda: not answers(node), 5, "it is down")
    wait_until(lambda: answers(node), 10, "it is back")
    assert node.info().height == 0


def test_errors_and_slow_replies_are_unreadable_and_no_answer(devnet: DevnetProcess) -> None:
    node = client_of(devnet, timeout_s=0.5)
    for code, message in ((-32004, "trouble"), (-32600, "trouble"), (299, "task not found")):
        devnet.trouble("errors", count=1, code=code, message=message)
        with pytest.raises(ChainUnreadableError, match=f"error {code}"):
            node.task(TASK)
    devnet.trouble("slow", seconds=2, count=1)
    with pytest.raises(ChainUnreadableError, match=r"did not answer within 0\.5 s"):
        node.info()
    assert node.info().height == 0


def test_no_nonce_is_zero_only_where_the_account_is_none(
    devnet: DevnetProcess, node: NodeClient
) -> None:
    devnet.fund(MINER)
    devnet.send(MINER, tos.RegisterMiner(MINER.public, 10**9))
    devnet.mine()
    devnet.trouble("errors", method="get_nonce", count=1, code=-32004, message="not found")
    with pytest.raises(ChainUnreadableError, match="get_nonce: error"):
        node.next_nonce(MINER.public)
    assert node.next_nonce(MINER.public) == 1
    assert node.next_nonce(secret(98).public) == 0


@pytest.mark.parametrize(
    ("method", "path", "value"),
    [
        ("get_ai_mining_task", ["submitted_answers", 0, "answer_content"], "what nobody answered"),
        ("get_ai_mining_task", ["task_id"], "00" * 32),
        ("get_ai_mining_task", ["submitted_answers", 0, "stake_amount"], 2**64),
        ("get_ai_mining_task", ["submitted_answers", 0, "submitter"], "tst1qq"),
    ],
)
def test_a_lie_that_shows_is_unreadable(
    devnet: DevnetProcess, node: NodeClient, method: str, path: list[Any], value: Any
) -> None:
    devnet.market()
    devnet.answer()
    devnet.trouble("lie", method=method, path=path, value=value)
    with pytest.raises(ChainUnreadableError, match=f"node one, {method}: result"):
        node.task(TASK)
    assert node.task(TASK) is not None


def test_a_block_that_lies_about_a_transaction_proves_no_bytes(
    devnet: DevnetProcess, node: NodeClient
) -> None:
    devnet.market(VALIDATOR)
    answer = bytes.fromhex(devnet.answer()["answer_id"])
    devnet.send(VALIDATOR, tos.ValidateAnswer(TASK, answer, 60))
    devnet.mine()
    top = node.info().topoheight
    path = ["transactions", 0, "data", "a_i_mining", "ValidateAnswer", "validation_score"]
    devnet.trouble("lie", method="get_block_at_topoheight", path=path, value=90)

    assert node.block(top).transactions[0].data is None
    assert node.block(top).transactions[0].data is not None


def test_a_reply_over_the_cap_is_unreadable(devnet: DevnetProcess) -> None:
    devnet.market()
    small = client_of(devnet, reply_bytes=300)
    with pytest.raises(ChainUnreadableError, match="more than 300 bytes"):
        small.active_tasks()


@pytest.mark.parametrize("depth", [1, 4, 7])
def test_after_a_re_order_blocks_read_in_their_new_order(
    devnet: DevnetProcess, node: NodeClient, depth: int
) -> None:
    devnet.market(VALIDATOR)
    devnet.mine(8)
    answer = bytes.fromhex(devnet.answer()["answer_id"])
    sent = devnet.send(VALIDATOR, tos.ValidateAnswer(TASK, answer, 60))
    devnet.mine()
    devnet.trouble("reorder", depth=depth, kind="later")
    task, top = node.task(TASK), node.info().topoheight

    blocks = [node.block(each) for each in range(top + 1)]
    placed = [
        each for block in blocks for each in block.transactions if each.tx_hash == sent.hash()
    ]
    assert len(placed) == 1
    assert not placed[0].executed  # the state kept the first one: it counts all the same
    assert task is not None
    assert task.submitted_answers[0].validation_scores[0].score == 60


def test_of_two_blocks_with_one_transaction_the_first_executed_it(
    devnet: DevnetProcess, node: NodeClient
) -> None:
    devnet.fund(MINER)
    devnet.trouble("transactions", fate="twice")
    devnet.send(MINER, tos.RegisterMiner(MINER.public, 10**9))
    devnet.mine(2)
    top = node.info().topoheight

    assert [node.block(each).transactions[0].executed for each in (top - 1, top)] == [True, False]
