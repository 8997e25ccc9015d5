"""The chain's Schnorr signature over ristretto255 (protocol note, section 3).

    A = x^-1 * H
    R = k * H,  e = SHA3-512(A || message || R) mod L,  s = x^-1 * e + k mod L
    signature = s || e

`message` is the signed bytes themselves, not their hash. SHA3-512 is that of FIPS 202.
"""

from __future__ import annotations

import hashlib
from typing import Final

from validator.wire.tos import group
from validator.wire.tos.errors import InvalidKeyError, SignatureError

SIGNATURE_SIZE: Final = 64
_HALF: Final = group.SCALAR_SIZE

NONCE_DOMAIN: Final = b"tos-validator/schnorr-nonce/1\x00"
"""Begins what k is hashed from, so that no other use of SHA3-512 here can ever give the same k."""


def public_key(secret: bytes) -> bytes:
    """Return x^-1 * H for a secret in 1..L-1."""
    return group.multiply(group.invert(secret), group.GENERATOR)


def sign(secret: bytes, message: bytes) -> bytes:
    """Return the signature with the nonce that this secret and message always give.

    The public key is derived from the secret here, never taken from a caller: signing one message
    under two public keys with one k would give the secret away (threat model, row 14). The
    signature is verified before it leaves, so that a fault of the machine cannot give it away
    either. Raises SignatureError.
    """
    public = public_key(secret)
    return _sign(secret, public, message, derive_nonce(secret, public, message))


def sign_with_nonce(secret: bytes, message: bytes, nonce: bytes) -> bytes:
    """Return the signature for a k of the caller's, 32 bytes: for published vectors only.

    Two messages under one k reveal the secret. Raises SignatureError when k is zero or the result
    does not verify.
    """
    return _sign(secret, public_key(secret), message, nonce)


def derive_nonce(secret: bytes, public: bytes, message: bytes) -> bytes:
    """Return k = SHA3-512(domain || secret || public || message) mod L.

    Every part but the last has a fixed length, so no two inputs are spelled alike.
    """
    return group.reduce_wide(hashlib.sha3_512(NONCE_DOMAIN + secret + public + message).digest())


def is_canonical_signature(signature: bytes) -> bool:
    """Say whether both scalars are below L, which the node demands when it decodes."""
    return (
        len(signature) == SIGNATURE_SIZE
        and group.is_canonical_scalar(signature[:_HALF])
        and group.is_canonical_scalar(signature[_HALF:])
    )


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Say whether the signature holds. Bytes that are no key or signature give False.

    Unlike a node, the identity as a public key is refused: anybody can sign for it.
    """
    if public == group.IDENTITY or not is_canonical_signature(signature):
        return False
    response, challenge = signature[:_HALF], signature[_HALF:]
    try:
        commitment = group.subtract(
            group.multiply(response, group.GENERATOR), group.multiply(challenge, public)
        )
    except InvalidKeyError:
        return False
    return challenge == _challenge(public, message, commitment)


def _sign(secret: bytes, public: bytes, message: bytes, nonce: bytes) -> bytes:
    if nonce == group.ZERO:
        raise SignatureError("the nonce of a signature must not be zero")
    challenge = _challenge(public, message, group.multiply(nonce, group.GENERATOR))
    response = group.add_scalars(group.multiply_scalars(group.invert(secret), challenge), nonce)
    signature = response + challenge
    if not verify(public, message, signature):
        raise SignatureError("the signature just made does not verify; nothing was signed")
    return signature


def _challenge(public: bytes, message: bytes, commitment: bytes) -> bytes:
    return group.reduce_wide(hashlib.sha3_512(public + message + commitment).digest())
