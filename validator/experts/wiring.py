"""One HTTP connection pool to one endpoint: what is sent and kept is decided here, not by an SDK.

The SDKs read variables of the environment, follow redirects and retry; none of it happens here. The
key is put in at the last moment, so no object, message or log of theirs ever holds it.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import httpx2

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SENT: Final = frozenset(
    {"host", "accept", "content-type", "content-length", "user-agent"}
    | {"anthropic-version", "anthropic-beta"}
)
_KEPT: Final = frozenset({"content-type", "x-request-id", "request-id", "retry-after"})


class OversizedError(httpx2.TransportError):
    """The response has more bytes than were allowed, or came packed."""


@dataclass
class Exchange:
    """One request and what came back of it, as far as it came."""

    sent: bool = False  # some of it may have reached the model: it may be charged
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytearray = field(default_factory=bytearray)
    complete: bool = False
    oversized: bool = False


_current: ContextVar[Exchange] = ContextVar("expert_exchange")


@contextmanager
def kept() -> Iterator[Exchange]:
    """Keep what the one request made inside brings back."""
    exchange = Exchange()
    token = _current.set(exchange)
    try:
        yield exchange
    finally:
        _current.reset(token)


class KeepingTransport(httpx2.AsyncBaseTransport):
    """Sends what an SDK asks for and nothing besides; reads a bounded response in full."""

    def __init__(
        self, inner: httpx2.AsyncBaseTransport, key_header: tuple[str, str] | None, most_bytes: int
    ) -> None:
        self._inner = inner
        self._key_header = key_header
        self._most_bytes = most_bytes

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Return the response with its body read. Raises httpx2.TransportError."""
        exchange = _current.get()
        exchange.sent = True
        try:
            response = await self._inner.handle_async_request(self._ours(request))
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout):
            exchange.sent = False
            raise
        exchange.status = response.status_code
        headers = {name.lower(): value for name, value in response.headers.items()}
        exchange.headers = {name: value for name, value in headers.items() if name in _KEPT}
        try:
            await self._read(response, headers.get("content-encoding", "identity"), exchange)
        finally:
            await response.aclose()
        return httpx2.Response(
            response.status_code,
            headers=dict(exchange.headers),
            content=bytes(exchange.body),
            request=request,
        )

    def _ours(self, request: httpx2.Request) -> httpx2.Request:
        headers = {name: value for name, value in request.headers.items() if name.lower() in _SENT}
        # Bytes that come unpacked are counted as they come: a packed bomb cannot be sent.
        headers["accept-encoding"] = "identity"
        if self._key_header is not None:
            name, value = self._key_header
            headers[name] = value
        return httpx2.Request(
            request.method,
            request.url,
            headers=headers,
            stream=request.stream,
            extensions=request.extensions,
        )

    async def _read(self, response: httpx2.Response, encoding: str, exchange: Exchange) -> None:
        if encoding.lower() != "identity":
            exchange.oversized = True
            raise OversizedError("the response came packed although it was asked for unpacked")
        stream = response.stream
        if not isinstance(stream, httpx2.AsyncByteStream):
            raise TypeError("an asynchronous response is needed")
        async for chunk in stream:
            exchange.body += chunk[: self._most_bytes - len(exchange.body)]
            if len(chunk) and len(exchange.body) >= self._most_bytes:
                exchange.oversized = True
                raise OversizedError(f"the response has more than {self._most_bytes} bytes")
        exchange.complete = True

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()
