"""The loop: one failure never stops the rest, and a stop is soon obeyed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from tests.fakes.following import Following, following
from tests.fakes.nodes import FakeWakeups
from validator.domain.clock import SystemClock
from validator.errors import StoreUnavailableError
from validator.following.crew import Crew
from validator.following.loop import Loop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass
class Recorded:
    """A stage that counts, and fails as it is told."""

    name: str = "recorded"
    error: Exception | None = None
    steps: int = 0
    then: list[Callable[[], None]] = field(default_factory=list)

    def step(self) -> None:
        self.steps += 1
        for call in self.then:
            call()
        if self.error is not None:
            raise self.error


@pytest.fixture
def house() -> Iterator[Following]:
    with following() as opened:
        yield opened


@pytest.mark.parametrize("error", [StoreUnavailableError("is away"), ZeroDivisionError()])
def test_a_stage_that_fails_stops_no_other(house: Following, error: Exception) -> None:
    broken, sound = Recorded(error=error), Recorded()
    loop = Loop(house.follower, [broken, sound], FakeWakeups(), SystemClock(), 30)

    loop.turn()
    loop.turn()

    assert (broken.steps, sound.steps) == (2, 2)


def test_a_store_that_is_away_stops_nothing(house: Following) -> None:
    house.world.market()
    stage = Recorded()

    def away(_: str) -> None:
        house.node.before = None
        raise StoreUnavailableError("is away")

    house.node.before = away
    loop = Loop(house.follower, [stage], FakeWakeups(), SystemClock(), 30)
    loop.turn()
    assert (stage.steps, house.store.tip()) == (1, None)

    loop.turn()

    tip = house.store.tip()
    assert tip is not None
    assert tip.topoheight == house.world.chain.topoheight


@pytest.mark.parametrize("error", [StoreUnavailableError("is away"), ZeroDivisionError()])
def test_it_says_whether_the_last_reading_worked(house: Following, error: Exception) -> None:
    loop = Loop(house.follower, [], FakeWakeups(), SystemClock(), 30)
    assert not loop.followed
    loop.turn()
    assert loop.followed

    def broken(_: str) -> None:
        raise error

    house.world.mine()
    house.node.before = broken
    loop.turn()
    assert house.follower.standing.is_sound  # as it was left
    assert not loop.followed
    house.node.before = None
    loop.turn()
    assert loop.followed


def test_it_reads_again_at_once_while_there_is_more(house: Following) -> None:
    house.world.mine(450)
    wakeups = FakeWakeups()
    stage = Recorded()
    loop = Loop(house.follower, [stage], wakeups, SystemClock(), 30)
    wakeups.then = lambda: stage.then.append(lambda: None)

    loop.run(lambda: wakeups.waits > 0)

    tip = house.store.tip()
    assert tip is not None
    assert tip.topoheight == 450
    assert stage.steps == 3  # 200 blocks at a time
    assert wakeups.waits == 1


def test_a_stage_that_is_ready_is_not_kept_waiting(house: Following) -> None:
    class Deaf:
        """Hears nothing, and does not wait for it either."""

        waits = 0

        def wait(self, seconds: float) -> bool:
            assert seconds <= 0.5
            self.waits += 1
            if self.waits == 3:
                loop.ready()
            return False

    stage, deaf = Recorded(), Deaf()
    loop = Loop(house.follower, [stage], deaf, SystemClock(), 3600)

    loop.run(lambda: stage.steps == 2)

    assert deaf.waits == 3


def test_jobs_of_a_crew_run_beside_each_other() -> None:
    import threading

    both = threading.Barrier(2, timeout=10)
    done = threading.Semaphore(0)

    def job() -> None:
        both.wait()
        done.release()

    crew = Crew(2)
    crew.start(job)
    crew.start(job)

    assert done.acquire(timeout=10)
    assert done.acquire(timeout=10)
