"""Judges that are meant to be killed while they hold leases; each says what it was told.

Run by tests as `python -m tests.crash.review_worker URL FOLDER LEASE_S NAME`. A line on standard
output is written once the store has returned: a promise to check later.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.fakes.reviews import BRIEF, Judges, outcome_of, record_of, reviews_of
from validator.domain.clock import RandomIds, SystemClock
from validator.experts.queue import ReviewQueue
from validator.store.store import open_store

if TYPE_CHECKING:
    from validator.domain.review_queue import ReviewLease, ReviewState
    from validator.domain.reviews import Case, Outcome
    from validator.experts.service import Reviews

AT_ONCE = 100


def say(*words: str) -> None:
    # One write for each line: lines of several threads must not mix, nor stay in a buffer.
    os.write(1, (" ".join(words) + "\n").encode())


def main() -> None:
    url, folder, lease_s, name = sys.argv[1], Path(sys.argv[2]), float(sys.argv[3]), sys.argv[4]
    clock = SystemClock()
    ids = RandomIds(clock)
    store = open_store(url, folder, clock, ids, lease_s=lease_s, attempts=1000)
    reviews = reviews_of(store, clock, ids)
    say("ready")
    queue = ReviewQueue(
        Telling(reviews), Judges(judged, pause_s=random.uniform(0.1, 0.5)), BRIEF, name, AT_ONCE,
        look_s=0.05,
    )  # fmt: skip
    asyncio.run(queue.run(asyncio.Event()))


def judged(case: Case) -> Outcome:
    """A score of its own for each process, so that a doubled end would show."""
    return outcome_of(50, record=record_of(50, by=os.getpid(), of=case.submission_id))


class Telling:
    """The service, saying what was stored."""

    def __init__(self, reviews: Reviews) -> None:
        self._reviews = reviews
        self.store = reviews.store
        self.abstain = reviews.abstain

    def take(self, review_id: str, worker: str) -> ReviewLease | None:
        lease = self._reviews.take(review_id, worker)
        if lease is not None:
            say("taken", review_id)
        return lease

    def finish(self, lease: ReviewLease, outcome: Outcome) -> ReviewState:
        state = self._reviews.finish(lease, outcome)
        say("finished", lease.review_id, outcome.digest)
        return state


if __name__ == "__main__":
    main()
