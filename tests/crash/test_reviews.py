"""Judges are killed while they hold leases: every review ends, exactly once."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.components import SOAK
from tests.fakes.reviews import BRIEF, Judges, accepted, reviews_of
from validator.domain.clock import RandomIds, SystemClock
from validator.domain.review_queue import ReviewState
from validator.domain.submission import LOCAL_OWNER
from validator.experts.queue import ReviewQueue
from validator.experts.reading import ReviewDocument
from validator.experts.service import Caller, Reviews
from validator.store.store import Store, open_store

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
REVIEWS = 200
KILLS = 12 if SOAK else 3
LEASE_S = 1.0
OPERATOR = Caller(LOCAL_OWNER, operator=True)


class Worker:
    """A running `review_worker`, and what it has said so far."""

    def __init__(self, url: str, folder: Path, name: str) -> None:
        self.said: list[list[str]] = []
        self._ready = threading.Event()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.review_worker", url, str(folder), str(LEASE_S),
             name],
            stdout=subprocess.PIPE, cwd=ROOT, text=True,
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def wait(self) -> None:
        if not self._ready.wait(60):
            pytest.fail("the worker did not start")

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            # The last line may be cut by the kill: only a whole one is a promise.
            if line.endswith("\n"):
                self.said.append(line.split())
            self._ready.set()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(60)
        self._reader.join(60)
        assert self.process.stdout is not None
        self.process.stdout.close()

    def told(self, kind: str) -> list[list[str]]:
        return [words[1:] for words in self.said if words[0] == kind]


@pytest.fixture
def store(database_url: str, tmp_path: Path) -> Iterator[Store]:
    clock = SystemClock()
    with open_store(
        database_url, tmp_path, clock, RandomIds(clock), lease_s=LEASE_S, attempts=1000
    ) as opened:
        yield opened


def opened(store: Store) -> tuple[Reviews, list[str]]:
    clock = SystemClock()
    service = reviews_of(store, clock, RandomIds(clock))
    asked = [ReviewDocument(submission_id=name, consent=True) for name in accepted(store, REVIEWS)]
    return service, [service.open(OPERATOR, one)[0].review_id for one in asked]


def finish_the_rest(service: Reviews) -> None:
    """What a new process does: it knows the store and nothing of the dead."""

    async def work() -> None:
        queue = ReviewQueue(service, Judges(), BRIEF, "survivor", at_once=50)
        while service.store.counts():
            await queue.drain()
            await asyncio.sleep(0.1)

    asyncio.run(asyncio.wait_for(work(), 120))


def test_two_hundred_in_flight_survive_kills_none_lost_and_none_doubled(
    store: Store, database_url: str, tmp_path: Path
) -> None:
    service, names = opened(store)
    rng = random.Random(7)
    workers: list[Worker] = []
    in_flight = []
    try:
        for round_ in range(KILLS):
            pair = [Worker(database_url, tmp_path, f"w{round_}{half}") for half in "ab"]
            workers += pair
            for worker in pair:
                worker.wait()
            time.sleep(rng.uniform(0.3, 0.6))
            in_flight.append(service.store.counts().get("running", 0))
            for worker in pair:
                worker.kill()
    finally:
        for worker in workers:
            worker.kill()

    assert max(in_flight) > 0, "nobody was killed while holding a lease"
    promised = dict(words for worker in workers for words in worker.told("finished"))
    assert sum(len(worker.told("finished")) for worker in workers) == len(promised)

    finish_the_rest(service)

    for name in names:
        review = service.get(OPERATOR, name)
        assert (review.state, review.score is not None) == (ReviewState.DONE, True)
        assert promised.get(name, review.record) == review.record
        events = service.events(OPERATOR, name, 0)
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        assert [event.kind for event in events].count("end") == 1
