"""Solidity's own compiler: its errors and warnings, from the newest one that the pragma admits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from checkers.protocol import Tool
from checkers.results import cut
from checkers.static.protocol import Diagnostic, Level, Report
from checkers.static.solc_report import (
    coverage,
    message,
    own_names,
    place,
    scan_job,
    text,
    units_of,
)

if TYPE_CHECKING:
    from checkers.static.protocol import Target
    from checkers.static.solc_report import Unit
    from sandboxes.protocol import Job, Limits, Outcome

STYLE: Final = frozenset({"1878", "3420"})
"""Warnings that say nothing of the code: no licence named, no version pinned."""


class Solc:
    """The compiler's diagnostics, without making bytecode."""

    name = "solc"
    languages = frozenset({"solidity"})
    cage = "solidity"

    def job(self, target: Target, limits: Limits) -> Job:
        """Compile each unit."""
        return scan_job("compile", target, limits)

    def read(self, outcome: Outcome, target: Target) -> Report:
        """Return errors and warnings; what no compiler here can judge is "not checked"."""
        tool = Tool(self.name, "")
        units = units_of(outcome)
        if isinstance(units, str):
            return Report(tool, unchecked=f"{own_names(sorted(target.files), target)}: {units}")
        found = {_diagnostic(row, target) for unit in units for row in unit.errors}
        reasons = [
            f"{own_names(unit.files, target)}: {cut(unit.unchecked, 200)}"
            for unit in units
            if unit.unchecked is not None and not _judged(unit)
        ]
        lost = coverage(units, target)
        reasons += [lost] if lost is not None else []
        return Report(tool, tuple(sorted(found)), "; ".join(sorted(reasons)) or None)


def _judged(unit: Unit) -> bool:
    """True for a unit that a compiler refused with words: those are its findings."""
    return any(row.get("severity") == "error" for row in unit.errors)


def _diagnostic(row: dict[str, object], target: Target) -> Diagnostic:
    code = cut(text(row.get("code")), 80) or "diagnostic"
    file, lines = place(row, target)
    severity = text(row.get("severity"))
    level = Level.ERROR if severity == "error" else Level.WARNING
    if severity == "info" or code in STYLE:
        level = Level.NOTE
    return Diagnostic(
        file=file,
        lines=lines,
        tool="solc",
        rule=code,
        level=level,
        message=message(row.get("message"), target),
    )
