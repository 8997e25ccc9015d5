"""What becomes of containers when the engine fails in between; the engine here is made up."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING, Any

import pytest

from sandboxes.docker.attachment import Attachment
from sandboxes.docker.containers import Containers
from sandboxes.protocol import SandboxUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

WANTED: Mapping[str, Any] = {"Image": "sha256:0", "Labels": {}}


class MadeUpEngine:
    """Keeps a list of containers, and may be down or promise what it then forgets."""

    shared = False

    def __init__(self) -> None:
        self.there: list[str] = []
        self.down = self.forgetful = False
        self.lapses = 0
        """So many removals more it says are under way, and they come to nothing."""
        self.ghosts: set[str] = set()
        """What it lists and has not."""
        self._serial = 0
        self._ends: list[socket.socket] = []

    def create(self, specification: Mapping[str, Any]) -> str:
        self._refuse()
        self._serial += 1
        self.there.append(f"c{self._serial}")
        return self.there[-1]

    def attach(self, container_id: str) -> socket.socket:
        ours, theirs = socket.socketpair()
        self._ends.append(theirs)
        return ours

    def start(self, container_id: str) -> None:
        self._refuse()

    def remove(self, container_id: str) -> bool:
        self._refuse()
        if container_id in self.ghosts:
            return True
        if self.lapses:
            self.lapses -= 1
            return False
        if not self.forgetful:
            self.there.remove(container_id)
        return not self.forgetful

    def ours(self, label: str = "") -> list[Mapping[str, Any]]:
        self._refuse()
        old = time.time() - 3600
        return (
            [{"Id": name, "Created": old} for name in self.there] if label else []
        )  # of any house

    def _refuse(self) -> None:
        if self.down:
            raise SandboxUnavailableError("the engine is down")

    def close(self) -> None:
        for end in self._ends:
            end.close()


@pytest.fixture
def engine() -> Iterator[MadeUpEngine]:
    made_up = MadeUpEngine()
    yield made_up
    made_up.close()


def _of(engine: MadeUpEngine) -> Containers:
    return Containers(engine)  # type: ignore[arg-type]


def test_what_the_engine_promised_to_delete_and_forgot_is_deleted_at_the_end(
    engine: MadeUpEngine,
) -> None:
    containers = _of(engine)
    running = containers.start(WANTED, Attachment)
    engine.forgetful = True  # it answers that the removal is under way, and dies
    containers.remove_now(running.identity)
    running.attachment.close()
    engine.forgetful = False

    assert engine.there == [running.identity]
    containers.close()
    assert engine.there == []


def test_what_could_not_be_deleted_is_deleted_once_the_engine_works(engine: MadeUpEngine) -> None:
    containers = _of(engine)
    first, forgotten = (containers.start(WANTED, Attachment) for _ in range(2))
    engine.forgetful = True
    containers.remove_now(forgotten.identity)
    engine.forgetful, engine.down = False, True
    containers.remove_now(first.identity)
    engine.down = False
    second = containers.start(WANTED, Attachment)
    until = time.monotonic() + 5
    while engine.there != [second.identity] and time.monotonic() < until:
        time.sleep(0.01)

    assert engine.there == [second.identity]
    containers.remove_now(second.identity)
    containers.close()
    for running in (first, forgotten, second):
        running.attachment.close()


def test_an_engine_that_is_gone_at_the_end_is_no_error(engine: MadeUpEngine) -> None:
    containers = _of(engine)
    engine.down = True

    containers.close()


def test_removals_that_come_to_nothing_are_asked_for_again_at_the_end(engine: MadeUpEngine) -> None:
    containers = _of(engine)
    running = containers.start(WANTED, Attachment)
    engine.lapses = 4
    containers.remove_now(running.identity)
    running.attachment.close()

    containers.close()

    assert (engine.there, engine.lapses) == ([], 0)


def test_what_is_left_when_the_engine_is_gone_at_the_end_is_deleted_by_the_next_house(
    engine: MadeUpEngine,
) -> None:
    first = _of(engine)
    running = first.start(WANTED, Attachment)
    engine.down = True
    first.remove_now(running.identity)
    running.attachment.close()
    first.close()
    engine.down = False
    assert engine.there == [running.identity]

    second = _of(engine)

    assert engine.there == []
    second.close()


def test_an_engine_that_never_deletes_holds_up_a_close_for_a_moment_only(
    engine: MadeUpEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandboxes.docker.containers.LAST_LOOK_S", 0.3)
    containers = _of(engine)
    running = containers.start(WANTED, Attachment)
    engine.forgetful = True
    containers.remove_now(running.identity)
    running.attachment.close()
    began = time.monotonic()

    containers.close()

    assert time.monotonic() - began < 5
    engine.forgetful = False
    _of(engine).close()
    assert engine.there == []


def test_what_a_killed_engine_lists_and_has_not_holds_up_nobody(engine: MadeUpEngine) -> None:
    containers = _of(engine)
    running = containers.start(WANTED, Attachment)
    engine.ghosts = {running.identity}
    containers.remove_now(running.identity)
    running.attachment.close()
    began = time.monotonic()

    containers.close()

    assert time.monotonic() - began < 5
    assert engine.there == [running.identity]
