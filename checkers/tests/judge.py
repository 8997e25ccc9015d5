"""The task's own comparator: a program in a session apart from the answer's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from checkers.protocol import Reason
from checkers.results import errored, task_fault
from checkers.sources import Stopped
from checkers.tests.attempts import OutOfTimeError
from checkers.tests.tally import CHECK
from sandboxes.languages import LANGUAGES, build, run_argv
from sandboxes.protocol import WORK_DIR, Job, Limits, Status, ToolchainMissingError

if TYPE_CHECKING:
    from checkers.option_parts import Program
    from checkers.protocol import Context
    from sandboxes.protocol import Session

JUDGE_LIMITS = Limits(cpu_s=10, wall_s=20, memory_mb=512, output_kb=64)
_REJECT = 1
_PATHS = tuple(f"{WORK_DIR}/{name}" for name in ("input", "expected", "actual"))


class Judge:
    """Built once, asked for each case. Whatever it does besides 0 and 1 is the task's fault."""

    def __init__(self, program: Program, context: Context) -> None:
        if program.language not in LANGUAGES:
            raise ToolchainMissingError(program.language)
        self._language = program.language
        self._entry = LANGUAGES[program.language].main
        self._context = context
        self._session: Session = context.sandbox.open(program.language)
        try:
            self._build(program)
        except BaseException:
            self._session.close()
            raise

    def _build(self, program: Program) -> None:
        files = {self._entry: program.code.encode()}
        outcome = build(self._session, self._language, files, self._entry)
        if outcome.status is Status.INTERNAL_ERROR:
            raise Stopped(
                errored(CHECK, Reason.INTERNAL, "the sandbox could not build the comparator")
            )
        if not outcome.ok:
            raise Stopped(task_fault(CHECK, "the task's comparator does not compile"))

    def accepts(self, stdin: bytes, expected: bytes, actual: bytes) -> bool:
        """Ask the program. Raises `Stopped` when it cannot say."""
        if self._context.remaining() <= 0:
            raise OutOfTimeError
        job = Job(
            argv=run_argv(self._language, self._entry, _PATHS),
            files={"input": stdin, "expected": expected, "actual": actual},
            limits=JUDGE_LIMITS,
        )
        outcome = self._session.run(job)
        if outcome.ok:
            return True
        if outcome.status is Status.RUNTIME_ERROR and outcome.exit_code == _REJECT:
            return False
        if outcome.status is Status.INTERNAL_ERROR:
            raise Stopped(
                errored(CHECK, Reason.INTERNAL, "the sandbox could not run the comparator")
            )
        raise Stopped(task_fault(CHECK, "the task's comparator neither accepts nor rejects"))

    def close(self) -> None:
        """End its session."""
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
