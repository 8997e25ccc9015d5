"""What the container's own control group counts, read from inside, on cgroup v1 and v2.

The mount is read-only and the numbers are the kernel's: nothing that a job does can forge them,
and no process escapes them by forking, renaming itself or leaving its session.
"""

from __future__ import annotations

import os
from typing import NamedTuple

ROOT = "/sys/fs/cgroup"
READ_SIZE = 16384


class Group(NamedTuple):
    """Folders of one control group, by controller; version 2 has one for all."""

    unified: bool
    cpu: str
    memory: str
    pids: str

    @classmethod
    def of_container(cls, root: str = ROOT) -> Group:
        """Return the container's own, as the engine mounts it."""
        if os.path.exists(f"{root}/cgroup.controllers"):  # noqa: PTH110
            return cls(True, root, root, root)
        return cls(False, f"{root}/cpuacct", f"{root}/memory", f"{root}/pids")


class Area:
    """A tmpfs: how much of it is in use, counted by the kernel."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def used(self) -> tuple[int, int]:
        """Bytes and files in use, those of deleted files still held open included."""
        state = os.fstatvfs(self._fd)
        return (
            (state.f_blocks - state.f_bfree) * state.f_frsize,
            state.f_files - state.f_ffree,
        )


class Sample(NamedTuple):
    """One reading of the counters that only grow."""

    cpu_s: float
    oom_kills: int
    refused_forks: int


class Counters:
    """Open files of the group, read again and again without a path look-up."""

    def __init__(self, group: Group | None = None) -> None:
        group = group or Group.of_container()
        v1 = (
            "cpuacct.usage", "memory.usage_in_bytes", "memory.stat", "memory.oom_control",
            "pids.events", "pids.current",
        )  # fmt: skip
        v2 = (
            "cpu.stat", "memory.current", "memory.stat", "memory.events", "pids.events",
            "pids.current",
        )  # fmt: skip
        folders = (group.cpu, *[group.memory] * 3, *[group.pids] * 2)
        self._unified = group.unified
        self._resident = (b"anon", b"shmem") if group.unified else (b"rss", b"shmem")
        self._cpu, self._memory, self._stat, self._oom, self._forks, self._pids = (
            os.open(f"{folder}/{name}", os.O_RDONLY | os.O_CLOEXEC)
            for folder, name in zip(folders, v2 if group.unified else v1, strict=True)
        )

    def sample(self) -> Sample:
        """Read processor time, kills for want of memory, and forks refused at the limit."""
        return Sample(self.cpu_s(), _value(self._oom, b"oom_kill"), _value(self._forks, b"max"))

    def cpu_s(self) -> float:
        """Processor seconds of every process there ever was in the group."""
        if self._unified:
            return _value(self._cpu, b"usage_usec") / 1e6
        return int(_read(self._cpu)) / 1e9

    def refused_forks(self) -> int:
        """How often a fork was refused because of the process limit."""
        return _value(self._forks, b"max")

    def oom_kills(self) -> int:
        """How many processes the kernel killed because of the memory limit."""
        return _value(self._oom, b"oom_kill")

    def processes(self) -> int:
        """Processes and threads alive in the group, the supervisor included."""
        return int(_read(self._pids))

    def charged(self) -> int:
        """Bytes charged to the group, page cache included: cheap, and never too low."""
        return int(_read(self._memory))

    def resident(self) -> int:
        """Bytes of anonymous and shared memory, tmpfs files included, page cache not."""
        lines = _read(self._stat).split(b"\n")
        found = dict(line.split(b" ", 1) for line in lines if b" " in line)
        return sum(int(found[name]) for name in self._resident)


def _read(fd: int) -> bytes:
    return os.pread(fd, READ_SIZE, 0)


def _value(fd: int, name: bytes) -> int:
    for line in _read(fd).split(b"\n"):
        key, _, value = line.partition(b" ")
        if key == name:
            return int(value)
    raise OSError(f"the control group does not count {name.decode()}")
