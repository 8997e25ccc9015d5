"""The evidence key as a plain file, and any other signer that securesystemslib knows.

The key belongs to the process that seals verdicts. Workers, front door and sandboxes never open it.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, Final

from validator.audit.ed25519 import PublicKey
from validator.errors import EvidenceKeyError
from validator.evidence.whole_files import write_new
from validator.wire.plain import plain

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from securesystemslib.signer import Signer

KEY_FILE: Final = "evidence/key.pem"
PUBLIC_FILE: Final = "evidence/key.pub.pem"
"""Below the data directory."""

_MAX_FILE: Final = 4096
_OF_OTHERS: Final = 0o077
_SECRET: Final = 0o600
_PUBLIC: Final = 0o644


class LibrarySigner:
    """Evidence signed by a signer of securesystemslib: a file, a KMS, a token.

    Raises EvidenceKeyError for a key that is not Ed25519.
    """

    def __init__(self, signer: Signer) -> None:
        self._signer = signer
        self._public = PublicKey.read(str(signer.public_key.keyval.get("public")).encode())

    @property
    def public(self) -> PublicKey:
        """The key that verifies what `sign` gives."""
        return self._public

    def sign(self, message: bytes) -> bytes:
        """Return the 64 bytes of a signature. Raises EvidenceKeyError when the key is away."""
        from securesystemslib.exceptions import Error

        try:
            return bytes.fromhex(self._signer.sign(message).signature)
        except (Error, OSError, ValueError) as error:
            raise EvidenceKeyError(f"the key does not sign ({type(error).__name__})") from None


def open_or_create(data_dir: Path) -> LibrarySigner:
    """Return the signer of this data directory, making its key at the first start.

    Raises EvidenceKeyError.
    """
    path = data_dir / KEY_FILE
    if not os.path.lexists(path):
        create_key(path)
    signer = open_key(path)
    _publish(data_dir / PUBLIC_FILE, signer.public)
    return signer


def create_key(path: Path) -> None:
    """Write a fresh key (PEM, PKCS #8), readable by its owner alone, whole or not at all.

    A key that is there already stays, whoever was first. Raises EvidenceKeyError.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    pem = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_new(path, pem, _SECRET)
    except OSError as error:
        raise EvidenceKeyError(f"{_named(path)} cannot be written: {error.strerror}") from None


def open_key(path: Path) -> LibrarySigner:
    """Return the signer of a key file.

    Raises EvidenceKeyError for a file that is a link, of another user, open to others, or no
    Ed25519 key without a passphrase.
    """
    from securesystemslib.signer import CryptoSigner

    return LibrarySigner(CryptoSigner(_private_key(read_secret(path), path)))


def _private_key(pem: bytes, path: Path) -> Ed25519PrivateKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        found = load_pem_private_key(pem, None)
    except (TypeError, ValueError, UnsupportedAlgorithm):  # TypeError: it has a passphrase
        raise EvidenceKeyError(f"{_named(path)} is no PEM key without a passphrase") from None
    if not isinstance(found, Ed25519PrivateKey):
        raise EvidenceKeyError(f"{_named(path)} is not an Ed25519 key")
    return found


def read_secret(path: Path) -> bytes:
    """Return at most 4096 bytes of a file that only we can read.

    Raises EvidenceKeyError for a file that is a link, of another user, or open to others.
    """
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags)
    except OSError as error:
        raise EvidenceKeyError(f"{_named(path)} cannot be opened: {error.strerror}") from None
    try:
        _refuse_shared(os.fstat(descriptor), path)
        return os.read(descriptor, _MAX_FILE)
    finally:
        os.close(descriptor)


def _refuse_shared(found: os.stat_result, path: Path) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise EvidenceKeyError(f"{_named(path)} is no regular file")
    if found.st_uid != os.geteuid():
        raise EvidenceKeyError(f"{_named(path)} belongs to another user")
    if found.st_mode & _OF_OTHERS:
        raise EvidenceKeyError(f"{_named(path)} is open to others; run chmod 600 on it")


def _publish(path: Path, public: PublicKey) -> None:
    """Lay the public key beside the secret one. Raises EvidenceKeyError when another lies there."""
    try:
        write_new(path, public.pem(), _PUBLIC)
        with path.open("rb") as file:
            found = PublicKey.read(file.read(_MAX_FILE))
    except OSError as error:
        raise EvidenceKeyError(f"{_named(path)} cannot be written: {error.strerror}") from None
    if found != public:
        raise EvidenceKeyError(f"{_named(path)} is not the public half of the key beside it")


def _named(path: Path) -> str:
    return plain(str(path), 120)
