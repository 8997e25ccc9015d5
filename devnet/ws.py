"""Events over a WebSocket: subscribe, unsubscribe, and every method of JSON-RPC (note, 9.4)."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Final

from starlette.websockets import WebSocketDisconnect

from devnet.errors import Code, NodeError, invalid_params
from devnet.incoming import host_of
from devnet.rpc import (
    BadRequestError,
    Dispatcher,
    Request,
    RpcId,
    error_reply,
    parse_body,
    parse_request,
    result_reply,
)

if TYPE_CHECKING:
    from starlette.websockets import WebSocket

    from devnet.node import Event, Node

EVENTS: Final = frozenset({
    "new_block", "block_ordered", "block_orphaned", "stable_height_changed",
    "stable_topo_height_changed", "transaction_orphaned", "transaction_added_in_mempool",
    "transaction_executed", "deploy_contract", "new_asset", "peer_connected", "peer_disconnected",
    "peer_peer_list_updated", "peer_state_updated", "peer_peer_disconnected", "new_block_template",
})  # fmt: skip
"""Names that a node knows. Those about contracts, assets and peers never come here."""
MAX_QUEUED: Final = 10_000
"""Events that wait for a slow client before it is dropped."""


class Session:
    """One connection and what it listens to."""

    def __init__(self, node: Node, socket: WebSocket) -> None:
        self._dispatcher = Dispatcher(node, host_of(socket))
        self._node = node
        self._socket = socket
        self._subscriptions: dict[str, RpcId] = {}
        self._outgoing: asyncio.Queue[str] = asyncio.Queue()
        self._tasks: tuple[asyncio.Task[None], ...] = ()

    async def run(self) -> None:
        """Serve until the client goes. Raises HangUpError when the connection is to be dropped."""
        await self._socket.accept()
        self._tasks = (asyncio.create_task(self._read()), asyncio.create_task(self._write()))
        self._node.listeners.append(self._notify)
        try:
            done, _ = await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._node.listeners.remove(self._notify)
            self._end()
        for task in done:
            error = None if task.cancelled() else task.exception()
            if error is not None and not isinstance(error, WebSocketDisconnect):
                raise error

    def _end(self) -> None:
        for task in self._tasks:
            task.cancel()

    async def _read(self) -> None:
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            given = message.get("bytes")
            body = (message.get("text") or "").encode() if given is None else given
            self._outgoing.put_nowait(json.dumps(await self._answer(body)))

    async def _answer(self, body: bytes) -> object:
        """Unlike HTTP, a batch has no limit here, and a bad request in it answers for itself."""
        try:
            document = parse_body(body)
            if isinstance(document, list):
                return [await self._one(entry) for entry in document]
            return await self._one(document)
        except BadRequestError as bad:
            return error_reply(bad.rpc_id, bad.error)

    async def _one(self, document: object) -> object:
        try:
            request = parse_request(document)
        except BadRequestError as bad:
            return error_reply(bad.rpc_id, bad.error)
        if request.method not in ("subscribe", "unsubscribe"):
            return await self._dispatcher.call(request)
        try:
            self._change(request)
        except NodeError as error:
            return error_reply(request.rpc_id, error)
        return result_reply(request.rpc_id, True)

    def _change(self, request: Request) -> None:
        event = _event(request.params)
        known = event in self._subscriptions
        if request.method == "subscribe":
            if known:
                raise NodeError(Code.ALREADY_SUBSCRIBED, "Event is already subscribed")
            self._subscriptions[event] = request.rpc_id
            return
        if not known:
            raise NodeError(Code.NOT_SUBSCRIBED, "Event is not subscribed")
        del self._subscriptions[event]

    def _notify(self, event: Event) -> None:
        if event.name not in self._subscriptions:
            return
        result = {"event": event.name, **event.fields}
        text = json.dumps(result_reply(self._subscriptions[event.name], result))
        if self._outgoing.qsize() < MAX_QUEUED:
            self._outgoing.put_nowait(text)
        else:
            self._end()  # it does not keep up

    async def _write(self) -> None:
        while True:
            await self._socket.send_text(await self._outgoing.get())


def _event(params: object) -> str:
    if params is None:
        raise NodeError(
            Code.INVALID_PARAMS, "Expected parameters for this method but was not present"
        )
    if isinstance(params, list) and len(params) == 1:
        params = {"notify": params[0]}
    if not isinstance(params, dict) or "notify" not in params:
        raise invalid_params("missing field `notify`")
    name = params["notify"]
    if not isinstance(name, str) or name not in EVENTS:
        raise invalid_params("`notify` is no event that this node knows")
    return name
