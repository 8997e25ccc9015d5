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


@dataclass(frozen=True, slots=True)
class Asked:
    """A call: its method, and the name under which the caller reached the node.

    127.0.0.1 and localhost are two endpoints for whoever wants two that disagree.
    """

    method: str
    host: str | None = None


@dataclass(slots=True)
class Fault:
    """Something wrong with replies to a method at a host (None: to all), so many times."""

    method: str | None
    host: str | None
    left: int

    def strikes(self, asked: Asked) -> bool:
        """Say whether it applies to this call, and count the call if so."""
        if self.method not in (None, asked.method) or self.host not in (None, asked.host):
            return False
        if not self.left:
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
    _down_host: str | None = None
    _down_until: float = 0.0

    def clear(self) -> None:
        """Switch everything off."""
        self.syncing, self.pruned_topoheight, self._down = False, None, None
        for some in (self.failures, self.delays, self.lies, self.dooms):
            some.clear()

    def go_down(self, kind: Down, seconds: float, host: str | None = None) -> None:
        """Be down for so many seconds, at one host or at all. A port closes for all."""
        if kind is Down.REFUSED:
            self.refusal = seconds
            return
        self._down, self._down_host = kind, host
        self._down_until = self.monotonic() + seconds

    def down(self, host: str | None) -> Down | None:
        """Return how the node is down at this host now; a closed port does not show here."""
        over = self.monotonic() >= self._down_until
        return None if over or self._down_host not in (None, host) else self._down

    def delay(self, asked: Asked) -> float:
        """Return how many seconds the reply must wait, and count the call."""
        return sum(one.seconds for one in self.delays if one.strikes(asked))

    def check(self, asked: Asked) -> None:
        """Raise the error that stands for this call: NodeError or HangUpError."""
        for failure in self.failures:
            if failure.strikes(asked):
                if failure.code is None:
                    raise HangUpError
                raise NodeError(failure.code, failure.message)

    def check_syncing(self) -> None:
        """Raise what a node says to a transaction while it is syncing."""
        if self.syncing:
            raise NodeError(Code.SYNCING, "Blockchain is syncing")

    def distort(self, asked: Asked, result: object) -> object:
        """Return the result with the lies for this call put into it."""
        for lie in self.lies:
            if lie.strikes(asked):
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
