"""Tasks as a lying node may show them: every number that a node can send fits our rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.fakes.devnet import MINER, TASK, VALIDATOR
from tests.fakes.following import following
from validator.following.facts import MOST, Reader
from validator.following.follower import Phase
from validator.wire.tos.rules import Score

if TYPE_CHECKING:
    from tests.fakes.following import Following
    from validator.wire.tos.rules import Task

NUMBERS = [2**62, 2**63 - 1, 2**63, 2**64 - 1]


def lied(task: Task, number: int) -> Task:
    """The task with this number wherever one of 64 bits can stand."""
    answer = replace(
        task.submitted_answers[0],
        stake_amount=number,
        submitted_at=number,
        validation_scores=(Score(MINER.public, 50, number),),
    )
    return replace(
        task,
        reward_amount=number,
        deadline=number,
        published_at=number,
        submitted_answers=(answer,),
    )


def _lie(house: Following, number: int) -> Task:
    found: Task = lied(house.world.chain.mining.tasks[TASK], number)
    house.node.active_tasks = lambda: (found,)  # type: ignore[method-assign]
    return found


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_of_64_bits_ends_no_scan(number: int) -> None:
    with following(own=VALIDATOR.public) as house:
        house.world.market()
        task = _lie(house, number)
        house.sync()
        house.restart()
        house.sync()

        assert house.follower.standing.phase is Phase.FOLLOWING
        assert house.tracker.mining().tasks[TASK] == task


@pytest.mark.parametrize("number", NUMBERS)
def test_rows_hold_no_more_than_a_column_does(number: int) -> None:
    with following() as house:
        house.world.market()
        task = lied(house.world.chain.mining.tasks[TASK], number)
        house.store.observe(Reader(None, house.store.times).changes(None, task))

        row = house.store.task(TASK.hex())
        assert row is not None
        assert row.reward == number
        height = house.store.answers(TASK.hex())[0].height
        assert {row.deadline_ms, row.published_height, height} == {min(number, MOST)}
        assert row.published_ms <= MOST
