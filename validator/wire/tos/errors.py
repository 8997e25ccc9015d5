"""What this codec refuses. Every sentence names the field, and none ever holds a secret."""

from __future__ import annotations

from enum import StrEnum


class Stage(StrEnum):
    """Where on the way from bytes to a trusted transaction something was refused."""

    DECODE = "decode"
    """A node could not read it either."""
    CANONICAL = "canonical"
    """A node reads it, but it is not the one spelling of what it says."""
    SIGNATURE = "signature"
    """It reads well, and its signature does not hold."""


class TosError(Exception):
    """Base of everything that this package raises."""


class DecodeError(TosError):
    """Bytes, hex or JSON that are no transaction, payload or signature."""

    def __init__(self, detail: str, stage: Stage = Stage.DECODE) -> None:
        self.detail = detail
        self.stage = stage
        super().__init__(detail)


class EncodeError(TosError):
    """A value that the wire cannot carry."""


class SignatureError(TosError):
    """A signature that does not hold, or a key that must not sign this."""

    stage = Stage.SIGNATURE


class AddressError(TosError):
    """Text that is no account address, or one of another network."""


class InvalidKeyError(TosError):
    """Bytes that are no secret or public key of the chain."""


class LibraryError(TosError):
    """libsodium cannot be loaded on this machine."""
