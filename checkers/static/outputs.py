"""What readers of tools' output have in common. The output quotes hostile text: nothing raises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from checkers.protocol import Tool
from checkers.results import cut
from checkers.static.protocol import Diagnostic, Report
from checkers.strict_json import StrictJsonError, loads
from sandboxes.protocol import Limits, Status

if TYPE_CHECKING:
    from collections.abc import Iterable

    from checkers.static.protocol import Level, Target
    from sandboxes.protocol import Outcome

MESSAGE_CHARS: Final = 300
MAX_FOUND: Final = 1000
"""Diagnostics of one tool that are kept; one more is said to have been left out."""

MAX_LINE: Final = 10_000_000


def wide(limits: Limits) -> Limits:
    """Room for a tool's output; the rest as given."""
    return Limits(
        cpu_s=limits.cpu_s,
        wall_s=limits.wall_s,
        memory_mb=limits.memory_mb,
        processes=limits.processes,
        output_kb=8192,
        disk_mb=limits.disk_mb,
        files=limits.files,
    )


def cut_short(outcome: Outcome) -> str | None:
    """Say why a job's output cannot be the whole one; None when it may be read."""
    if outcome.status in (Status.OK, Status.RUNTIME_ERROR) and not outcome.signal:
        return None
    if outcome.status is Status.RUNTIME_ERROR:
        return f"it was ended by {outcome.signal}"
    return f"it met its {outcome.status.value.replace('_', ' ')}"


def unchecked(name: str, why: str) -> Report:
    """Return a report without findings: the tool could not read the answer."""
    return Report(Tool(name, ""), (), cut(why))


def report(name: str, found: Iterable[Diagnostic], why: str | None = None) -> Report:
    """Return what was found, in order, without repeats and without end."""
    kept = sorted(set(found))
    if len(kept) > MAX_FOUND:
        why = why or f"it has {len(kept)} findings, of which {MAX_FOUND} are kept"
    return Report(Tool(name, ""), tuple(kept[:MAX_FOUND]), None if why is None else cut(why))


def parsed(output: bytes) -> Any:  # noqa: ANN401 - JSON
    """Read a tool's JSON; None when it is none."""
    try:
        return loads(output, max_depth=100)
    except StrictJsonError:
        return None


def member(value: Any, *path: str | int) -> Any:  # noqa: ANN401 - JSON
    """Return what lies at a path of objects and arrays; None where there is nothing."""
    for step in path:
        if isinstance(value, dict) and isinstance(step, str):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and -1 < step < len(value):
            value = value[step]
        else:
            return None
    return value


def objects(value: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - JSON
    """Return the objects of an array; none of anything else."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def text(value: Any) -> str:  # noqa: ANN401 - JSON
    """Return a string, or the empty one."""
    return value if isinstance(value, str) else ""


def line_of(value: Any) -> int:  # noqa: ANN401 - JSON
    """Return a line's number; 0 for what is none."""
    good = isinstance(value, int) and not isinstance(value, bool) and 0 < value < MAX_LINE
    return value if good else 0


def diagnostic(
    target: Target,
    path: str,
    lines: tuple[int, int],
    what: tuple[str, str, Level, str],
    cwe: tuple[int, ...] = (),
) -> Diagnostic:
    """Make one finding; `what` is tool, rule, level and message.

    One at a place that is not the answer's is kept, without the place.
    """
    tool, rule, level, message = what
    own = target.own_name(path)
    first, last = lines if own is not None else (0, 0)
    if own is None:
        own = next(iter(target.names.values()), "")
    return Diagnostic(
        file=own,
        lines=(first, max(first, last)),
        tool=tool,
        rule=cut(rule, 80) or "unnamed",
        level=level,
        message=_without_paths(target, cut(" ".join(message.split()), MESSAGE_CHARS)),
        cwe=cwe,
    )


def _without_paths(target: Target, message: str) -> str:
    """Our own names say nothing to a miner."""
    for name in sorted(target.files, key=len, reverse=True):
        for path in (target.modules.get(name), name):
            if path is not None:
                message = message.replace(f"/program/{path}", target.names[name])
    return message
