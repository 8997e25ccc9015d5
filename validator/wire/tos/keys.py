"""Keys of the chain. A secret key never shows itself: not in a repr, a pickle, a copy or an error.

Python cannot promise that no copy of a secret stays in memory; `wipe` clears the one that is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NoReturn

from validator.wire.tos import group, schnorr
from validator.wire.tos.errors import InvalidKeyError
from validator.wire.tos.octets import check_octets

KEY_SIZE: Final = 32


@dataclass(frozen=True, slots=True)
class PublicKey:
    """32 bytes that name an account. As on a node, only verification asks if they are a point."""

    data: bytes

    def __post_init__(self) -> None:
        check_octets("public key", self.data, KEY_SIZE)

    @classmethod
    def from_hex(cls, text: str) -> PublicKey:
        """Read 64 hex digits. Raises InvalidKeyError."""
        if len(text) != 2 * KEY_SIZE or not text.isascii() or not text.isalnum():
            raise InvalidKeyError("a public key is 64 hex digits")
        try:
            return cls(bytes.fromhex(text))
        except ValueError:
            raise InvalidKeyError("a public key is 64 hex digits") from None

    def hex(self) -> str:
        """Return 64 hex digits in lower case."""
        return self.data.hex()

    @property
    def is_point(self) -> bool:
        """Whether a signature under this key could ever hold (the identity does not count)."""
        return self.data != group.IDENTITY and group.is_point(self.data)

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Say whether the signature of these very bytes holds under this key."""
        return schnorr.verify(self.data, message, signature)


class SecretKey:
    """A scalar in 1..L-1 and the public key that it gives."""

    __slots__ = ("_public", "_scalar")

    def __init__(self, scalar: bytes) -> None:
        """Take 32 bytes, little-endian. Raises InvalidKeyError for zero and for L and above."""
        if len(scalar) != KEY_SIZE:
            raise InvalidKeyError(f"a secret key is {KEY_SIZE} bytes")
        if scalar == group.ZERO or not group.is_canonical_scalar(scalar):
            raise InvalidKeyError("a secret key must lie between 1 and the group's order less 1")
        self._scalar = bytearray(scalar)
        self._public = PublicKey(schnorr.public_key(bytes(scalar)))

    @classmethod
    def generate(cls) -> SecretKey:
        """Draw a key from the operating system's random source."""
        return cls(group.random_scalar())

    @property
    def public(self) -> PublicKey:
        """The public key, derived from the secret when this object was made."""
        return self._public

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature; the same message always gives the same one.

        Raises SignatureError, and InvalidKeyError after `wipe`.
        """
        return schnorr.sign(self.reveal(), message)

    def reveal(self) -> bytes:
        """Return the 32 secret bytes, for the encrypted key file alone.

        Raises InvalidKeyError after `wipe`.
        """
        if not any(self._scalar):
            raise InvalidKeyError("this secret key was wiped")
        return bytes(self._scalar)

    def wipe(self) -> None:
        """Overwrite the secret. The key cannot sign afterwards."""
        self._scalar[:] = group.ZERO

    def __repr__(self) -> str:
        return f"SecretKey(public={self._public.hex()})"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        """Refuse pickle and copy: the secret leaves through `reveal` only."""
        raise TypeError("a secret key is neither pickled nor copied")
