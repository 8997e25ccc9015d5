"""Files that are their owner's alone: read with suspicion, written once and for good."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from typing import TYPE_CHECKING, Final

from validator.errors import KeyFileError, KeyFileExposedError

if TYPE_CHECKING:
    from pathlib import Path

PRIVATE: Final = 0o600
OTHERS: Final = 0o077
MAX_FILE: Final = 16 * 1024
"""Bytes: a key file has under one thousand."""


def read_private(path: Path) -> bytes:
    """Return a secret file's bytes.

    Raises KeyFileExposedError for a symbolic link, for another owner and when the group or others
    have any permission; KeyFileError when it is absent, no regular file or over 16 KiB.
    """
    try:
        # Without O_NONBLOCK the open itself would wait for the writer of a named pipe.
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise _unopened(path, error) from None
    try:
        _refuse_exposed(path, os.fstat(fd))
        data = _read_all(fd)
    finally:
        os.close(fd)
    if len(data) > MAX_FILE:
        raise KeyFileError(f"{path}: it has more than {MAX_FILE} bytes")
    return data


def _refuse_exposed(path: Path, found: os.stat_result) -> None:
    """Raise unless this is a regular file that its owner, who is us, alone may touch."""
    if not stat.S_ISREG(found.st_mode):
        raise KeyFileError(f"{path}: it is no regular file")
    if found.st_uid != os.geteuid():
        raise KeyFileExposedError(f"{path}: it belongs to another user")
    if found.st_mode & OTHERS:
        mode = stat.S_IMODE(found.st_mode)
        raise KeyFileExposedError(f"{path}: its group or others may use it (mode {mode:03o})")


def write_new(path: Path, data: bytes) -> None:
    """Write a file of mode 0600 that was not there before: whole, and on the disk, or not at all.

    Raises KeyFileError, also when anything lies at the path already.
    """
    beside = path.parent / f".{path.name}.{secrets.token_hex(8)}"
    try:
        _write_through(beside, data)
        try:
            # A link, unlike a rename, never replaces what is there.
            os.link(beside, path, follow_symlinks=False)
        finally:
            beside.unlink()
        _sync_folder(path.parent)
    except FileExistsError:
        raise KeyFileError(f"{path}: something is there already") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise KeyFileError(f"{path}: it cannot be written: {reason}") from None


def _write_through(path: Path, data: bytes) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, PRIVATE)
    try:
        with os.fdopen(fd, "wb") as file:
            os.fchmod(fd, PRIVATE)  # whatever the umask took away
            file.write(data)
            file.flush()
            os.fsync(fd)
    except OSError:
        with contextlib.suppress(OSError):
            path.unlink()
        raise


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _read_all(fd: int) -> bytes:
    """Read a regular file to its end, or to one byte past the limit."""
    data = b""
    while len(data) <= MAX_FILE and (more := os.read(fd, MAX_FILE + 1 - len(data))):
        data += more
    return data


def _unopened(path: Path, error: OSError | ValueError) -> KeyFileError:
    if getattr(error, "errno", None) == errno.ELOOP:
        return KeyFileExposedError(f"{path}: it is a symbolic link")
    reason = getattr(error, "strerror", None) or str(error)
    return KeyFileError(f"{path}: it cannot be read: {reason}")
