"""The poster over a development chain that re-orders, loses, holds, delays and repeats."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert

from devnet.node import Rewrite
from devnet.trouble import Doom, Fate
from tests.fakes.chain import KEY
from tests.fakes.devnet import SECOND, TASK, VALIDATOR, world
from tests.fakes.posting import PostHouse, post_house
from tests.unit.posting.settled import settled
from validator.domain.posting import PostMode, PostState
from validator.posting.alerts import Alert
from validator.store.chain_tables import posts
from validator.wire import tos

if TYPE_CHECKING:
    from pathlib import Path


def test_a_verdict_goes_from_a_row_to_a_stable_score(house: PostHouse) -> None:
    answer = house.answer(40)
    house.run(1)

    assert house.state(answer) is PostState.CONFIRMED
    assert house.scores(answer) == [40]
    house.run(8)
    settled(house, answer, 40)
    assert house.post(answer).nonce == 1
    assert house.poster.halted is None
    assert house.alerts.counts == {}


def test_while_the_follower_is_not_sound_nothing_is_begun_or_ended_and_what_is_out_is_confirmed(
    house: PostHouse,
) -> None:
    sent = house.answer(40)
    house.step()
    judged = house.answer(30, SECOND)
    for _ in range(12):
        house.world.mine()
        house.step(begin=False)
    settled(house, sent, 40)
    assert [post.answer_id for post in house.posts.find()] == [sent]  # not gathered either

    house.world.node.skip(2_000_000)
    house.world.mine()
    house.step(begin=False)
    assert [post.answer_id for post in house.posts.find()] == [sent]
    house.step()
    assert house.state(judged) is PostState.FATAL_ERROR


def test_what_is_unstarted_or_lost_stays_so_while_the_follower_is_not_sound(
    house: PostHouse,
) -> None:
    lost, open_ = house.answer(40), house.answer(30, SECOND)
    house.step()
    lost, open_ = (lost, open_) if house.post(lost).nonce is not None else (open_, lost)
    house.posts.move(lost, PostState.UNCONFIRMED, PostState.CONFIRMED_MISSING_RECEIPT)
    house.world.node.skip(2_000_000)
    house.world.mine()
    for _ in range(3):
        house.step(begin=False)

    assert house.state(lost) is PostState.CONFIRMED_MISSING_RECEIPT
    assert house.state(open_) is PostState.UNSTARTED
    assert house.alerts.counts == {}
    house.step()
    assert house.state(open_) is PostState.FATAL_ERROR


def test_a_score_below_70_goes_out_while_others_are_in_work(house: PostHouse) -> None:
    low = house.answer(30)
    house.answer(None, SECOND)
    house.run(1)

    assert house.scores(low) == [30]


def test_an_accept_waits_for_the_answer_in_work_and_the_better_one_closes_the_task(
    tmp_path: Path,
) -> None:
    with post_house(tmp_path, world()) as house:
        good = house.answer(75)
        late = house.answer(None, SECOND)
        house.run(5)
        assert house.state(good) is PostState.UNSTARTED
        house.judge(late, 95)
        house.run(12)

        settled(house, late, 95)
        # The task is closed: a second accept would be recorded and complete nothing.
        assert house.state(good) is PostState.UNSTARTED
        assert house.alerts.counts == {}
        house.world.node.skip(2_000_000)
        house.run(1)
        assert house.state(good) is PostState.FATAL_ERROR
        assert "deadline" in str(house.post(good).reason)


def test_an_accept_waits_no_longer_than_its_time_and_the_operator_hears_who_was_passed_over(
    tmp_path: Path,
) -> None:
    with post_house(tmp_path, world(), wait_ms=60_000) as house:
        earlier = house.answer(None, SECOND)
        good = house.answer(75)
        house.run(19)
        assert house.scores(good) == []
        house.run(3)

        assert house.scores(good) == [75]
        assert house.alerts.counts == {Alert.CLOSES_EARLY: 1}
        house.judge(earlier, 90)
        house.run(9)
        assert house.scores(earlier) == []


@pytest.mark.parametrize("keep", [True, False], ids=["ai-state-stays", "ai-state-goes-back"])
@pytest.mark.parametrize("kind", list(Rewrite))
@pytest.mark.parametrize("depth", range(1, 8))
def test_a_re_order_at_any_depth_leaves_one_verdict(
    house: PostHouse, depth: int, kind: Rewrite, keep: bool
) -> None:
    answer = house.answer(40)
    house.run(3)
    assert house.state(answer) is PostState.CONFIRMED
    house.world.node.reorder(depth, kind, order=None, keep_mining=keep)
    house.run(25)

    settled(house, answer, 40)
    assert house.poster.halted is None


@pytest.mark.parametrize("depth", range(1, 8))
def test_a_re_order_before_the_verdict_is_seen_leaves_one_verdict(
    house: PostHouse, depth: int
) -> None:
    answer = house.answer(90)
    house.step()
    house.world.mine(3)
    house.world.node.reorder(depth, Rewrite.EMPTY, order=None, keep_mining=False)
    house.run(25)

    settled(house, answer, 90)


def test_a_vanished_transaction_is_given_out_again_and_the_operator_hears_of_it(
    house: PostHouse,
) -> None:
    answer = house.answer(40)
    house.world.node.trouble.dooms.append(Doom(Fate.VANISH))
    house.run(7)
    assert house.scores(answer) == []
    house.run(12)

    settled(house, answer, 40)
    assert house.alerts.counts == {Alert.STUCK: 1}
    assert len(set(house.nodes[0].given)) == 1


def test_a_held_transaction_is_told_of_and_nothing_else_goes_out(house: PostHouse) -> None:
    answer = house.answer(40)
    house.world.node.trouble.dooms.append(Doom(Fate.HOLD))
    house.run(10)
    other = house.answer(30, SECOND)
    house.run(3)

    assert house.state(answer) is PostState.UNCONFIRMED
    assert house.state(other) is PostState.UNSTARTED
    assert house.alerts.counts == {Alert.STUCK: 1}
    house.world.node._held.clear()
    house.run(15)
    settled(house, answer, 40)
    settled(house, other, 30)


@pytest.mark.parametrize("doom", [Doom(Fate.DELAY, 4), Doom(Fate.TWICE), Doom(Fate.REPLY_LOST)])
def test_a_delay_a_repeat_or_a_lost_reply_leaves_one_verdict(house: PostHouse, doom: Doom) -> None:
    answer = house.answer(90)
    house.world.node.trouble.dooms.append(doom)
    house.run(20)

    settled(house, answer, 90)
    assert len({each.nonce for each in house.own_transactions()}) == 1


def test_a_node_that_is_away_is_waited_for_and_a_second_one_stands_in(tmp_path: Path) -> None:
    with post_house(tmp_path, world(), nodes=2) as house:
        answer = house.answer(40)
        for node in house.nodes:
            node.down = True
        house.run(3)
        assert house.poster.status().fault == "node-1 is away"
        house.nodes[1].down = False
        house.run(12)

        settled(house, answer, 40)


def test_two_nodes_get_the_same_bytes(tmp_path: Path) -> None:
    with post_house(tmp_path, world(), nodes=2) as house:
        answer = house.answer(40)
        house.run(12)

        settled(house, answer, 40)
        assert house.nodes[0].given == house.nodes[1].given
        assert len(house.nodes[0].given) == 1


def test_many_verdicts_go_one_a_block_in_nonce_order(house: PostHouse) -> None:
    answers = [house.answer(10 + number, key) for number, key in enumerate((VALIDATOR, SECOND))]
    house.run(20)

    for number, answer in enumerate(answers):
        settled(house, answer, 10 + number)
    sent = house.own_transactions()
    assert [each.nonce for each in sent] == [1, 2]
    heights = [
        house.world.chain.blocks[house.world.chain.records[each.hash()].executed_in].height
        for each in sent
    ]
    assert heights[0] < heights[1]


def test_another_wallet_that_uses_the_account_is_told_of(house: PostHouse) -> None:
    first = house.answer(40)
    house.run(10)
    settled(house, first, 40)
    house.world.do(KEY, tos.Burn(bytes(32), 5))
    house.run(1)

    assert house.alerts.counts == {Alert.NONCE_MOVED: 1}
    status = house.poster.status()
    assert (status.next_nonce, status.own_nonce) == (3, 2)
    second = house.answer(30, SECOND)
    house.run(9)  # the signer explains no nonce that it did not give, and stays shut
    assert house.scores(second) == []


def test_another_wallet_that_takes_the_nonce_under_way_costs_a_rebuild_and_no_verdict(
    house: PostHouse,
) -> None:
    answer = house.answer(40)
    house.world.node.trouble.dooms.append(Doom(Fate.VANISH))
    house.step()
    assert house.post(answer).nonce == 1
    house.world.do(KEY, tos.Burn(bytes(32), 5))
    house.run(30)

    # The stolen nonce is bound to the verdict in the signer's history, so it is explained there.
    settled(house, answer, 40)
    assert house.post(answer).nonce == 2
    assert house.post(answer).tries == 1
    assert house.alerts.counts[Alert.LOST] == 1


def tire(house: PostHouse) -> None:
    """Let our account have acted just before the next block, as nobody but that block sees it."""
    chain = house.world.chain
    accounts = dict(chain.mining.accounts)
    last = chain.top.timestamp + 2_900
    tired = replace(accounts[KEY.public], last_submission_time=last, transaction_count=1)
    accounts[KEY.public] = tired
    chain.mining = replace(chain.mining, accounts=accounts)


def test_a_verdict_that_a_rule_refused_in_its_block_is_made_anew_once(house: PostHouse) -> None:
    answer = house.answer(40)
    house.step()
    tire(house)
    house.run(1)
    assert house.scores(answer) == []
    assert house.state(answer) is PostState.UNCONFIRMED
    house.run(25)

    settled(house, answer, 40)
    assert [each.nonce for each in house.own_transactions()] == [1, 2]
    assert house.alerts.counts == {Alert.LOST: 1}


def test_a_verdict_that_is_refused_again_is_given_up_with_the_reason(house: PostHouse) -> None:
    answer = house.answer(40)
    house.step()
    tire(house)
    for _ in range(30):
        house.run(1)
        if house.post(answer).tries:
            break
    assert house.post(answer).nonce == 2
    house.world.node.reorder(1, Rewrite.EMPTY, order=None, keep_mining=False)
    tire(house)
    house.run(25)

    assert house.state(answer) is PostState.FATAL_ERROR
    assert house.post(answer).reason == (
        "its transaction was not executed: 2 transactions came to nothing"
    )
    assert house.alerts.counts == {Alert.LOST: 2, Alert.REFUSED: 1}


def test_a_foreign_score_under_our_key_stops_everything(house: PostHouse) -> None:
    answer, other = house.answer(40), house.answer(30, SECOND)
    house.world.node.trouble.dooms.append(Doom(Fate.VANISH))
    house.step()
    begun, left = (answer, other) if house.post(answer).nonce is not None else (other, answer)
    house.world.do(KEY, tos.ValidateAnswer(TASK, bytes.fromhex(begun), 99))
    house.run(20)

    assert house.poster.halted is not None
    assert house.alerts.counts[Alert.FOREIGN_SCORE] == 1
    assert house.state(left) is PostState.UNSTARTED
    assert house.signer.desk.gate.state.phase.value == "halted"
    house.restart()
    house.run(1)
    assert house.poster.halted is not None


@pytest.mark.parametrize("mode", [PostMode.OVERSIGHT, PostMode.MANUAL])
def test_with_an_operator_nothing_goes_out_before_it_is_approved(
    tmp_path: Path, mode: PostMode
) -> None:
    with post_house(tmp_path, world(), mode) as house:
        answer, other = house.answer(40), house.answer(30, SECOND)
        house.run(3)
        assert house.state(answer) is PostState.HELD
        house.posts.approve(answer, "ops")
        house.posts.withdraw(other, "copied")
        house.run(12)

        settled(house, answer, 40)
        assert house.post(answer).approved_by == "ops"
        assert house.scores(other) == []


def test_evidence_is_released_once_the_task_is_closed_and_stable(house: PostHouse) -> None:
    house.answer(40, SECOND)
    house.run(12)
    assert house.evidence.released == []
    answer = house.answer(90)
    house.run(5)
    assert house.state(answer) is PostState.CONFIRMED
    assert house.evidence.released == []
    house.run(8)

    assert house.evidence.released == [TASK.hex()]
    house.run(3)
    assert house.evidence.released == [TASK.hex()]


def test_a_restart_at_any_height_changes_nothing(house: PostHouse) -> None:
    answer = house.answer(40)
    for _ in range(14):
        house.restart()
        house.run(1)

    settled(house, answer, 40)
    assert len(house.own_transactions()) == 1


def test_a_thousand_verdicts_that_wait_for_the_operator_hide_no_other(house: PostHouse) -> None:
    held = [
        {
            "answer_id": f"{number:064x}", "task_id": "aa" * 32, "submission_id": "s",
            "verdict_id": "v", "score": 40, "reward": "1", "deadline_ms": 2**50,
            "state": "held", "created_at": 0, "updated_at": 0,
        }
        for number in range(1000)
    ]  # fmt: skip
    house.database.write(lambda c: c.execute(insert(posts), held))
    answer, other = house.answer(40), house.answer(30, SECOND)
    house.run(14)

    settled(house, answer, 40)
    settled(house, other, 30)
    assert [each.nonce for each in house.own_transactions()] == [1, 2]
