"""Salts that can be made again after a crash, and that nobody else can make.

A statement is made anew whenever its maker was killed; with a fresh salt the signed one could no
longer be opened. So a salt is HMAC-SHA256 (RFC 2104) over the verdict's id, under a key that never
leaves the data directory. Whoever loses the key loses nothing but this: sealed bundles hold theirs.
"""

from __future__ import annotations

import hmac
import os
import secrets
from typing import TYPE_CHECKING, Final

from validator.errors import EvidenceKeyError
from validator.evidence.key_file import read_secret
from validator.evidence.whole_files import write_new
from validator.wire.plain import plain

if TYPE_CHECKING:
    from pathlib import Path

SALT_KEY: Final = "evidence/salt.key"
"""Below the data directory: 32 random bytes, mode 0600."""
KEY_SIZE: Final = 32

_DOMAIN: Final = b"tosv/salt/1\x00"
_MODE: Final = 0o600


class Salts:
    """The salts of one data directory."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    @classmethod
    def open(cls, data_dir: Path) -> Salts:
        """Take the key of this data directory, making it at the first call, whoever is first.

        Raises EvidenceKeyError for a key that is damaged or open to others.
        """
        path = data_dir / SALT_KEY
        if not os.path.lexists(path):
            _create(path)
        key = read_secret(path)
        if len(key) != KEY_SIZE:
            raise EvidenceKeyError(f"{plain(str(path), 120)} does not hold {KEY_SIZE} bytes")
        return cls(key)

    def of(self, verdict_id: str) -> bytes:
        """Return the 32 bytes of a verdict's salt."""
        return hmac.digest(self._key, _DOMAIN + verdict_id.encode(), "sha256")


def _create(path: Path) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_new(path, secrets.token_bytes(KEY_SIZE), _MODE)
    except OSError as error:
        raise EvidenceKeyError(
            f"{plain(str(path), 120)} cannot be written: {error.strerror}"
        ) from None
