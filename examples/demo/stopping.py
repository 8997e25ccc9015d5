"""Ctrl-C as a flag that every wait looks at, so that no moment exists in which it does harm."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
EXIT_CODE = 130
"""What shells use for a program that Ctrl-C ended."""


class StoppedError(Exception):
    """The user asked the demo to stop."""


class Stop:
    """While in force, stop signals only count; an exception is raised where `check` stands."""

    def __init__(self) -> None:
        self.count = 0
        self._asked = threading.Event()
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        for number in SIGNALS:
            self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *exc: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.count += 1
        self._asked.set()

    @property
    def asked(self) -> bool:
        """True once a stop was asked for."""
        return self._asked.is_set()

    def check(self) -> None:
        """Raise StoppedError if a stop was asked for."""
        if self.asked:
            raise StoppedError

    def sleep(self, seconds: float) -> None:
        """Wait, and raise StoppedError as soon as a stop is asked for."""
        self._asked.wait(seconds)
        self.check()
