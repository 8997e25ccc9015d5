"""Digests as documents spell them: `sha256:<hex>` and, for what a pointer names, `blake3:<hex>`."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from blake3 import blake3

DIGEST_SIZE: Final = 32
"""Bytes of both algorithms."""

_SPELLED: Final = re.compile(r"(sha256|blake3):([0-9a-f]{64})")


class Algorithm(StrEnum):
    """What a digest was made with; the value stands before the colon."""

    SHA256 = "sha256"
    BLAKE3 = "blake3"

    def hash(self, data: bytes) -> bytes:
        """Return the 32 bytes."""
        if self is Algorithm.BLAKE3:
            return blake3(data).digest()
        return hashlib.sha256(data).digest()


@dataclass(frozen=True, slots=True)
class Digest:
    """32 bytes and the algorithm that made them."""

    algorithm: Algorithm
    value: bytes

    def __post_init__(self) -> None:
        if len(self.value) != DIGEST_SIZE:
            raise ValueError(f"a digest has {DIGEST_SIZE} bytes, not {len(self.value)}")

    @classmethod
    def of(cls, data: bytes, algorithm: Algorithm) -> Digest:
        """Return the digest of some bytes."""
        return cls(algorithm, algorithm.hash(data))

    @classmethod
    def parse(cls, text: str) -> Digest:
        """Read `sha256:<hex>` or `blake3:<hex>`, lower case only. Raises ValueError."""
        found = _SPELLED.fullmatch(text)
        if found is None:
            raise ValueError("must be sha256: or blake3: and 64 hexadecimal digits in lower case")
        return cls(Algorithm(found[1]), bytes.fromhex(found[2]))

    def holds_for(self, data: bytes) -> bool:
        """Say whether these bytes have this digest."""
        return hmac.compare_digest(self.algorithm.hash(data), self.value)

    def __str__(self) -> str:
        return f"{self.algorithm.value}:{self.value.hex()}"
