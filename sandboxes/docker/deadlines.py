"""One thread that ends what is late. It reads nothing, so no output can hold it up."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

Act = Callable[[], float | None]
"""Called when the time has come: returns a later time to be called again, or None."""


class Deadline:
    """A time that may still move, as time.monotonic() counts."""

    def __init__(self, when: float, act: Act) -> None:
        self.when = when
        self.act = act
        self.over = False

    def move(self, when: float) -> None:
        """Not before then; a time before the one that is set has no effect."""
        self.when = max(self.when, when)


class Deadlines:
    """Keeps deadlines and acts on those that pass."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._heap: list[tuple[float, int, Deadline]] = []
        self._serial = itertools.count()
        self._thread: threading.Thread | None = None
        self._closed = False

    @contextmanager
    def guard(self, when: float, act: Act) -> Iterator[Deadline]:
        """Act unless the body is left before `when`."""
        deadline = Deadline(when, act)
        with self._changed:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="deadlines", daemon=True)
                self._thread.start()
            first = not self._heap or when < self._heap[0][0]
            heapq.heappush(self._heap, (when, next(self._serial), deadline))
            if first:
                self._changed.notify()
        try:
            yield deadline
        finally:
            # Left in the heap, where it is dropped when its time comes.
            deadline.over = True

    def close(self) -> None:
        """Stop. Nothing is acted on any more."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while (deadline := self._next()) is not None:
            later = deadline.act()
            if later is not None:
                deadline.when = later
                self._keep(deadline)

    def _keep(self, deadline: Deadline) -> None:
        with self._changed:
            heapq.heappush(self._heap, (deadline.when, next(self._serial), deadline))

    def _next(self) -> Deadline | None:
        """Wait for a deadline that has passed; None when closed."""
        with self._changed:
            while not self._closed:
                if not self._heap:
                    self._changed.wait()
                    continue
                when, _, deadline = self._heap[0]
                left = when - time.monotonic()
                if not deadline.over and left > 0:
                    self._changed.wait(left)
                    continue
                heapq.heappop(self._heap)
                if deadline.over:
                    continue
                if deadline.when > when:  # it has moved
                    heapq.heappush(self._heap, (deadline.when, next(self._serial), deadline))
                    continue
                return deadline
            return None
