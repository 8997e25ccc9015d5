"""Files that are whole as soon as they have their name."""

from __future__ import annotations

import contextlib
import os
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def write_new(path: Path, content: bytes, mode: int) -> None:
    """Write a file durably; one that is there already is left alone. Raises OSError.

    The folder must be there. A crash leaves the whole file or none.
    """
    with _written_beside(path, content, mode) as temporary, contextlib.suppress(FileExistsError):
        os.link(temporary, path)  # unlike a rename, it never takes another's place


def write_over(path: Path, content: bytes, mode: int) -> None:
    """Write a file durably in place of the one that is there. Raises OSError.

    The folder must be there. A crash leaves the old file or the new one, whole.
    """
    with _written_beside(path, content, mode) as temporary:
        temporary.replace(path)


@contextlib.contextmanager
def _written_beside(path: Path, content: bytes, mode: int) -> Iterator[Path]:
    """Give the content under another name in the same folder, which is synced afterwards."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with open(os.open(temporary, flags, mode), "wb") as file:  # noqa: PTH123 - a descriptor
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
