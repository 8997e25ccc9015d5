"""Many Python answers at once: one cage, a warm parent, and a process of its own for each answer.

Starting bandit and mypy takes far longer than what they do, so their modules are imported once and
each answer gets a fork (threat model, row 25: no process and no writable cache is shared). What
does not end well in the batch, for whatever reason, is judged alone, as if there were no batch; so
is everything else than Python under these tools.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from checkers.options import DEFAULT_PASS_AT
from checkers.registry import run_check
from checkers.sources import Stopped
from checkers.static.check import TOOL_LIMITS, prepared, stamped, versions_of
from checkers.static.outputs import member, parsed
from checkers.static.python_tools import REFUSED
from checkers.static.rules import joined
from checkers.static.semgrep import RULES_FILE
from checkers.static.tools import CHECK
from checkers.static.verdict import result_of
from sandboxes.images.groups import ANALYZERS
from sandboxes.protocol import PROGRAM_DIR, Job, Limits, Outcome, SandboxError, Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from checkers.protocol import CheckResult, Context, Submission, Tool
    from checkers.static.options import StaticOptions
    from checkers.static.protocol import Analyzer, Target

TOGETHER: Final = 50
"""Answers of one cage."""

WARM: Final = Path(__file__).parent / "programs" / "warm.py"
KNOWN: Final = ("bandit", "mypy", "ruff", "semgrep")
CHILD_S: Final = 30.0
_PLACE: Final = f"{PROGRAM_DIR}/".encode()
CHILD_MB: Final = 1536
CAGE_LIMITS: Final = Limits(
    cpu_s=600, wall_s=600, memory_mb=4096, processes=256, output_kb=16384, disk_mb=512, files=16384
)


@dataclass(frozen=True, slots=True)
class _Seat:
    """One answer's place in a batch."""

    index: int
    target: Target
    tools: tuple[Analyzer, ...]


def check_many(
    asked: Sequence[tuple[Submission, StaticOptions]], context: Context
) -> list[CheckResult]:
    """Judge each submission by its options; the results are those of each judged alone."""
    results = judged_together(asked, context)
    return [
        results[index] if index in results else run_check(CHECK, submission, options, context)
        for index, (submission, options) in enumerate(asked)
    ]


def judged_together(
    asked: Sequence[tuple[Submission, StaticOptions]], context: Context
) -> dict[int, CheckResult]:
    """Return results by index, of those with which all went well; the others must be judged alone.

    `context` gives the time for all of them. A result's duration is its share of its cage's.
    """
    seats = [
        seat for index, one in enumerate(asked) if (seat := _seat(index, *one, context)) is not None
    ]
    results: dict[int, CheckResult] = {}
    for start in range(0, len(seats), TOGETHER):
        some = seats[start : start + TOGETHER]
        began = context.monotonic()
        found = _judged(some, asked, context)
        share = round((context.monotonic() - began) / len(some), 3)
        results |= {index: replace(one, duration_s=share) for index, one in found.items()}
    return results


def _seat(
    index: int, submission: Submission, options: StaticOptions, context: Context
) -> _Seat | None:
    """Return the place of an answer that can be judged with others; None for one that cannot."""
    try:
        target, tools = prepared(submission, options, context)
    except (Stopped, SandboxError):
        return None
    # Places are read back from what the tools say; an answer must not look like one.
    said = any(_PLACE in source for source in target.files.values())
    fits = target.language == "python" and all(tool.name in KNOWN for tool in tools) and not said
    return _Seat(index, target, tools) if fits else None


def _judged(
    seats: list[_Seat],
    asked: Sequence[tuple[Submission, StaticOptions]],
    context: Context,
) -> dict[int, CheckResult]:
    """Return results by index, of those answers with which all went well."""
    try:
        tools = {tool.name: tool for seat in seats for tool in seat.tools}
        versions = versions_of(context.sandbox, tuple(tools.values()))
        said = dict(_said(seats, tools, context))
    except SandboxError:
        return {}
    results = {}
    for number, seat in enumerate(seats):
        options = asked[seat.index][1]
        result = _result(seat, said.get(number), versions, options)
        if result is not None:
            results[seat.index] = result
    return results


def _said(
    seats: list[_Seat], tools: Mapping[str, Analyzer], context: Context
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Run the batch; yield what was said of each answer, by its number in the batch."""
    empty = replace(seats[0].target, files={})
    order: dict[str, Any] = {
        name: _words(tool.job(empty, TOOL_LIMITS).argv) for name, tool in tools.items()
    }
    order["mypy"] = order.get("mypy", ["mypy"])[1:]
    order |= {
        "tools": sorted(tools),
        "seconds": CHILD_S,
        "memory_mb": CHILD_MB,
        "answers": [_addresses(number, seat) for number, seat in enumerate(seats)],
    }
    wall_s = min(CAGE_LIMITS.wall_s, max(1.0, context.remaining()))
    job = Job(
        ("env", "PYTHONPATH=/opt/analyzers", "python3", "-P", "warm.py"),
        stdin=json.dumps(order).encode(),
        files={"warm.py": WARM.read_bytes(), RULES_FILE: joined()},
        limits=replace(CAGE_LIMITS, wall_s=wall_s),
    )
    with context.sandbox.open(ANALYZERS) as session:
        session.put(
            {
                f"a{number}/{path}": content
                for number, seat in enumerate(seats)
                for path, content in seat.target.tree.items()
            }
        )
        outcome = session.run(job)
    for line in outcome.stdout.splitlines():
        row = parsed(line)
        number = member(row, "answer")
        if isinstance(number, int) and isinstance(row, dict):
            yield number, row


def _words(argv: tuple[str, ...]) -> list[str]:
    """Return a command without the environment that it asks for, which each child sets itself."""
    return [word for word in argv if word != "env" and not word.startswith("MYPYPATH=")]


def _addresses(number: int, seat: _Seat) -> dict[str, Any]:
    """Say where an answer's files are, and what lies beside its tools besides what all have."""
    inside = f"{PROGRAM_DIR}/a{number}"

    def moved(paths: tuple[str, ...]) -> list[str]:
        return [path.replace(PROGRAM_DIR, inside, 1) for path in paths]

    target = seat.target
    jobs = (tool.job(target, TOOL_LIMITS) for tool in seat.tools)
    beside = {
        name: content.decode().replace(f'"{PROGRAM_DIR}/', f'"{inside}/')
        for job in jobs
        for name, content in job.files.items()
        if name != RULES_FILE
    }
    return {"files": moved(target.paths()), "places": moved(target.places()), "beside": beside}


def _result(
    seat: _Seat,
    row: dict[str, Any] | None,
    versions: Mapping[str, Tool],
    options: StaticOptions,
) -> CheckResult | None:
    reports = []
    for tool in seat.tools:
        code, text = member(row, tool.name, 0), member(row, tool.name, 1)
        if not isinstance(code, int) or not isinstance(text, str):
            return None
        outcome = Outcome(
            Status.RUNTIME_ERROR if code else Status.OK, exit_code=code, stdout=text.encode()
        )
        report = tool.read(outcome, seat.target)
        # What mypy refuses, it refuses alone too; every other trouble may be that of the batch.
        if report.unchecked is not None and not report.unchecked.startswith(REFUSED):
            return None
        reports.append(report)
    pass_at = options.pass_at or DEFAULT_PASS_AT[CHECK]
    return result_of(stamped(reports, versions), options.max_severity, pass_at)
