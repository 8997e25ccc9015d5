"""Control groups of jobs, where this host lets us make them: memory, tasks and CPU of a whole tree.

Both versions are met: with v2 one folder does it all, with v1 one folder for each controller.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MEMORY, TASKS, CPU = "memory", "pids", "cpuacct"
MIB: Final = 1024 * 1024
_serial = itertools.count()


@dataclass(frozen=True, slots=True)
class Places:
    """Folders in which groups can be made, by controller; v2 has the same for all."""

    unified: bool
    folders: Mapping[str, Path]
    home: Mapping[str, Path] = field(default_factory=dict)
    """Where this process itself is; version 1 only."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a group has seen so far."""

    cpu_s: float | None = None
    memory_mb: float | None = None
    oom_kills: int = 0
    refused_tasks: int = 0


def find_places(mountinfo: str, own: str) -> Places | None:
    """Return where groups may be made; `None` where no controller can be had.

    The arguments are the texts of /proc/self/mountinfo and /proc/self/cgroup.
    """
    mounts = [line.split() for line in mountinfo.splitlines()]
    v1, home = _v1_places(mounts, own)
    if v1:
        return Places(unified=False, folders=v1, home=home)
    v2 = _v2_place(mounts, own)
    return Places(unified=True, folders={MEMORY: v2, TASKS: v2, CPU: v2}) if v2 else None


def _v1_places(mounts: list[list[str]], own: str) -> tuple[dict[str, Path], dict[str, Path]]:
    found: dict[str, Path] = {}
    home: dict[str, Path] = {}
    paths = {
        controller: path.lstrip("/")
        for _, controllers, path in (line.split(":", 2) for line in own.splitlines())
        for controller in controllers.split(",")
    }
    for words in mounts:
        kind, options = words[words.index("-") + 1], words[-1].split(",")
        for controller in (MEMORY, TASKS, CPU):
            if kind != "cgroup" or controller not in options:
                continue
            root = Path(words[4])
            for folder in (root / paths.get(controller, ""), root):
                if folder.is_dir() and _can_make(folder):
                    found.setdefault(controller, folder)
                    home.setdefault(controller, _nearest(root, paths.get(controller, "")))
    return found, home


def _nearest(root: Path, path: str) -> Path:
    """Own folder as this mount shows it; in a container the path may be the outer one's."""
    return root / path if (root / path).is_dir() else root


def _v2_place(mounts: list[list[str]], own: str) -> Path | None:
    root = next((Path(w[4]) for w in mounts if w[w.index("-") + 1] == "cgroup2"), None)
    path = next((line[3:] for line in own.splitlines() if line.startswith("0::")), None)
    if root is None or path is None:
        return None
    folder = root / path.lstrip("/")
    while folder.is_relative_to(root):
        with contextlib.suppress(OSError):
            if {MEMORY, TASKS} <= set((folder / "cgroup.subtree_control").read_text().split()):
                return folder if _can_make(folder) else None
        folder = folder.parent
    return None


def _can_make(folder: Path) -> bool:
    if not os.access(folder, os.W_OK):
        return False
    probe = folder / f"tosv-probe-{os.getpid()}-{next(_serial)}"
    try:
        probe.mkdir()
        probe.rmdir()
    except OSError:
        return False
    return True


