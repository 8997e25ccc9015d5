"""The two kinds of secret that a key file may hold, seen alike.

A chain key signs transactions and statements; an evidence key (Ed25519, RFC 8032) signs evidence.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NoReturn

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from validator.errors import KeyMismatchError
from validator.wire.tos import InvalidKeyError, SecretKey

SECRET_SIZE: Final = 32
"""Bytes of either secret: a scalar, little-endian, or an Ed25519 seed."""
PUBLIC_SIZE: Final = 32


class Kind(StrEnum):
    """What a key is for."""

    CHAIN = "chain"
    EVIDENCE = "evidence"


class EvidenceKey:
    """An Ed25519 key. Like a chain key it shows itself in no repr, pickle, copy or error."""

    __slots__ = ("_public", "_seed")

    def __init__(self, seed: bytes) -> None:
        """Take the 32-byte seed. Raises InvalidKeyError."""
        if len(seed) != SECRET_SIZE:
            raise InvalidKeyError(f"an Ed25519 seed is {SECRET_SIZE} bytes")
        self._seed = bytearray(seed)
        self._public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()

    @classmethod
    def generate(cls) -> EvidenceKey:
        """Draw a key from the operating system's random source."""
        return cls(Ed25519PrivateKey.generate().private_bytes_raw())

    @property
    def public(self) -> bytes:
        """The 32 bytes of the public key."""
        return self._public

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature of these very bytes. Raises InvalidKeyError after `wipe`."""
        return Ed25519PrivateKey.from_private_bytes(self.reveal()).sign(message)

    def reveal(self) -> bytes:
        """Return the seed, for the key file alone. Raises InvalidKeyError after `wipe`."""
        if not self._seed:
            raise InvalidKeyError("this secret key was wiped")
        return bytes(self._seed)

    def wipe(self) -> None:
        """Overwrite the seed. The key cannot sign afterwards."""
        self._seed[:] = bytes(len(self._seed))
        self._seed.clear()

    def __repr__(self) -> str:
        return f"EvidenceKey(public={self._public.hex()})"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        """Refuse pickle and copy."""
        raise TypeError("a secret key is neither pickled nor copied")


AnyKey = SecretKey | EvidenceKey


def generate(kind: Kind) -> AnyKey:
    """Make a new key."""
    return SecretKey.generate() if kind is Kind.CHAIN else EvidenceKey.generate()


def from_secret(kind: Kind, secret: bytes) -> AnyKey:
    """Make the key of 32 secret bytes. Raises KeyMismatchError for what is no such secret."""
    try:
        return SecretKey(secret) if kind is Kind.CHAIN else EvidenceKey(secret)
    except InvalidKeyError as error:
        raise KeyMismatchError(f"these bytes hold no {kind.value} key: {error}") from None


def kind_of(key: AnyKey) -> Kind:
    """Say which kind a key is of."""
    return Kind.CHAIN if isinstance(key, SecretKey) else Kind.EVIDENCE


def public_of(key: AnyKey) -> bytes:
    """Return the 32 bytes of the public key, derived from the secret."""
    return key.public.data if isinstance(key, SecretKey) else key.public
