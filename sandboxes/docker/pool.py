"""Things made ahead of need: taken once, never given back.

How many stand ready follows demand; how fast they are made is bounded, since making one takes
from the jobs that run what it gives to those that come.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from sandboxes.protocol import SandboxError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")

DEMAND_S: Final = 10.0
"""As many stand ready as were taken within this time."""
IDLE_S: Final = 600.0
"""A kind that nobody asked for that long is not kept."""
PATIENCE_S: Final = 5.0
"""After a failure nothing is made for so long."""
TICK_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class PoolSize:
    """At most `kept` things of all kinds together, made no faster than `per_s` a second."""

    kept: int = 4
    per_s: float = 4.0


@dataclass(slots=True)
class _Shelf(Generic[T]):
    """One kind: what stands ready, and when it was asked for."""

    least: int = 0
    things: deque[T] = field(default_factory=deque)
    asked: deque[float] = field(default_factory=lambda: deque(maxlen=64))

    def wanted(self, now: float) -> int:
        """How many should stand ready."""
        if not self.asked or now - self.asked[-1] > IDLE_S:
            return self.least
        recent = sum(1 for when in self.asked if now - when <= DEMAND_S)
        return max(self.least, recent, 1)


class Pool(Generic[T]):
    """Keeps things by kind. All are made by one thread; `discard` may be called from any."""

    def __init__(
        self,
        make: Callable[[str], T],
        discard: Callable[[T], None],
        alive: Callable[[T], bool],
        size: PoolSize,
        warm: Mapping[str, int] | None = None,
    ) -> None:
        """`warm` says how many of a kind stand ready whatever the demand."""
        self._make, self._discard, self._alive = make, discard, alive
        self._size = size
        self._changed = threading.Condition()
        self._shelves: OrderedDict[str, _Shelf[T]] = OrderedDict(
            (kind, _Shelf(least)) for kind, least in (warm or {}).items()
        )
        self._not_before = 0.0
        self._thread: threading.Thread | None = None
        self._closed = False
        if warm:
            self._start()

    def take(self, kind: str) -> T | None:
        """Return one that lives and is nobody else's; None when none stands ready."""
        while True:
            with self._changed:
                if self._closed:
                    return None
                shelf = self._shelves.setdefault(kind, _Shelf())
                self._shelves.move_to_end(kind)
                shelf.asked.append(time.monotonic())
                thing = shelf.things.popleft() if shelf.things else None
                self._start()
                self._changed.notify_all()
            if thing is None or self._alive(thing):
                return thing
            self._discard(thing)

    def standing(self) -> dict[str, int]:
        """How many of each kind stand ready."""
        with self._changed:
            return {kind: len(shelf.things) for kind, shelf in self._shelves.items()}

    def close(self) -> None:
        """End all that stand, and make no more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join()
        for thing in self._drain():
            self._discard(thing)

    def _drain(self) -> list[T]:
        with self._changed:
            things = [thing for shelf in self._shelves.values() for thing in shelf.things]
            self._shelves.clear()
        return things

    def _start(self) -> None:
        if self._thread is None and self._size.kept > 0:
            self._thread = threading.Thread(target=self._run, name="sandbox-pool", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while True:
            surplus, kind, closed = self._next()
            for thing in surplus:
                self._discard(thing)
            if closed:
                return
            if kind is not None:
                self._fill(kind)

    def _fill(self, kind: str) -> None:
        began = time.monotonic()
        try:
            thing = self._make(kind)
        except SandboxError:  # whoever needs one now makes it, and hears why it cannot be had
            self._not_before = time.monotonic() + PATIENCE_S
            return
        self._not_before = began + 1 / self._size.per_s
        with self._changed:
            if not self._closed:
                self._shelves.setdefault(kind, _Shelf()).things.append(thing)
                return
        self._discard(thing)

    def _next(self) -> tuple[list[T], str | None, bool]:
        """Wait for something to do: things that are too many, a kind to make, or the end."""
        with self._changed:
            while not self._closed:
                now = time.monotonic()
                surplus = self._surplus(now)
                kind = self._lacking(now)
                left = self._not_before - now
                if surplus or (kind is not None and left <= 0):
                    return surplus, kind if left <= 0 else None, False
                self._changed.wait(TICK_S if kind is None else left)
            return [], None, True

    def _lacking(self, now: float) -> str | None:
        """The kind asked for last of those that have less than they should, if there is room."""
        standing = sum(len(shelf.things) for shelf in self._shelves.values())
        if standing >= self._size.kept:
            return None
        for kind, shelf in reversed(self._shelves.items()):
            if len(shelf.things) < shelf.wanted(now):
                return kind
        return None

    def _surplus(self, now: float) -> list[T]:
        """Take off the shelves what nobody has asked for, or what keeps a wanted kind out."""
        gone: list[T] = []
        for shelf in self._shelves.values():
            if shelf.wanted(now) == 0:
                gone += shelf.things
                shelf.things.clear()
        kinds = list(self._shelves.values())
        full = sum(len(shelf.things) for shelf in kinds) >= self._size.kept
        if full and kinds and not kinds[-1].things:  # the kind asked for last has none
            crowded = next(shelf for shelf in kinds if shelf.things)
            gone.append(crowded.things.popleft())
        return gone
