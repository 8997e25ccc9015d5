"""Threads for what may take long, so that nobody's slow server keeps blocks from being read."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Crew:
    """A few threads that end with the process: what they were at is done again after a start."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._jobs: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        for number in range(size):
            name = f"follow-{number}"
            threading.Thread(target=self._work, name=name, daemon=True).start()

    def start(self, job: Callable[[], None]) -> None:
        """Have a job done soon. It must not raise."""
        self._jobs.put(job)

    def _work(self) -> None:
        while True:
            self._jobs.get()()
