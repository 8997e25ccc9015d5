"""What the table says of one hostile program."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal

from sandboxes.protocol import Limits, Outcome, Status

PROGRAMS: Final = Path(__file__).parent / "programs"
CATEGORIES: Final = (
    "resources", "leftovers", "supervisor", "output", "time", "filesystem", "compile", "kernel",
    "network", "judge", "secrets", "privileges",
)  # fmt: skip
LANGUAGES: Final = MappingProxyType(
    {".py": "python", ".c": "c", ".cpp": "cpp", ".js": "javascript", ".sh": "bash",
     ".ts": "typescript"}
)  # fmt: skip

SMALL: Final = Limits(
    cpu_s=2, wall_s=4, memory_mb=96, processes=24, output_kb=64, disk_mb=8, files=200
)
"""Enough for every attack to be made, and soon over."""
BUILD: Final = Limits(
    cpu_s=2.5, wall_s=6, memory_mb=256, processes=32, output_kb=64, disk_mb=32, files=400
)
"""For the compiler: enough for sound programs of a page, little for bombs."""

Assertion = Callable[[Outcome], None]


@dataclass(frozen=True, slots=True)
class Case:
    """One program, how it is run, and every end that is right.

    `says` must be in its output and `never` must not, on either stream, in what is collected and
    in what is run after it; the marker OPEN and the secrets of the host are never allowed.
    Arguments may name facts: `{secret}` `{port}` `{abstract}` `{address}` `{project}` `{home}`.
    `how`: `run` compiles where the language needs it and runs; `check` has the language's own
    check before; `build` runs the program itself as a build of the session. `then` is a program
    that runs next in the same session and, where nothing of the first may be seen, in a new one.
    `weaker` gives further ends that are right where a backend does not declare a property as held.
    `may_lose` names backends whose session this program is known to be able to end: that has to be
    an error, in time, and never an outcome; the next session must be right.
    """

    program: str
    right: tuple[Status, ...] = (Status.OK,)
    limits: Limits = SMALL
    build: Limits = BUILD
    how: Literal["run", "check", "build"] = "run"
    stdin: bytes = b""
    args: tuple[str, ...] = ()
    collect: tuple[str, ...] = ()
    says: bytes = b""
    never: tuple[bytes, ...] = ()
    then: str | None = None
    then_says: bytes = b"tried"
    also: tuple[Assertion, ...] = ()
    weaker: Mapping[str, tuple[Status, ...]] = field(default_factory=lambda: MappingProxyType({}))
    within_s: float | None = None
    may_lose: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The program, and what tells two cases of it apart."""
        return "-".join((self.program, *(arg for arg in self.args if "{" not in arg)))

    @property
    def category(self) -> str:
        """One of CATEGORIES."""
        return self.program.split("/", 1)[0]

    @property
    def language(self) -> str:
        """By the suffix of the program."""
        return LANGUAGES[Path(self.program).suffix]
