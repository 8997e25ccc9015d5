"""Salted commitments: a publisher is bound to what nobody can guess yet.

`H(prefix || salt length || salt || canonical JSON)`. A hash of random salt and content hides the
content as long as the salt does (128 bits or more: threat model, row 10) and binds as long as H is
collision resistant. The length byte keeps a part of the salt from passing for content.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from validator.wire.canonical import canonical_json
from validator.wire.digest import Algorithm, Digest

if TYPE_CHECKING:
    from collections.abc import Mapping

MIN_SALT: Final = 16
"""Bytes, of a cryptographic source."""
MAX_SALT: Final = 64

_PREFIX: Final = b"tosv.commitment/1\x00"


def commit(body: Mapping[str, Any], salt: bytes, algorithm: Algorithm = Algorithm.BLAKE3) -> Digest:
    """Return the commitment to a JSON object. Raises ValueError for a salt of another length."""
    if not MIN_SALT <= len(salt) <= MAX_SALT:
        raise ValueError(f"a salt has {MIN_SALT} to {MAX_SALT} bytes, not {len(salt)}")
    committed = _PREFIX + bytes([len(salt)]) + salt + canonical_json(body)
    return Digest.of(committed, algorithm)


def opens(commitment: Digest, body: Mapping[str, Any], salt: bytes) -> bool:
    """Say whether the object and the salt are what was committed to."""
    try:
        return commit(body, salt, commitment.algorithm) == commitment
    except ValueError:
        return False