class Group:
    """One job's group. A controller that this host does not give reads as `None` or 0."""

    def __init__(self, places: Places | None) -> None:
        name = f"tosv-{os.getpid()}-{next(_serial)}"
        self._unified = places is not None and places.unified
        folders = {} if places is None else places.folders
        self._home = {} if places is None else places.home
        self._folders = {controller: folder / name for controller, folder in folders.items()}
        for folder in set(self._folders.values()):
            folder.mkdir()

    @property
    def holds_memory(self) -> bool:
        """True when the kernel counts and caps the memory of the whole tree."""
        return MEMORY in self._folders

    @property
    def counts_cpu(self) -> bool:
        """True when the kernel counts the CPU time of the whole tree."""
        return CPU in self._folders

    def limit(self, memory_mb: float, tasks: int) -> None:
        """Set the caps. May be called again to raise them."""
        size = str(int(memory_mb * MIB))
        if MEMORY in self._folders:
            if self._unified:
                self._write(MEMORY, "memory.max", size)
                for name, value in (("memory.swap.max", "0"), ("memory.oom.group", "1")):
                    with contextlib.suppress(OSError):
                        self._write(MEMORY, name, value)
            else:
                self._write(MEMORY, "memory.limit_in_bytes", size)
                # Buffers of TCP, loopback's too, are counted only where they have a limit.
                for name in ("memory.memsw.limit_in_bytes", "memory.kmem.tcp.limit_in_bytes"):
                    with contextlib.suppress(OSError):  # a kernel without that accounting
                        self._write(MEMORY, name, size)
        if TASKS in self._folders:
            self._write(TASKS, "pids.max", str(tasks))

    def raise_memory(self, memory_mb: float) -> None:
        """Give more memory to what is left, in the order that the kernel demands."""
        size = str(int(memory_mb * MIB))
        if MEMORY not in self._folders:
            return
        if self._unified:
            self._write(MEMORY, "memory.max", size)
            return
        with contextlib.suppress(OSError):
            self._write(MEMORY, "memory.memsw.limit_in_bytes", size)
        self._write(MEMORY, "memory.limit_in_bytes", size)

    @contextlib.contextmanager
    def lend(self) -> Iterator[None]:
        """Have what the calling thread starts meanwhile be born in the group (version 1).

        A thread may move itself without the kernel's global lock; moving another process waits
        for a grace period of several milliseconds for each controller.
        """
        moved = {}
        try:
            if not self._unified:
                for controller, folder in self._folders.items():
                    (folder / "tasks").write_text("0")
                    moved[controller] = self._home[controller]
            yield
        finally:
            for folder in moved.values():
                (folder / "tasks").write_text("0")

    def add(self, pid: int) -> None:
        """Put a process, and all that it will start, into the group (version 2)."""
        if self._unified:
            for folder in set(self._folders.values()):
                (folder / "cgroup.procs").write_text(str(pid))

    def read(self) -> Reading:
        """What the group has seen."""
        return Reading(
            cpu_s=self._cpu(),
            memory_mb=self._peak(),
            oom_kills=self._counter(
                MEMORY, "memory.events" if self._unified else "memory.oom_control", "oom_kill"
            ),
            refused_tasks=self._counter(TASKS, "pids.events", "max"),
        )

    def close(self) -> None:
        """Remove the group; its processes are dead, though the kernel may take a moment."""
        for folder in set(self._folders.values()):
            for _ in range(50):
                with contextlib.suppress(FileNotFoundError):
                    try:
                        folder.rmdir()
                    except OSError:
                        time.sleep(0.01)
                        continue
                break
        self._folders = {}

    def _cpu(self) -> float | None:
        if CPU not in self._folders:
            return None
        if self._unified:
            return self._counter(CPU, "cpu.stat", "usage_usec") / 1e6
        return int(self._text(CPU, "cpuacct.usage") or 0) / 1e9

    def _peak(self) -> float | None:
        if MEMORY not in self._folders:
            return None
        name = "memory.peak" if self._unified else "memory.max_usage_in_bytes"
        text = self._text(MEMORY, name) or self._text(MEMORY, "memory.current")
        return int(text) / MIB if text else None

    def _counter(self, controller: str, name: str, key: str) -> int:
        if controller not in self._folders:
            return 0
        found = re.search(rf"^{key} (\d+)$", self._text(controller, name), re.MULTILINE)
        return int(found[1]) if found else 0

    def _text(self, controller: str, name: str) -> str:
        try:
            return (self._folders[controller] / name).read_text()
        except OSError:
            return ""

    def _write(self, controller: str, name: str, value: str) -> None:
        (self._folders[controller] / name).write_text(value)
