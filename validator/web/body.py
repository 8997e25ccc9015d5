"""A request's bytes, bounded before anything looks into them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from validator.errors import InvalidParameterError, TooLargeError, UnsupportedMediaTypeError

if TYPE_CHECKING:
    from starlette.requests import Request


async def read_json_bytes(request: Request, limit: int) -> bytes:
    """Return the raw body of a JSON request; refuse more than `limit` bytes unread.

    The length header is checked first, and the stream is counted too: a chunked body has no
    length, and a header may lie.
    """
    _check_media_type(request)
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and _exceeds(declared, limit):
        raise _too_large(limit)
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        chunks.append(chunk)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _check_media_type(request: Request) -> None:
    types = request.headers.getlist("content-type")
    kind = types[0] if len(types) == 1 else ""
    if kind != "application/json":
        media, _, parameters = kind.partition(";")
        charset = parameters.strip().lower().replace('"', "")
        if media.strip().lower() != "application/json" or charset not in ("", "charset=utf-8"):
            raise UnsupportedMediaTypeError(
                "Content-Type must be application/json (charset utf-8 or none)."
            )
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedMediaTypeError("Content-Encoding must be absent: send plain bytes.")


def _exceeds(digits: str, limit: int) -> bool:
    digits = digits.lstrip("0")
    return len(digits) > len(str(limit)) or int(digits or "0") > limit


def _too_large(limit: int) -> TooLargeError:
    return TooLargeError(f"The submission is over the limit of {limit} bytes.")


def one_header(request: Request, name: str) -> str | None:
    """Return a header's value, or None; given twice it is refused."""
    values = request.headers.getlist(name)
    if len(values) > 1:
        raise InvalidParameterError(f"{name} was given {len(values)} times; give it once.")
    return values[0] if values else None
