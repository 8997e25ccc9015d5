"""Deadlines pass, move, and are dropped when the work was done in time."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from sandboxes.docker.deadlines import Deadlines

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def deadlines() -> Iterator[Deadlines]:
    found = Deadlines()
    yield found
    found.close()


def test_what_is_late_is_acted_on_by_another_thread(deadlines: Deadlines) -> None:
    acted = threading.Event()
    by: list[int] = []

    def act() -> None:
        by.append(threading.get_ident())
        acted.set()

    with deadlines.guard(time.monotonic() + 0.02, act):
        assert acted.wait(5)

    assert by != [threading.get_ident()]


def test_what_ends_in_time_is_left_alone(deadlines: Deadlines) -> None:
    acted: list[str] = []
    with deadlines.guard(time.monotonic() + 0.05, lambda: acted.append("early")):
        pass
    with deadlines.guard(time.monotonic() + 0.1, lambda: acted.append("late")):
        time.sleep(0.3)

    assert acted == ["late"]


def test_a_nearer_deadline_does_not_wait_for_a_farther_one(deadlines: Deadlines) -> None:
    near = threading.Event()
    with (
        deadlines.guard(time.monotonic() + 600, lambda: None),
        deadlines.guard(time.monotonic() + 0.02, near.set),
    ):
        assert near.wait(5)


def test_a_deadline_moves_later_and_never_nearer(deadlines: Deadlines) -> None:
    acted: list[float] = []
    began = time.monotonic()
    with deadlines.guard(began + 0.05, lambda: acted.append(time.monotonic())) as deadline:
        deadline.move(began + 0.3)
        deadline.move(began + 0.01)
        time.sleep(0.6)

    assert len(acted) == 1
    assert acted[0] - began >= 0.3


def test_an_act_may_ask_to_be_called_again(deadlines: Deadlines) -> None:
    acted: list[float] = []
    enough = threading.Event()

    def act() -> float | None:
        acted.append(time.monotonic())
        if len(acted) == 3:
            enough.set()
            return None
        return time.monotonic() + 0.02

    with deadlines.guard(time.monotonic() + 0.02, act):
        assert enough.wait(5)
        time.sleep(0.1)

    assert len(acted) == 3


def test_a_closed_keeper_acts_no_more(deadlines: Deadlines) -> None:
    acted: list[str] = []
    with deadlines.guard(time.monotonic() + 0.1, lambda: acted.append("late")):
        deadlines.close()
        time.sleep(0.2)

    assert acted == []
