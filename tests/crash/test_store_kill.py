from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.components import SOAK
from tests.fakes.store import document_of, verdict_of
from validator.domain.clock import RandomIds, SystemClock
from validator.domain.submission import State
from validator.store.store import Store, open_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

ROOT = Path(__file__).resolve().parents[2]


class Later(SystemClock):
    """A minute ahead: every lease of the dead has run out."""

    def now(self) -> datetime:
        return super().now() + timedelta(minutes=1)


class Writer:
    """A running `store_writer`, and the promises it has made so far."""

    def __init__(self, url: str, folder: Path) -> None:
        self.promises: list[list[str]] = []
        self._ready = threading.Event()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.store_writer", url, str(folder)],
            stdout=subprocess.PIPE,
            cwd=ROOT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def wait(self) -> None:
        """Until it has opened the store."""
        if not self._ready.wait(60):
            pytest.fail("the writer did not start")

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._ready.set()
            # The last line may be cut by the kill: only a whole one is a promise.
            if line.endswith("\n") and line != "ready\n":
                self.promises.append(line.split())

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(60)
        self._reader.join(60)
        assert self.process.stdout is not None
        self.process.stdout.close()


def promised(writers: list[Writer], kind: str) -> list[list[str]]:
    return [words[1:] for writer in writers for words in writer.promises if words[0] == kind]


@pytest.fixture
def killed(database_url: str, tmp_path: Path) -> Iterator[list[Writer]]:
    """Writers that were killed one after another at random moments, in pairs."""
    rng = random.Random(20)
    writers: list[Writer] = []
    try:
        for _ in range(20 if SOAK else 3):
            pair = [Writer(database_url, tmp_path) for _ in range(2)]
            writers += pair
            for writer in pair:
                writer.wait()
            time.sleep(rng.uniform(0.3, 0.9))
            for writer in pair:
                writer.kill()
        yield writers
    finally:
        for writer in writers:
            writer.kill()


@pytest.fixture
def survivor(database_url: str, tmp_path: Path) -> Iterator[Store]:
    clock = Later()
    with open_store(database_url, tmp_path, clock, RandomIds(clock)) as store:
        yield store


def finish_the_rest(store: Store) -> None:
    """What a new worker does after the crash: it knows only doorbells and the sweeper."""
    ids = RandomIds(SystemClock())
    while store.pending(1) or store.sweep(0):
        bells = store.pending(500)
        for bell in bells:
            lease = store.take_lease(bell.submission_id, "w2")
            if lease is not None:
                verdict = verdict_of(bell.submission_id, ids.new("ver"))
                store.finish(lease, verdict, document_of(verdict), State.DONE)
        store.rung([bell.outbox_id for bell in bells])


def test_nothing_that_was_promised_is_lost_and_no_verdict_is_doubled(
    killed: list[Writer], survivor: Store, database_url: str
) -> None:
    accepted, finished = promised(killed, "accepted"), promised(killed, "finished")
    assert len(accepted) > 50
    assert len(finished) > 5

    for submission_id, verdict_id in finished:
        assert survivor.submission("local", submission_id).verdict_id == verdict_id
        assert survivor.verdict("local", verdict_id)["verdict_id"] == verdict_id

    finish_the_rest(survivor)

    for (submission_id,) in accepted:
        row = survivor.submission("local", submission_id)
        assert row.state is State.DONE, row
        kinds = [event.kind for event in survivor.events("local", submission_id, 0)]
        assert kinds.count("verdict") == kinds.count("end") == 1
    if database_url.startswith("sqlite"):
        with sqlite3.connect(database_url.removeprefix("sqlite:///")) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
