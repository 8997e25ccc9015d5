"""Frames of the signer's socket: four bytes of length, big-endian, and one strict JSON object."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, Final

from checkers.strict_json import StrictJsonError, loads
from validator.errors import InvalidDocumentError, TooLargeError
from validator.wire.canonical import canonical_json

if TYPE_CHECKING:
    from collections.abc import Mapping

LENGTH: Final = struct.Struct(">I")
MAX_FRAME: Final = 8 * 1024 * 1024
"""Bytes of a message: a statement of 2 MiB, escaped, or a telling of ten thousand answers."""
_DEPTH: Final = 16


def frame(message: Mapping[str, Any]) -> bytes:
    """Return a message with its length. Raises TooLargeError."""
    content = canonical_json(dict(message))
    if len(content) > MAX_FRAME:
        raise TooLargeError(f"a message of the signer's socket has at most {MAX_FRAME} bytes")
    return LENGTH.pack(len(content)) + content


def length_of(head: bytes) -> int:
    """Return how many bytes follow the four of the head. Raises TooLargeError."""
    length: int = LENGTH.unpack(head)[0]
    if length > MAX_FRAME:
        raise TooLargeError(f"a message of the signer's socket has at most {MAX_FRAME} bytes")
    return length


def read_content(content: bytes) -> dict[str, Any]:
    """Read what follows the length. Raises InvalidDocumentError."""
    try:
        found = loads(content, max_depth=_DEPTH, max_bytes=MAX_FRAME)
    except StrictJsonError as error:
        raise InvalidDocumentError(f"the message {error}") from None
    if not isinstance(found, dict):
        raise InvalidDocumentError("the message must be an object")
    return found
