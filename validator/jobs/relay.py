"""The relay: rings Celery for every outbox entry, and gives lost work a new one.

Publish, then delete: a kill between the two rings twice, and the second worker finds no lease to
take. Nobody else publishes; a request never waits for the broker.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog
from kombu.exceptions import KombuError

from validator.errors import StoreUnavailableError
from validator.jobs.queues import VALIDATE
from validator.store.liveness import stalls

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from celery import Celery

    from validator.settings import WorkerSettings
    from validator.store.bell import Porter
    from validator.store.ports import Doorbell, OutboxStore

POLL_S = 0.5  # what a lost ring costs
BATCH = 100
# Published entries are deleted a moment later: at once, the deletion would take SQLite's one write
# lock just when the worker that was rung wants it for its lease.
FORGET_S = 0.03
FIRST_BACKOFF_S = 0.2
LAST_BACKOFF_S = 5.0

log = structlog.get_logger(__name__)


class Ringer:
    """Publishes through one connection, without retries: the relay's loop is the retry."""

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._connection: Any = None
        self._producer: Any = None

    @property
    def errors(self) -> tuple[type[BaseException], ...]:
        """What a broker that cannot be reached raises."""
        connection = self._app.connection_for_write()
        found: tuple[type[BaseException], ...] = (
            *connection.connection_errors,
            *connection.channel_errors,
            KombuError,  # what Celery makes of them while it publishes
            OSError,
        )
        return found

    def ring(self, bell: Doorbell) -> None:
        """Publish one message: the submission's id and nothing else."""
        if self._producer is None:
            self._connection = self._app.connection_for_write()
            self._producer = self._app.amqp.Producer(self._connection)
        self._app.send_task(
            VALIDATE,
            args=[bell.submission_id],
            queue=bell.queue,
            producer=self._producer,
            retry=False,
            ignore_result=True,
            argsrepr="",
            kwargsrepr="",
        )

    def drop(self) -> None:
        """Forget the connection; the next ring makes a new one."""
        connection, self._connection, self._producer = self._connection, None, None
        if connection is not None:
            connection.release()


@dataclass(slots=True)
class Relay:
    """One loop: wait for the bell, publish what is pending, sweep now and then."""

    store: OutboxStore
    ringer: Ringer
    porter: Porter
    worker: WorkerSettings
    alarm: Callable[[str], None] = lambda _reason: None
    monotonic: Callable[[], float] = time.monotonic
    _errors: tuple[type[BaseException], ...] = field(init=False)
    _backoff: float = field(default=0.0, init=False)
    _not_before: float = field(default=0.0, init=False)
    _next_sweep: float = field(default=0.0, init=False)
    _stalls: tuple[str, ...] = field(default=(), init=False)
    _rung: set[int] = field(default_factory=set, init=False)  # published, not yet deleted

    def __post_init__(self) -> None:
        self._errors = self.ringer.errors

    def run(self, stopping: Callable[[], bool]) -> None:
        """Serve until told to stop. Survives any outage of broker and database."""
        while not stopping():
            heard = self.porter.wait(FORGET_S if self._rung else POLL_S)
            self.turn(forget=not heard)
        self.turn()
        self.ringer.drop()

    def turn(self, *, forget: bool = True) -> None:
        """Publish and sweep once, as far as both sides answer."""
        now = self.monotonic()
        if now < self._not_before:
            return
        try:
            self._publish()
            if forget:
                self._forget()
            if now >= self._next_sweep:
                self._next_sweep = now + self.worker.sweep_s
                self._sweep()
        except StoreUnavailableError as error:
            self._hold("store", error.detail)
        except self._errors as error:
            self.ringer.drop()
            self._hold("broker", type(error).__name__)
        else:
            if self._backoff:
                log.info("relay_resumed")
            self._backoff = 0.0

    def _publish(self) -> None:
        while True:
            bells = self.store.pending(BATCH + len(self._rung))
            fresh = [bell for bell in bells if bell.outbox_id not in self._rung]
            for bell in fresh:
                self.ringer.ring(bell)
                self._rung.add(bell.outbox_id)
            if len(self._rung) >= BATCH:
                self._forget()
            if len(fresh) < BATCH:
                return

    def _forget(self) -> None:
        if self._rung:
            self.store.rung(sorted(self._rung))
            self._rung.clear()

    def _sweep(self) -> None:
        """Ring again for what was lost, and say so when work does not move."""
        touched = self.store.sweep(self.worker.republish_s)
        if touched:
            log.info("republished", submissions=touched)
            self._publish()
        found = stalls(self.store.backlog(), self.worker)
        for reason in found:
            self.alarm(reason)
        if found != self._stalls:
            self._stalls = found
            if found:
                log.error("work_stalled", reasons=found)
            else:
                log.info("work_moves_again")

    def _hold(self, side: str, detail: str) -> None:
        self._backoff = min(LAST_BACKOFF_S, self._backoff * 2 or FIRST_BACKOFF_S)
        self._not_before = self.monotonic() + self._backoff
        log.warning("relay_holds", side=side, detail=detail, seconds=self._backoff)
