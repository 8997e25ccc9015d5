"""What every analyzer takes and gives: frozen values and one protocol, standard library only.

An analyzer is two pure functions around one job in the cage: which job, and what its end says.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from sandboxes.protocol import PROGRAM_DIR

if TYPE_CHECKING:
    from collections.abc import Mapping

    from checkers.protocol import Tool
    from sandboxes.protocol import Job, Limits, Outcome


class Level(StrEnum):
    """Levels of SARIF 2.1.0 (section 3.27.10), mildest first."""

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True, order=True)
class Diagnostic:
    """One finding of one analyzer, in the order in which findings are shown.

    `file` is the answer's own name of it; `lines` are first and last, 1-based, inclusive, and
    `(0, 0)` where the tool names none. `rule` is the tool's own, without the tool's name. `cwe` are
    numbers of the Common Weakness Enumeration, ascending.
    """

    file: str
    lines: tuple[int, int]
    tool: str
    rule: str
    level: Level = field(compare=False)
    message: str
    cwe: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What one analyzer said of one answer.

    `unchecked` says in a sentence why some file or all could not be analyzed; None: all were. No
    diagnostic and no `unchecked` means clean; whatever the tool did not read is never clean. An
    adapter that leaves the version of `tool` empty gets what the cage says.
    """

    tool: Tool
    found: tuple[Diagnostic, ...] = ()
    unchecked: str | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """One answer's sources of one language, as they lie in `/program` of the cage.

    `files` are named by us (`s0.py`), so that no name can be a tool's configuration or option, and
    their suppression comments are masked without moving a line; `names` gives the answer's own
    name of each. `modules` gives to a file's name a second place (`m/shapes/circle.py`) where
    sources of several files find each other; only plain words of the answer's names are in it.
    """

    language: str
    files: Mapping[str, bytes]
    names: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    modules: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def tree(self) -> dict[str, bytes]:
        """What is laid into `/program`."""
        return {**self.files, **{self.modules[n]: self.files[n] for n in self.modules}}

    def paths(self, *suffixes: str) -> tuple[str, ...]:
        """Full paths of our names, in order; of all files, or of those that end so."""
        wanted = tuple(name for name in self.files if not suffixes or name.endswith(suffixes))
        return tuple(f"{PROGRAM_DIR}/{name}" for name in wanted)

    def places(self, *suffixes: str) -> tuple[str, ...]:
        """As `paths`, with the second place of each file that has one."""
        wanted = (name for name in self.files if not suffixes or name.endswith(suffixes))
        return tuple(f"{PROGRAM_DIR}/{self.modules.get(name, name)}" for name in wanted)

    def own_name(self, path: str) -> str | None:
        """Return the answer's name of a file that a tool names by its path; None for others."""
        inside = path.removeprefix(f"{PROGRAM_DIR}/").removeprefix("./")
        if inside not in self.names:
            inside = next((name for name, second in self.modules.items() if second == inside), "")
        return self.names.get(inside)


class Analyzer(Protocol):
    """One tool. Stateless."""

    name: str
    languages: frozenset[str]
    """Of the answers that it reads."""
    cage: str
    """What `Sandbox.open` is asked for: `analyzers`, or the language whose image holds the tool.

    `Sandbox.toolchain(name)` gives the version.
    """

    def job(self, target: Target, limits: Limits) -> Job:
        """Return what to run over `/program`; options and configuration are ours alone."""

    def read(self, outcome: Outcome, target: Target) -> Report:
        """Say what the job's end means. Never raises for anything that a tool can print."""
