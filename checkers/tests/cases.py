"""First form of `tests`: the answer runs as a program, once for each case."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checkers.option_parts import ProgramComparator, file_bytes
from checkers.results import complaint, cut, ending, readable
from checkers.sources import source_of, stage_answer, tool_of
from checkers.tests.attempts import Attempt, Seen, attempt, stopped_attempt, timed_run
from checkers.tests.comparators import comparator
from checkers.tests.judge import Judge
from checkers.tests.tally import CHECK, Planned, run_all, slots, tally
from sandboxes.languages import run_argv
from sandboxes.protocol import Job

if TYPE_CHECKING:
    from collections.abc import Callable

    from checkers.option_parts import StdinCase
    from checkers.options import TestsOptions
    from checkers.protocol import CheckResult, Context, Submission
    from checkers.sources import Source
    from sandboxes.protocol import Limits, Outcome, Session

    Accepts = Callable[[bytes, bytes, bytes], bool]

_SHOWN = 200


@dataclass(frozen=True, slots=True)
class _Bench:
    """What all cases of one answer share."""

    session: Session
    source: Source
    limits: Limits
    accepts: Accepts
    judges_always: bool
    context: Context


def check_cases(
    submission: Submission, options: TestsOptions, context: Context, pass_at: int
) -> CheckResult:
    """Build the answer once, run and compare every case, count the points."""
    source = source_of(CHECK, submission, options.language)
    tool = tool_of(context.sandbox, source.language)
    cases = options.cases or ()
    with ExitStack() as stack:
        session = stack.enter_context(context.sandbox.open(source.language))
        stage_answer(CHECK, session, source)
        bench = _Bench(
            session=session,
            source=source,
            limits=options.limits.to_limits(),
            accepts=_accepts(options, context, stack),
            judges_always=isinstance(options.comparator, ProgramComparator),
            context=context,
        )
        names = slots([(case.name, case.weight, case.hidden) for case in cases], "case")
        planned = [
            Planned(slot, _runner(bench, case)) for slot, case in zip(names, cases, strict=True)
        ]
        ends = run_all(planned, context)
    return tally(planned, ends, pass_at, tool)


def _accepts(options: TestsOptions, context: Context, stack: ExitStack) -> Accepts:
    if isinstance(options.comparator, ProgramComparator):
        judge = Judge(options.comparator.program, options.cases or (), context)
        return stack.enter_context(judge).accepts
    compare = comparator(options.comparator)
    return lambda _stdin, expected, actual: compare(expected, actual)


def _runner(bench: _Bench, case: StdinCase) -> Callable[[float], Attempt]:
    memory_mb = bench.limits.memory_mb
    argv = run_argv(bench.source.language, bench.source.entry, case.args, memory_mb)
    stdin, files = case.stdin.encode(), file_bytes(case.files)

    def run(patience: float) -> Attempt:
        outcome = timed_run(
            lambda limits: bench.session.run(Job(argv, stdin, files, limits)),
            bench.limits,
            bench.context,
            patience,
        )
        return _judge(bench, case, outcome)

    return run


def _judge(bench: _Bench, case: StdinCase, outcome: Outcome) -> Attempt:
    stopped = stopped_attempt(outcome, bench.limits)
    if stopped is not None:
        return stopped
    if outcome.exit_code != (case.expected_exit_code or 0):
        return attempt(outcome, Seen.WRONG, _wrong_exit(bench, outcome))
    if case.expected_stdout is None and not bench.judges_always:
        return attempt(outcome, Seen.RIGHT, "")
    expected = (case.expected_stdout or "").encode()
    if bench.accepts(case.stdin.encode(), expected, outcome.stdout):
        return attempt(outcome, Seen.RIGHT, "")
    return attempt(outcome, Seen.WRONG, _difference(expected, outcome.stdout))


def _wrong_exit(bench: _Bench, outcome: Outcome) -> str:
    said = complaint(outcome.stderr, _SHOWN)
    return ending(outcome, bench.limits) + (f": {said}" if said else "")


def _difference(expected: bytes, actual: bytes) -> str:
    return cut(
        f"expected {readable(expected, _SHOWN)!r}, the program wrote {readable(actual, _SHOWN)!r}"
    )
