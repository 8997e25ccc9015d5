"""Playing blocks: what each of them changed, and what that costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.fakes.devnet import TASK
from tests.fakes.following import following
from tests.fakes.store import FrozenClock
from validator.chain.values import Block
from validator.following.tracker import Tracker
from validator.wire.tos.rules import MiningState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fakes.following import Following
    from validator.following.tracker import Played


class Unwalked(dict[bytes, Any]):
    """Tasks that nobody may go through one by one."""

    def __iter__(self) -> Iterator[bytes]:
        raise AssertionError("all tasks were gone through for a block without any act")

    items = values = keys = __iter__  # type: ignore[assignment]


def played(house: Following) -> Played:
    """The newest block, as the tracker sees it."""
    return house.tracker.look(house.node.block(house.world.chain.topoheight))


def test_a_block_without_acts_costs_nothing_however_many_tasks_there_are() -> None:
    tracker = Tracker(FrozenClock(), _state=MiningState(tasks=Unwalked()))

    assert tracker.look(Block(bytes(32), 1, 1, 1, ())).changed == []


def test_a_block_changes_the_task_of_its_act_and_those_that_it_sweeps() -> None:
    with following() as house:
        house.world.market()
        house.sync()
        other = b"\x07" * 32
        house.world.node.skip(1_500_000)
        house.world.mine()
        house.sync()
        house.world.publish(task=other)
        assert [task.task_id for task in played(house).changed] == [other]
        house.sync()

        house.world.mine()
        assert played(house).changed == []
        house.sync()

        house.world.node.skip(1_000_000)  # the first one's deadline is past now
        house.world.publish(task=b"\x08" * 32)
        changed = {task.task_id: task.status.value for task in played(house).changed}
        assert changed == {TASK: "Expired", b"\x08" * 32: "Active"}
