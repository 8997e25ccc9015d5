"""JSON-RPC 2.0 as the node speaks it, whatever carries it (protocol note, section 9).

Its departures from the specification are kept: a bad request has the code of a bad body, a call
without id is answered with null, and a bad request within a batch over HTTP answers for the whole
batch.
"""

from __future__ import annotations

import asyncio
import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from devnet.errors import Code, NodeError
from devnet.methods import METHODS, Method
from devnet.trouble import Asked
from validator.wire.tos.octets import U64_MAX

if TYPE_CHECKING:
    from devnet.node import Node

BATCH_LIMIT: Final = 20
MAX_DEPTH: Final = 127
"""Nesting that the node's JSON reader takes."""
RpcId = str | int | None
_PARSE: Final = NodeError(Code.PARSE, "Invalid body in request")
NOT_AN_OBJECT: Final = NodeError(Code.INVALID_REQUEST, "Invalid JSON request")


class BadRequestError(Exception):
    """An error and the id that its reply carries, where one could be read."""

    def __init__(self, rpc_id: RpcId, error: NodeError) -> None:
        self.rpc_id = rpc_id
        self.error = error
        super().__init__(error.message)


@dataclass(frozen=True, slots=True)
class Request:
    """One call. `rpc_id` is None when there was none or it was null."""

    rpc_id: RpcId
    method: str
    params: object


def parse_body(body: bytes) -> object:
    """Read JSON as strictly as the node. Raises BadRequestError."""
    try:
        document = json.loads(
            body.decode("utf-8"), parse_constant=_no_constant, parse_float=_finite
        )
        # Escapes can spell what UTF-8 cannot carry; such text never was a string to the node.
        json.dumps(document, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):
        raise BadRequestError(None, _PARSE) from None
    if _depth(document) > MAX_DEPTH:
        raise BadRequestError(None, _PARSE)
    return document


def parse_request(document: object) -> Request:
    """Read one call. Raises BadRequestError."""
    if not isinstance(document, dict):
        raise BadRequestError(None, NOT_AN_OBJECT)
    rpc_id, method = document.get("id"), document.get("method")
    version = document.get("jsonrpc")
    if not _is_id(rpc_id) or not isinstance(method, str) or not isinstance(version, str):
        raise BadRequestError(None, _PARSE)
    if version != "2.0":
        raise BadRequestError(
            rpc_id, NodeError(Code.INVALID_REQUEST, "Expected json_rpc set to '2.0'")
        )
    return Request(rpc_id, method, document.get("params"))


def error_reply(rpc_id: RpcId, error: NodeError) -> dict[str, Any]:
    """Return the object of an error."""
    return {
        "jsonrpc": "2.0",
        "id": rpc_id,
        "error": {"code": int(error.code), "message": error.message},
    }


def result_reply(rpc_id: RpcId, result: object) -> dict[str, Any]:
    """Return the object of a result."""
    return {"jsonrpc": "2.0", "id": rpc_id, "result": result}


class Dispatcher:
    """Answers bodies. HangUpError goes through: the connection is to be dropped.

    `host` is the name under which the caller reached the node.
    """

    def __init__(self, node: Node, host: str | None = None) -> None:
        self._node = node
        self._host = host

    async def answer(self, body: bytes) -> object:
        """Return the reply to one HTTP body; None is JSON's null."""
        try:
            document = parse_body(body)
            if isinstance(document, list):
                return await self._batch(document)
            return await self.call(parse_request(document))
        except BadRequestError as bad:
            return error_reply(bad.rpc_id, bad.error)

    async def _batch(self, documents: list[object]) -> list[object]:
        if len(documents) > BATCH_LIMIT:
            raise BadRequestError(None, NodeError(Code.INVALID_REQUEST, "batch limit exceeded"))
        replies: list[object] = []
        for document in documents:
            if isinstance(document, dict):
                replies.append(await self.call(parse_request(document)))
            else:
                replies.append(error_reply(None, NOT_AN_OBJECT))
        return replies

    async def call(self, request: Request) -> dict[str, Any] | None:
        """Return the reply to one call; a success without id has none."""
        trouble, asked = self._node.trouble, Asked(request.method, self._host)
        seconds = trouble.delay(asked)
        if seconds:
            await asyncio.sleep(seconds)
        try:
            trouble.check(asked)
            result = _method(request.method).run(self._node, request.params)
            result = trouble.distort(asked, result)
        except NodeError as error:
            return error_reply(request.rpc_id, error)
        return None if request.rpc_id is None else result_reply(request.rpc_id, result)


def _method(name: str) -> Method:
    if name not in METHODS:
        raise NodeError(Code.METHOD_NOT_FOUND, f"Method '{name}' in request was not found")
    return METHODS[name]


def _is_id(value: object) -> bool:
    if isinstance(value, int) and not isinstance(value, bool):
        return 0 <= value <= U64_MAX
    return value is None or isinstance(value, str)


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


def _finite(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise ValueError("a number is out of range")
    return value


def _depth(document: object) -> int:
    """Return how deep objects and arrays are nested; 0 for a plain value."""
    depth = 0
    level = [document]
    while level := [one for one in level if isinstance(one, dict | list)]:
        depth += 1
        level = [v for one in level for v in (one.values() if isinstance(one, dict) else one)]
    return depth
