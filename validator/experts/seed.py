"""Everything random in a review comes from one secret seed, so that replay draws the same."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

Item = TypeVar("Item")

SEED_BYTES: Final = 32
_TOKEN_BYTES: Final = 16  # a nonce has 128 bits (design, section 3, layer 3)
_MODEL_SEED: Final = 2**31  # providers take a signed 32-bit number


@dataclass(frozen=True, slots=True)
class Seed:
    """A secret of 32 bytes. Draws are HMACs of a label, so their order does not matter.

    Whoever knows the seed knows every nonce and canary: it stays in the operator's record.
    """

    secret: bytes

    def __post_init__(self) -> None:
        if len(self.secret) != SEED_BYTES:
            raise ValueError(f"a seed has {SEED_BYTES} bytes, not {len(self.secret)}")

    def token(self, label: str) -> str:
        """Return 128 bits in hexadecimal."""
        return self._draw(label)[:_TOKEN_BYTES].hex()

    def number(self, label: str) -> int:
        """Return a number of 64 bits."""
        return int.from_bytes(self._draw(label)[:8], "big")

    def model_seed(self, label: str) -> int:
        """Return a number that every provider takes as a seed."""
        return self.number(label) % _MODEL_SEED

    def chance(self, label: str, per_mille: int) -> bool:
        """Return true in so many cases of a thousand."""
        return self.number(label) * 1000 < per_mille << 64

    def shuffled(self, label: str, items: Sequence[Item]) -> tuple[Item, ...]:
        """Return the items in an order that the label draws."""
        drawn = [(self._draw(f"{label}/{place}"), place) for place in range(len(items))]
        return tuple(items[place] for _, place in sorted(drawn))

    def _draw(self, label: str) -> bytes:
        return hmac.digest(self.secret, b"tosv-review/1\x00" + label.encode(), hashlib.sha256)
