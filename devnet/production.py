"""Making blocks by the clock, and the word that the port is to be closed for a time."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from devnet.node import Node


class Production:
    """Makes a block every period. Without one, blocks come on demand only."""

    def __init__(self, node: Node, period_ms: int | None) -> None:
        self._node = node
        self.period_ms = period_ms
        self.pause_listening: Callable[[], None] = _nobody_listens
        """Set by whoever listens: close the port for as long as the trouble says."""
        self._changed = asyncio.Event()

    def set_period(self, period_ms: int | None) -> None:
        """Use another period from now on."""
        self.period_ms = period_ms
        self._changed.set()

    async def run(self) -> None:
        """Make blocks until cancelled."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            if self.period_ms is None:
                await self._changed.wait()
            else:
                due = max(due + self.period_ms / 1000, loop.time())
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), due - loop.time())
            if self._changed.is_set():
                self._changed.clear()
                due = loop.time()
                continue
            self._node.mine()


def _nobody_listens() -> None:
    """There is no port to close."""
