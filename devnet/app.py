"""The web application: the node's own paths, and the control surface where it is wanted."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute

from devnet import control, views, ws
from devnet.errors import HangUpError
from devnet.incoming import host_of, read_body
from devnet.rpc import Dispatcher
from devnet.trouble import Down

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.types import ASGIApp, Receive, Scope, Send
    from starlette.websockets import WebSocket

    from devnet.node import Node
    from devnet.production import Production

    HangUp = Callable[[Scope], None]

CONTROL = "/devnet/"
GONE_S = 2.0
"""How long to wait for the word that a dropped connection is gone."""


def build(
    node: Node, production: Production, hang_up: HangUp, *, with_control: bool = True
) -> ASGIApp:
    """Return the application. `hang_up` drops the connection of a scope."""

    async def greet(_: Request) -> Response:
        return PlainTextResponse(f"Hello, world!\nRunning on: {views.VERSION}")

    async def call(request: Request) -> Response:
        body = await read_body(request)
        if body is None:
            return PlainTextResponse("Payload reached size limit.", 413)
        try:
            return JSONResponse(await Dispatcher(node, host_of(request)).answer(body))
        except HangUpError:
            return await _drop(request, hang_up)

    async def no_upgrade(_: Request) -> Response:
        return PlainTextResponse("WebSocket upgrade is expected", 400)

    async def listen(socket: WebSocket) -> None:
        try:
            await ws.Session(node, socket).run()
        except HangUpError:
            hang_up(socket.scope)

    own = [
        Route("/", greet, methods=["GET"]),
        Route("/json_rpc", call, methods=["POST"]),
        Route("/json_rpc", no_upgrade, methods=["GET"]),
        WebSocketRoute("/json_rpc", listen),
    ]
    extra = control.routes(node, production) if with_control else []
    return Unreachable(Starlette(routes=[*own, *extra]), node, hang_up)


class Unreachable:
    """Stands before the application while the node is down; the control surface stays open."""

    def __init__(self, app: ASGIApp, node: Node, hang_up: HangUp) -> None:
        self._app = app
        self._node = node
        self._hang_up = hang_up

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or be down."""
        down = None
        if scope["type"] != "lifespan" and not scope["path"].startswith(CONTROL):
            down = self._node.trouble.down(host_of(HTTPConnection(scope)))
        if down is None:
            await self._app(scope, receive, send)
        elif down is Down.DROPPED:
            self._hang_up(scope)
            await _wait_for_the_end(receive)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1013})
        else:
            await PlainTextResponse("Service Unavailable", 503)(scope, receive, send)


async def _drop(request: Request, hang_up: HangUp) -> Response:
    hang_up(request.scope)
    await _wait_for_the_end(request.receive)
    return Response(status_code=503)  # nobody is there to read it


async def _wait_for_the_end(receive: Receive) -> None:
    """Wait until the server knows that the connection is gone, or it would send an error page."""
    try:
        async with asyncio.timeout(GONE_S):
            while (await receive())["type"] not in ("http.disconnect", "websocket.disconnect"):
                pass
    except TimeoutError:
        return
