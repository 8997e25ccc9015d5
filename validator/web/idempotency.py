"""The Idempotency-Key header. What a key means is the store's business; here only its form is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from validator.errors import FieldError, InvalidParameterError
from validator.web.body import one_header

if TYPE_CHECKING:
    from starlette.requests import Request

HEADER = "Idempotency-Key"
MAX_LENGTH = 255


def idempotency_key(request: Request) -> str | None:
    """Return the key, or None without one."""
    key = one_header(request, HEADER)
    if key is None:
        return None
    visible = key.isascii() and key.isprintable() and " " not in key
    if not visible or not 1 <= len(key) <= MAX_LENGTH:
        message = f"must be 1-{MAX_LENGTH} visible ASCII characters without spaces"
        raise InvalidParameterError(f"{HEADER} {message}.", (FieldError(HEADER, message),))
    return key
