"""Which of an answer's files are the program, in which language, and how it is built."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from checkers.protocol import CheckResult, CheckStatus, Finding, Reason, Tool
from checkers.results import (
    DIAGNOSTIC_CHARS,
    errored,
    failed,
    readable,
    task_fault,
)
from sandboxes.languages import LANGUAGES, build, stage
from sandboxes.protocol import Outcome, Session, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from checkers.protocol import Submission
    from sandboxes.protocol import Sandbox

MAX_FINDINGS = 20

STARVED_SHARE = 0.5
"""A compiler computes all the time; one with less CPU than this over wall time was kept waiting."""

# file:line: text or file(line,column): text, as gcc, python, node, bash and tsc write them.
_PLACE = re.compile(
    r"^(?:/program/)?([^\s:(]{1,200})(?::|\(|: line )(\d{1,7})[^\n]{0,20}?[:)] ?(.*)$"
)


class Stopped(Exception):  # noqa: N818 - not an error: a result that was reached early
    """The check is decided before its end; carries the result."""

    def __init__(self, result: CheckResult) -> None:
        self.result = result
        super().__init__(result.summary)


@dataclass(frozen=True, slots=True)
class Source:
    """The program of an answer: its files, language, and the file that starts."""

    language: str
    files: Mapping[str, bytes]
    entry: str


def source_of(
    check: str, submission: Submission, language: str | None, entry: str | None = None
) -> Source:
    """Find the program; raises `Stopped` with the right party's fault."""
    language = language or submission.language
    if language is None:
        raise Stopped(task_fault(check, "the task does not say in which language the answer is"))
    files = submission.answer.files
    if not files:
        raise Stopped(failed(check, "the answer holds no code"))
    if language not in LANGUAGES:
        message = f"no toolchain for {language} in this engine"
        raise Stopped(errored(check, Reason.TOOLCHAIN_MISSING, message))
    return Source(language, files, entry or _main_file(check, language, files))


def _main_file(check: str, language: str, files: Mapping[str, bytes]) -> str:
    table = LANGUAGES[language]
    if table.main in files:
        return table.main
    mine = sorted(name for name in files if table.owns(name))
    mains = [name for name in mine if PurePosixPath(name).stem.lower() == "main"]
    if len(mine) == 1 or len(mains) == 1:
        return mine[0] if len(mine) == 1 else mains[0]
    if not mine:
        raise Stopped(failed(check, f"the answer holds no {language} source file"))
    if table.whole:
        return mine[0]
    raise Stopped(failed(check, f"the answer has several source files and none is {table.main}"))


def tool_of(sandbox: Sandbox, language: str) -> Tool:
    """What the record names as the judge."""
    toolchain = sandbox.toolchain(language)
    return Tool(toolchain.name, toolchain.version)


def build_answer(
    check: str, session: Session, source: Source, flags: tuple[str, ...] = ()
) -> Outcome:
    """Build into the session's `/program`; raises `Stopped` when that does not work."""

    def step() -> Outcome:
        return build(session, source.language, source.files, source.entry, flags)

    return settle_compile(check, step, "compile")


def stage_answer(check: str, session: Session, source: Source) -> None:
    """Lay the answer into `/program`, ready to run; raises `Stopped` when that does not work."""

    def step() -> Outcome:
        return stage(session, source.language, source.files, source.entry)

    settle_compile(check, step, "compile")


def settle_compile(check: str, step: Callable[[], Outcome], verb: str) -> Outcome:
    """Run a compile step, once more if a busy machine may have ended it; raise unless it ends well.

    A wall limit that the step met while it got little CPU time is held against the answer only
    when it repeats. No machine moves the other limits, so one hit is enough.
    """
    outcome = step()
    if outcome.status is Status.COMPILE_LIMIT:
        if _was_starved(outcome) and step().status is not Status.COMPILE_LIMIT:
            message = f"the {verb} step met a limit once and not again"
            raise Stopped(errored(check, Reason.MACHINE_BUSY, message))
        raise Stopped(failed(check, f"does not {verb}: exceeds the published limits"))
    if outcome.status is Status.COMPILE_ERROR:
        raise Stopped(failed(check, f"does not {verb}", diagnostics(outcome)))
    if not outcome.ok:
        message = outcome.detail or f"the sandbox could not run the {verb} step"
        raise Stopped(errored(check, Reason.INTERNAL, message))
    return outcome


def _was_starved(outcome: Outcome) -> bool:
    by_wall = outcome.detail.startswith(Status.WALL_LIMIT.value)
    return by_wall and outcome.usage.cpu_s < STARVED_SHARE * outcome.usage.wall_s


def compiled(check: str, outcome: Outcome, tool: Tool, summary: str) -> CheckResult:
    """All well; warnings stay as findings of low severity."""
    found = diagnostics(outcome, severity="info")
    metrics = {"cpu_s": round(outcome.usage.cpu_s, 3)}
    return CheckResult(
        check, CheckStatus.PASS, 100, summary, findings=found, metrics=metrics, tool=tool
    )


def diagnostics(outcome: Outcome, severity: str = "high") -> tuple[Finding, ...]:
    """What the toolchain said, as findings with places; the rest as one finding."""
    text = readable(outcome.stderr + outcome.stdout, DIAGNOSTIC_CHARS)
    found: list[Finding] = []
    for line in text.splitlines():
        place = _PLACE.match(line)
        if place is not None and len(found) < MAX_FINDINGS:
            number = int(place[2])
            lines = (number, number) if number else None
            message = place[3].strip()[:200] or "diagnostic"
            found.append(Finding("diagnostic", message, severity, file=place[1], lines=lines))
    if found:
        return tuple(found)
    if text.strip():
        return (Finding("diagnostic", "toolchain output", severity, explanation=text.strip()),)
    return ()
