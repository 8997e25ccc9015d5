"""Control groups of rooms, below the container's own, on cgroup v1 and v2.

The keeper mounts the container's part of the hierarchy in namespaces of its own: that takes
neither a privilege on the host nor a mount from it (ADR 10).
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Final

from sandboxes.counters import ROOT, Group
from sandboxes.lane.linux import MS_NODEV, MS_NOEXEC, MS_NOSUID, mount

if TYPE_CHECKING:
    from sandboxes.resources import Resources

CONTROLLERS: Final = ("cpuacct", "memory", "pids")
KEEPER: Final = "keeper"
QUIET: Final = MS_NOSUID | MS_NODEV | MS_NOEXEC
TCP_LIMIT: Final = "memory.kmem.tcp.limit_in_bytes"
EMPTY_S: Final = 5.0
PAUSE_S: Final = 0.002


def mount_groups() -> Group:
    """Mount the controllers writable over the engine's read-only ones; return the top folders.

    Raises OSError where the host refuses; then there is no fast lane.
    """
    unified = os.path.exists(f"{ROOT}/cgroup.controllers")  # noqa: PTH110
    if unified:
        mount("cgroup2", ROOT, "cgroup2", QUIET)
        _make_room_for_children()
        return Group.of_container()
    mount("tmpfs", ROOT, "tmpfs", QUIET, "size=64k,mode=0755")
    for name in CONTROLLERS:
        os.mkdir(f"{ROOT}/{name}")  # noqa: PTH102
        mount("cgroup", f"{ROOT}/{name}", "cgroup", QUIET, name)
    return Group.of_container()


def _make_room_for_children() -> None:
    """Version 2 gives controllers to children only of a group that holds no process itself."""
    os.mkdir(f"{ROOT}/{KEEPER}")  # noqa: PTH102
    _write(f"{ROOT}/{KEEPER}/cgroup.procs", str(os.getpid()))
    _write(f"{ROOT}/cgroup.subtree_control", "+cpu +memory +pids")


class RoomGroup:
    """One room's group: made by the keeper, entered by the room, limited through open files."""

    def __init__(self, top: Group, serial: int) -> None:
        name = f"room-{serial}"
        self.group = Group(
            top.unified, *(f"{folder}/{name}" for folder in (top.cpu, top.memory, top.pids))
        )
        self._folders = sorted(set(self.group[1:]))
        for folder in self._folders:
            os.mkdir(folder)  # noqa: PTH102

    def enter(self) -> None:
        """Move the calling process, which has one thread, into the group."""
        file = "cgroup.procs" if self.group.unified else "tasks"
        for folder in self._folders:
            _write(f"{folder}/{file}", "0")

    def hold(self) -> Hold:
        """Open the files of its limits."""
        return Hold(self.group)

    def remove(self) -> None:
        """Delete the group once its last process is gone; raise OSError if it stays."""
        until = time.monotonic() + EMPTY_S
        for folder in self._folders:
            while True:
                try:
                    os.rmdir(folder)  # noqa: PTH106
                    break
                except FileNotFoundError:
                    break
                except OSError:
                    if time.monotonic() > until:
                        raise
                    time.sleep(PAUSE_S)


class Hold:
    """The open files of a group's limits, for a process that may no longer open them."""

    def __init__(self, group: Group) -> None:
        names = (
            ("memory.max", "memory.swap.max", "pids.max")
            if group.unified
            else ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes", "pids.max")
        )
        folders = (group.memory, group.memory, group.pids)
        self._unified = group.unified
        self._memory, self._swap, self._pids = (
            _open(f"{folder}/{name}") for folder, name in zip(folders, names, strict=True)
        )
        # Buffers of TCP, loopback's too: the first version counts them where they have a limit.
        self._tcp = -1
        if not group.unified:
            self._tcp = _open(f"{group.memory}/{TCP_LIMIT}")
        self._now: Resources | None = None

    def set(self, wanted: Resources) -> None:
        """Hold these limits from now on. Raises OSError when the kernel refuses them."""
        if wanted == self._now:
            return
        memory = str(wanted.memory).encode()
        writes = [(self._memory, memory)]
        if self._swap >= 0:  # a kernel may count no swap
            # The first version counts memory and swap together, the second swap alone.
            writes.append((self._swap, b"0" if self._unified else memory))
        if self._now is not None and wanted.memory > self._now.memory and not self._unified:
            writes.reverse()  # memory must never be above memory and swap together
        if self._tcp >= 0:
            writes.append((self._tcp, memory))
        for fd, value in (*writes, (self._pids, str(wanted.pids).encode())):
            os.pwrite(fd, value, 0)
        self._now = wanted


def _open(path: str) -> int:
    try:
        return os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        if "sw" in path or path.endswith(TCP_LIMIT):
            return -1
        raise


def _write(path: str, text: str) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(fd, text.encode())
    finally:
        os.close(fd)
