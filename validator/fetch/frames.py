"""What the fetcher and its parent say to each other: one letter, a length, that many bytes.

The parent believes nothing: a frame is at most `MAX_FRAME` long, letters and failures come from
closed lists, and every word that a person reads is the parent's own.
"""

from __future__ import annotations

import struct
import time
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

MAX_FRAME: Final = 256 * 1024
"""Bytes after the header."""

_HEADER: Final = struct.Struct(">cI")
_RECEIVE: Final = 256 * 1024


class Kind(Enum):
    """What a frame is."""

    POLICY = b"P"  # parent, once: what may be fetched, as JSON
    READY = b"R"  # child, once: locked down
    REQUEST = b"Q"  # parent: one fetch, as JSON
    DATA = b"D"  # child: a piece of the content
    END = b"E"  # child: that was all of it
    FAILED = b"F"  # child: why there is no content, as JSON


class Failure(StrEnum):
    """Why a fetch failed."""

    REFUSED = "refused"
    TOO_LARGE = "too_large"
    TOO_SLOW = "too_slow"
    NOT_FOUND = "not_found"
    UNREACHABLE = "unreachable"
    CERTIFICATE = "certificate"
    STATUS = "status"
    BROKEN = "broken"


class FetchFailedError(Exception):
    """A fetch that failed for a known reason. `status` is the HTTP status where that says it."""

    def __init__(self, failure: Failure, status: int = 0) -> None:
        self.failure = failure
        self.status = status
        super().__init__(failure.value)


class FrameError(Exception):
    """The other end broke the protocol, or is gone."""


class Frames:
    """One end of the connection; for one thread."""

    def __init__(
        self, connection: socket.socket, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._socket = connection
        self._monotonic = monotonic
        self._unread = bytearray()

    def send(self, kind: Kind, data: bytes = b"", until: float | None = None) -> None:
        """Write one frame. Raises TimeoutError after the moment `until`, FrameError when cut."""
        if len(data) > MAX_FRAME:
            raise FrameError("the frame is too long")
        self._limit(until)
        try:
            self._socket.sendall(_HEADER.pack(kind.value, len(data)) + data)
        except TimeoutError:
            raise
        except OSError:
            raise FrameError("the other end is gone") from None

    def receive(self, until: float | None = None) -> tuple[Kind, bytes]:
        """Return the next frame. Raises TimeoutError after the moment `until`, FrameError."""
        letter, size = _HEADER.unpack(self._take(_HEADER.size, until))
        if size > MAX_FRAME:
            raise FrameError("the frame is too long")
        try:
            kind = Kind(letter)
        except ValueError:
            raise FrameError("the frame is of no known kind") from None
        return kind, self._take(size, until)

    def _take(self, size: int, until: float | None) -> bytes:
        while len(self._unread) < size:
            self._limit(until)
            try:
                data = self._socket.recv(_RECEIVE)
            except TimeoutError:
                raise
            except OSError:
                raise FrameError("the other end is gone") from None
            if not data:
                raise FrameError("the other end is gone")
            self._unread += data
        taken = bytes(self._unread[:size])
        del self._unread[:size]
        return taken

    def _limit(self, until: float | None) -> None:
        left = None if until is None else until - self._monotonic()
        if left is not None and left <= 0:
            raise TimeoutError
        self._socket.settimeout(left)
