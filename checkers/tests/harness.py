"""Third form of `tests`: the task's own harness, apart from the answer wherever possible.

The harness runs in a session of its own and reaches the answer through `AnswerServer`. Harnesses
in C, C++ and TypeScript are built together with the answer and run in one process with it; such a
result is marked `in_process`.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from checkers.option_parts import file_bytes
from checkers.protocol import CheckResult, Reason
from checkers.results import errored, failed, task_fault, undecided
from checkers.sources import Source, Stopped, source_of, stage_answer, tool_of
from checkers.tests.attempts import OutOfTimeError
from checkers.tests.calling import program_text
from checkers.tests.joint import build_jointly
from checkers.tests.reports import judge_report
from checkers.tests.serving import AnswerServer
from checkers.tests.tally import CHECK
from sandboxes.languages import LANGUAGES, build, run_argv
from sandboxes.protocol import WORK_DIR, Job, Limits, Outcome, Status, ToolchainMissingError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from checkers.option_parts import Harness
    from checkers.options import TestsOptions
    from checkers.protocol import Context, Submission
    from sandboxes.protocol import Session

HARNESS_LIMITS = Limits(cpu_s=60, wall_s=120, memory_mb=1024, output_kb=16384)
IN_PROCESS = ("c", "cpp", "typescript")
"""Harness languages that need the answer in their own process."""

_RUNNER_FILES = frozenset(
    {
        "pytest.ini", ".pytest.ini", "conftest.py", "tox.ini", "setup.cfg", "setup.py",
        "pyproject.toml", "sitecustomize.py", "usercustomize.py", "noxfile.py", ".coveragerc",
        "unittest.cfg", "nose.cfg", ".noserc", "package.json", "tsconfig.json", "jsconfig.json",
        ".npmrc", ".swcrc", "karma.conf.js", "node_modules", ".bashrc", ".bash_profile",
    }
)  # fmt: skip
_RUNNER_PREFIXES = (
    ".mocharc", "jest.config", "vitest.config", "ava.config", ".babelrc", "babel.config",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class HarnessRun:
    """What one run of a harness left behind."""

    outcome: Outcome
    report: bytes | None
    answer_s: float = 0.0
    answer_failed_last: bool = False
    marginal: bool = False


def check_harness(submission: Submission, options: TestsOptions, context: Context) -> CheckResult:
    """Run the harness and read its report."""
    harness = options.harness
    if harness is None:
        raise ValueError("no harness")
    if harness.language not in LANGUAGES:
        raise ToolchainMissingError(harness.language)
    source = source_of(CHECK, submission, options.language)
    in_process = harness.language in IN_PROCESS
    refuse_names(source, harness, in_process=in_process)
    limits = options.limits.to_limits()
    try:
        if in_process:
            made = _run_inside(submission, source, harness, limits, context)
        else:
            made = _run_apart(source, harness, limits, context)
    except OutOfTimeError:
        return failed(CHECK, "the answer used up all the time there was")
    result = _verdict(made, harness, in_process=in_process)
    return replace(result, tool=tool_of(context.sandbox, source.language), in_process=in_process)


def refuse_names(source: Source, harness: Harness, *, in_process: bool) -> None:
    """A name of the harness or a test runner's configuration in an answer is refused.

    `main.*` is our own name for an answer's `code`; apart, it stands in nobody's way.
    """
    for name in source.files:
        parts = PurePosixPath(name).parts
        if any(part in _RUNNER_FILES or part.startswith(_RUNNER_PREFIXES) for part in parts):
            message = f"the answer holds {name}, which configures a test runner"
            raise Stopped(failed(CHECK, message))
        if name not in harness.files:
            continue
        if name == LANGUAGES[source.language].main:
            if in_process:
                message = f"the task's harness takes the name {name}, which the answer has to have"
                raise Stopped(task_fault(CHECK, message))
            continue
        raise Stopped(failed(CHECK, f"the answer holds {name}, which is a file of the harness"))


def _run_apart(source: Source, harness: Harness, limits: Limits, context: Context) -> HarnessRun:
    with (
        context.sandbox.open(source.language) as answer_session,
        context.sandbox.open(harness.language) as session,
    ):
        stage_answer(CHECK, answer_session, source)
        _build_harness(session, harness, _beside(source, harness))
        server = AnswerServer(answer_session, source, limits, context)
        job, report = _job(harness, context)
        outcome = session.converse(job, server.reply)
    return HarnessRun(
        outcome=outcome,
        report=outcome.artifacts.get(report),
        answer_s=server.answer_s,
        answer_failed_last=server.last_failed,
        marginal=server.marginal,
    )


def _run_inside(
    submission: Submission, source: Source, harness: Harness, limits: Limits, context: Context
) -> HarnessRun:
    with context.sandbox.open(harness.language) as session:
        build_jointly(session, source, harness, submission)
        job, report = _job(harness, context)
        outcome = session.run(replace(job, limits=limits))
        if outcome.status is Status.WALL_LIMIT:
            outcome = session.run(replace(job, limits=limits))
            if outcome.status is not Status.WALL_LIMIT:
                message = "the answer met its wall limit once and not again"
                raise Stopped(errored(CHECK, Reason.MACHINE_BUSY, message))
    return HarnessRun(outcome, outcome.artifacts.get(report), marginal=outcome.marginal)


def _build_harness(session: Session, harness: Harness, beside: Mapping[str, bytes]) -> None:
    files = {**beside, **file_bytes(harness.files)}
    outcome = build(session, harness.language, files, harness.entry)
    if outcome.status is Status.INTERNAL_ERROR:
        raise Stopped(errored(CHECK, Reason.INTERNAL, "the sandbox could not build the harness"))
    if not outcome.ok:
        raise Stopped(task_fault(CHECK, "the task's harness does not build"))


def _beside(source: Source, harness: Harness) -> dict[str, bytes]:
    """Our client, and for Python a module that stands for each file of the answer."""
    if harness.language == "javascript":
        return {"answer.js": program_text("answer.js")}
    if harness.language != "python":
        return {}
    stems = {PurePosixPath(name).stem: name for name in source.files if name.endswith(".py")}
    modules = {stem: stem for stem in stems if stem.isidentifier() and "/" not in stems[stem]}
    modules |= {"solution": "" if "solution" not in modules else "solution"}
    modules.pop("answer", None)
    stand_ins = {
        f"{name}.py": f"import answer\n__getattr__ = answer.proxy({module!r})\n".encode()
        for name, module in modules.items()
    }
    return {**stand_ins, "answer.py": program_text("answer.py")}


def _job(harness: Harness, context: Context) -> tuple[Job, str]:
    remaining = context.remaining()
    if remaining <= 0:
        raise OutOfTimeError
    report = f"report-{secrets.token_hex(8)}.xml"
    args = (f"{WORK_DIR}/{report}", *harness.arguments)
    # The clock runs on while the answer works, so the harness gets all the time that is left.
    limits = replace(HARNESS_LIMITS, wall_s=remaining)
    argv = run_argv(harness.language, harness.entry, args, limits.memory_mb)
    return Job(argv, limits=limits, collect=(report,)), report


def _verdict(made: HarnessRun, harness: Harness, *, in_process: bool) -> CheckResult:
    outcome = made.outcome
    if outcome.status is Status.INTERNAL_ERROR:
        return errored(CHECK, Reason.INTERNAL, "the sandbox failed while the harness ran")
    if outcome.status.is_limit:
        return _limited(made, in_process=in_process)
    result = None
    if made.report is not None:
        result = judge_report(made.report, harness.expect_tests, in_process=in_process)
    if result is None:
        what = "wrote no report" if made.report is None else "wrote no readable report"
        return _no_report(what, blame_answer=in_process or made.answer_failed_last)
    if made.marginal and result.score == 100:  # noqa: PLR2004 - the scale
        return undecided(CHECK, "the answer came too close to a limit to tell")
    return result


def _limited(made: HarnessRun, *, in_process: bool) -> CheckResult:
    """A limit is the harness's own, except in one process or when the answer took the time."""
    status = made.outcome.status
    own_s = made.outcome.usage.wall_s - made.answer_s
    slow_answer = status is Status.WALL_LIMIT and made.answer_s > own_s
    if in_process or slow_answer:
        return failed(CHECK, f"the harness could not finish: {status.value}")
    return task_fault(CHECK, f"the task's harness met {status.value}")


def _no_report(what: str, *, blame_answer: bool) -> CheckResult:
    """A harness that stops right after the answer failed stopped because of it."""
    if blame_answer:
        return failed(CHECK, f"the harness {what} after the answer failed")
    return task_fault(CHECK, f"the task's harness {what}")
