"""A process that is meant to be killed: accepts, works and finishes, and says what it was told.

Each line on standard output is written after the store has returned: a promise to check later.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

from tests.fakes.store import document_of, new_submission, verdict_of
from validator.domain.clock import RandomIds, SystemClock
from validator.domain.submission import State
from validator.store.store import Store, open_store

PAUSE_S = 0.05  # enough to be killed in mid-write, not so much that the check takes minutes


def say(*words: str) -> None:
    # One write for each line: lines of several threads must not mix, nor stay in a buffer.
    os.write(1, (" ".join(words) + "\n").encode())


def accept(store: Store, ids: RandomIds) -> None:
    while True:
        new = new_submission(ids.new("sub"), body=b"x" * 4000)
        say("accepted", store.accept(new).row.submission_id)
        time.sleep(PAUSE_S)


def accept_soon(store: Store, ids: RandomIds) -> None:
    while True:
        batch = [store.accept_soon(new_submission(ids.new("sub"))) for _ in range(5)]
        for future in batch:
            say("accepted", future.result(60).row.submission_id)
        time.sleep(PAUSE_S)


def work(store: Store, ids: RandomIds) -> None:
    while True:
        for bell in store.pending(10):
            lease = store.take_lease(bell.submission_id, "w")
            if lease is not None:
                verdict = verdict_of(bell.submission_id, ids.new("ver"))
                store.finish(lease, verdict, document_of(verdict), State.DONE)
                say("finished", bell.submission_id, verdict.verdict_id)
            store.rung([bell.outbox_id])


def main() -> None:
    url, folder = sys.argv[1], Path(sys.argv[2])
    clock = SystemClock()
    ids = RandomIds(clock)
    store = open_store(url, folder, clock, ids)
    say("ready")
    for job in (accept, accept_soon, work):
        threading.Thread(target=job, args=(store, ids), daemon=True).start()
    threading.Event().wait()


if __name__ == "__main__":
    main()
