"""Trees of files inside the container: laid down, measured, handed over, taken back, emptied.

Everything here runs while no process of a job is alive, so nothing can change under its hands;
what the dead have left (links, pipes, names without meaning, folders a thousand deep) still can
surprise, and is met with calls that never follow a link.
"""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sandboxes.wire import MAX_NAME

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

ROOT = 0
CHUNK = 1024 * 1024
FOLDER_MODE = 0o755
OPEN_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# A pipe or device left under a wanted name must not block the supervisor.
OPEN_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@contextmanager
def acting_as(uid: int) -> Iterator[None]:
    """Use the job's own rights for a while: none of the supervisor's reach hostile files."""
    os.setegid(uid)
    os.seteuid(uid)
    try:
        yield
    finally:
        os.seteuid(ROOT)
        os.setegid(ROOT)


def lay(
    root: str, files: Mapping[str, bytes], owner: int = ROOT, executable: Collection[str] = ()
) -> None:
    """Write a tree into an empty folder of the supervisor's and give it to `owner`.

    Names have been checked. The folder itself stays the supervisor's.
    """
    made: set[str] = set()
    for name, content in files.items():
        path = os.path.join(root, name)  # noqa: PTH118 - pathlib is not loaded in the container
        parts = name.split("/")[:-1]
        for end in range(1, len(parts) + 1):
            folder = "/".join([root, *parts[:end]])
            if folder not in made:
                os.mkdir(folder, FOLDER_MODE)  # noqa: PTH102
                made.add(folder)
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        try:
            _write_all(fd, content)
            if name in executable:
                os.fchmod(fd, FOLDER_MODE)
            if owner != ROOT:
                os.fchown(fd, owner, owner)
        finally:
            os.close(fd)
    if owner != ROOT:
        for folder in made:
            os.chown(folder, owner, owner, follow_symlinks=False)


def _write_all(fd: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(fd, view) :]


def hand_over(root: str, owner: int) -> None:
    """Give a tree of the supervisor's, and the folder itself, to a job."""
    for path, _ in _walk(root):
        os.chown(path, owner, owner, follow_symlinks=False)
    os.chown(root, owner, owner)


def read_back(root: str) -> dict[str, tuple[bytes, int]]:
    """Return the regular files of a tree of the supervisor's with their modes."""
    found = {}
    for path, entry in _walk(root):
        if stat.S_ISREG(entry.st_mode):
            with open(path, "rb") as source:  # noqa: PTH123
                found[path[len(root) + 1 :]] = (source.read(), entry.st_mode & 0o777)
    return found


def tidy(root: str) -> bool:
    """Leave only plain files and folders that everyone may read. Use under `acting_as`.

    False when a name in it is not text or is too long to be carried; the caller then throws the
    tree away. Only the owner may do this: taking a set-uid file back needs a right that the
    supervisor does not have.
    """
    todo = [os.fsencode(root)]
    os.chmod(root, FOLDER_MODE)  # noqa: PTH101
    while todo:
        folder = todo.pop()
        for name in os.listdir(folder):  # noqa: PTH208
            path = b"%s/%s" % (folder, name)
            if len(path) > MAX_NAME or not _is_text(name):
                return False
            entry = os.lstat(path)
            if stat.S_ISDIR(entry.st_mode):
                os.chmod(path, FOLDER_MODE)  # noqa: PTH101
                todo.append(path)
            elif stat.S_ISREG(entry.st_mode):
                os.chmod(path, FOLDER_MODE if entry.st_mode & 0o100 else 0o644)  # noqa: PTH101
            else:
                os.unlink(path)  # noqa: PTH108
    return True


def _is_text(name: bytes) -> bool:
    try:
        name.decode()
    except UnicodeDecodeError:
        return False
    return True


def _walk(root: str) -> Iterator[tuple[str, os.stat_result]]:
    todo = [root]
    while todo:
        folder = todo.pop()
        for name in os.listdir(folder):  # noqa: PTH208
            path = f"{folder}/{name}"
            entry = os.lstat(path)
            yield path, entry
            if stat.S_ISDIR(entry.st_mode):
                todo.append(path)


def collect(root: str, names: Sequence[str], cap: int) -> dict[str, bytes]:
    """Read regular files out of a job's tree, up to `cap` bytes in all. Use under `acting_as`.

    What is missing, special, reached through a link, or too large is left out.
    """
    found: dict[str, bytes] = {}
    for name in names:
        content = _read_plain(root, name.split("/"), cap)
        if content is not None:
            found[name] = content
            cap -= len(content)
    return found


def _read_plain(root: str, parts: Sequence[str], cap: int) -> bytes | None:
    fd = _open_plain(root, parts)
    if fd < 0:
        return None
    try:
        entry = os.fstat(fd)
        if not stat.S_ISREG(entry.st_mode) or entry.st_size > cap:
            return None
        return _read_all(fd, entry.st_size)
    finally:
        os.close(fd)


def _open_plain(root: str, parts: Sequence[str]) -> int:
    """Open what is there without following a link; -1 where that cannot be done."""
    at = -1
    try:
        at = os.open(root, OPEN_FOLDER)  # the job may have closed its own folder, too
        for part in parts[:-1]:
            below = os.open(part, OPEN_FOLDER, dir_fd=at)
            os.close(at)
            at = below
        return os.open(parts[-1], OPEN_FILE, dir_fd=at)
    except OSError:
        return -1
    finally:
        if at >= 0:
            os.close(at)


def _read_all(fd: int, size: int) -> bytes:
    parts = []
    while size > 0 and (part := os.read(fd, min(size, CHUNK))):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def wipe(root: str) -> None:
    """Empty a folder, whatever is in it. Use under `acting_as` for a job's.

    Folders inside folders are first moved to the top: no depth can exhaust the path or the stack.
    """
    top = os.fsencode(root)
    serial = 0
    while names := os.listdir(top):  # noqa: PTH208
        for name in names:
            path = b"%s/%s" % (top, name)
            if not stat.S_ISDIR(os.lstat(path).st_mode):
                os.unlink(path)  # noqa: PTH108
                continue
            os.chmod(path, 0o700)  # noqa: PTH101
            for child in os.listdir(path):  # noqa: PTH208
                below = b"%s/%s" % (path, child)
                if stat.S_ISDIR(os.lstat(below).st_mode):
                    os.chmod(below, 0o700)  # noqa: PTH101
                    serial = _free_name(top, serial)
                    os.rename(below, b"%s/%d" % (top, serial))  # noqa: PTH104
                else:
                    os.unlink(below)  # noqa: PTH108
            os.rmdir(path)  # noqa: PTH106


def _free_name(top: bytes, serial: int) -> int:
    serial += 1
    while os.path.lexists(b"%s/%d" % (top, serial)):
        serial += 1
    return serial
