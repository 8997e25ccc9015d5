"""From what the host saw of a job to the status of its end. Pure."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from typing import Final

from sandboxes.protocol import Limits, Status
from sandboxes.resources import MARGIN

FULL_BLOCKS: Final = 8
"""Pages: a file system with fewer free ones has refused somebody, or is about to."""

CAUSES: Final = {
    Status.WALL_LIMIT: "stopped at the wall-clock limit",
    Status.CPU_LIMIT: "the process tree used up its CPU time",
    Status.MEMORY_LIMIT: "the process tree used up its memory",
    Status.OUTPUT_LIMIT: "more output than allowed",
    Status.PROCESS_LIMIT: "more processes than allowed",
    Status.DISK_LIMIT: "the program failed with its working directory full",
    Status.FILE_LIMIT: "more files than allowed",
}


@dataclass(frozen=True, slots=True)
class Record:
    """The first process's word on how the job ended."""

    wait_status: int
    cpu_s: float
    max_mb: float
    free_blocks: int
    blocks: int
    free_inodes: int
    inodes: int

    @classmethod
    def parse(cls, line: bytes) -> Record:
        """Read an `X` line; ValueError for anything else."""
        status, user, system, peak, *box = (int(word) for word in line.split()[1:])
        free, blocks, free_inodes, inodes = box
        return cls(status, (user + system) / 1e6, peak / 1024, free, blocks, free_inodes, inodes)


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that decides."""

    limits: Limits
    record: Record | None = None
    stopped: Status | None = None
    """The limit for which the host itself killed the job."""
    started: bool = False
    wall_s: float = 0.0
    cpu_s: float = 0.0
    memory_mb: float | None = None
    oom_kills: int = 0
    refused_tasks: int = 0
    box_full: bool = False
    inodes_full: bool = False
    memory_over: bool = False
    """True when one process alone was far above the limit where no control group holds it."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """Status, and exit code or signal."""

    status: Status
    exit_code: int | None = None
    signal: str | None = None
    marginal: bool = False
    detail: str = ""


def rule(facts: Facts) -> Ruling:
    """Name the end of a job."""
    limit = _limit_hit(facts)
    if limit is not None:
        return Ruling(limit, detail=CAUSES[limit])
    if facts.record is None:
        return _without_record(facts)
    code, name = read_wait_status(facts.record.wait_status)
    status = Status.OK if code == 0 else _failure(facts, name)
    detail = CAUSES.get(status, "")
    return Ruling(status, code, name, _marginal(facts), detail)


def read_wait_status(status: int) -> tuple[int | None, str | None]:
    """Split a wait status into exit code and name of a signal."""
    number = status & 0x7F
    if number == 0:
        return (status >> 8) & 0xFF, None
    try:
        return None, signal.Signals(number).name
    except ValueError:
        return None, f"SIG{number}"  # a real-time signal


def _limit_hit(facts: Facts) -> Status | None:
    if facts.stopped is Status.WALL_LIMIT and facts.refused_tasks:
        # A program that hangs because it got no more processes did not run out of time.
        return Status.PROCESS_LIMIT
    if facts.stopped is not None:
        return facts.stopped
    if facts.oom_kills or facts.memory_over:
        return Status.MEMORY_LIMIT
    if facts.cpu_s >= facts.limits.cpu_s:
        return Status.CPU_LIMIT
    if facts.record is not None and facts.wall_s >= facts.limits.wall_s:
        return Status.WALL_LIMIT
    return None


def _without_record(facts: Facts) -> Ruling:
    if not facts.started:
        return Ruling(Status.INTERNAL_ERROR, detail="the cage could not be made")
    # Nobody but the program was in there with the first process, and the host did not kill it.
    return Ruling(
        Status.RUNTIME_ERROR, signal="SIGKILL", detail="the cage was ended from the inside"
    )


def _failure(facts: Facts, name: str | None) -> Status:
    """Find the limit, if any, that made the program fail."""
    record = facts.record
    if facts.refused_tasks:
        return Status.PROCESS_LIMIT
    if facts.inodes_full or (record and record.inodes and not record.free_inodes):
        return Status.FILE_LIMIT
    full = record is not None and record.blocks and record.free_blocks < FULL_BLOCKS
    if facts.box_full or full or name == "SIGXFSZ":
        return Status.DISK_LIMIT
    return Status.RUNTIME_ERROR


def _marginal(facts: Facts) -> bool:
    limits = facts.limits
    return (
        facts.cpu_s >= MARGIN * limits.cpu_s
        or facts.wall_s >= MARGIN * limits.wall_s
        or (facts.memory_mb or 0) >= MARGIN * limits.memory_mb
    )
