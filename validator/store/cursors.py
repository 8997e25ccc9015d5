"""Cursors of listings: opaque, and bound by a MAC to the owner they were made for."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from typing import NamedTuple

from validator.errors import FieldError, InvalidParameterError

_MAC_BYTES = 16
_MAX_LENGTH = 200
_PLACE = re.compile(rb"(-?[0-9]{1,18})\.([ -~]{1,64})")


class Place(NamedTuple):
    """The last row of the page before."""

    created_at: int
    submission_id: str


def encode(key: bytes, owner: str, place: Place) -> str:
    """The cursor for the page after `place`."""
    text = f"{place.created_at}.{place.submission_id}".encode("ascii")
    return base64.urlsafe_b64encode(_mac(key, owner, text) + text).decode().rstrip("=")


def decode(key: bytes, owner: str, cursor: str) -> Place:
    """Raises InvalidParameterError for anything that `encode` did not make for this owner."""
    text = _opened(key, owner, cursor)
    match = None if text is None else _PLACE.fullmatch(text)
    if match is None:
        message = "is not a cursor of this listing; use `next` of a page, or leave it out"
        raise InvalidParameterError(f"cursor {message}.", (FieldError("cursor", message),))
    return Place(int(match[1]), match[2].decode())


def _opened(key: bytes, owner: str, cursor: str) -> bytes | None:
    if not cursor.isascii() or len(cursor) > _MAX_LENGTH:
        return None
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        return None
    if base64.urlsafe_b64encode(raw).decode().rstrip("=") != cursor:  # stray bits at the end
        return None
    mac, text = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
    return text if hmac.compare_digest(mac, _mac(key, owner, text)) else None


def _mac(key: bytes, owner: str, text: bytes) -> bytes:
    said = hashlib.sha256(owner.encode("utf-8", "surrogatepass")).digest() + text
    return hmac.digest(key, said, "sha256")[:_MAC_BYTES]
