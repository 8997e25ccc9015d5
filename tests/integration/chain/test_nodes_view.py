"""What the signer sees of a real development chain through two endpoints of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.fakes.devnet import MINER, TASK, VALIDATOR
from validator.chain.node import NodeClient
from validator.chain.nonces import nonce_at
from validator.chain.placing import SPREAD
from validator.domain.clock import SystemClock
from validator.errors import ChainUnreadableError
from validator.signing.chain import agreed_answer, agreed_reading
from validator.signing.nodes_view import NodesView
from validator.signing.own_chain import NO_NONCE
from validator.wire import tos

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fakes.devnet_process import DevnetProcess
    from validator.signing.chain import Snapshot

KEY = VALIDATOR.public
NAMES = ("one", "two")


def client(name: str, url: str) -> NodeClient:
    return NodeClient(name, url, tos.Network.DEVNET, 10, 2**20)


@pytest.fixture
def view(devnet: DevnetProcess) -> Iterator[NodesView]:
    nodes = (client("one", devnet.url), client("two", devnet.other_url))
    made = NodesView(nodes, KEY, SystemClock(), 20)
    yield made
    made.close()


def seen(view: NodesView, since: int = 0) -> Snapshot:
    found = view.snapshots(KEY.data, since)
    agreed_reading(found, NAMES, KEY.data)
    assert found.endpoints["one"] == found.endpoints["two"]
    return found.endpoints["one"]


def judged(devnet: DevnetProcess, score: int = 60) -> tuple[bytes, tos.Transaction]:
    """A market with an answer and a verdict of ours, in the newest block."""
    devnet.market(VALIDATOR)
    answer = bytes.fromhex(devnet.answer()["answer_id"])
    sent = devnet.send(VALIDATOR, tos.ValidateAnswer(TASK, answer, score))
    devnet.mine()
    return answer, sent


def test_a_verdict_is_seen_once_its_block_is_stable(devnet: DevnetProcess, view: NodesView) -> None:
    answer, sent = judged(devnet)
    devnet.mine(7)
    before = seen(view)
    assert (before.verdicts, before.next_nonce) == ((), 1)
    devnet.mine()
    found = seen(view)

    assert found.next_nonce == 2
    assert found.genesis == devnet.genesis
    (verdict,) = found.verdicts
    assert (verdict.verdict.answer, verdict.verdict.score) == (answer, 60)
    assert (verdict.submitter, verdict.nonce) == (MINER.public.data, 1)
    assert verdict.transaction == sent.encode()
    assert verdict.verified(KEY.data)


def test_a_later_reading_reads_new_blocks_only_and_leaves_out_what_is_known(
    devnet: DevnetProcess, view: NodesView, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged(devnet)
    devnet.mine(8)
    stable = seen(view).stable_height
    read: list[int] = []
    whole = NodeClient.block
    monkeypatch.setattr(NodeClient, "block", lambda node, at: (read.append(at), whole(node, at))[1])
    assert len(seen(view, stable).verdicts) == 1
    assert read == []
    devnet.mine(3)
    assert len(seen(view, stable + 1).verdicts) == 1  # a re-order may still reach it
    assert seen(view, stable + SPREAD + 1).verdicts == ()
    assert sorted(read) == sorted([stable + 1, stable + 2, stable + 3] * 2)


def test_a_verdict_that_a_rule_refused_takes_a_nonce_and_is_none(
    devnet: DevnetProcess, view: NodesView
) -> None:
    judged(devnet)
    devnet.send(VALIDATOR, tos.ValidateAnswer(TASK, bytes(32), 60))
    devnet.mine(9)
    found = seen(view)

    assert found.next_nonce == 3
    assert len(found.verdicts) == 1


@pytest.mark.parametrize("depth", [1, 3, 7])
@pytest.mark.parametrize("kind", ["reverse", "later", "empty"])
def test_after_a_re_order_the_first_effect_counts(
    devnet: DevnetProcess, view: NodesView, kind: str, depth: int
) -> None:
    answer, sent = judged(devnet)
    devnet.mine()
    devnet.trouble("reorder", depth=depth, kind=kind)
    devnet.mine(12)
    found = seen(view)

    shown = devnet.call("get_ai_mining_task", {"task_id": TASK.hex()})["submitted_answers"]
    scores = {one["answer_id"]: one["validation_scores"] for one in shown}
    assert [each["score"] for each in scores[answer.hex()]] == [60]
    assert [each.verdict.answer for each in found.verdicts] == [answer]
    assert found.verdicts[0].transaction in (sent.encode(), None)
    assert (
        found.next_nonce
        == devnet.call("get_nonce", {"address": tos.encode_address(KEY, tos.Network.DEVNET)})[
            "nonce"
        ]
    )


def test_a_score_whose_transaction_no_block_shows_is_told_without_one(
    devnet: DevnetProcess,
) -> None:
    answer, _ = judged(devnet)
    devnet.mine(8)
    for name in ("transactions", "txs_hashes"):
        devnet.trouble("lie", method="get_block_at_topoheight", path=[name], value=[], count=-1)
    view = NodesView((client("one", devnet.url),), KEY, SystemClock(), 20)
    assert view.snapshots(KEY.data, 0).endpoints["one"].verdicts == ()
    assert view.answers(TASK, answer)["one"].own_score == 60  # now the task has a name
    for since in (0, 10**6):
        (verdict,) = view.snapshots(KEY.data, since).endpoints["one"].verdicts
        assert (verdict.verdict.answer, verdict.verdict.score) == (answer, 60)
        assert (verdict.transaction, verdict.nonce) == (None, NO_NONCE)
        assert not verdict.verified(KEY.data)
    view.close()


def test_what_waits_in_a_mempool_is_seen(devnet: DevnetProcess, view: NodesView) -> None:
    devnet.market(VALIDATOR)
    answer = bytes.fromhex(devnet.answer()["answer_id"])
    sent = devnet.send(VALIDATOR, tos.ValidateAnswer(TASK, answer, 60))

    assert seen(view).pending == {sent.hash()}


def test_side_blocks_put_height_and_topoheight_apart(
    devnet: DevnetProcess, view: NodesView
) -> None:
    devnet.market(VALIDATOR)
    for _ in range(5):
        devnet.mine(1, side=True)
        devnet.mine(1)
    shown = devnet.answer()
    answer = bytes.fromhex(shown["answer_id"])
    devnet.send(VALIDATOR, tos.ValidateAnswer(TASK, answer, 60))
    devnet.mine(10)
    info = devnet.call("get_info")
    assert info["topoheight"] == info["height"] + 5
    found = agreed_answer(view.answers(TASK, answer), NAMES)

    assert (found.height, found.own_score) == (shown["submitted_at"], 60)
    assert found.answer == tos.answer_id(
        TASK, found.submitter, found.answer_hash, found.height, found.timestamp_ms
    )
    assert [each.answer_height for each in seen(view).verdicts] == [found.height]


def test_an_answer_is_shown_once_its_block_is_stable(
    devnet: DevnetProcess, view: NodesView
) -> None:
    devnet.market(VALIDATOR)
    answer = bytes.fromhex(devnet.answer()["answer_id"])
    devnet.mine(7)
    assert view.answers(TASK, answer) == {}
    devnet.mine()
    assert set(view.answers(TASK, answer)) == set(NAMES)
    assert view.answers(TASK, bytes(32)) == {}
    assert view.answers(bytes(32), answer) == {}


@pytest.mark.parametrize(
    ("method", "path", "value", "says"),
    [
        ("get_block_at_topoheight", ["hash"], "11" * 32, "differ about a stable block"),
        ("get_nonce", ["nonce"], 0, "differ about our account"),
        (
            "get_ai_mining_task",
            ["submitted_answers", 0, "validation_scores", 0, "score"],
            90,
            "dif",
        ),
        ("get_ai_mining_task", ["submitted_answers", 0, "validation_scores"], [], "differ about"),
        ("get_info", ["network"], "Mainnet", "network must be Dev"),
        ("get_info", ["stable_topoheight"], 10**9, "above"),
    ],
)
def test_one_endpoint_that_lies_makes_the_chain_unreadable(
    devnet: DevnetProcess, view: NodesView, method: str, path: list[Any], value: Any, says: str
) -> None:
    judged(devnet)
    devnet.mine(8)
    devnet.trouble("lie", host="localhost", method=method, path=path, value=value, count=-1)
    with pytest.raises(ChainUnreadableError, match=says):
        agreed_reading(view.snapshots(KEY.data, 0), NAMES, KEY.data)
    devnet.trouble("clear")
    assert seen(view).next_nonce == 2


def test_one_endpoint_that_lies_about_an_answer_is_found_out(
    devnet: DevnetProcess, view: NodesView
) -> None:
    answer, _ = judged(devnet)
    devnet.mine(8)
    for path, value in ((["reward_amount"], 1), (["publisher"], [7] * 32)):
        devnet.trouble("lie", host="localhost", method="get_ai_mining_task", path=path, value=value)
        with pytest.raises(ChainUnreadableError, match="differ about the task"):
            agreed_answer(view.answers(TASK, answer), NAMES)
    # A block whose time does not give the answer its id is none of it: that time is not believed.
    devnet.trouble(
        "lie", host="localhost", method="get_block_at_topoheight", path=["timestamp"], value=1,
        count=-1,
    )  # fmt: skip
    shown = view.answers(TASK, answer)
    assert shown["two"].timestamp_ms is None
    assert agreed_answer(shown, NAMES) == shown["one"]


def test_an_answer_whose_block_a_re_order_took_away_is_shown_without_its_time(
    devnet: DevnetProcess, view: NodesView
) -> None:
    devnet.market(VALIDATOR)
    before = devnet.answer()
    devnet.trouble("reorder", depth=3, kind="later")
    devnet.mine(12)
    answer = bytes.fromhex(before["answer_id"])
    assert devnet.answer()["answer_id"] == before["answer_id"]

    found = agreed_answer(view.answers(TASK, answer), NAMES)

    assert (found.timestamp_ms, found.height) == (None, before["submitted_at"])


@pytest.mark.parametrize("kind", ["503", "dropped"])
def test_one_endpoint_that_is_down_makes_the_chain_unreadable(
    devnet: DevnetProcess, view: NodesView, kind: str
) -> None:
    devnet.market(VALIDATOR)
    devnet.trouble("down", seconds=60, kind=kind, host="localhost")
    with pytest.raises(ChainUnreadableError, match="node two"):
        view.snapshots(KEY.data, 0)
    devnet.trouble("clear")
    assert seen(view).next_nonce == 0


def test_a_pruned_node_says_from_where_on_it_knows(devnet: DevnetProcess, view: NodesView) -> None:
    judged(devnet)
    devnet.mine(20)
    devnet.trouble("pruned", topoheight=12)
    with pytest.raises(ChainUnreadableError, match="get_block_at_topoheight"):
        view.snapshots(KEY.data, 0)  # the first block is gone: whose chain is it?
    devnet.trouble("clear")
    assert seen(view).pruned_height is None
    devnet.trouble("pruned", topoheight=12)
    found = seen(view)
    assert found.pruned_height is not None
    assert found.genesis == devnet.genesis


def test_more_blocks_than_one_reading_takes_are_read_by_several(devnet: DevnetProcess) -> None:
    devnet.market(VALIDATOR)
    devnet.mine(60)
    made = NodesView((client("one", devnet.url),), KEY, SystemClock(), 0.05)
    said = []
    try:
        for _ in range(200):
            try:
                made.snapshots(KEY.data, 0)
                break
            except ChainUnreadableError as error:
                said.append(error.detail)
    finally:
        made.close()
    assert said
    assert all("read up to" in each or "in time" in each for each in said)


@pytest.mark.parametrize("fate", [None, "twice"])
def test_the_nonce_at_a_stable_block_follows_that_block(
    devnet: DevnetProcess, fate: str | None
) -> None:
    devnet.fund(VALIDATOR)
    node = client("one", devnet.url)
    told = []
    for number in range(3):
        if fate:
            devnet.trouble("transactions", fate=fate)
        devnet.send(VALIDATOR, tos.Burn(bytes(32), number + 1))
        devnet.mine()
    for _ in range(14):
        told.append(nonce_at(node, KEY, node.info().stable_topoheight))
        devnet.mine()
    node.close()
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0, 3)
    assert set(told) == {0, 1, 2, 3}
