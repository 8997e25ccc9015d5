"""How many instructions a compiled program executes, counted by callgrind in the cage.

Counts do not change with the load of the machine; but they leave out caches, the width of vector
instructions and threads in other processes, and a program can tell that it is being counted. So a
count supports what the clock says and never stands alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from checkers.performance.growth import exponent
from checkers.performance.options import COUNTED
from checkers.performance.outputs import same_output
from checkers.performance.programs import RUN_LIMITS, capped
from checkers.tests.attempts import OutOfTimeError
from sandboxes.protocol import WORK_DIR, Job, Limits, SandboxError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checkers.performance.programs import Programs, Room
    from checkers.performance.schedule import Ask
    from checkers.protocol import Context

CAGE_LANGUAGE: Final = "c"
"""Whose cage has valgrind."""

SLOW_DOWN: Final = 200
"""Times as long as uncounted that a counted run may take; about a hundred is usual."""

COUNTED_S: Final = 0.1
"""The longest uncounted run that is counted."""

_LIMITS: Final = Limits(cpu_s=60, wall_s=120, memory_mb=1024, output_kb=RUN_LIMITS.output_kb)
_REPORT: Final = "callgrind.out"
_TOTAL: Final = re.compile(rb"^(?:summary|totals): (\d{1,18})", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Counts:
    """Instructions of each program, start included: (size, count) in rising order of size."""

    baseline: tuple[tuple[int, int], ...]
    answer: tuple[tuple[int, int], ...]

    @property
    def ratio(self) -> float:
        """At the largest size; above 1 the answer executes fewer."""
        return self.baseline[-1][1] / max(1, self.answer[-1][1])

    @property
    def growth(self) -> tuple[float | None, float | None]:
        """Exponent of each program's instructions; the smallest size stands for the start."""
        return _growth(self.baseline), _growth(self.answer)


def _growth(counted: tuple[tuple[int, int], ...]) -> float | None:
    return exponent(counted[1:], counted[0][1])


def countable(programs: Programs) -> bool:
    """Whether callgrind can tell anything of these two."""
    return {programs.baseline.language, programs.answer.language} <= {*COUNTED}


def longest_counted(context: Context) -> float:
    """Seconds of an uncounted run that can be counted within the limits of a run."""
    limits = capped(_LIMITS, context.max_limits)
    return min(COUNTED_S, min(limits.cpu_s, context.remaining() / 4) / SLOW_DOWN)


def count_both(programs: Programs, asks: Sequence[Ask], context: Context) -> Counts | None:
    """Count both programs on inputs of rising size.

    None where the largest cannot be counted: no valgrind in the cage, no time, an output that is
    not the same, or a program that does not run under it.
    """
    counted: list[tuple[int, int, int]] = []
    try:
        for ask in reversed(asks):  # the largest first: it is the one that matters
            counts = _count_pair(programs, programs.make_input(ask), context)
            if counts is None:
                break
            counted.append((ask.size, *counts))
    except (OutOfTimeError, SandboxError):
        pass
    if not counted:
        return None
    counted.reverse()
    return Counts(
        tuple((size, baseline) for size, baseline, _ in counted),
        tuple((size, answer) for size, _, answer in counted),
    )


def _count_pair(programs: Programs, stdin: bytes, context: Context) -> tuple[int, int] | None:
    baseline = count_program(programs.baseline, stdin, context)
    answer = count_program(programs.answer, stdin, context) if baseline else None
    if baseline is None or answer is None or not same_output(baseline[1], answer[1]):
        return None
    return baseline[0], answer[0]


def count_program(room: Room, stdin: bytes, context: Context) -> tuple[int, bytes] | None:
    """Instructions and output of one run; the program moves into a cage that has valgrind."""
    tree = room.session.take()
    remaining = context.remaining() / 2
    if remaining <= 0:
        raise OutOfTimeError
    if tree is None:
        return None
    limits = capped(_LIMITS, context.max_limits)
    limits = capped(
        limits, Limits(remaining, remaining, 1 << 20, 1 << 16, 1 << 20, 1 << 20, 1 << 20)
    )
    argv = (
        "valgrind", "--tool=callgrind", "--quiet", f"--callgrind-out-file={WORK_DIR}/{_REPORT}",
        "--", *room.argv,
    )  # fmt: skip
    with context.sandbox.open(CAGE_LANGUAGE) as session:
        session.put(tree.files, tree.executable)
        outcome = session.run(Job(argv, stdin, limits=limits, collect=(_REPORT,)))
    found = _TOTAL.search(outcome.artifacts.get(_REPORT, b"")) if outcome.ok else None
    return (int(found[1]), outcome.stdout) if found else None
