"""What lies beside the key and not beside the history: a restored history does not bring it back.

`<key file>.mark` holds how far the history had come, `<key file>.published` the last checkpoint of
the log that was published where the operator cannot rewrite it.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

from validator.audit.checkpoint import SignedCheckpoint, read_checkpoint
from validator.errors import HistoryStaleError, KeyFileError
from validator.keys.storage import read_private
from validator.protection.session import Mark
from validator.wire.plain import plain

if TYPE_CHECKING:
    from pathlib import Path

_DIGITS: Final = 20
_MARK: Final = re.compile(rb"[0-9]{20}\n")
_MODE: Final = 0o600


class BesideKey:
    """The two files of one key file."""

    def __init__(self, key_file: Path) -> None:
        self._mark = key_file.with_name(f"{key_file.name}.mark")
        self._published = key_file.with_name(f"{key_file.name}.published")

    def mark(self) -> Mark | None:
        """Return the newest mark, None before the first.

        Raises HistoryStaleError for a damaged one, and KeyFileError as every private file.
        """
        if not os.path.lexists(self._mark):
            return None
        content = read_private(self._mark)
        if not _MARK.fullmatch(content):
            raise HistoryStaleError(
                f"{plain(str(self._mark))} is damaged: nothing shows how far the history had come"
            )
        return Mark(int(content))

    def keep_mark(self, mark: Mark) -> None:
        """Write the mark over the last one. Raises KeyFileError.

        It is not flushed to disk by itself: after a loss of power it may be an older one, which
        hides a restored history from this check and not from the chain's.
        """
        content = b"%0*d\n" % (_DIGITS, mark.sequence)
        try:
            fd = os.open(self._mark, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, _MODE)
            try:
                os.pwrite(fd, content, 0)
            finally:
                os.close(fd)
        except OSError as error:
            raise _unwritten(self._mark, error) from None

    def published(self) -> SignedCheckpoint | None:
        """Return the last published checkpoint, None before the first; not verified.

        Raises InvalidEvidenceError and KeyFileError.
        """
        if not os.path.lexists(self._published):
            return None
        return read_checkpoint(read_private(self._published))

    def keep_published(self, signed: SignedCheckpoint) -> None:
        """Put a checkpoint in the place of the last one, whole and on disk. Raises KeyFileError."""
        draft = self._published.with_name(f"{self._published.name}.new")
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            fd = os.open(draft, flags, _MODE)
            try:
                os.write(fd, signed.encode())
                os.fsync(fd)
            finally:
                os.close(fd)
            draft.replace(self._published)
            folder = os.open(draft.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise _unwritten(self._published, error) from None


def _unwritten(path: Path, error: OSError) -> KeyFileError:
    return KeyFileError(f"{plain(str(path))}: it cannot be written: {error.strerror}")
