"""The source of every container's first process, as an image's build sees it.

It is a Rust program (`sandboxes/supervisor`, ADR 13) that speaks with this side of the wire. What
both sides must know alike is written here from our own values, so that it stands in one place; the
program's own tests, which run in every build, hold it against what it was made for.
"""

from __future__ import annotations

import json
import signal
from dataclasses import astuple, fields
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sandboxes import resources, seccomp, wire
from sandboxes.docker import frames
from sandboxes.messages import OPERATOR_LIMITS
from sandboxes.protocol import (
    BUILD_LIMITS,
    ENVIRONMENT,
    PROGRAM_DIR,
    TAKEN_BYTES,
    WORK_DIR,
    Limits,
    Status,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE: Final = Path(__file__).parents[1] / "supervisor"
FOLDER: Final = "supervisor"
"""Of the build context."""
CONSTANTS: Final = "constants.rs"
EXAMPLE_PROGRAMS_KB: Final = (0, 1023, 1024, 100_000)


def program_files() -> Iterator[tuple[str, bytes]]:
    """Yield name and content of every file that the program is compiled from, in order."""
    for path in sorted(SOURCE.rglob("*.rs")):
        yield f"{FOLDER}/{path.relative_to(SOURCE).as_posix()}", path.read_bytes()
    yield f"{FOLDER}/{CONSTANTS}", constants().encode()
    for machine in sorted(seccomp.AUDIT_ARCH):
        yield f"{FOLDER}/filter.{machine}", seccomp.program(machine)


def constants() -> str:
    """Return the Rust module with what both sides know."""
    lines = [
        "//! Written from the host's side by `sandboxes/images/supervisor.py`.",
        "",
        "use crate::limits::Limits;",
        "use crate::ruling::Status;",
        "",
        _text("PROGRAM_DIR", PROGRAM_DIR),
        _text("WORK_DIR", WORK_DIR),
        _number("VERSION", wire.VERSION),
        _number("TAKEN_BYTES", TAKEN_BYTES),
        _number("SHARED_MEMORY_MB", resources.SHARED_MEMORY_MB),
        _number("SUPERVISOR_MB", resources.SUPERVISOR_MB),
        _number("SLACK_MB", resources.SLACK_MB),
        _number("SLACK_FILES", resources.SLACK_FILES),
        _number("MAX_HEAD", wire.MAX_HEAD, "usize"),
        _number("MAX_BODY", wire.MAX_BODY, "usize"),
        _number("MAX_NAME", wire.MAX_NAME, "usize"),
        _number("MAX_COMPONENT", wire.MAX_COMPONENT, "usize"),
        _number("MAX_DATA", frames.MAX_DATA, "usize"),
        _number("FRAME_DATA", frames.DATA[0], "u8"),
        _number("FRAME_END", frames.END[0], "u8"),
        _number("FRAME_ROOM", frames.ROOM[0], "u8"),
        f"pub const MARGIN: f64 = {resources.MARGIN!r};",
        f"pub const OPERATOR_LIMITS: Limits = {_limits(OPERATOR_LIMITS)};",
        f"pub const DEFAULT_LIMITS: Limits = {_limits(Limits())};",
        _pairs("ENVIRONMENT", "(&str, &str)", [_pair(*item) for item in ENVIRONMENT.items()]),
        _pairs("SIGNAL_NAMES", "(i32, &str)", _signals()),
        "",
        "impl Status {",
        *(
            f"    pub const {one.name}: Self = Self({json.dumps(one.value)});"
            for one in _statuses()
        ),
        "}",
        "",
        "#[cfg(test)]",
        _pairs("RESOURCES_EXAMPLES", "(Limits, u64, u64, u64)", list(_examples())),
    ]
    return "\n".join([*lines, ""])


def _statuses() -> Iterator[Status]:
    """Yield what the program can say; the other statuses are this side's."""
    return (one for one in Status if one not in (Status.COMPILE_ERROR, Status.COMPILE_LIMIT))


def _text(name: str, value: str) -> str:
    return f"pub const {name}: &str = {json.dumps(value)};"


def _number(name: str, value: int, kind: str = "u64") -> str:
    return f"pub const {name}: {kind} = {value};"


def _pair(name: str, value: str) -> str:
    return f"({json.dumps(name)}, {json.dumps(value)})"


def _pairs(name: str, kind: str, items: list[str]) -> str:
    return "\n".join([f"pub const {name}: &[{kind}] = &[", *(f"    {one}," for one in items), "];"])


def _limits(limits: Limits) -> str:
    """Spell limits as a Rust value; times are the fields that hold seconds."""
    named = zip((field.name for field in fields(limits)), astuple(limits), strict=True)
    return f"Limits {{ {', '.join(f'{name}: {_spelled(name, value)}' for name, value in named)} }}"


def _spelled(name: str, value: float) -> str:
    return repr(float(value)) if name.endswith("_s") else str(int(value))


def _signals() -> list[str]:
    return [f"({one.value}, {json.dumps(one.name)})" for one in signal.Signals]


def _examples() -> Iterator[str]:
    """Yield what this side has the engine hold for some jobs."""
    for limits in (Limits(), BUILD_LIMITS, OPERATOR_LIMITS):
        for program_kb in EXAMPLE_PROGRAMS_KB:
            held = resources.Resources.for_job(limits, program_kb)
            yield f"({_limits(limits)}, {program_kb}, {held.memory}, {held.pids})"
