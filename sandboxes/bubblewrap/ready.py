"""Cages made ahead: while one job runs, the cage of the next one is being built.

Making a cage takes as long as a short program runs. A cage made ahead has nothing of any job: the
program's files are linked into its still empty folder, and its limits are told, when it is taken.
It serves one job and is gone.
"""

from __future__ import annotations

import contextlib
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sandboxes.protocol import SandboxError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sandboxes.bubblewrap.live import LiveCage

KEPT: Final = 2  # toolchains for which one cage each stands ready; an idle one takes about 1 MB


@dataclass(frozen=True, slots=True)
class ReadyCage:
    """A cage, and its folder on the host with the still empty ones of program and input."""

    cage: LiveCage
    folder: Path
    program: Path
    inputs: Path


class ReadyCages:
    """Keeps one cage for each of the languages asked for last.

    All are made by one thread that lives as long as they do: the kernel ends a cage with the
    thread that started it. What fails here is no error: the job makes its cage itself.
    """

    def __init__(
        self, make: Callable[[str], ReadyCage], discard: Callable[[ReadyCage], None]
    ) -> None:
        self._make = make
        self._discard = discard
        self._changed = threading.Condition()
        self._cages: OrderedDict[str, ReadyCage | None] = OrderedDict()  # None: wanted
        self._thread: threading.Thread | None = None
        self._closed = False

    def take(self, language: str) -> ReadyCage | None:
        """Hand over a cage, if one is ready, and have the next one made."""
        with self._changed:
            if self._closed:
                return None
            found = self._cages.pop(language, None)
            self._cages[language] = None
            surplus = [self._cages.popitem(last=False)[1] for _ in range(len(self._cages) - KEPT)]
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="cages", daemon=True)
                self._thread.start()
            self._changed.notify()
        for old in filter(None, surplus):
            self._discard(old)
        if found is None or found.cage.alive:
            return found
        self._discard(found)
        return None

    def close(self) -> None:
        """End all of them."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while (language := self._next()) is not None:
            try:
                made = self._make(language)
            except (SandboxError, OSError, ValueError):
                self._give_up(language)
                continue
            with self._changed:
                wanted = not self._closed and self._cages.get(language, made) is None
                if wanted:
                    self._cages[language] = made
            if not wanted:
                self._discard(made)
        self._discard_all()

    def _next(self) -> str | None:
        """Wait until a cage is wanted; None when closed."""
        with self._changed:
            while not self._closed:
                for language, cage in self._cages.items():
                    if cage is None:
                        return language
                self._changed.wait()
            return None

    def _give_up(self, language: str) -> None:
        with self._changed, contextlib.suppress(KeyError):
            if self._cages[language] is None:
                del self._cages[language]  # the next job asks again

    def _discard_all(self) -> None:
        with self._changed:
            cages = [cage for cage in self._cages.values() if cage is not None]
            self._cages.clear()
        for cage in cages:
            self._discard(cage)
