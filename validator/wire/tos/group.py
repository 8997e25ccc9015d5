"""ristretto255 (RFC 9496) through libsodium, and scalars modulo its order.

Scalars are 32 bytes little-endian, points 32 bytes compressed. What touches a secret runs in
libsodium in constant time; Python's integers are used for public values only.
"""

from __future__ import annotations

import contextlib
import hashlib
import sys
from functools import cache
from pathlib import Path
from typing import Any, Final

from validator.wire.tos.errors import InvalidKeyError, LibraryError

ORDER: Final = 2**252 + 27742317777372353535851937790883648493
"""Number of points of the group (RFC 9496, section 4)."""

SCALAR_SIZE: Final = 32
POINT_SIZE: Final = 32
IDENTITY: Final = bytes(POINT_SIZE)
ZERO: Final = bytes(SCALAR_SIZE)

BASE: Final = bytes.fromhex("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76")
"""The standard base point G (RFC 9496, appendix A.1). Keys are not made with it."""

GENERATOR: Final = bytes.fromhex("8c9240b456a9e6dc65c377a1048d745f94a08cdb7f44cbcd7b46f34048871134")
"""H, the generator of keys and signatures: map_to_group(SHA3-512(G)) (protocol note, section 3)."""


@cache
def _library() -> Any:  # noqa: ANN401 - the binding has no types
    """Load libsodium at first use: the binding unpacks 3 MB, which few commands need.

    Raises LibraryError.
    """
    try:
        import rbcl
    except OSError as error:  # it maps a file of the temporary folder, which may forbid that
        raise LibraryError(
            f"libsodium cannot be loaded from the temporary folder ({error.strerror or error});"
            " set TMPDIR to one that is not mounted noexec"
        ) from None
    # The binding leaves its copy there, one for each process. A mapped file may lose its name.
    with contextlib.suppress(OSError):
        Path(sys.modules["rbcl._sodium"].lib_path).unlink()
    return rbcl


def is_canonical_scalar(data: bytes) -> bool:
    """Say whether the bytes are a scalar below the order; zero is one. For public values."""
    return len(data) == SCALAR_SIZE and int.from_bytes(data, "little") < ORDER


def reduce_wide(data: bytes) -> bytes:
    """Return 64 bytes, read as a little-endian integer, modulo the order."""
    reduced: bytes = _library().crypto_core_ristretto255_scalar_reduce(data)
    return reduced


def invert(scalar: bytes) -> bytes:
    """Return 1/scalar modulo the order. The scalar is not zero."""
    inverse: bytes = _library().crypto_core_ristretto255_scalar_invert(scalar)
    return inverse


def multiply_scalars(left: bytes, right: bytes) -> bytes:
    """Return left * right modulo the order."""
    product: bytes = _library().crypto_core_ristretto255_scalar_mul(left, right)
    return product


def add_scalars(left: bytes, right: bytes) -> bytes:
    """Return left + right modulo the order."""
    total: bytes = _library().crypto_core_ristretto255_scalar_add(left, right)
    return total


def random_scalar() -> bytes:
    """Return a scalar in 1..ORDER-1 from the operating system's random source."""
    scalar: bytes = _library().crypto_core_ristretto255_scalar_random()
    return scalar


def is_point(data: bytes) -> bool:
    """Say whether the bytes are the encoding of a point; the identity is one."""
    return len(data) == POINT_SIZE and bool(
        _library().crypto_core_ristretto255_is_valid_point(bytes(data))
    )


def multiply(scalar: bytes, point: bytes) -> bytes:
    """Return scalar * point, the identity too. Raises InvalidKeyError when there is no point."""
    if not is_point(point):
        raise InvalidKeyError("the 32 bytes are no point of ristretto255")
    # libsodium reports a result of zero as an error, so these two never reach it.
    if scalar == ZERO or point == IDENTITY:
        return IDENTITY
    product: bytes = _library().crypto_scalarmult_ristretto255(scalar, point)
    return product


def subtract(left: bytes, right: bytes) -> bytes:
    """Return left - right for two valid points."""
    difference: bytes = _library().crypto_core_ristretto255_sub(left, right)
    return difference


def map_to_group(digest: bytes) -> bytes:
    """Return the point that 64 uniform bytes stand for (RFC 9496, section 4.3.4)."""
    point: bytes = _library().crypto_core_ristretto255_from_hash(digest)
    return point


def derived_generator() -> bytes:
    """Return H computed anew from G, for whoever doubts the constant."""
    return map_to_group(hashlib.sha3_512(BASE).digest())
