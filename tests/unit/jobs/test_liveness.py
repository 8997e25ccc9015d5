from __future__ import annotations

import pytest

from validator.settings import WorkerSettings
from validator.store.liveness import stalls

WORKER = WorkerSettings()


def counts(**given: float) -> dict[str, float]:
    quiet = {
        "outbox": 0,
        "queued": 0,
        "running": 0,
        "parked": 0,
        "oldest_s": 0,
        "last_finish_s": -1,
    }
    return quiet | given


@pytest.mark.parametrize(
    ("backlog", "expected"),
    [
        (counts(), ()),
        (counts(queued=500, running=2, oldest_s=4000, last_finish_s=1), ()),
        (counts(queued=1, oldest_s=5), ()),
        (counts(queued=1, oldest_s=5, last_finish_s=90_000), ()),  # a quiet night, then one
        (counts(queued=1, oldest_s=60, last_finish_s=1), ()),
        (counts(queued=1, oldest_s=60), ("work_not_taken",)),
        (counts(queued=1, oldest_s=60, last_finish_s=50), ("work_not_taken",)),
        (counts(running=1, oldest_s=500), ()),  # a plan may take as long
        (counts(running=1, oldest_s=700, last_finish_s=650), ("work_not_finishing",)),
        (counts(outbox=3, queued=3, running=1, oldest_s=20), ("outbox_not_moving",)),
        (counts(outbox=3, queued=3, oldest_s=60), ("outbox_not_moving", "work_not_taken")),
        (counts(parked=9, last_finish_s=90_000), ()),
    ],
)
def test_a_stall_is_told_by_work_that_does_not_move(
    backlog: dict[str, float], expected: tuple[str, ...]
) -> None:
    assert stalls(backlog, WORKER) == expected
