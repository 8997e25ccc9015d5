"""Secrets that come from elsewhere: plain bytes, hex, or a key file of ours."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from validator.errors import KeyMismatchError
from validator.keys.keyfile import KeyFile
from validator.keys.material import SECRET_SIZE, public_of

if TYPE_CHECKING:
    from validator.keys.material import AnyKey

_HEX: Final = re.compile(rb"[0-9A-Fa-f]{64}\s*")


def parse_source(data: bytes) -> KeyFile | bytes:
    """Return a key file, or the 32 secret bytes that were written plainly or as 64 hex digits.

    Raises KeyMismatchError or KeyFileDamagedError.
    """
    if len(data) == SECRET_SIZE:
        return data
    if _HEX.fullmatch(data):
        return bytes.fromhex(data.decode("ascii"))
    if data.lstrip().startswith(b"{"):
        return KeyFile.from_bytes(data)
    raise KeyMismatchError(
        f"a secret to import is {SECRET_SIZE} bytes, {2 * SECRET_SIZE} hex digits or a key file"
    )


def require_public(key: AnyKey, expected: bytes) -> None:
    """Raise KeyMismatchError unless the secret gives this public key."""
    found = public_of(key)
    if found != expected:
        # A secret written in the other byte order is the usual reason.
        raise KeyMismatchError(
            f"the secret gives the public key {found.hex()}, not {expected.hex()}"
        )
