"""Re-orders: nonces and balances go back, the AI state does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from devnet.errors import DevnetError
from devnet.ledger import TOS_ASSET
from devnet.node import Rewrite
from tests.fakes.devnet import FUNDS, MINER, PUBLISHER, TASK, VALIDATOR
from validator.wire import tos

if TYPE_CHECKING:
    from tests.fakes.devnet import World


def reorder(
    world: World, depth: int, kind: Rewrite, order: list[int] | None = None, *, keep: bool = True
) -> None:
    world.node.reorder(depth, kind, order=order, keep_mining=keep)


def test_a_verdict_applied_again_fails_as_a_duplicate_and_stays_recorded(world: World) -> None:
    answer = world.market()
    name = world.do(VALIDATOR, tos.ValidateAnswer(TASK, answer, 30))
    world.mine()
    funds = world.chain.ledger.amount(VALIDATOR.public)
    reorder(world, 2, Rewrite.REVERSE)

    record = world.chain.records[name]
    assert record.executed_in is None
    assert record.failure is not None
    assert "cooldown" in record.failure or "already scored" in record.failure
    scores = world.chain.mining.tasks[TASK].submitted_answers[0].validation_scores
    assert [(one.validator, one.score) for one in scores] == [(VALIDATOR.public, 30)]
    # Taken back and taken again: the same nonce and funds, and nothing twice.
    assert world.chain.ledger.nonce(VALIDATOR.public) == 2
    assert world.chain.ledger.amount(VALIDATOR.public) == funds


def test_a_node_that_rolls_back_the_ai_state_gives_the_answer_another_id(world: World) -> None:
    before = world.market()
    sent = world.chain.top.transactions[0]
    reorder(world, 1, Rewrite.EMPTY, keep=False)
    assert world.chain.mining.tasks[TASK].submitted_answers == ()
    assert sent in world.chain.mempool

    world.mine()
    (answer,) = world.chain.mining.tasks[TASK].submitted_answers
    assert world.chain.is_executed(sent)
    assert answer.answer_id != before


def test_emptied_blocks_give_their_transactions_back_to_the_mempool(world: World) -> None:
    world.fund(PUBLISHER)
    name = world.do(PUBLISHER, tos.Burn(TOS_ASSET, 5))
    old = world.chain.top.hash
    reorder(world, 1, Rewrite.EMPTY)

    assert world.chain.ledger.amount(PUBLISHER.public) == FUNDS
    assert world.chain.ledger.nonce(PUBLISHER.public) == 0
    assert world.chain.ledger.totals.burned == 0
    assert name in world.chain.mempool
    assert world.named("block_orphaned") == [{"block_hash": old.hex(), "old_topoheight": 2}]
    world.mine()
    assert world.chain.is_executed(name)
    assert world.chain.records[name].blocks == [old, world.chain.top.hash]


def test_transactions_can_move_to_a_later_block(world: World) -> None:
    world.fund(PUBLISHER)
    name = world.do(PUBLISHER, tos.Burn(TOS_ASSET, 5))
    world.mine(2)
    reorder(world, 3, Rewrite.LATER)

    assert world.chain.records[name].executed_in == world.chain.top.hash
    assert world.chain.topoheight == 4


def test_an_order_of_ones_own_is_followed(world: World) -> None:
    world.mine(3)
    first, second, third = world.chain.order[1:]
    reorder(world, 3, Rewrite.REVERSE, [1, 2, 0])

    assert world.chain.order[1:] == [second, third, first]
    assert world.named("block_orphaned") == []
    assert [one["topoheight"] for one in world.named("block_ordered")] == [1, 2, 3, 1, 2, 3]


def test_transactions_of_one_account_in_the_wrong_order_wait_again(world: World) -> None:
    world.fund(PUBLISHER)
    first = world.do(PUBLISHER, tos.Burn(TOS_ASSET, 1))
    second = world.do(PUBLISHER, tos.Burn(TOS_ASSET, 2))
    reorder(world, 2, Rewrite.REVERSE)

    assert world.chain.is_executed(first)
    assert not world.chain.is_executed(second)
    assert second in world.chain.mempool
    world.mine()
    assert world.chain.is_executed(second)
    assert world.chain.ledger.amount(PUBLISHER.public) == FUNDS - 3 - 20_000


def test_the_next_block_stands_on_the_tip_and_time_does_not_go_back(world: World) -> None:
    world.mine(5)
    tip = world.chain.top
    reorder(world, 5, Rewrite.REVERSE)
    block = world.mine()

    assert (block.height, block.parent) == (6, tip.hash)
    assert block.timestamp == tip.timestamp + 3_000


def test_a_block_never_has_the_hash_of_another(world: World) -> None:
    """One that says the same as an orphaned one is told apart by its nonce."""
    block = world.mine()
    other = world.node._unlike_others(block)

    assert other.hash != block.hash
    assert (other.height, other.timestamp, other.nonce) == (block.height, block.timestamp, 1)


def test_what_is_stable_cannot_be_re_ordered(world: World) -> None:
    world.mine(20)
    for depth in (9, 21, 100):
        with pytest.raises(DevnetError, match="depth must be 1 to 8"):
            reorder(world, depth, Rewrite.EMPTY)
    reorder(world, 8, Rewrite.EMPTY)

    assert world.chain.topoheight == 20


@pytest.mark.parametrize("order", [[0, 0], [0], [0, 1, 2], [1, 2]])
def test_an_order_that_is_none_is_refused(world: World, order: list[int]) -> None:
    world.mine(3)

    with pytest.raises(DevnetError, match="order must hold each position"):
        reorder(world, 2, Rewrite.REVERSE, order)


def test_a_registration_in_a_re_ordered_block_costs_its_fee_and_stays(world: World) -> None:
    world.fund(MINER)
    name = world.do(MINER, tos.RegisterMiner(MINER.public, 10**9))
    world.mine()
    reorder(world, 2, Rewrite.LATER)

    assert not world.chain.is_executed(name)
    assert MINER.public in world.chain.mining.miners
    assert world.chain.ledger.amount(MINER.public) == FUNDS - 10**9 - 10_000
