"""Is accepted work moving? Reason codes from the store's counts: pure, for readiness and the log.

A worker process can be alive and take nothing (Celery after a lost broker connection), or take
work and never finish it. So the check looks at work finishing, never at processes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from validator.settings import WorkerSettings

OUTBOX_NOT_MOVING = "outbox_not_moving"
"""Entries stay in the outbox: no relay runs, or the broker is down."""

WORK_NOT_TAKEN = "work_not_taken"
"""Work waits while no worker holds any: none runs, or none consumes."""

WORK_NOT_FINISHING = "work_not_finishing"
"""Work is held and waits, and longer than any task may run nothing has finished."""


def stalls(backlog: Mapping[str, float], worker: WorkerSettings) -> tuple[str, ...]:
    """What is stuck, most telling first; empty when work moves or there is none."""
    waiting, idle = backlog["oldest_s"], backlog["last_finish_s"]
    if idle >= 0:  # less than 0: nothing has ever finished
        waiting = min(waiting, idle)
    found = []
    if backlog["outbox"] and waiting > worker.republish_s:
        found.append(OUTBOX_NOT_MOVING)
    if backlog["queued"] and not backlog["running"] and waiting > 2 * worker.republish_s:
        found.append(WORK_NOT_TAKEN)
    if backlog["running"] and waiting > worker.hard_limit_s:
        found.append(WORK_NOT_FINISHING)
    return tuple(found)
