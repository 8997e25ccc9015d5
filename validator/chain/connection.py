"""Connections to a node that are kept, and whose every step ends with the deadline of its call.

Nothing of the environment is heard: no proxy, no certificates from a variable.
"""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING, Any, Final

import httpcore

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable

MAX_TRIED: Final = 4
"""Addresses of one name that are tried, each with its share of the time."""


class CallClock(threading.local):
    """The call of this thread: when it must be over, and what of it has happened."""

    until: float = 0.0
    connected: bool = False
    heard: bool = False

    def begin(self, until: float) -> None:
        """Begin a call that must be over at this moment of the monotonic clock."""
        self.until, self.connected, self.heard = until, False, False

    @property
    def stale(self) -> bool:
        """Whether it went out on a kept connection and nothing at all came back."""
        return not self.connected and not self.heard

    def left(self) -> float:
        """Return the seconds that are left. Raises httpcore.ReadTimeout when none are."""
        left = self.until - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the call's deadline")
        return left


class DeadlineBackend(httpcore.NetworkBackend):
    """Connects within the deadline of the calling thread. A resolver that hangs adds its time."""

    def __init__(self, clock: CallClock) -> None:
        self._clock = clock
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the deadline is nearer
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address of the name that answers. Raises httpcore's errors."""
        self._clock.connected = True
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise httpcore.ConnectError("the name is not known") from None
        tried = list(dict.fromkeys(str(entry[4][0]) for entry in found))[:MAX_TRIED]
        for index, address in enumerate(tried):
            share = self._clock.left() / (len(tried) - index)
            try:
                stream = self._inner.connect_tcp(
                    address, port, share, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
            return _Stream(stream, self._clock)
        self._clock.left()
        raise httpcore.ConnectError("no address answers")


class _Stream(httpcore.NetworkStream):
    """A connection that serves one call at a time, each with its own deadline."""

    def __init__(self, inner: httpcore.NetworkStream, clock: CallClock) -> None:
        self._inner = inner
        self._clock = clock

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        data = self._inner.read(max_bytes, self._clock.left())
        self._clock.heard = self._clock.heard or bool(data)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        self._inner.write(buffer, self._clock.left())

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        inner = self._inner.start_tls(ssl_context, server_hostname, self._clock.left())
        return _Stream(inner, self._clock)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - as the base says
        return self._inner.get_extra_info(info)
