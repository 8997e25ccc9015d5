"""One `https:` fetch: requests, redirects followed by hand, and a body that is counted."""

from __future__ import annotations

import ssl
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import httpcore

from validator.fetch.frames import Failure, FetchFailedError
from validator.fetch.network import CheckedBackend, Deadline, Resolve, resolve
from validator.fetch.policy import Reach

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from validator.fetch.policy import Policy, WebTarget

_OK: Final = 200
_MOVED: Final = frozenset({301, 302, 303, 307, 308})
_ABSENT: Final = frozenset({404, 410})
_UNPACKED: Final = 64 * 1024  # bytes unpacked at a time
_GZIP: Final = 16 + zlib.MAX_WBITS  # zlib: a gzip header and trailer
_LONGEST_LENGTH: Final = 20  # digits of a Content-Length
_HEADERS: Final = (
    ("Accept", "*/*"),
    ("Accept-Encoding", "identity"),
    ("Connection", "close"),
    ("User-Agent", "tos-validator"),
)


@dataclass(frozen=True, slots=True)
class Web:
    """How to reach the network; tests bring a resolver and addresses of their own."""

    policy: Policy
    tls: ssl.SSLContext
    resolver: Resolve = resolve
    allowed: Callable[[Reach, str], bool] = lambda reach, address: reach.allows(address)
    own_host: bool = False
    """Whether a connection may end on this machine, whatever the address. Always on loopback."""

    def fetch(self, target: WebTarget, limit: int, deadline: Deadline) -> Iterator[bytes]:
        """Yield the body's pieces, unpacked, together at most `limit` bytes.

        Raises FetchFailedError, also after some pieces.
        """
        for _ in range(self.policy.redirects + 1):
            with _known_failures(), self._answer(target, deadline) as response:
                if response.status == _OK:
                    yield from _body(response, limit)
                    return
                target = self.policy.follow(target, _location(response))
        raise FetchFailedError(Failure.REFUSED)

    @contextmanager
    def _answer(self, target: WebTarget, deadline: Deadline) -> Iterator[httpcore.Response]:
        backend = CheckedBackend(
            deadline,
            lambda address: self.allowed(target.reach, address),
            self.resolver,
            own_host=self.own_host or target.reach is Reach.LOOPBACK,
        )
        uri = target.uri
        url = httpcore.URL(
            scheme=uri.scheme.encode(),
            host=uri.host.encode(),
            port=uri.port,
            target=uri.target.encode(),
        )
        headers = [("Host", uri.authority), *_HEADERS]
        with (
            httpcore.ConnectionPool(
                ssl_context=self.tls, max_keepalive_connections=0, network_backend=backend
            ) as pool,
            pool.stream("GET", url, headers=headers) as response,
        ):
            yield response


def trust(authorities: str | None) -> ssl.SSLContext:
    """Return what certificates are verified against: the public authorities, or one file's."""
    if authorities is not None:
        return ssl.create_default_context(cafile=authorities)
    return httpcore.default_ssl_context()


@contextmanager
def _known_failures() -> Iterator[None]:
    """Turn the library's errors into failures from the closed list."""
    try:
        yield
    except httpcore.TimeoutException:
        raise FetchFailedError(Failure.TOO_SLOW) from None
    except httpcore.NetworkError:
        raise FetchFailedError(Failure.UNREACHABLE) from None
    except (httpcore.ProtocolError, httpcore.UnsupportedProtocol):
        raise FetchFailedError(Failure.BROKEN) from None


def _location(response: httpcore.Response) -> str:
    """Return where a redirect leads, as text; any other answer is a failure."""
    if response.status in _ABSENT:
        raise FetchFailedError(Failure.NOT_FOUND)
    found = _header(response, b"location")
    if response.status not in _MOVED or not found:
        raise FetchFailedError(Failure.STATUS, response.status)
    return found.decode("latin-1")


def _body(response: httpcore.Response, limit: int) -> Iterator[bytes]:
    length = _header(response, b"content-length")
    if length.isdigit() and (len(length) > _LONGEST_LENGTH or int(length) > limit):
        raise FetchFailedError(Failure.TOO_LARGE)
    encoding = _header(response, b"content-encoding").strip().lower()
    if encoding in (b"", b"identity"):
        yield from _counted(response.iter_stream(), limit)
    elif encoding == b"gzip":  # sent by some although it was not asked for
        packed = _counted(response.iter_stream(), limit)
        yield from _counted(_unpacked(packed), limit)
    else:
        raise FetchFailedError(Failure.BROKEN)


def _header(response: httpcore.Response, name: bytes) -> bytes:
    """Return a header's value, empty where there is none; two of one name are a failure."""
    found = [value for key, value in response.headers if key.lower() == name]
    if len(found) > 1:
        raise FetchFailedError(Failure.BROKEN)
    return found[0] if found else b""


def _counted(pieces: Iterable[bytes], limit: int) -> Iterator[bytes]:
    total = 0
    for piece in pieces:
        total += len(piece)
        if total > limit:
            raise FetchFailedError(Failure.TOO_LARGE)
        yield piece


def _unpacked(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Unpack one gzip member, a bounded piece at a time."""
    inflater = zlib.decompressobj(_GZIP)
    for piece in pieces:
        if inflater.eof:
            raise FetchFailedError(Failure.BROKEN)
        rest = piece
        while rest and not inflater.eof:
            try:
                unpacked = inflater.decompress(rest, _UNPACKED)
            except zlib.error:
                raise FetchFailedError(Failure.BROKEN) from None
            rest = inflater.unconsumed_tail
            yield unpacked
        if inflater.unused_data:
            raise FetchFailedError(Failure.BROKEN)
    if not inflater.eof:
        raise FetchFailedError(Failure.BROKEN)
