"""Hand files out of a cage, as its first process, after every other process is dead.

Standard input: a JSON request. Standard output: for each file its name's length, its mode, its size
(network order), name and bytes; a name of no length ends the stream. Nothing here follows a link.
"""

# Starts with every job, so nothing is imported that is not needed.
# ruff: noqa: PTH118

from __future__ import annotations

import json
import os
import stat
import struct
import sys

HEAD = struct.Struct("!HHQ")
OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def send(name: str, fd: int, cap: int) -> int:
    """Send one regular file of at most `cap` bytes; return what it took of the cap."""
    entry = os.fstat(fd)
    if not stat.S_ISREG(entry.st_mode) or entry.st_size > cap:
        return 0
    raw = os.fsencode(name)
    out = sys.stdout.buffer
    out.write(HEAD.pack(len(raw), stat.S_IMODE(entry.st_mode), entry.st_size) + raw)
    left = entry.st_size
    while left:
        block = os.read(fd, min(left, 1 << 16))
        left -= len(block)
        out.write(block)
    return entry.st_size


def open_below(root: str, parts: list[str]) -> int:
    """Open `root`/`parts` without following a link anywhere."""
    at = os.open(root, OPEN | os.O_DIRECTORY)
    for part in parts[:-1]:
        below = os.open(part, OPEN | os.O_DIRECTORY, dir_fd=at)
        os.close(at)
        at = below
    try:
        return os.open(parts[-1], OPEN, dir_fd=at)
    finally:
        os.close(at)


def named(root: str, names: list[str], cap: int) -> None:
    """Send the named files, as far as they are plain and fit."""
    for name in names:
        try:
            fd = open_below(root, name.split("/"))
        except (OSError, ValueError):
            continue
        cap -= send(name, fd, cap)
        os.close(fd)


def tree(root: str, cap: int, count: int) -> None:
    """Send every regular file of a tree, up to a size and a count."""
    for folder, _, names, at in os.fwalk(root, follow_symlinks=False):
        for name in names:
            try:
                fd = os.open(name, OPEN, dir_fd=at)
            except OSError:
                continue
            count -= 1
            if count < 0:
                sys.exit(3)
            cap -= send(os.path.relpath(os.path.join(folder, name), root), fd, cap)
            os.close(fd)


def main() -> None:
    """Answer one request."""
    request = json.loads(sys.stdin.buffer.read())
    if request.get("names") is None:
        tree(request["root"], request["cap"], request["count"])
    else:
        named(request["root"], request["names"], request["cap"])
    sys.stdout.buffer.write(HEAD.pack(0, 0, 0))
    sys.stdout.buffer.flush()


main()
