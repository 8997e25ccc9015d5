"""Ends of the store's futures, brought to the event loop: one wake-up for all that came at once."""

from __future__ import annotations

import asyncio
from collections import deque
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future

    from validator.store.ports import Accepted


class Landing:
    """For one event loop. `landed` is called on it once for each batch, before anyone goes on."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, landed: Callable[[Sequence[Accepted]], None]
    ) -> None:
        self.loop = loop
        self._landed = landed
        self._ended: deque[tuple[asyncio.Future[Accepted], Future[Accepted]]] = deque()
        self._called = False

    def expect(self, pending: Future[Accepted]) -> asyncio.Future[Accepted]:
        """Return a future of this loop that ends as `pending` does."""
        here = self.loop.create_future()
        pending.add_done_callback(partial(self._end, here))
        return here

    def _end(self, here: asyncio.Future[Accepted], pending: Future[Accepted]) -> None:
        """Called in the store's thread. A wake-up costs a system call, so neighbours share one."""
        self._ended.append((here, pending))
        if not self._called:
            self._called = True
            if not self.loop.is_closed():
                self.loop.call_soon_threadsafe(self._settle)

    def _settle(self) -> None:
        # First the flag: what is appended after the last look then calls again.
        self._called = False
        ended = [self._ended.popleft() for _ in range(len(self._ended))]
        self._landed([pending.result() for _, pending in ended if pending.exception() is None])
        for here, pending in ended:
            if here.done():  # its client has gone; the row is stored all the same
                continue
            error = pending.exception()
            if error is None:
                here.set_result(pending.result())
            else:
                here.set_exception(error)


class Landings:
    """The landing of whichever loop asks; a process has one loop, tests have several in turn."""

    def __init__(self, landed: Callable[[Sequence[Accepted]], None]) -> None:
        self._landed = landed
        self._last: Landing | None = None

    def here(self) -> Landing:
        """Return the running loop's landing."""
        loop = asyncio.get_running_loop()
        if self._last is None or self._last.loop is not loop:
            self._last = Landing(loop, self._landed)
        return self._last
