"""The three programs of a speed-up, each in a clean room of its own, one at a time on one core."""

from __future__ import annotations

import math
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Self

from checkers.performance.outputs import same_output
from checkers.performance.statistics import Run
from checkers.protocol import Reason
from checkers.results import errored, failed, task_fault
from checkers.sources import Stopped, stage_answer
from checkers.tests.attempts import PATIENCE, is_starved, timed_run
from sandboxes.cores import one_core
from sandboxes.languages import LANGUAGES, run_argv, stage
from sandboxes.protocol import Job, Limits, Outcome, Status, ToolchainMissingError

if TYPE_CHECKING:
    from checkers.option_parts import Program
    from checkers.performance.options import PerformanceOptions
    from checkers.performance.schedule import Ask
    from checkers.protocol import Context
    from checkers.sources import Source
    from sandboxes.protocol import Session

CHECK: Final = "performance"

RUN_LIMITS: Final = Limits(cpu_s=20, wall_s=40, memory_mb=1024, output_kb=16384)
"""Of every run of every one of the three, below the operator's ceilings."""

START_LIMITS: Final = replace(RUN_LIMITS, cpu_s=2, wall_s=6)
"""Of a run that only starts: some programs wait for ever for an input that is not empty."""

WRONG: Final = (
    "wrong on a hidden input: the answer has to write what the baseline writes, and exit with 0"
    " within the baseline's limits; it wrote something else, crashed or met a limit"
)


@dataclass(frozen=True, slots=True)
class Ran:
    """What a program wrote in one run, and what that took. `memory_mb` is None if unknown."""

    output: bytes
    run: Run
    memory_mb: float | None


@dataclass(frozen=True, slots=True)
class Room:
    """One program, ready to run."""

    session: Session
    argv: tuple[str, ...]
    language: str


