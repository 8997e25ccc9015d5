"""`python -m benchmarks.votes.memory ours|crowd-kit VOTES`: what one fit takes above its input."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from benchmarks.votes import crowd_kit
from benchmarks.votes.synthetic import large_pool
from validator.peers.confusion import dawid_skene

if TYPE_CHECKING:
    from collections.abc import Callable

    from validator.peers.pool import Pool

STEPS: Final = 10
LONGEST_S: Final = 600
# Every larger array is mapped and given back at once, so that no freed heap hides a fit's need.
_ALLOCATOR: Final = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}
_RESET_PEAK: Final = "5"


def fit_memory(who: str, votes: int) -> float:
    """Megabytes at the peak of one fit above the input, in a process of its own."""
    argv = [sys.executable, "-m", "benchmarks.votes.memory", who, str(votes)]
    done = subprocess.run(
        argv, env={**os.environ, **_ALLOCATOR}, capture_output=True, check=True, timeout=LONGEST_S
    )
    return int(done.stdout) / 1024


def _fit(who: str, pool: Pool) -> Callable[[], object]:
    """The call to be measured; its input is made before."""
    if who == "ours":
        return lambda: dawid_skene(pool, rounds=STEPS, tolerance=-np.inf)
    frame = crowd_kit.frame(pool)
    fit = crowd_kit.stepped(STEPS)
    return lambda: fit.fit(frame)


def _status_kb(field: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{field}:"))


def main(who: str, votes: int) -> None:
    """Print the kilobytes."""
    # A first fit of little loads what is loaded late.
    _fit(who, large_pool(2_000))()
    call = _fit(who, large_pool(votes))
    gc.collect()
    Path("/proc/self/clear_refs").write_text(_RESET_PEAK, encoding="ascii")
    before = _status_kb("VmRSS")
    call()
    print(_status_kb("VmHWM") - before)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
