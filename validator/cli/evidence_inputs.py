"""What the commands of the evidence are given: public keys, bundles, tasks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from validator.cli.plain_files import open_plain, shown
from validator.errors import (
    EvidenceKeyError,
    InvalidDocumentError,
    TooLargeError,
    UnreadableFileError,
    UsageError,
)

if TYPE_CHECKING:
    from pathlib import Path

    from validator.audit.ed25519 import PublicKey
    from validator.evidence.bundle import PublicBundle, SealedBundle

EXIT_REFUSED = 1
MAX_TASK = 64 * 1024 * 1024

KeyOption = Annotated[
    str | None,
    typer.Option(
        "--key",
        metavar="PUBLIC",
        help="The public key that you trust: a PEM file or 64 hexadecimal digits.",
    ),
]

_DIGITS = re.compile(r"[0-9a-f]{64}")
_DIGEST = re.compile(r"(sha256:)?[0-9a-fA-F]{64}")


def trusted_key(given: str | None, data_dir: Path | None) -> PublicKey:
    """Return the key to trust: the one given, else that of this data directory.

    Raises UsageError without either; EvidenceKeyError and UnreadableFileError.
    """
    from pathlib import Path

    from validator.audit.ed25519 import PublicKey
    from validator.evidence.key_file import PUBLIC_FILE

    if given is not None:
        if _DIGITS.fullmatch(given):
            return PublicKey(bytes.fromhex(given))
        return PublicKey.read(read_file(Path(given), 4096))
    own = None if data_dir is None else data_dir / PUBLIC_FILE
    if own is None or not own.is_file():
        raise UsageError("--key is missing: the public key that you trust")
    try:
        return PublicKey.read(read_file(own, 4096))
    except EvidenceKeyError as error:
        raise EvidenceKeyError(f"{shown(own)}: {error.detail}") from None


def given_bundle(path: Path) -> PublicBundle | SealedBundle:
    """Read a bundle. Raises UnreadableFileError, TooLargeError, InvalidEvidenceError."""
    from validator.evidence.bundle import MAX_BUNDLE, read_bundle

    return read_bundle(read_file(path, MAX_BUNDLE))


def expected_digest(given: str | None) -> str | None:
    """Return the digest of --task as it was given. Raises UsageError for what is none."""
    if given is not None and not _DIGEST.fullmatch(given):
        raise UsageError("--task must be sha256: and 64 hexadecimal digits")
    return given


def expected_task(path: Path | None) -> dict[str, Any] | None:
    """Return the task of a file that holds a task or a submission. Raises InvalidDocumentError."""
    from checkers.strict_json import StrictJsonError, loads
    from validator.evidence.verification import has_form

    if path is None:
        return None
    try:
        found = loads(read_file(path, MAX_TASK))
    except StrictJsonError as error:
        raise InvalidDocumentError(f"{shown(path)}: {error}") from None
    task = found.get("task", found) if isinstance(found, dict) else None
    if not isinstance(task, dict) or not has_form(task):
        raise InvalidDocumentError(f"{shown(path)} holds neither a task nor a submission")
    return task


def read_file(path: Path, limit: int) -> bytes:
    """Return a file's bytes. Raises UnreadableFileError, TooLargeError."""
    try:
        with open_plain(path) as file:
            content = file.read(limit + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise UnreadableFileError(f"{shown(path)}: the file cannot be read: {reason}") from None
    if len(content) > limit:
        raise TooLargeError(f"{shown(path)}: the file has more than {limit} bytes")
    return content
