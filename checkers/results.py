"""Short forms of `CheckResult`, and hostile text cut to what a summary or a finding may show."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from checkers.protocol import CheckResult, CheckStatus, Finding, Reason
from sandboxes.protocol import Outcome, Status

if TYPE_CHECKING:
    from checkers.protocol import Tool
    from sandboxes.protocol import Limits

DETAIL_CHARS = 500
DIAGNOSTIC_CHARS = 4000

# A line that names an error, as Python, Node and Bash write it.
_ERROR_LINE = re.compile(r"[A-Za-z_][\w.]{0,100}(?:Error|Exception|Exit)\b|.{0,200}syntax error")

_LIMIT_WORDS = {
    Status.CPU_LIMIT: "used more than {cpu_s:g} s of CPU time",
    Status.WALL_LIMIT: "ran longer than {wall_s:g} s",
    Status.MEMORY_LIMIT: "used more than {memory_mb} MiB of memory",
    Status.OUTPUT_LIMIT: "wrote more than {output_kb} KiB of output",
    Status.PROCESS_LIMIT: "started more than {processes} processes",
    Status.DISK_LIMIT: "wrote more than {disk_mb} MiB to disk",
    Status.FILE_LIMIT: "made more than {files} files",
}


def failed(
    check: str, summary: str, findings: tuple[Finding, ...] = (), tool: Tool | None = None
) -> CheckResult:
    """The answer's own fault, worth nothing."""
    return CheckResult(check, CheckStatus.FAIL, 0, summary, findings=findings, tool=tool)


def undecided(check: str, summary: str, findings: tuple[Finding, ...] = ()) -> CheckResult:
    """The check ran and could not tell."""
    return CheckResult(check, CheckStatus.UNDECIDED, None, summary, findings=findings)


def errored(check: str, reason: Reason, summary: str) -> CheckResult:
    """The engine or the task could not tell; never costs the miner."""
    return CheckResult(check, CheckStatus.ERROR, None, summary, reason=reason)


def task_fault(check: str, summary: str) -> CheckResult:
    """The task's own part does not work."""
    return errored(check, Reason.TASK_INVALID, summary)


def cut(text: str, limit: int = DETAIL_CHARS) -> str:
    """Text of at most `limit` characters, its end marked where something is missing."""
    return text if len(text) <= limit else text[: limit - 1] + "\N{HORIZONTAL ELLIPSIS}"


def readable(data: bytes, limit: int = DETAIL_CHARS) -> str:
    """Hostile bytes as text, cut before decoding so that the work stays small."""
    return cut(data[: limit * 4].decode(errors="replace"), limit)


def complaint(stderr: bytes, limit: int = DETAIL_CHARS) -> str:
    """Return what a program said last about its failure: the line with the error's name, or all."""
    lines = stderr[-16 * limit :].decode(errors="replace").strip().splitlines()
    named = [line for line in lines if _ERROR_LINE.match(line)]
    return cut(named[-1], limit) if named else "\n".join(lines)[-limit:]


def ending(outcome: Outcome, limits: Limits) -> str:
    """How a program ended, in words: `exited with 3`, `was ended by SIGSEGV`, `ran longer ...`."""
    words = _LIMIT_WORDS.get(outcome.status)
    if words is not None:
        return words.format(**{name: getattr(limits, name) for name in limits.__slots__})
    if outcome.signal is not None:
        return f"was ended by {outcome.signal}"
    return f"exited with {outcome.exit_code}"
