"""What every analyzer takes and gives: frozen values and one protocol, standard library only.

An analyzer is two pure functions around one job in the cage: which job, and what its end says.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

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
    diagnostic and no `unchecked` means clean; whatever the tool did not read is never clean.
    """

    tool: Tool
    found: tuple[Diagnostic, ...] = ()
    unchecked: str | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """One answer's sources of one language, as they lie in `/program` of the cage.

    `files` are named by us (`s0.py`), so that no name can be a tool's configuration or option, and
    their suppression comments are blanked without moving a line; `names` gives the answer's own
    name of each.
    """

    language: str
    files: Mapping[str, bytes]
    names: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


class Analyzer(Protocol):
    """One tool. Stateless."""

    name: str
    languages: frozenset[str]
    """Of the answers that it reads."""
    cage: str
    """What `Sandbox.open` is asked for: `analyzers`, or the language whose image holds the tool."""

    def job(self, target: Target, limits: Limits) -> Job:
        """Return what to run over `/program`; options and configuration are ours alone."""

    def read(self, outcome: Outcome, target: Target) -> Report:
        """Say what the job's end means. Never raises for anything that a tool can print."""
