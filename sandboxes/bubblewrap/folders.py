"""The backend's folder on the host, and the end of those that killed processes left behind."""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import tempfile
import time
from pathlib import Path
from typing import Final

from sandboxes.bubblewrap.workshop import remove_tree

PREFIX: Final = "tos-validator-cage-"
OWNER: Final = "owner"
UNOWNED_S: Final = 600.0
"""A folder that has no lock by then never got one."""


class CageFolder:
    """A new folder, locked as long as this process lives: the kernel unlocks it after a kill."""

    def __init__(self, parent: Path | None = None) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
        # Locked before it has its name: nobody sees a lock file that nobody holds.
        unnamed = self.path / f"{OWNER}.new"
        self._lock = os.open(unnamed, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        unnamed.rename(self.path / OWNER)

    def close(self) -> None:
        """Delete the folder. May be called twice."""
        remove_tree(self.path)
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def reap(now: float, parent: Path | None = None) -> int:
    """Delete this user's folders whose process is gone; return how many. `now`: as time.time()."""
    gone = 0
    for path in Path(parent or tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            state = path.lstat()
            if stat.S_ISDIR(state.st_mode) and state.st_uid == os.geteuid():
                gone += _reap_one(path, now - state.st_mtime)
    return gone


def _reap_one(path: Path, age_s: float) -> int:
    try:
        lock = os.open(path / OWNER, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        if age_s < UNOWNED_S:
            return 0
        remove_tree(path)
        return 1
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        remove_tree(path)
    except BlockingIOError:
        return 0
    finally:
        os.close(lock)
    return 1


def new_folder() -> CageFolder:
    """Clear up after the dead, then make a folder."""
    reap(time.time())
    return CageFolder()
