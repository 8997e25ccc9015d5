"""Any history of blocks and re-orders gives the view that the chain itself has."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import hypothesis.strategies as st
from hypothesis import given, settings

from devnet.errors import DevnetError, NodeError
from devnet.node import Rewrite
from tests.components import SOAK
from tests.fakes.devnet import ANSWER, MINER, SECOND, TASK, VALIDATOR
from tests.fakes.following import Following, following
from tests.unit.following.test_follower import (
    assert_nothing_was_told_twice,
    assert_same_rows,
    assert_same_view,
)
from validator.wire import tos

if TYPE_CHECKING:
    from tests.fakes.devnet import World

ANSWERERS = (MINER, SECOND, VALIDATOR)
STEP = st.one_of(
    st.tuples(st.just("answer"), st.sampled_from(ANSWERERS), st.sampled_from([ANSWER, ANSWER * 2])),
    st.tuples(st.just("verdict"), st.sampled_from(ANSWERERS), st.integers(0, 101)),
    st.tuples(st.just("publish"), st.sampled_from([TASK, bytes(32)])),
    st.tuples(st.just("mine"), st.booleans()),
    st.tuples(st.just("skip"), st.sampled_from([1_000, 2_100_000])),
    st.tuples(
        st.just("reorder"), st.integers(1, 8), st.sampled_from(Rewrite),
        st.none() | st.permutations(range(3)),
    ),
)  # fmt: skip


EXAMPLES = 2000 if SOAK else 20  # each writes dozens of synced transactions


def act(world: World, step: Any) -> None:
    """Do one step; what a node may answer is no fault."""
    mining = world.chain.mining
    task = mining.tasks.get(TASK) if mining else None
    answers = task.submitted_answers if task else ()
    with suppress(NodeError, DevnetError):
        match step:
            case ("answer", key, text):
                world.send(key, tos.SubmitAnswer(TASK, text, tos.answer_hash(text), 10**9))
            case ("verdict", key, score):
                name = answers[-1].answer_id if answers else bytes(32)
                world.send(key, tos.ValidateAnswer(TASK, name, score))
            case ("publish", name):
                world.publish(task=name)
            case ("mine", side):
                world.node.mine(side=side)
            case ("skip", milliseconds):
                world.node.skip(milliseconds)
            case ("reorder", depth, kind, order):
                world.node.reorder(depth, kind, order=order, keep_mining=True)


def begin(house: Following) -> None:
    house.world.market()
    house.world.mine(2)
    house.sync()


@settings(max_examples=EXAMPLES)
@given(st.lists(STEP, max_size=20))
def test_a_follower_that_sees_every_block_has_the_chains_own_state(steps: list[Any]) -> None:
    with following(own=VALIDATOR.public) as house:
        begin(house)
        for step in steps:
            act(house.world, step)
            house.sync()
        assert_same_view(house)
        assert_nothing_was_told_twice(house)
        house.restart()
        house.sync()
        assert_same_view(house)


@settings(max_examples=EXAMPLES)
@given(st.lists(st.tuples(STEP, st.booleans(), st.booleans()), max_size=20))
def test_a_follower_that_misses_blocks_has_the_chains_tasks_and_our_own_standing(
    steps: list[Any],
) -> None:
    with following(own=VALIDATOR.public) as house:
        begin(house)
        for step, looks, dies in steps:
            act(house.world, step)
            if dies:
                house.restart()
            if looks:
                house.sync()
        house.restart()
        house.sync()
        mining = house.world.chain.mining
        ours = house.tracker.mining()
        active = {name for name, task in mining.tasks.items() if task.status == "Active"}
        assert {n: ours.tasks[n] for n in active} == {n: mining.tasks[n] for n in active}
        assert ours.miners[VALIDATOR.public] == mining.miners[VALIDATOR.public]
        assert_same_rows(house)
        assert_nothing_was_told_twice(house)
