"""Ed25519 (RFC 8032) keys of the evidence: what verifies, and what a signer must be able to do."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, Self

from validator.errors import EvidenceKeyError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from securesystemslib.signer import SSlibKey

KEY_SIZE: Final = 32
MAX_PEM: Final = 4096
"""Longest text taken for a public key; an Ed25519 one has 113 bytes."""

_HEX = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key, as its 32 bytes. Raises EvidenceKeyError for other lengths."""

    raw: bytes

    def __post_init__(self) -> None:
        if len(self.raw) != KEY_SIZE:
            raise EvidenceKeyError(f"an Ed25519 public key has {KEY_SIZE} bytes")

    @property
    def key_id(self) -> str:
        """The id that envelopes name: securesystemslib's own, a SHA-256 in hexadecimal digits."""
        return self.library_key().keyid

    def library_key(self) -> SSlibKey:
        """Return the key as securesystemslib knows it."""
        from securesystemslib.signer import SSlibKey

        return SSlibKey.from_crypto(self._loaded())

    def pem(self) -> bytes:
        """Return the key as PEM (SubjectPublicKeyInfo, RFC 8410)."""
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        return self._loaded().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Return True when the signature of these very bytes is this key's."""
        from cryptography.exceptions import InvalidSignature

        try:
            self._loaded().verify(signature, message)
        except InvalidSignature:
            return False
        return True

    def _loaded(self) -> Ed25519PublicKey:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        return Ed25519PublicKey.from_public_bytes(self.raw)

    @classmethod
    def read(cls, text: bytes) -> Self:
        """Read a key from PEM or from 64 hexadecimal digits. Raises EvidenceKeyError."""
        if len(text) > MAX_PEM:
            raise EvidenceKeyError(f"a public key has at most {MAX_PEM} bytes")
        digits = text.strip().decode("ascii", "replace")
        if _HEX.fullmatch(digits):
            return cls(bytes.fromhex(digits))
        return cls(_from_pem(text))


class EvidenceSigner(Protocol):
    """Signs envelopes and checkpoints. Where its secret lies is its own affair."""

    @property
    def public(self) -> PublicKey:
        """The key that verifies what `sign` gives."""

    def sign(self, message: bytes) -> bytes:
        """Return the 64 bytes of a signature. Raises EvidenceKeyError when the key is away."""


def _from_pem(text: bytes) -> bytes:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        found = load_pem_public_key(text)
    except (ValueError, UnsupportedAlgorithm):
        raise EvidenceKeyError(
            "this is no public key: neither PEM nor 64 hexadecimal digits"
        ) from None
    if not isinstance(found, Ed25519PublicKey):
        raise EvidenceKeyError("the public key is not an Ed25519 key")
    return found.public_bytes_raw()
