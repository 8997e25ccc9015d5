"""Cages made ahead, while nothing else is to be done.

Making a cage takes as long as a short program runs. A cage made ahead has nothing of any job: the
program's files are linked into its still empty folder, and its limits are told, when it is taken.
It serves one job and is gone.

They are made in quiet moments only. Made beside a running job, a cage would take from it what it
gives to the next one (measured on two cores: a Python program of 13 ms took 4 ms longer).
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sandboxes.protocol import SandboxError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sandboxes.bubblewrap.live import LiveCage

KEPT: Final = 2  # toolchains for which one cage each stands ready; an idle one takes about 1 MB
QUIET_S: Final = 0.003  # after a job, its result is being saved; the next job may follow at once
PATIENCE_S: Final = 1.0  # for a cage that is being made when it is asked for


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
        self._making: str | None = None
        self._jobs = 0
        self._quiet_since = 0.0
        self._thread: threading.Thread | None = None
        self._closed = False

    @contextlib.contextmanager
    def job(self, language: str | None, *, take: bool) -> Iterator[ReadyCage | None]:
        """While a job runs: yield a cage for it, if one stands or is just being made.

        Nothing is made or taken for a language of None; `take` False only keeps the quiet.
        """
        if language is None:
            yield None
            return
        ready = self._take(language, take=take)
        try:
            yield ready
        finally:
            if ready is not None:
                self._discard(ready)
            self._done(language)

    def _take(self, language: str, *, take: bool) -> ReadyCage | None:
        with self._changed:
            self._jobs += 1
            if not take:
                return None
            self._changed.wait_for(lambda: self._making != language or self._closed, PATIENCE_S)
            found = self._cages.pop(language, None)
        if found is None or found.cage.alive:
            return found
        self._discard(found)
        return None

    def _done(self, language: str) -> None:
        with self._changed:
            self._jobs -= 1
            self._quiet_since = time.monotonic()
            self._cages.setdefault(language)
            self._cages.move_to_end(language)
            surplus = [self._cages.popitem(last=False)[1] for _ in range(len(self._cages) - KEPT)]
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._run, name="cages", daemon=True)
                self._thread.start()
            self._changed.notify_all()
        for old in filter(None, surplus):
            self._discard(old)

    def close(self) -> None:
        """End all of them."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while (language := self._next()) is not None:
            made = None
            try:
                made = self._make(language)
            except (SandboxError, OSError, ValueError):
                pass  # the next job finds none, and asks again when it is done
            finally:
                unwanted = self._keep(language, made)
            if unwanted is not None:
                self._discard(unwanted)
        self._discard_all()

    def _next(self) -> str | None:
        """Wait for a quiet moment in which a cage is wanted; None when closed."""
        with self._changed:
            while not self._closed:
                wanted = [name for name, cage in self._cages.items() if cage is None]
                left = self._quiet_since + QUIET_S - time.monotonic()
                if wanted and not self._jobs and left <= 0:
                    self._making = wanted[-1]
                    return self._making
                self._changed.wait(left if wanted and not self._jobs else None)
            return None

    def _keep(self, language: str, made: ReadyCage | None) -> ReadyCage | None:
        """Put a new cage on its place, or return it if the place has gone."""
        with self._changed:
            self._making = None
            self._changed.notify_all()
            if self._closed or language not in self._cages or self._cages[language] is not None:
                return made
            if made is None:
                del self._cages[language]
            else:
                self._cages[language] = made
            return None

    def _discard_all(self) -> None:
        with self._changed:
            cages = [cage for cage in self._cages.values() if cage is not None]
            self._cages.clear()
        for cage in cages:
            self._discard(cage)
