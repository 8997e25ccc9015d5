"""Group commit: one thread that stores waiting submissions together, one sync for all of them."""

from __future__ import annotations

import os
import queue
import threading
import time
from concurrent.futures import Future
from typing import TYPE_CHECKING, NamedTuple

from validator.errors import StoreUnavailableError
from validator.store.ports import Accepted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from validator.errors import IdempotencyConflictError
    from validator.store.ports import NewSubmission

MAX_WAITING = 2048
_BATCH = 64
_BATCH_BYTES = 16 * 1024 * 1024
# In a crowd a moment's patience makes batches twice as large (measured at 16 connections: 1.3 times
# the rate); someone alone is never kept waiting.
_PATIENCE_S = 0.001
_MOMENTS = 6


class _Waiting(NamedTuple):
    new: NewSubmission
    future: Future[Accepted]


class GroupCommitWriter:
    """Takes submissions from many threads; started at the first one, anew after a fork.

    `accept_batch` stores a batch in one transaction. If a batch breaks a rule of the database,
    each of its items is tried by itself, so that one bad item cannot refuse its neighbours.
    """

    def __init__(
        self,
        accept_batch: Callable[
            [Sequence[NewSubmission]], Sequence[Accepted | IdempotencyConflictError]
        ],
    ) -> None:
        self._accept_batch = accept_batch
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._pid = os.getpid()
        self._closed = False
        self._waiting: queue.Queue[_Waiting | None] = queue.Queue(MAX_WAITING)

    def submit(self, new: NewSubmission) -> Future[Accepted]:
        """Raises StoreUnavailableError at once when too many wait already, or after `close`."""
        if self._pid != os.getpid():
            self._forget_parent()
        future: Future[Accepted] = Future()
        with self._lock:
            if self._closed:
                raise StoreUnavailableError("The store is closed.")
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
                self._thread.start()
            try:
                self._waiting.put_nowait(_Waiting(new, future))
            except queue.Full:
                raise StoreUnavailableError("Too many submissions wait for the database.") from None
        return future

    def close(self) -> None:
        """Store what is waiting, then stop."""
        if self._pid != os.getpid():
            self._forget_parent()
        with self._lock:
            if self._thread is not None and not self._closed:
                self._waiting.put(None)
            self._closed = True
        if self._thread is not None:
            self._thread.join()

    def _forget_parent(self) -> None:
        """After a fork: the thread is not here, and lock and queue may have been in mid-use."""
        self._lock = threading.Lock()
        self._waiting = queue.Queue(MAX_WAITING)
        self._thread = None
        self._pid = os.getpid()

    def _run(self) -> None:
        crowd = False
        while True:
            batch, last = self._collect(_PATIENCE_S if crowd else 0)
            crowd = len(batch) > 1
            if batch:
                self._store(batch)
            if last:
                return

    def _collect(self, patience_s: float) -> tuple[list[_Waiting], bool]:
        """Everything that waits now, up to a batch; whether the writer was closed."""
        batch: list[_Waiting] = []
        size = 0
        item = self._waiting.get()
        if item is not None and patience_s:
            self._await_company(patience_s)
        while item is not None:
            if item.future.set_running_or_notify_cancel():
                batch.append(item)
                size += len(item.new.body)
            if len(batch) >= _BATCH or size >= _BATCH_BYTES:
                return batch, False
            try:
                item = self._waiting.get_nowait()
            except queue.Empty:
                return batch, False
        return batch, True

    def _await_company(self, patience_s: float) -> None:
        """Wait while others still come in, a few moments at most."""
        before = -1
        for _ in range(_MOMENTS):
            now = self._waiting.qsize()
            if now == before or now >= _BATCH:
                return
            before = now
            time.sleep(patience_s)

    def _store(self, batch: Sequence[_Waiting]) -> None:
        try:
            answers = self._accept_batch([item.new for item in batch])
        except StoreUnavailableError as error:  # true of all of them
            _fail(batch, error)
        except BaseException as error:  # noqa: BLE001 - handed to whoever waits
            if len(batch) == 1:
                _fail(batch, error)
            else:
                for item in batch:
                    self._store([item])
        else:
            _answer(batch, answers)


def _fail(batch: Sequence[_Waiting], error: BaseException) -> None:
    for item in batch:
        item.future.set_exception(error)


def _answer(
    batch: Sequence[_Waiting], answers: Sequence[Accepted | IdempotencyConflictError]
) -> None:
    for item, answer in zip(batch, answers, strict=True):
        if isinstance(answer, Accepted):
            item.future.set_result(answer)
        else:
            item.future.set_exception(answer)
