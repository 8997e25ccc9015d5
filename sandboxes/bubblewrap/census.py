"""What a tree of processes uses, read from /proc: the fallback where control groups cannot be had.

Weak by nature: it samples. What lives and dies between two looks is only seen by its parent.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

TICK: Final = os.sysconf("SC_CLK_TCK")
PAGE: Final = os.sysconf("SC_PAGE_SIZE")
MIB: Final = 1024 * 1024
# Fields of /proc/PID/stat after the name: state is 0.
UTIME, STIME, CHILD_UTIME, CHILD_STIME, THREADS, STARTED = 11, 12, 13, 14, 17, 19


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at the tree."""

    cpu_s: float
    memory_mb: float
    tasks: int


class Census:
    """Follows the tree below a cage's first process, which inherits every orphan."""

    def __init__(self, first: int) -> None:
        self._first = first
        self._own: dict[tuple[int, int], float] = {}

    def take(self, memory_limit_mb: float) -> Sample:
        """Look once. Memory is counted exactly only when a cheap upper bound passes the limit."""
        pids = self._tree()
        memory = sum(_private_mb(pid) for pid in pids)
        if memory > memory_limit_mb:
            memory = sum(_proportional_mb(pid) for pid in pids)
        tasks = 0
        waited = 0.0
        for pid in pids:
            words = _stat(pid)
            if words:
                tasks += int(words[THREADS])
                own = (int(words[UTIME]) + int(words[STIME])) / TICK
                self._own[pid, int(words[STARTED])] = own
                waited += (int(words[CHILD_UTIME]) + int(words[CHILD_STIME])) / TICK
        # The dead are either in what their parents have waited for or in our own last look.
        alive = sum(seconds for (pid, _), seconds in self._own.items() if pid in pids)
        return Sample(max(alive + waited, sum(self._own.values())), memory, tasks)

    def _tree(self) -> set[int]:
        found = {self._first}
        todo = [self._first]
        while todo:
            pid = todo.pop()
            for child in _children(pid):
                if child not in found:
                    found.add(child)
                    todo.append(child)
        found.discard(self._first)
        return found


def _children(pid: int) -> list[int]:
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208 - many times a second
            with contextlib.suppress(OSError):
                text = Path(f"/proc/{pid}/task/{task}/children").read_text()
                found += map(int, text.split())
    return found


def _stat(pid: int) -> list[str]:
    with contextlib.suppress(OSError):
        # The name may hold anything, a closing parenthesis too.
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    return []


def _private_mb(pid: int) -> float:
    with contextlib.suppress(OSError):
        _, resident, shared, *_ = Path(f"/proc/{pid}/statm").read_text().split()
        return (int(resident) - int(shared)) * PAGE / MIB
    return 0.0


def _proportional_mb(pid: int) -> float:
    with contextlib.suppress(OSError):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        wanted = ("Pss_Anon:", "Pss_Shmem:")
        return sum(int(line.split()[1]) for line in lines if line.startswith(wanted)) / 1024
    return _private_mb(pid)
