"""The task's own comparator: a program in a session apart from the answer's, proven before use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from checkers.protocol import Reason
from checkers.results import errored, task_fault
from checkers.sources import Stopped
from checkers.tests.attempts import OutOfTimeError
from checkers.tests.calling import program_text
from checkers.tests.tally import CHECK
from sandboxes.languages import LANGUAGES, run_argv, stage
from sandboxes.protocol import WORK_DIR, Job, Limits, Status, ToolchainMissingError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checkers.option_parts import Program, StdinCase
    from checkers.protocol import Context
    from sandboxes.protocol import Session

JUDGE_LIMITS = Limits(cpu_s=10, wall_s=20, memory_mb=512, output_kb=64)
_REJECT = 1
_PATHS = tuple(f"{WORK_DIR}/{name}" for name in ("input", "expected", "actual"))

# An interpreter ends with 1, which means "reject", when the comparator itself crashes. These come
# between the interpreter and the program and make it 70.
_GUARDS = {
    "python": ("crash.py", ("python3", "-B")),
    "javascript": ("crash.cjs", ("node", "--require")),
    "typescript": ("crash.cjs", ("node", "--require")),
}


class Judge:
    """Built once, asked for each case. Whatever it does besides 0 and 1 is the task's fault.

    Before its first word counts it has to accept the expected output of the first case that has
    one and to refuse an empty output for it, twice alike.
    """

    def __init__(self, program: Program, cases: Sequence[StdinCase], context: Context) -> None:
        if program.language not in LANGUAGES:
            raise ToolchainMissingError(program.language)
        self._language = program.language
        self._entry = LANGUAGES[program.language].main
        self._context = context
        self._reference = next((case for case in cases if case.expected_stdout is not None), None)
        self._proven = False
        guard, command = _GUARDS.get(program.language, ("", ()))
        argv = run_argv(program.language, self._entry, _PATHS, JUDGE_LIMITS.memory_mb)
        self._argv = (*command, f"{WORK_DIR}/{guard}", *argv[1:]) if guard else argv
        self._files = {guard: program_text(guard)} if guard else {}
        self._session: Session = context.sandbox.open(program.language)
        try:
            self._build(program)
        except BaseException:
            self._session.close()
            raise

    def _build(self, program: Program) -> None:
        files = {self._entry: program.code.encode()}
        outcome = stage(self._session, self._language, files, self._entry)
        if outcome.status is Status.INTERNAL_ERROR:
            raise Stopped(
                errored(CHECK, Reason.INTERNAL, "the sandbox could not build the comparator")
            )
        if not outcome.ok:
            raise Stopped(task_fault(CHECK, "the task's comparator does not compile"))

    def accepts(self, stdin: bytes, expected: bytes, actual: bytes) -> bool:
        """Ask the program. Raises `Stopped` when it cannot say, or is not to be believed."""
        if not self._proven:
            self._prove()
            self._proven = True
        return self._ask(stdin, expected, actual)

    def _prove(self) -> None:
        case = self._reference
        if case is None:
            return
        stdin, expected = case.stdin.encode(), (case.expected_stdout or "").encode()
        for _ in range(2):
            if not self._ask(stdin, expected, expected):
                raise Stopped(
                    task_fault(
                        CHECK, "the task's comparator refuses the task's own expected output"
                    )
                )
            if expected.strip() and self._ask(stdin, expected, b""):
                raise Stopped(task_fault(CHECK, "the task's comparator accepts an empty output"))

    def _ask(self, stdin: bytes, expected: bytes, actual: bytes) -> bool:
        if self._context.remaining() <= 0:
            raise OutOfTimeError
        job = Job(
            argv=self._argv,
            files={**self._files, "input": stdin, "expected": expected, "actual": actual},
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
