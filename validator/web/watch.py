"""One thread per process that looks into the store for everyone who waits.

A waiter costs a place in a list, not a thread or a connection. New waiters are looked at every few
milliseconds, old ones less often (a delay of at most 2 % of what they have waited already), and
the thread rests three times as long as it works, so many waiters make it slower, never busier.

A worker of this machine tells its verdicts by a bell. While that works, looking is only the
safety net, and waiters are looked at less often from the start.
"""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog

from validator.errors import TooBusyError, ValidatorError

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator, Sequence

    from validator.store.ports import Event, SubmissionStore

MIN_PAUSE_S = 0.002
TOLD_PAUSE_S = 0.02  # while the bell works
MAX_PAUSE_S = 0.25
LATENESS = 0.02
REST = 3.0
BATCH = 200  # ids in one query; SQLite's variable limit is far above

log = structlog.get_logger("web")


@dataclass(slots=True, eq=False)
class _Watch:
    """One waiter: woken with True or with events; the future belongs to its own event loop."""

    submission_id: str
    since: float
    due: float
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Sequence[Event]]
    stream: tuple[str, int] | None = None  # owner and the last event seen; None: waits for the end

    def wake(self, events: Sequence[Event]) -> None:
        self.loop.call_soon_threadsafe(_settle, self.future, events)

    def fail(self, error: Exception) -> None:
        self.loop.call_soon_threadsafe(_settle_error, self.future, error)


def _settle(future: asyncio.Future[Sequence[Event]], events: Sequence[Event]) -> None:
    if not future.done():
        future.set_result(events)


def _settle_error(future: asyncio.Future[Sequence[Event]], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)


@dataclass(slots=True)
class Watcher:
    """Waits for verdicts and events on behalf of requests. Capacity bounds both together."""

    store: SubmissionStore
    monotonic: Callable[[], float]
    capacity: int = 1000
    _watches: set[_Watch] = field(default_factory=set)
    _wake: threading.Condition = field(default_factory=threading.Condition)
    _thread: threading.Thread | None = None
    _closed: bool = False
    _taken: int = 0
    _pause: float = MIN_PAUSE_S

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Hold one of the places. Raises TooBusyError when none is free."""
        # Slots are taken and given back on the event loop only, so a plain counter is enough.
        if self._taken >= self.capacity or self._closed:
            raise TooBusyError(f"All {self.capacity} places for waiting requests are taken.")
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1

    @property
    def waiting(self) -> int:
        """How many places are taken."""
        return self._taken

    async def until_told(self, submission_id: str, timeout_s: float) -> bool:
        """Return True once there is a verdict or the row is final, False after the time.

        A bell is believed without looking, and anyone of this account could ring it: who is told
        reads the row, and waits on if it says otherwise.
        """
        return await self._wait(submission_id, None, timeout_s) is not None

    async def next_events(
        self, owner: str, submission_id: str, after: int, timeout_s: float
    ) -> Sequence[Event]:
        """Return the events after `after` as soon as there are any; empty after the time."""
        return await self._wait(submission_id, (owner, after), timeout_s) or ()

    def tell(self, submission_ids: Container[str]) -> None:
        """A worker says that these have a verdict. Called on the event loop."""
        with self._wake:
            for watch in self._watches:
                if watch.submission_id in submission_ids:
                    self._pause = TOLD_PAUSE_S
                    watch.due = 0.0
                    if watch.stream is None:
                        _settle(watch.future, ())
            self._wake.notify()

    def close(self) -> None:
        """End the thread and let every waiter go; streams end, `?wait=` answers 202."""
        with self._wake:
            self._closed = True
            watches, self._watches = self._watches, set()
            self._wake.notify_all()
        for watch in watches:
            watch.loop.call_soon_threadsafe(watch.future.cancel)
        if self._thread is not None:
            self._thread.join(timeout=5)

    @property
    def closed(self) -> bool:
        """True once the process is stopping."""
        return self._closed

    async def _wait(
        self, submission_id: str, stream: tuple[str, int] | None, timeout_s: float
    ) -> Sequence[Event] | None:
        loop = asyncio.get_running_loop()
        now = self.monotonic()
        watch = _Watch(submission_id, now, now + self._pause, loop, loop.create_future(), stream)
        self._add(watch)
        try:
            done, _ = await asyncio.wait((watch.future,), timeout=timeout_s)
            return watch.future.result() if done and not watch.future.cancelled() else None
        finally:
            with self._wake:
                self._watches.discard(watch)

    def _add(self, watch: _Watch) -> None:
        with self._wake:
            if self._closed:
                watch.future.cancel()
                return
            self._watches.add(watch)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="watcher", daemon=True)
                self._thread.start()
            self._wake.notify()

    def _run(self) -> None:
        while True:
            due = self._due()
            if due is None:
                return
            started = self.monotonic()
            self._look(due)
            now = self.monotonic()
            for watch in due:
                late = (now - watch.since) * LATENESS
                watch.due = now + min(max(late, self._pause), MAX_PAUSE_S)
            time.sleep(max(MIN_PAUSE_S / 2, (now - started) * REST))

    def _due(self) -> list[_Watch] | None:
        """Sleep until someone's turn; None when closed."""
        with self._wake:
            while not self._closed:
                now = self.monotonic()
                due = [watch for watch in self._watches if watch.due <= now]
                if due:
                    return due
                soonest = min((watch.due for watch in self._watches), default=None)
                self._wake.wait(None if soonest is None else soonest - now)
            return None

    def _look(self, due: list[_Watch]) -> None:
        try:
            self._look_for_ends([watch for watch in due if watch.stream is None])
            for watch in due:
                if watch.stream is not None:
                    self._look_for_events(watch, *watch.stream)
        except ValidatorError as error:  # the store is away: look again later
            log.warning("watcher cannot read the store", code=error.code)
            time.sleep(MAX_PAUSE_S)
        except Exception as error:  # a defect of ours: tell those who wait, keep serving others
            log.exception("watcher failed")
            for watch in due:
                watch.fail(error)

    def _look_for_ends(self, watches: list[_Watch]) -> None:
        for start in range(0, len(watches), BATCH):
            batch = watches[start : start + BATCH]
            finished = frozenset(self.store.finished([watch.submission_id for watch in batch]))
            for watch in batch:
                if watch.submission_id in finished:
                    self._pause = MIN_PAUSE_S  # found before it was told: the bell may be broken
                    watch.wake(())

    def _look_for_events(self, watch: _Watch, owner: str, after: int) -> None:
        events = self.store.events(owner, watch.submission_id, after)
        if events:
            watch.wake(events)
