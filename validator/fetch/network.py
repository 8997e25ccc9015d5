"""Connections to the very address that was checked, under one deadline for everything."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import httpcore

from validator.fetch.frames import Failure, FetchFailedError

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_TRIED: Final = 4
"""Addresses of one name that are tried, each with its share of the time."""

Resolve = Callable[[str, int], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Deadline:
    """The moment, on the monotonic clock, at which a whole fetch is over."""

    until: float
    monotonic: Callable[[], float] = time.monotonic

    def left(self) -> float:
        """Return the seconds that are left. Raises FetchFailedError (TOO_SLOW) when none are."""
        left = self.until - self.monotonic()
        if left <= 0:
            raise FetchFailedError(Failure.TOO_SLOW)
        return left


def resolve(host: str, port: int) -> Sequence[str]:
    """Return every address of a name, in the resolver's order. Raises FetchFailedError."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    except (OSError, UnicodeError):
        raise FetchFailedError(Failure.UNREACHABLE) from None
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


class CheckedBackend(httpcore.NetworkBackend):
    """Resolves once, checks every address, and connects to one of those by number.

    A name with one refused address is refused whole: what the client would pick then depends on
    order and luck, which is how rebinding works.
    """

    def __init__(
        self,
        deadline: Deadline,
        allowed: Callable[[str], bool],
        resolver: Resolve = resolve,
        *,
        own_host: bool = False,
    ) -> None:
        self._deadline = deadline
        self._allowed = allowed
        self._resolver = resolver
        self._own_host = own_host
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the deadline is nearer
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect. Raises FetchFailedError (REFUSED, UNREACHABLE, TOO_SLOW)."""
        addresses = self._resolver(host, port)
        if not all(map(self._allowed, addresses)):
            raise FetchFailedError(Failure.REFUSED)
        tried = addresses[:MAX_TRIED]
        for index, address in enumerate(tried):
            share = self._deadline.left() / (len(tried) - index)
            try:
                stream = self._inner.connect_tcp(
                    address, port, share, local_address, socket_options or []
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
            return self._checked(stream)
        self._deadline.left()
        raise FetchFailedError(Failure.UNREACHABLE)

    def _checked(self, stream: httpcore.NetworkStream) -> httpcore.NetworkStream:
        """A public address of this very machine leads to what listens behind its firewall."""
        ours, theirs = stream.get_extra_info("client_addr"), stream.get_extra_info("server_addr")
        if not self._own_host and ours[0] == theirs[0]:
            stream.close()
            raise FetchFailedError(Failure.REFUSED)
        return _Stream(stream, self._deadline)


class _Stream(httpcore.NetworkStream):
    """A connection whose every step ends with the deadline."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        return self._inner.read(max_bytes, self._deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        self._inner.write(buffer, self._deadline.left())

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        left = self._deadline.left()
        try:
            inner = self._inner.start_tls(ssl_context, server_hostname, left)
        except httpcore.ConnectError as error:
            if isinstance(error.__cause__, ssl.SSLCertVerificationError):
                raise FetchFailedError(Failure.CERTIFICATE) from None
            raise
        return _Stream(inner, self._deadline)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - as the base says
        return self._inner.get_extra_info(info)