class Programs:
    """Baseline, answer and generator. Their faults end as `Stopped`, each its own party's."""

    def __init__(self, source: Source, options: PerformanceOptions, context: Context) -> None:
        self._context = context
        self._limits = capped(RUN_LIMITS, context.max_limits)
        self._stack = ExitStack()
        try:
            self._core = self._stack.enter_context(one_core())
            self.generator = self._task_room(options.generator, "generator")
            self.baseline = self._task_room(options.baseline, "baseline")
            session = self._stack.enter_context(context.sandbox.open(source.language))
            stage_answer(CHECK, session, source)
            self.answer = self._room(session, source.language, source.entry)
        except BaseException:
            self._stack.close()
            raise

    def _task_room(self, program: Program, role: str) -> Room:
        if program.language not in LANGUAGES:
            raise ToolchainMissingError(program.language)
        session = self._stack.enter_context(self._context.sandbox.open(program.language))
        entry = LANGUAGES[program.language].main
        outcome = stage(session, program.language, {entry: program.code.encode()}, entry)
        if outcome.status is Status.INTERNAL_ERROR:
            raise Stopped(
                errored(CHECK, Reason.INTERNAL, f"the sandbox could not build the {role}")
            )
        if not outcome.ok:
            raise Stopped(task_fault(CHECK, f"the task's {role} does not compile"))
        return self._room(session, program.language, entry)

    def _room(self, session: Session, language: str, entry: str) -> Room:
        return Room(session, run_argv(language, entry, (), self._limits.memory_mb), language)

    def make_input(self, ask: Ask, *, twice: bool = False) -> bytes:
        """Ask the generator; `twice` also makes sure that it says the same again."""
        made = self._generate(ask)
        if twice and self._generate(ask) != made:
            message = "the task's generator writes different inputs for the same size and seed"
            raise Stopped(task_fault(CHECK, message))
        return made

    def _generate(self, ask: Ask) -> bytes:
        outcome = self._run(self.generator, b"", ask.args)
        self._refuse_fault(outcome)
        if not outcome.ok:
            raise Stopped(
                task_fault(CHECK, f"the task's generator does not end well: {outcome.status.value}")
            )
        return outcome.stdout

    def run_baseline(self, stdin: bytes) -> Ran | None:
        """Run the baseline; None where it needs more time than there is for one run."""
        outcome = self._run(self.baseline, stdin)
        if outcome.status is Status.INTERNAL_ERROR:
            raise Stopped(errored(CHECK, Reason.INTERNAL, "the sandbox failed"))
        if outcome.status in (Status.CPU_LIMIT, Status.WALL_LIMIT):
            return None
        if not outcome.ok:
            message = f"the task's baseline fails on a generated input: {outcome.status.value}"
            raise Stopped(task_fault(CHECK, message))
        return _ran(outcome)

    def run_answer(self, stdin: bytes) -> Ran:
        """Run the answer. A wall limit counts against it only when it repeats with more time."""
        outcome = self._run(self.answer, stdin)
        if outcome.status is Status.WALL_LIMIT:
            outcome = self._run(self.answer, stdin, patience=PATIENCE)
            if outcome.status is not Status.WALL_LIMIT:
                message = "the answer met its wall limit once and not again"
                raise Stopped(errored(CHECK, Reason.MACHINE_BUSY, message))
        if outcome.status is Status.INTERNAL_ERROR:
            raise Stopped(errored(CHECK, Reason.INTERNAL, "the sandbox failed"))
        if not outcome.ok:
            raise Stopped(failed(CHECK, WRONG))
        return _ran(outcome)

    def compare(self, stdin: bytes, expected: bytes, actual: bytes) -> None:
        """Raise `Stopped` for a wrong output, once the baseline has said the same again."""
        if same_output(expected, actual):
            return
        again = self.run_baseline(stdin)
        self.agree(expected, again.output if again else expected)
        raise Stopped(failed(CHECK, WRONG))

    def agree(self, one: bytes, other: bytes) -> None:
        """Raise `Stopped` unless two runs of the baseline on one input wrote the same."""
        if not same_output(one, other):
            message = "the task's baseline writes different outputs for the same input"
            raise Stopped(task_fault(CHECK, message))

    def start_s(self) -> float | None:
        """Seconds that the baseline takes on an empty input, however it ends: what starting costs.

        The least of three, so that a busy machine is not taken for a slow start. None for a
        baseline that does not end on an empty input.
        """
        least = math.inf
        for _ in range(3):
            outcome = self._run(self.baseline, b"", limits=capped(START_LIMITS, self._limits))
            if outcome.status.is_limit:
                return None
            least = min(least, _run_of(outcome).cost_s)
        return least

    def _run(
        self,
        room: Room,
        stdin: bytes,
        args: tuple[str, ...] = (),
        *,
        patience: float = 1.0,
        limits: Limits | None = None,
    ) -> Outcome:
        return timed_run(
            lambda used: room.session.run(
                Job((*room.argv, *args), stdin, limits=used, core=self._core)
            ),
            limits or self._limits,
            self._context,
            patience,
        )

    def _refuse_fault(self, outcome: Outcome) -> None:
        if outcome.status is Status.INTERNAL_ERROR:
            raise Stopped(errored(CHECK, Reason.INTERNAL, "the sandbox failed"))
        if is_starved(outcome):
            message = "the machine was too busy to make an input"
            raise Stopped(errored(CHECK, Reason.MACHINE_BUSY, message))

    def close(self) -> None:
        """End all three rooms."""
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def capped(limits: Limits, ceiling: Limits) -> Limits:
    """Return the limits, each at most the operator's."""
    least = {name: min(getattr(limits, name), getattr(ceiling, name)) for name in limits.__slots__}
    return replace(limits, **least)


def _ran(outcome: Outcome) -> Ran:
    return Ran(outcome.stdout, _run_of(outcome), outcome.usage.memory_mb)


def _run_of(outcome: Outcome) -> Run:
    return Run(outcome.usage.wall_s, outcome.usage.cpu_s)
