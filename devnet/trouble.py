"""Switches for trouble: what a validator must live through, on demand.

They act on replies, on single transactions and on the node as a whole. Nothing here is kept over a
restart, and nothing is on unless somebody switched it on.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from devnet.errors import Code, HangUpError, NodeError

if TYPE_CHECKING:
    from collections.abc import Callable

FOREVER: Final = -1
"""A count that never ends."""


class Fate(StrEnum):
    """What becomes of a transaction that the node has accepted."""

    HOLD = "hold"
    """It waits and is never included."""
    DELAY = "delay"
    """It is included so many blocks later."""
    VANISH = "vanish"
    """The node forgets it."""
    REPLY_LOST = "reply_lost"
    """It is taken in; the connection ends before the reply."""
    TWICE = "twice"
    """Two blocks in a row hold it."""


class Down(StrEnum):
    """How a node that is down looks from outside."""

    REFUSED = "refused"
    """Nobody listens on the port; the control surface is gone, too."""
    UNAVAILABLE = "503"
    """Every request gets the HTTP status 503."""
    DROPPED = "dropped"
    """Every connection ends without a reply."""


@dataclass(slots=True)
class Fault:
    """Something wrong with replies to a method (None: to all), so many times."""

    method: str | None
    left: int

    def strikes(self, method: str) -> bool:
        """Say whether it applies to this call, and count the call if so."""
        if not self.left or self.method not in (None, method):
            return False
        self.left -= self.left > 0
        return True


@dataclass(slots=True)
class Failure(Fault):
    """An error instead of a result; without a code the connection ends."""

    code: int | None = None
    message: str = "trouble"


@dataclass(slots=True)
class Delay(Fault):
    """Seconds before a reply."""

    seconds: float = 0.0


@dataclass(slots=True)
class Lie(Fault):
    """A value put into results at a path of keys and positions."""

    path: tuple[str | int, ...] = ()
    value: object = None


@dataclass(frozen=True, slots=True)
class Doom:
    """A fate for one transaction; `blocks` counts for a delay."""

    fate: Fate
    blocks: int = 0


@dataclass(slots=True)
class Trouble:
    """What is switched on. `monotonic` gives seconds."""

    monotonic: Callable[[], float]
    syncing: bool = False
    pruned_topoheight: int | None = None
    failures: list[Failure] = field(default_factory=list)
    delays: list[Delay] = field(default_factory=list)
    lies: list[Lie] = field(default_factory=list)
    dooms: deque[Doom] = field(default_factory=deque)
    refusal: float | None = None
    """Seconds for which the port is about to be closed."""
    _down: Down | None = None
    _down_until: float = 0.0

    def clear(self) -> None:
        """Switch everything off."""
        self.syncing, self.pruned_topoheight, self._down = False, None, None
        for some in (self.failures, self.delays, self.lies, self.dooms):
            some.clear()

    def go_down(self, kind: Down, seconds: float) -> None:
        """Be down for so many seconds."""
        if kind is Down.REFUSED:
            self.refusal = seconds
            return
        self._down, self._down_until = kind, self.monotonic() + seconds

    @property
    def down(self) -> Down | None:
        """How the node is down at this moment; a closed port does not show here."""
        return self._down if self.monotonic() < self._down_until else None

    def delay(self, method: str) -> float:
        """Return how many seconds the reply must wait, and count the call."""
        return sum(one.seconds for one in self.delays if one.strikes(method))

    def check(self, method: str) -> None:
        """Raise the error that stands for this call: NodeError or HangUpError."""
        for failure in self.failures:
            if failure.strikes(method):
                if failure.code is None:
                    raise HangUpError
                raise NodeError(failure.code, failure.message)

    def check_syncing(self) -> None:
        """Raise what a node says to a transaction while it is syncing."""
        if self.syncing:
            raise NodeError(Code.SYNCING, "Blockchain is syncing")

    def distort(self, method: str, result: object) -> object:
        """Return the result with the lies for this method put into it."""
        for lie in self.lies:
            if lie.strikes(method):
                result = _put(result, lie.path, lie.value)
        return result

    def next_doom(self) -> Doom | None:
        """Return what is to become of the transaction just accepted."""
        return self.dooms.popleft() if self.dooms else None


def _put(document: object, path: tuple[str | int, ...], value: object) -> object:
    """Set what lies at the path, where that exists; elsewhere leave the document alone."""
    if not path:
        return value
    first, rest = path[0], path[1:]
    if isinstance(document, dict) and first in document:
        return document | {first: _put(document[first], rest, value)}
    if isinstance(document, list) and isinstance(first, int) and first < len(document):
        return [_put(v, rest, value) if i == first else v for i, v in enumerate(document)]
    return document
