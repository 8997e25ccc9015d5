"""The folder of the history: local, ours alone, and owned by one process at a time."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import stat
from typing import TYPE_CHECKING, Final

from validator.errors import HistoryMissingError, ProtectionInUseError, UnsafePlaceError
from validator.wire.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE_NAME: Final = "protection.db"
SIDE_FILES: Final = ("-wal", "-shm", "-journal")

# f_type of statfs(2), from the manual page and linux/magic.h. Only what is listed is accepted: a
# network file system may grant one lock to two machines, and a FUSE one may be anything.
LOCAL_FILE_SYSTEMS: Final = {
    0xEF53: "ext2, ext3 or ext4",
    0x58465342: "XFS",
    0x9123683E: "Btrfs",
    0x2FC12FC1: "ZFS",
    0xF2F52010: "F2FS",
    0xCA451A4E: "bcachefs",
    0x3153464A: "JFS",
    0x3434: "NILFS",
    0x794C7630: "overlayfs",
    0x01021994: "tmpfs",
}
KNOWN_OTHERS: Final = {
    0x6969: "NFS",
    0x517B: "SMB",
    0xFF534D42: "CIFS",
    0xFE534D42: "SMB2",
    0x01021997: "9P",
    0x65735546: "FUSE",
    0x00C36400: "Ceph",
    0x5346414F: "AFS",
    0x6B414653: "AFS",
    0x73757245: "Coda",
    0x01161970: "GFS2",
    0x7461636F: "OCFS2",
    0x0BD00BD0: "Lustre",
    0x47504653: "GPFS",
    0x19830326: "BeeGFS",
    0x786F4256: "a folder shared by VirtualBox",
}
_STATFS_BYTES = 512  # more than struct statfs has anywhere; its first word is f_type
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


class OwnerLock:
    """The folder itself, locked: no lock file that somebody could tidy away.

    Held until `release`, and gone with the process, also after `kill -9` (flock(2)).
    """

    def __init__(self, folder: Path) -> None:
        self._descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._descriptor)
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                raise UnsafePlaceError(
                    f"{plain(str(folder))} cannot be locked: {error.strerror}"
                ) from None
            raise ProtectionInUseError(
                f"another process owns the protection history in {plain(str(folder))}"
            ) from None

    def release(self) -> None:
        """Let another process own the folder; a second time does nothing."""
        # Closed once only: the number may belong to another file by then.
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


def file_system(path: Path) -> int:
    """Return `f_type` of the file system that a path lies on. Raises OSError.

    Python's own os.statvfs does not tell it.
    """
    buffer = ctypes.create_string_buffer(_STATFS_BYTES)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.statfs(os.fsencode(path), buffer) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(path))
    return ctypes.c_ulong.from_buffer(buffer).value & 0xFFFFFFFF


def require_local(folder: Path) -> None:
    """Raise UnsafePlaceError unless the folder's file system is known to be local."""
    kind = file_system(folder)
    if kind not in LOCAL_FILE_SYSTEMS:
        name = KNOWN_OTHERS.get(kind, "an unknown file system")
        raise UnsafePlaceError(
            f"{plain(str(folder))} lies on {name} (type {kind:#x}), whose locks are not trusted"
        )


def require_private(folder: Path) -> None:
    """Raise UnsafePlaceError when anybody else could change the history."""
    for path in _parts(folder):
        try:
            seen = path.lstat()
        except FileNotFoundError:  # SQLite removes its side files while we look
            continue
        name = plain(str(path))
        if stat.S_ISLNK(seen.st_mode):
            raise UnsafePlaceError(f"{name} is a symbolic link")
        if seen.st_uid != os.geteuid():
            raise UnsafePlaceError(f"{name} belongs to another account")
        if seen.st_mode & _OTHERS_WRITE:
            raise UnsafePlaceError(f"{name} can be written by its group or by others")
        if path != folder and (not stat.S_ISREG(seen.st_mode) or seen.st_nlink != 1):
            raise UnsafePlaceError(f"{name} is no regular file with one name")


def _parts(folder: Path) -> Iterator[Path]:
    yield folder
    yield folder / FILE_NAME
    yield from (folder / f"{FILE_NAME}{end}" for end in SIDE_FILES)


def require_history(folder: Path) -> Path:
    """Return the file of the history; raise HistoryMissingError when there is none."""
    path = folder / FILE_NAME
    if not folder.is_dir() or not os.path.lexists(path):
        raise HistoryMissingError(f"there is no protection history in {plain(str(folder))}")
    return path


def require_safe(folder: Path) -> None:
    """Raise UnsafePlaceError unless the folder is local and nobody else can change it."""
    require_private(folder)
    require_local(folder)
