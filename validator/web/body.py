"""A request's bytes, bounded before anything looks into them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect

from validator.errors import InvalidParameterError, TooLargeError, UnsupportedMediaTypeError

if TYPE_CHECKING:
    from starlette.requests import Request


async def read_json_bytes(request: Request, limit: int) -> bytes:
    """Return the raw body of a JSON request; refuse more than `limit` bytes unread.

    The length header is checked first, and the stream is counted too: a chunked body has no
    length, and a header may lie.
    """
    declared = _check_headers(request)
    if declared.isascii() and declared.isdigit() and _exceeds(declared, limit):
        raise _too_large(limit)
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        chunks.append(chunk)
        if not message.get("more_body", False):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _check_headers(request: Request) -> str:
    """Return the declared length, empty without one. One pass: this is the hot path."""
    types: list[bytes] = []
    length = b""
    plain = True
    for name, value in request.scope["headers"]:
        if name == b"content-type":
            types.append(value)
        elif name == b"content-length":
            length = value
        elif name == b"content-encoding":
            plain = plain and value.lower() == b"identity"
    if types != [b"application/json"]:
        _check_media_type(types[0].decode("latin-1") if len(types) == 1 else "")
    if not plain:
        raise UnsupportedMediaTypeError("Content-Encoding must be absent: send plain bytes.")
    return length.decode("latin-1")


def _check_media_type(kind: str) -> None:
    media, _, parameters = kind.partition(";")
    charset = parameters.strip().lower().replace('"', "")
    if media.strip().lower() != "application/json" or charset not in ("", "charset=utf-8"):
        raise UnsupportedMediaTypeError(
            "Content-Type must be application/json (charset utf-8 or none)."
        )


def _exceeds(digits: str, limit: int) -> bool:
    digits = digits.lstrip("0")
    return len(digits) > len(str(limit)) or int(digits or "0") > limit


def _too_large(limit: int) -> TooLargeError:
    return TooLargeError(f"The body is over the limit of {limit} bytes.")


def one_header(request: Request, name: str) -> str | None:
    """Return a header's value, or None; given twice it is refused."""
    wanted = name.lower().encode("latin-1")
    values = [value for key, value in request.scope["headers"] if key == wanted]
    if len(values) > 1:
        raise InvalidParameterError(f"{name} was given {len(values)} times; give it once.")
    return values[0].decode("latin-1") if values else None
