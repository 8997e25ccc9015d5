"""How many instructions a compiled program executes, counted by callgrind in the cage.

Counts do not change with the load of the machine; but they leave out caches, the width of vector
instructions and threads in other processes, and a program can tell that it is being counted. So a
count supports what the clock says and never stands alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from checkers.performance.options import COUNTED
from checkers.performance.outputs import same_output
from checkers.performance.programs import RUN_LIMITS, capped
from checkers.tests.attempts import OutOfTimeError
from sandboxes.protocol import WORK_DIR, Job, Limits, SandboxError

if TYPE_CHECKING:
    from checkers.performance.programs import Programs, Room
    from checkers.performance.schedule import Ask
    from checkers.protocol import Context

CAGE_LANGUAGE: Final = "c"
"""Whose cage has valgrind."""

COUNTED_S: Final = 0.1
"""The longest uncounted run that is counted: callgrind is about a hundred times slower."""

_LIMITS: Final = Limits(cpu_s=60, wall_s=120, memory_mb=1024, output_kb=RUN_LIMITS.output_kb)
_REPORT: Final = "callgrind.out"
_TOTAL: Final = re.compile(rb"^(?:summary|totals): (\d{1,18})", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Counts:
    """Instructions of one run of each, start included."""

    baseline: int
    answer: int

    @property
    def ratio(self) -> float:
        """Above 1 the answer executes fewer."""
        return self.baseline / max(1, self.answer)


def countable(programs: Programs) -> bool:
    """Whether callgrind can tell anything of these two."""
    return {programs.baseline.language, programs.answer.language} <= {*COUNTED}


def count_both(programs: Programs, ask: Ask, context: Context) -> Counts | None:
    """Count both programs on one input.

    None where it cannot be done: no valgrind in the cage, no time, an output that is not the same,
    or a program that does not run under it.
    """
    try:
        stdin = programs.make_input(ask)
        baseline = _count(programs.baseline, stdin, context)
        answer = _count(programs.answer, stdin, context) if baseline else None
    except (OutOfTimeError, SandboxError):
        return None
    if baseline is None or answer is None or not same_output(baseline[1], answer[1]):
        return None
    return Counts(baseline[0], answer[0])


def _count(room: Room, stdin: bytes, context: Context) -> tuple[int, bytes] | None:
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
