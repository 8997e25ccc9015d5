"""A task that anybody made too large for a reply holds up nothing but itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from devnet.node import Rewrite
from tests.fakes.devnet import MINER, PUBLISHER, SECOND, TASK, VALIDATOR
from tests.fakes.following import Following, following
from tests.fakes.nodes import FakeEndpoints, WorldNode
from validator.errors import ChainUnreadableError
from validator.following.follower import Phase
from validator.following.views import REST_S
from validator.posting.nodes import Nodes
from validator.store.chain_values import AnswerStanding
from validator.wire import tos

if TYPE_CHECKING:
    from collections.abc import Iterator

    from validator.wire.tos.rules import Task

HUGE = b"\x01" * 32
SAID = "node n, get_ai_mining_task: the reply has more than 16777216 bytes"


@dataclass
class CrowdedNode(WorldNode):
    """Some tasks of its chain are too large for a reply, and so are all tasks together."""

    huge: set[bytes] = field(default_factory=set)
    asked: list[bytes] = field(default_factory=list)

    def task(self, task_id: bytes) -> Task | None:
        self.asked.append(task_id)
        if task_id in self.huge:
            raise ChainUnreadableError(SAID, too_large=True)
        return super().task(task_id)

    def active_tasks(self) -> tuple[Task, ...]:
        found = super().active_tasks()
        if self.huge & {task.task_id for task in found}:
            raise ChainUnreadableError(SAID, too_large=True)
        return found


@pytest.fixture
def house() -> Iterator[Following]:
    with following(own=VALIDATOR.public) as opened:
        opened.node = CrowdedNode(opened.world, huge={HUGE})
        opened.endpoints.nodes = [opened.node]
        everybody = (PUBLISHER, MINER, VALIDATOR, SECOND)
        opened.world.fund(*everybody)
        opened.world.register(*everybody)
        opened.world.publish(task=HUGE)
        opened.world.mine(9)
        yield opened


def crowded(house: Following) -> CrowdedNode:
    assert isinstance(house.node, CrowdedNode)
    return house.node


def troubles(house: Following) -> list[str | None]:
    """The tasks that events for the operator name."""
    told = house.store.chain_events(0, 10_000)
    return [one.task_id for one in told if one.kind == "endpoint_trouble"]


def test_no_node_is_blamed_and_all_other_tasks_are_followed(house: Following) -> None:
    house.sync()
    house.world.publish()
    answer = house.world.answer()
    house.world.do(VALIDATOR, tos.ValidateAnswer(TASK, answer, 60))
    house.world.node.reorder(3, Rewrite.LATER, order=None, keep_mining=True)  # nobody saw these
    house.world.mine()
    house.sync()

    assert house.endpoints.failures == []
    assert house.follower.standing.phase is Phase.FOLLOWING
    assert house.tracker.mining().tasks[TASK] == house.world.chain.mining.tasks[TASK]
    assert house.store.answers(TASK.hex())[0].own_score == 60
    assert house.store.task(HUGE.hex()) is not None


def test_known_tasks_are_read_one_by_one_where_all_together_are_too_much(house: Following) -> None:
    house.world.publish()
    before = house.world.answer()
    house.sync()
    house.world.node.reorder(2, Rewrite.LATER, order=None, keep_mining=False)
    house.sync()

    task = house.world.chain.mining.tasks[TASK]
    assert task.answer(before) is None  # it was applied again, in another block
    assert house.tracker.mining().tasks[TASK] == task
    standing = {row.answer_id: row.standing for row in house.store.answers(TASK.hex())}
    assert standing == {
        before.hex(): AnswerStanding.GONE,
        task.submitted_answers[0].answer_id.hex(): AnswerStanding.NEW,
    }


def test_the_operator_is_told_once_and_the_task_is_left_alone_for_a_while(
    house: Following,
) -> None:
    for _ in range(5):
        house.world.mine()
        house.sync()
    assert crowded(house).asked.count(HUGE) == 1
    assert house.node.calls.count("active_tasks") == 1  # not again with each block

    for pause in (REST_S[0], 2 * REST_S[0]):
        house.clock.advance(pause)
        house.sync()
        house.sync()
    assert crowded(house).asked.count(HUGE) == 3
    assert troubles(house) == [None, HUGE.hex()]


def test_a_task_that_fits_again_is_held_to_the_chain_again(house: Following) -> None:
    house.sync()
    crowded(house).huge.clear()
    house.clock.advance(60)
    house.sync()
    crowded(house).huge.add(HUGE)
    house.clock.advance(60)
    house.sync()

    assert troubles(house) == [None, HUGE.hex(), None]
    assert house.endpoints.failures == []


def test_another_fault_while_tasks_are_read_is_still_the_nodes(house: Following) -> None:
    asked = crowded(house)

    def away(method: str) -> None:
        asked.down = method in ("active_tasks", "task")

    asked.before = away
    house.sync()

    assert house.endpoints.failures == ["node"]
    assert house.follower.standing.phase is Phase.UNREADABLE


def test_a_poster_blames_no_node_for_the_size_of_a_task(house: Following) -> None:
    second = CrowdedNode(house.world, "second", huge={HUGE})
    choice = FakeEndpoints([crowded(house), second])
    nodes = Nodes(choice.nodes, choice)

    with pytest.raises(ChainUnreadableError, match="more than 16777216 bytes"):
        nodes.read(lambda node: node.task(HUGE))
    assert choice.failures == []
    assert second.asked == []
    assert nodes.read(lambda node: node.task(b"\x02" * 32)) is None
