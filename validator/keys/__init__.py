"""Secret keys at rest: encrypted files, their passphrases, and what a key may sign."""

from __future__ import annotations

from typing import TYPE_CHECKING

from validator.errors import KeyFileDamagedError
from validator.keys.importing import parse_source, require_public
from validator.keys.keyfile import STANDARD, Binding, Cost, KeyFile, seal
from validator.keys.material import (
    AnyKey,
    EvidenceKey,
    Kind,
    from_secret,
    generate,
    kind_of,
    public_of,
)
from validator.keys.statement import sign_statement
from validator.keys.storage import read_private, write_new
from validator.wire.statement import Purpose, Statement

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "STANDARD",
    "AnyKey",
    "Binding",
    "Cost",
    "EvidenceKey",
    "KeyFile",
    "Kind",
    "Purpose",
    "Statement",
    "from_secret",
    "generate",
    "kind_of",
    "parse_source",
    "public_of",
    "read_key_file",
    "read_private",
    "require_public",
    "seal",
    "sign_statement",
    "write_key_file",
    "write_new",
]


def read_key_file(path: Path) -> KeyFile:
    """Read a key file that is its owner's alone.

    Raises KeyFileError, KeyFileExposedError, KeyFileDamagedError.
    """
    try:
        return KeyFile.from_bytes(read_private(path))
    except KeyFileDamagedError as error:
        raise KeyFileDamagedError(f"{path}: {error.detail}") from None


def write_key_file(path: Path, file: KeyFile) -> None:
    """Write a new key file, mode 0600, never over another. Raises KeyFileError."""
    write_new(path, file.to_bytes())
