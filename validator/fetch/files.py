"""`file:` for a devnet: regular files below one folder, and no link on the way to them."""

from __future__ import annotations

import os
import stat
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

from validator.fetch.frames import Failure, FetchFailedError

if TYPE_CHECKING:
    from collections.abc import Iterator

_PIECE: Final = 64 * 1024
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Without O_NONBLOCK a named pipe would hold up the open itself.
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def read_file(root: int, parts: tuple[str, ...], limit: int) -> Iterator[bytes]:
    """Yield a file's pieces, together at most `limit` bytes.

    `root` is the folder's descriptor, `parts` the names from there. Raises FetchFailedError.
    """
    with ExitStack() as opened:
        try:
            folder = root
            for name in parts[:-1]:
                folder = os.open(name, _FOLDER, dir_fd=folder)
                opened.callback(os.close, folder)
            file = os.open(parts[-1], _FILE, dir_fd=folder)
            opened.callback(os.close, file)
            status = os.fstat(file)
        except FileNotFoundError:
            raise FetchFailedError(Failure.NOT_FOUND) from None
        except OSError:  # a link, no folder, not ours to read
            raise FetchFailedError(Failure.REFUSED) from None
        if not stat.S_ISREG(status.st_mode):
            raise FetchFailedError(Failure.REFUSED)
        if status.st_size > limit:
            raise FetchFailedError(Failure.TOO_LARGE)
        yield from _pieces(file, limit)


def _pieces(file: int, limit: int) -> Iterator[bytes]:
    total = 0
    while piece := os.read(file, _PIECE):
        total += len(piece)
        if total > limit:  # it grew
            raise FetchFailedError(Failure.TOO_LARGE)
        yield piece
