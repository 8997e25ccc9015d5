"""Files that a command was given: regular ones, and pipes that the shell put there."""

from __future__ import annotations

import errno
import os
import stat
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# `<(command)` and the like: somebody is at the other end already.
OF_THE_SHELL = ("/dev/fd/", "/dev/stdin", "/proc/self/fd/")
SHOWN = 120


def open_plain(path: Path) -> IO[bytes]:
    """Open for reading, without ever waiting for a writer or reading a device. Raises OSError."""
    # Without O_NONBLOCK the open itself would wait for somebody to write into a named pipe.
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        _refuse_special(os.fstat(fd).st_mode, path)
        os.set_blocking(fd, True)
        return os.fdopen(fd, "rb")
    except BaseException:
        os.close(fd)
        raise


def _refuse_special(mode: int, path: Path) -> None:
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(mode) and not str(path).startswith(OF_THE_SHELL):
        raise OSError(errno.EINVAL, "it is a device, a pipe or a socket, not a regular file")


def shown(path: Path) -> str:
    """Name a file in a sentence: the end says more than the beginning."""
    text = str(path)
    return text if len(text) <= SHOWN else f"...{text[-SHOWN:]}"
