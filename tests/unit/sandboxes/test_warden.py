"""Nothing that a job does with its pipes makes the warden wait longer than the clock."""

from __future__ import annotations

import os
import selectors
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from sandboxes.bubblewrap.warden import Warden
from sandboxes.protocol import Job

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandboxes.bubblewrap.live import LiveCage


class Pipes:
    """A cage's ends of pipes that nobody writes to."""

    def __init__(self) -> None:
        self.fds: list[int] = []
        self.writers: list[int] = []
        out, err = self._reader(), self._reader()
        self.status = self._reader()
        self.collect = -1
        self.group = SimpleNamespace(holds_memory=False, counts_cpu=False)
        self.process = SimpleNamespace(
            stdin=None,
            stdout=SimpleNamespace(fileno=lambda: out),
            stderr=SimpleNamespace(fileno=lambda: err),
        )

    def _reader(self) -> int:
        reader, writer = os.pipe()
        self.fds.append(reader)
        self.writers.append(writer)
        return reader


@pytest.fixture
def pipes() -> Iterator[Pipes]:
    made = Pipes()
    yield made
    for fd in (*made.fds, *made.writers):
        os.close(fd)


@pytest.mark.timeout(20)
def test_a_promise_of_output_that_a_job_has_read_away_is_no_wait(pipes: Pipes) -> None:
    warden = Warden(Job(("x",)), cast("LiveCage", pipes), b"")
    with selectors.DefaultSelector() as watched:
        warden._register(watched)
        assert [os.get_blocking(fd) for fd in pipes.fds] == [False] * 3
        for key in list(watched.get_map().values()):
            warden._serve(watched, key)  # the poll said so, but there is nothing
        assert len(watched.get_map()) == 3
