"""What comes in by HTTP: a body with a limit, and the name that the caller used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from validator.wire.tos.transaction import MAX_TRANSACTION

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection, Request

MAX_BODY: Final = 2 * MAX_TRANSACTION + 64 * 1024
"""Bytes: the largest transaction in hex, and something around it."""


async def read_body(request: Request) -> bytes | None:
    """Return the body, None when it is larger than the limit."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY:
            return None
    return bytes(body)


def host_of(connection: HTTPConnection) -> str:
    """Return the name in the Host header, without the port. It may be anything."""
    given = connection.headers.get("host", "")
    name, _, port = given.rpartition(":")
    return name if port.isdigit() else given
