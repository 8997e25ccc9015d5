"""One process: the port, the block production, and the ends of both."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from typing import TYPE_CHECKING, Any, Final

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from devnet.app import build
from devnet.errors import DevnetError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.types import ASGIApp, Scope

    from devnet.node import Node
    from devnet.production import Production

HOST: Final = "127.0.0.1"
"""The only address: nothing here is protected from whoever can reach it."""
PING_S: Final = 5.0
PONG_S: Final = 30.0
MAX_MESSAGE: Final = 1024 * 1024 + 256 * 1024
"""Bytes of a WebSocket message: the node's largest block."""
GRACE_S: Final = 1
BACKLOG: Final = 128


class Lines:
    """Open connections by the client's address, so that one can be dropped without a reply."""

    def __init__(self) -> None:
        self._transports: dict[object, asyncio.BaseTransport] = {}

    def protocol(self) -> type[H11Protocol]:
        """Return the server's HTTP protocol, which enters each connection here."""
        lines = self

        class Entered(H11Protocol):
            def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - as in uvicorn
                lines.enter(transport)
                super().connection_made(transport)

        return Entered

    def enter(self, transport: asyncio.BaseTransport) -> None:
        """Remember a connection, and forget those that have ended."""
        for name in [n for n, one in self._transports.items() if one.is_closing()]:
            del self._transports[name]
        self._transports[transport.get_extra_info("peername")] = transport

    def drop(self, scope: Scope) -> None:
        """End a request's connection at once."""
        client = scope.get("client")
        transport = self._transports.get(tuple(client)) if client else None
        if isinstance(transport, asyncio.Transport):
            transport.abort()


class _Server(uvicorn.Server):
    """Leaves signals to whoever runs it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Host:
    """Runs a node until SIGTERM or SIGINT. Closes and opens its port when trouble says so."""

    def __init__(
        self, node: Node, production: Production, port: int, *, with_control: bool = True
    ) -> None:
        self._node = node
        self._production = production
        self._port = port
        self._lines = Lines()
        self._app = build(node, production, self._lines.drop, with_control=with_control)
        self._server: uvicorn.Server | None = None
        self._stop = asyncio.Event()

    async def run(self, ready: Callable[[int], None]) -> None:
        """Serve; `ready` is told the port once. Raises DevnetError when the port is taken."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._end)
        self._production.pause_listening = self._close_port
        listening = _bind(self._port)
        self._port = listening.getsockname()[1]
        ready(self._port)
        maker = asyncio.create_task(self._production.run())
        maker.add_done_callback(lambda _: self._end())
        try:
            await self._serve(listening)
        finally:
            maker.cancel()
            ends = await asyncio.gather(maker, return_exceptions=True)
        if isinstance(ends[0], Exception):
            raise ends[0]

    async def _serve(self, listening: socket.socket) -> None:
        while True:
            self._server = _Server(_config(self._app, self._lines.protocol()))
            await self._server.serve(sockets=[listening])
            pause, self._node.trouble.refusal = self._node.trouble.refusal, None
            if pause is not None and not self._stop.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stop.wait(), pause)
            if pause is None or self._stop.is_set():
                return
            listening = _bind(self._port)

    def _end(self) -> None:
        self._stop.set()
        self._close_port()

    def _close_port(self) -> None:
        if self._server is not None:
            self._server.should_exit = True


def _config(app: ASGIApp, protocol: type[H11Protocol]) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=protocol,
        loop="asyncio",
        lifespan="off",
        ws_max_size=MAX_MESSAGE,
        ws_ping_interval=PING_S,
        ws_ping_timeout=PONG_S,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_S,
    )


def _bind(port: int) -> socket.socket:
    # With the protocol named, asyncio switches Nagle's delay off: 40 ms on every reply, else.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
        listening.listen(BACKLOG)  # whoever is told that it is ready can connect at once
    except OSError as error:
        listening.close()
        raise DevnetError(
            f"port: {port} cannot be used ({error.strerror}); choose another one"
        ) from None
    return listening
