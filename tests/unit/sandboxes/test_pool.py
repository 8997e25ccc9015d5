"""Things made ahead: taken once, sized by demand, made at a bounded rate, never given out dead."""

from __future__ import annotations

import itertools
import threading
import time
from typing import TYPE_CHECKING

import pytest

from sandboxes.docker.pool import IDLE_S, Pool, PoolSize, _Shelf
from sandboxes.protocol import SandboxUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Thing:
    def __init__(self, kind: str, number: int) -> None:
        self.kind = kind
        self.number = number
        self.alive = True


class House:
    """Makes things and remembers what became of them."""

    def __init__(self) -> None:
        self.numbers = itertools.count()
        self.made: list[Thing] = []
        self.gone: list[Thing] = []
        self.times: list[float] = []
        self.broken = False
        self.lock = threading.Lock()
        self.pools: list[Pool[Thing]] = []

    def make(self, kind: str) -> Thing:
        if self.broken:
            raise SandboxUnavailableError("the engine is away")
        with self.lock:
            thing = Thing(kind, next(self.numbers))
            self.made.append(thing)
            self.times.append(time.monotonic())
        return thing

    def pool(self, kept: int = 3, per_s: float = 1000, **warm: int) -> Pool[Thing]:
        size = PoolSize(kept=kept, per_s=per_s)
        pool = Pool(self.make, self.gone.append, lambda thing: thing.alive, size, warm)
        self.pools.append(pool)
        return pool


@pytest.fixture
def house() -> Iterator[House]:
    found = House()
    yield found
    for pool in found.pools:
        pool.close()
    assert all(thing in found.gone or thing.number < 0 for thing in found.made)


def eventually(holds: Callable[[], bool], seconds: float = 5) -> bool:
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True


def used(thing: Thing | None) -> Thing:
    assert thing is not None
    thing.number = -1  # the user's to end
    return thing


def test_the_first_of_a_kind_is_not_there_and_the_second_is(house: House) -> None:
    pool = house.pool()
    assert pool.take("python") is None
    assert eventually(lambda: pool.standing() == {"python": 1})

    assert used(pool.take("python")).kind == "python"


def test_nothing_is_given_out_twice(house: House) -> None:
    pool = house.pool(kept=8, python=8)
    assert eventually(lambda: pool.standing() == {"python": 8})
    taken: list[Thing] = []

    def grab() -> None:
        for _ in range(4):
            thing = pool.take("python")
            if thing is not None:
                taken.append(thing)

    threads = [threading.Thread(target=grab) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(taken) >= 8
    assert len({id(thing) for thing in taken}) == len(taken)
    for thing in taken:
        used(thing)


def test_as_many_stand_as_were_taken_lately_and_never_more_than_allowed(house: House) -> None:
    pool = house.pool(kept=3)
    for _ in range(5):
        thing = pool.take("python")
        if thing is not None:
            used(thing)
    assert eventually(lambda: pool.standing() == {"python": 3})
    time.sleep(0.05)

    assert pool.standing() == {"python": 3}


def test_what_died_standing_is_not_given_out(house: House) -> None:
    pool = house.pool(python=2)
    assert eventually(lambda: pool.standing() == {"python": 2})
    dead = list(house.made)
    for thing in dead:
        thing.alive = False

    found = pool.take("python")
    assert found is None or found not in dead
    if found is not None:
        used(found)
    assert eventually(lambda: all(thing in house.gone for thing in dead))


def test_they_are_made_no_faster_than_allowed(house: House) -> None:
    pool = house.pool(kept=4, per_s=20, python=4)
    assert eventually(lambda: pool.standing() == {"python": 4})

    gaps = [later - earlier for earlier, later in itertools.pairwise(house.times)]
    assert min(gaps) >= 0.045


def test_a_kind_that_is_asked_for_now_displaces_one_that_is_not(house: House) -> None:
    pool = house.pool(kept=2, python=2)
    assert eventually(lambda: pool.standing() == {"python": 2})
    assert pool.take("rust") is None

    assert eventually(lambda: pool.standing() == {"python": 1, "rust": 1})


def test_a_kind_that_nobody_asks_for_any_more_is_given_up() -> None:
    shelf: _Shelf[Thing] = _Shelf()
    now = 1000.0
    shelf.asked.extend([now - 1, now])

    assert shelf.wanted(now) == 2
    assert shelf.wanted(now + 60) == 1
    assert shelf.wanted(now + IDLE_S + 1) == 0


def test_a_failure_is_no_end(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandboxes.docker.pool.PATIENCE_S", 0.05)
    house.broken = True
    pool = house.pool()
    assert pool.take("python") is None
    time.sleep(0.1)
    house.broken = False

    assert eventually(lambda: pool.standing() == {"python": 1})


def test_without_places_nothing_is_ever_made(house: House) -> None:
    pool = house.pool(kept=0)
    assert pool.take("python") is None
    time.sleep(0.05)

    assert house.made == []


def test_a_closed_pool_gives_nothing(house: House) -> None:
    pool = house.pool(python=1)
    assert eventually(lambda: pool.standing() == {"python": 1})
    pool.close()

    assert pool.take("python") is None
    assert house.gone == house.made
