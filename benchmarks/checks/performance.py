"""Speed-ups on a machine with bursts of load: pairs against blocks, and how exact callgrind is.

The peer is the usual way to compare two programs: thirty runs of one, then thirty of the other, and
the ratio of their medians.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from benchmarks.checks import share
from benchmarks.timing import Ratio
from checkers.performance.instructions import count_program
from checkers.performance.programs import Room
from checkers.performance.statistics import LOOKS, Run, Speed, Trio, judge
from checkers.protocol import Context
from sandboxes.factory import open_sandbox
from sandboxes.languages import run_argv, stage
from sandboxes.protocol import Job, Limits, Sandbox, SandboxError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BLOCK: Final = 30
SPINNERS: Final = 4
ORDERS: Final = ((0, 1, 2), (1, 2, 0), (2, 0, 1), (0, 2, 1), (2, 1, 0), (1, 0, 2))
BLOCK_CLAIM: Final = 1.1
"""A ratio of blocks from which a reader would call one program faster."""

# Spins and sleeps for times that are drawn anew each time, up to a second.
_SPINNER: Final = """
import random, sys, time
draw = random.Random(int(sys.argv[1]))
while True:
    until = time.monotonic() + draw.random()
    while time.monotonic() < until:
        pass
    time.sleep(draw.random())
"""
_PROGRAM: Final = """
#include <stdio.h>
int main(void) {
  unsigned long x = 1;
  for (long i = 0; i < %d * 2000000L; i++) x = x * (6364136223846793005UL + 2 * (x & 1)) + 1;
  printf("%%d\\n", (int)(x != 0));
}
"""


def measure(short: bool) -> Iterator[Ratio]:
    """Measure in bubblewrap; without it nothing is measured, which is said."""
    trials = 3 if short else 20
    try:
        sandbox = open_sandbox("bubblewrap")
    except SandboxError as error:
        print(f"performance: left out ({error})", file=sys.stderr)
        return
    with ExitStack() as stack:
        stack.callback(sandbox.close)
        baseline, copy, faster = (_room(stack, sandbox, work) for work in (3, 3, 2))
        calm = _count(baseline, sandbox)
        with _load():
            found = [_trial(baseline, copy, faster) for _ in range(trials)]
            busy = _count(baseline, sandbox)
    yield from _shares(found)
    if calm is None or busy is None:
        print("performance: callgrind left out (no valgrind)", file=sys.stderr)
        return
    yield Ratio("checks", "performance: instructions under load / idle", busy, calm, "", 1.0)


@dataclass(frozen=True, slots=True)
class _Trial:
    equal: Speed
    half: Speed
    block: float


def _shares(found: Sequence[_Trial]) -> Iterator[Ratio]:
    count = len(found)
    equal = sum(trial.equal is Speed.CONFIRMED for trial in found) / count
    half = sum(trial.half is Speed.CONFIRMED for trial in found) / count
    blocks = sum(max(trial.block, 1 / trial.block) > BLOCK_CLAIM for trial in found) / count
    worst = max(max(trial.block, 1 / trial.block) for trial in found)
    runs = f"of {count} runs under load"
    yield share(f"performance: equal confirmed, {runs}", equal, 0.01, at_most=True)
    yield share(f"performance: 1.5x confirmed in 30 pairs, {runs}", half, 0.95)
    yield share(f"peer, blocks: equal seen as 1.1x or more, {runs}", blocks)
    yield share("peer, blocks: largest ratio of equal programs", worst)


def _trial(baseline: Room, copy: Room, faster: Room) -> _Trial:
    first = [_run(baseline).wall_s for _ in range(BLOCK)]
    second = [_run(copy).wall_s for _ in range(BLOCK)]
    block = statistics.median(first) / statistics.median(second)
    return _Trial(_race(baseline, copy, LOOKS[-1]), _race(baseline, faster, LOOKS[2]), block)


def _race(baseline: Room, answer: Room, most: int) -> Speed:
    trios: list[Trio] = []
    while len(trios) < most:
        runs = {who: _run((baseline, baseline, answer)[who]) for who in ORDERS[len(trios) % 6]}
        trios.append(Trio(runs[0], runs[1], runs[2]))
        if len(trios) in LOOKS:
            speed = judge(trios, 1.0).speed
            if speed is not Speed.UNDECIDED:
                return speed
    return Speed.UNDECIDED


def _room(stack: ExitStack, sandbox: Sandbox, work: int) -> Room:
    session = stack.enter_context(sandbox.open("c"))
    built = stage(session, "c", {"main.c": (_PROGRAM % work).encode()}, "main.c")
    assert built.ok, built
    return Room(session, run_argv("c", "main.c"), "c")


def _run(room: Room) -> Run:
    outcome = room.session.run(Job(room.argv))
    assert outcome.ok, outcome
    return Run(outcome.usage.wall_s, outcome.usage.cpu_s)


def _count(room: Room, sandbox: Sandbox) -> int | None:
    limits = Limits(cpu_s=60, wall_s=120, memory_mb=1024)
    context = Context(sandbox, time.monotonic, time.monotonic() + 600, limits)
    counted = count_program(room, b"", context)
    return counted[0] if counted else None


@contextmanager
def _load() -> Iterator[None]:
    spinners = [
        subprocess.Popen([sys.executable, "-c", _SPINNER, str(seed)]) for seed in range(SPINNERS)
    ]
    try:
        yield
    finally:
        for spinner in spinners:
            spinner.kill()
            spinner.wait(timeout=10)
