"""What one job uses, as the host sees it: from its control group, else by looking at its tree."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Final

from sandboxes.bubblewrap.census import Census
from sandboxes.bubblewrap.ruling import FULL_BLOCKS, Facts, Record
from sandboxes.protocol import Limits, Status

if TYPE_CHECKING:
    from sandboxes.bubblewrap.cgroups import Group, Reading


# The largest resident size of a process also counts pages that it shares with others: programs and
# libraries. Only what is beyond them is surely its own.
SHARED_MB: Final = 128


class Gauge:
    """Keeps the most that was ever seen."""

    def __init__(self, group: Group, limits: Limits) -> None:
        self._group = group
        self._limits = limits
        self._census: Census | None = None
        self._box = -1
        self._setup_cpu_s = 0.0
        self._cpu_s = 0.0
        self._memory_mb: float | None = None
        self._refused = False
        self._peak_tasks = 0
        self._oom_kills = 0
        self._box_full = self._inodes_full = False

    def attach(self, first: int) -> None:
        """Begin to look at the cage of this first process; nothing hostile may run in it yet."""
        self._setup_cpu_s = self._group.read().cpu_s or 0.0
        if not (self._group.holds_memory and self._group.counts_cpu):
            self._census = Census(first)
        # Opened while nobody can have moved it; afterwards only ever asked for its fill.
        with contextlib.suppress(OSError):
            self._box = os.open(f"/proc/{first}/root/box", os.O_PATH | os.O_DIRECTORY)

    def close(self) -> None:
        """Let go of the box."""
        if self._box >= 0:
            os.close(self._box)
            self._box = -1

    def look(self, record: Record | None) -> Status | None:
        """Look once; return the limit that is passed, if one is."""
        seen = self._group.read()
        self._count(seen, record)
        self._refused = self._refused or seen.refused_tasks > 0
        self._oom_kills = seen.oom_kills
        self._look_at_box()
        memory = self._memory_mb or 0.0
        if self._oom_kills or (
            not self._group.holds_memory and record is None and memory > self._limits.memory_mb
        ):
            return Status.MEMORY_LIMIT
        if self._peak_tasks > self._limits.processes:  # only where the kernel does not refuse them
            return Status.PROCESS_LIMIT
        return Status.CPU_LIMIT if self._cpu_s >= self._limits.cpu_s else None

    def _count(self, seen: Reading, record: Record | None) -> None:
        cpu = None if seen.cpu_s is None else seen.cpu_s - self._setup_cpu_s
        memory = seen.memory_mb
        if self._census is not None and record is None:
            sample = self._census.take(self._limits.memory_mb)
            cpu = sample.cpu_s if cpu is None else cpu
            memory = sample.memory_mb if memory is None else memory
            self._peak_tasks = max(self._peak_tasks, sample.tasks)
        if record is not None and cpu is None:
            cpu = record.cpu_s
        self._cpu_s = max(self._cpu_s, cpu or 0.0)
        if memory is not None:
            self._memory_mb = max(self._memory_mb or 0.0, memory)

    def _look_at_box(self) -> None:
        if self._box < 0:
            return
        with contextlib.suppress(OSError):
            state = os.fstatvfs(self._box)
            self._box_full = self._box_full or state.f_bfree < FULL_BLOCKS
            self._inodes_full = self._inodes_full or state.f_ffree == 0

    def _was_over(self, record: Record | None) -> bool:
        """True when the looks came too late to stop it: what the first process saw at the end."""
        if record is None or self._group.holds_memory:
            return False
        return record.max_mb > self._limits.memory_mb + SHARED_MB

    def facts(self, record: Record | None, stopped: Status | None, wall_s: float) -> Facts:
        """Everything that decides, for the ruling."""
        memory = self._memory_mb
        if self._census is not None and record is not None:
            # A short job may end between two looks; its first process knows the largest member.
            memory = max(memory or 0.0, record.max_mb)
        return Facts(
            limits=self._limits,
            record=record,
            stopped=stopped,
            started=True,
            wall_s=wall_s,
            cpu_s=self._cpu_s,
            memory_mb=memory,
            oom_kills=self._oom_kills,
            refused_tasks=int(self._refused or self._peak_tasks >= self._limits.processes),
            box_full=self._box_full,
            inodes_full=self._inodes_full,
            memory_over=self._was_over(record),
        )
