"""What one job and all that belongs to it may hold, as the kernel counts it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandboxes.protocol import Limits

MIB = 1024 * 1024
SHARED_MEMORY_MB = 16
SUPERVISOR_MB = 64  # its own memory, and page cache that a toolchain needs at hand
SLACK_MB, SLACK_FILES = 8, 64  # so that a limit is named by the supervisor, not by a full disk
MARGIN = 0.9
"""Past this share of its time or memory a run is marginal."""


@dataclass(frozen=True, slots=True)
class Resources:
    """What is held for a whole container, or a whole room of a lane, while one job runs in it.

    `memory` is in bytes, files in memory included; `pids` counts tasks, the supervisor included.
    `core` is the one processor core that all of it runs on; None: whichever it had before.
    """

    memory: int
    pids: int
    core: int | None = None

    @classmethod
    def for_job(cls, limits: Limits, program_kb: int, core: int | None = None) -> Resources:
        """Room for the job, its files and its program (all in memory), and the supervisor."""
        files_mb = limits.disk_mb + program_kb // 1024
        memory_mb = limits.memory_mb + files_mb + SHARED_MEMORY_MB + SUPERVISOR_MB
        return cls(memory=memory_mb * MIB, pids=limits.processes + 1, core=core)

    def body(self) -> dict[str, int | str]:
        """Return the engine's names for these limits."""
        held: dict[str, int | str] = {
            "Memory": self.memory,
            "MemorySwap": self.memory,
            "PidsLimit": self.pids,
        }
        return held if self.core is None else held | {"CpusetCpus": str(self.core)}
