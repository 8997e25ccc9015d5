"""`static`: what open analyzers find in the answer's code."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from checkers.options import DEFAULT_PASS_AT
from checkers.protocol import Reason, Tool
from checkers.results import errored, failed, task_fault
from checkers.sources import STARVED_SHARE, Stopped, settle_compile
from checkers.static.masking import masked
from checkers.static.targets import make_target
from checkers.static.tools import CHECK, chosen
from checkers.static.verdict import result_of
from sandboxes.languages import LANGUAGES, syntax
from sandboxes.protocol import Limits, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from checkers.protocol import CheckResult, Context, Submission
    from checkers.static.options import StaticOptions
    from checkers.static.protocol import Analyzer, Report, Target
    from sandboxes.protocol import Outcome, Sandbox, Session

TOOL_LIMITS: Final = Limits(
    cpu_s=60, wall_s=90, memory_mb=2048, processes=128, output_kb=8192, disk_mb=256, files=4096
)
"""Of one analyzer: they are heavier than what they read."""


class StaticCheck:
    """Parses with the language's own parser first, then runs the analyzers side by side."""

    name = CHECK
    version = "1"

    def check(
        self, submission: Submission, options: StaticOptions, context: Context
    ) -> CheckResult:
        """Judge one answer."""
        try:
            target, tools = prepared(submission, options, context)
            gate(context.sandbox, target, submission.answer.files)
            versions = versions_of(context.sandbox, tools)
            reports = run_tools(context, target, tools)
        except Stopped as stop:
            return stop.result
        pass_at = options.pass_at or DEFAULT_PASS_AT[CHECK]
        return result_of(stamped(reports, versions), options.max_severity, pass_at)


def prepared(
    submission: Submission, options: StaticOptions, context: Context
) -> tuple[Target, tuple[Analyzer, ...]]:
    """Return what is analyzed and by what; raises `Stopped` with the right party's fault.

    Raises `JailUnavailableError` where comments cannot be read at all.
    """
    language = options.language or submission.language
    if language is None:
        raise Stopped(task_fault(CHECK, "the task does not say in which language the answer is"))
    if language not in LANGUAGES:
        message = f"no toolchain for {language} in this engine"
        raise Stopped(errored(CHECK, Reason.TOOLCHAIN_MISSING, message))
    tools = chosen(language, options.tools)
    target = make_target(language, submission.answer.files)
    if not target.files:
        raise Stopped(failed(CHECK, f"the answer holds no {language} source file"))
    return masked(target, context.remaining()), tools


def gate(sandbox: Sandbox, target: Target, files: Mapping[str, bytes]) -> None:
    """Let the language's own parser read every source; raises `Stopped` unless it can.

    Several analyzers say that a file which they could not read is clean.
    """
    sources = {name: files[name] for name in target.names.values()}
    with sandbox.open(target.language) as session:
        settle_compile(CHECK, lambda: syntax(session, target.language, sources), "parse")


def versions_of(sandbox: Sandbox, tools: tuple[Analyzer, ...]) -> dict[str, Tool]:
    """Ask the cage for each tool's version. Raises ToolchainMissingError for one not there."""
    found = {}
    for tool in tools:
        toolchain = sandbox.toolchain(tool.name)
        found[tool.name] = Tool(tool.name, toolchain.version)
    return found


def stamped(reports: Iterable[Report], versions: Mapping[str, Tool]) -> list[Report]:
    """Give each report its tool's version; an adapter that names one knows more than the cage."""
    return [
        one if one.tool.version else replace(one, tool=versions[one.tool.name]) for one in reports
    ]


def run_tools(context: Context, target: Target, tools: tuple[Analyzer, ...]) -> list[Report]:
    """Run each tool as a job of its own, in one session for each cage; reports in tools' order."""
    limits = replace(TOOL_LIMITS, wall_s=min(TOOL_LIMITS.wall_s, max(1.0, context.remaining())))
    with ExitStack() as stack, ThreadPoolExecutor(len(tools)) as threads:
        sessions: dict[str, Session] = {}
        for cage in sorted({tool.cage for tool in tools}):
            sessions[cage] = stack.enter_context(context.sandbox.open(cage))
            sessions[cage].put(target.tree)
        running = [
            threads.submit(sessions[tool.cage].run, tool.job(target, limits)) for tool in tools
        ]
        outcomes = [one.result() for one in running]
    return [read(tool, outcome, target) for tool, outcome in zip(tools, outcomes, strict=True)]


def read(tool: Analyzer, outcome: Outcome, target: Target) -> Report:
    """Return what a tool's end means; raises `Stopped` where it is not the answer's doing."""
    if outcome.status is Status.INTERNAL_ERROR:
        message = f"the sandbox could not run {tool.name}"
        raise Stopped(errored(CHECK, Reason.INTERNAL, message))
    starved = outcome.usage.cpu_s < STARVED_SHARE * outcome.usage.wall_s
    if outcome.status is Status.WALL_LIMIT and starved:
        message = f"{tool.name} did not get the time that it needs on this machine"
        raise Stopped(errored(CHECK, Reason.MACHINE_BUSY, message))
    return tool.read(outcome, target)
