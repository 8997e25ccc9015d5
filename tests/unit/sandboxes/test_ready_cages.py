"""When cages are made ahead, handed over and ended; no cage is real here."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sandboxes.bubblewrap.ready import KEPT, ReadyCage, ReadyCages
from sandboxes.protocol import SandboxError

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Cage:
    language: str
    alive: bool = True


@dataclass
class Yard:
    """Makes and counts cages."""

    made: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    error: Exception | None = None
    gate: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.gate.set()
        self.cages = ReadyCages(self.make, self.discard)

    def make(self, language: str) -> ReadyCage:
        self.gate.wait(10)
        if self.error is not None:
            raise self.error
        self.made.append(language)
        cage: Any = Cage(language)
        return ReadyCage(cage, Path("/f"), Path("/f/p"), Path("/f/i"))

    def discard(self, ready: ReadyCage) -> None:
        cage: Any = ready.cage
        self.gone.append(cage.language)

    def run(self, language: str | None = "python", *, take: bool = True) -> ReadyCage | None:
        with self.cages.job(language, take=take) as ready:
            return ready


@pytest.fixture
def yard() -> Iterator[Yard]:
    made = Yard()
    yield made
    made.gate.set()
    made.cages.close()
    assert sorted(made.gone) == sorted(made.made)  # nothing is left, nothing ended twice


def until(made: list[str], count: int) -> None:
    end = time.monotonic() + 5
    while len(made) < count and time.monotonic() < end:
        time.sleep(0.001)
    time.sleep(0.02)
    assert len(made) == count


def test_the_first_job_makes_its_own_and_the_second_finds_one(yard: Yard) -> None:
    assert yard.run() is None
    until(yard.made, 1)
    assert yard.run() is not None
    assert yard.gone == ["python"]
    until(yard.made, 2)


def test_every_job_gets_another(yard: Yard) -> None:
    taken = []
    yard.run()
    for number in range(5):
        until(yard.made, number + 1)
        with yard.cages.job("python", take=True) as ready:
            taken.append(ready)
    assert None not in taken
    assert len({id(one.cage) for one in taken if one}) == 5


def test_nothing_is_made_beside_a_job(yard: Yard) -> None:
    with yard.cages.job("python", take=True):
        yard.run()
        time.sleep(0.05)
        assert yard.made == []
    until(yard.made, 1)


def test_a_job_waits_for_the_cage_that_is_being_made(yard: Yard) -> None:
    yard.gate.clear()
    yard.run()
    time.sleep(0.05)
    threading.Timer(0.1, yard.gate.set).start()
    assert yard.run() is not None


def test_a_job_of_another_language_does_not_wait(yard: Yard) -> None:
    yard.gate.clear()
    yard.run()
    time.sleep(0.05)
    began = time.monotonic()
    assert yard.run("c") is None
    assert time.monotonic() - began < 0.5


def test_only_the_languages_asked_for_last_are_kept(yard: Yard) -> None:
    for number in range(KEPT + 3):
        yard.run(f"language {number}")
        until(yard.made, number + 1)
    assert len(yard.made) - len(yard.gone) == KEPT
    assert yard.run("language 0") is None
    assert yard.run(f"language {KEPT + 2}") is not None


def test_a_cage_that_died_meanwhile_is_not_handed_over(yard: Yard) -> None:
    yard.run()
    until(yard.made, 1)
    standing: Any = yard.cages._cages["python"]
    standing.cage.alive = False
    assert yard.run() is None
    assert yard.gone == ["python"]


@pytest.mark.parametrize("error", [SandboxError("no"), OSError("no"), ValueError("no")])
def test_what_cannot_be_made_is_asked_for_again(yard: Yard, error: Exception) -> None:
    yard.error = error
    yard.run()
    time.sleep(0.05)
    yard.error = None
    assert yard.run() is None
    until(yard.made, 1)


def test_a_build_takes_none(yard: Yard) -> None:
    yard.run()
    until(yard.made, 1)
    assert yard.run(take=False) is None
    assert yard.gone == []
    assert yard.run() is not None


def test_jobs_without_a_language_leave_it_alone(yard: Yard) -> None:
    assert yard.run(None) is None
    time.sleep(0.05)
    assert yard.made == []


def test_after_the_end_nothing_is_made(yard: Yard) -> None:
    yard.run()
    until(yard.made, 1)
    yard.cages.close()
    assert yard.gone == ["python"]
    assert yard.run() is None
    time.sleep(0.05)
    assert len(yard.made) == 1


def test_a_job_that_fails_counts_as_over(yard: Yard) -> None:
    with pytest.raises(KeyError), yard.cages.job("python", take=True):
        raise KeyError
    until(yard.made, 1)
