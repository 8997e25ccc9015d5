"""Salted commitments: binding to a value, and of no use to who would guess it by trying.

Threat model, row 11.
"""

from __future__ import annotations

import hashlib
from typing import Final

SALT_SIZE: Final = 32
"""Bytes; the threat model asks for 16 at least. Each verdict has its own (`evidence.salts`)."""

_DOMAIN: Final = b"tosv/commitment/1\x00"


def commitment(salt: bytes, label: str, digest: str) -> str:
    """Return 64 hexadecimal digits that commit to a digest under a label.

    SHA-256 of the domain `tosv/commitment/1` NUL, the label NUL, the salt (32 bytes) and the
    32 bytes of `digest` (`sha256:<hex>`). Raises ValueError for a salt of another length.
    """
    if len(salt) != SALT_SIZE:
        raise ValueError(f"a salt has {SALT_SIZE} bytes")
    content = bytes.fromhex(digest.removeprefix("sha256:"))
    return hashlib.sha256(_DOMAIN + label.encode() + b"\x00" + salt + content).hexdigest()
