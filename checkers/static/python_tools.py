"""Ruff, bandit and mypy over Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from checkers.static.outputs import (
    cut_short,
    diagnostic,
    line_of,
    member,
    objects,
    parsed,
    report,
    text,
    unchecked,
    wide,
)
from checkers.static.protocol import Level
from checkers.static.weaknesses import CWE_OF, level_of
from sandboxes.images.analyzers.stdlib_cache import FLAGS, INSIDE
from sandboxes.images.groups import ANALYZERS
from sandboxes.protocol import PROGRAM_DIR, Job

if TYPE_CHECKING:
    from checkers.static.protocol import Diagnostic, Report, Target
    from sandboxes.protocol import Limits, Outcome

PYTHON: Final = frozenset({"python"})

RUFF_RULES: Final = "E9,F,B,S,PLE"
"""Errors at run time, pyflakes, bugbear, security (bandit's), and pylint's errors."""

# Unused or untidy, and harmless when the program runs.
_TIDY: Final = ("F401", "F541", "F811", "F841", "B007", "B009", "B010", "B904", "B905", "B028")
_BROKEN: Final = ("E9", "F63", "F7", "F82", "PLE")


class Ruff:
    """Isolated: no configuration is looked for, no cache is kept, no `noqa` counts."""

    name = "ruff"
    languages = PYTHON
    cage = ANALYZERS

    def job(self, target: Target, limits: Limits) -> Job:
        """Check every file by name."""
        argv = (
            "ruff", "check", "--isolated", "--no-cache", "--ignore-noqa", "--quiet",
            "--select", RUFF_RULES, "--target-version", "py311", "--output-format", "json",
            *target.paths(),
        )  # fmt: skip
        return Job(argv, limits=wide(limits))

    def read(self, outcome: Outcome, target: Target) -> Report:
        """Its exit code is 1 with findings and 2 when it failed itself."""
        why = cut_short(outcome)
        rows = None if why else parsed(outcome.stdout)
        if why or outcome.exit_code not in (0, 1) or not isinstance(rows, list):
            return unchecked(self.name, why or "it ended without a report")
        found, unread = [], None
        for row in objects(rows):
            code = text(row.get("code"))
            # Both have no place in a file that Python itself has read.
            if code in ("", "invalid-syntax", "E902"):
                own = target.own_name(text(row.get("filename")))
                unread = f"it cannot read {own or 'a file'}"
                continue
            found.append(self._one(target, row, code))
        return report(self.name, found, unread)

    def _one(self, target: Target, row: dict[str, Any], code: str) -> Diagnostic:
        number = code[1:] if code.startswith("S") and code[1:].isdigit() else ""
        lines = (
            line_of(member(row, "location", "row")),
            line_of(member(row, "end_location", "row")),
        )
        level = level_of(number) if number else _ruff_level(code)
        what = (self.name, code, level, text(row.get("message")))
        cwe = (CWE_OF[number],) if number in CWE_OF else ()
        return diagnostic(target, text(row.get("filename")), lines, what, cwe)


def _ruff_level(code: str) -> Level:
    if code.startswith(_BROKEN):
        return Level.ERROR
    return Level.NOTE if code in _TIDY else Level.WARNING


class Bandit:
    """Files by name: a `.bandit` is looked for in folders only, and no `nosec` counts."""

    name = "bandit"
    languages = PYTHON
    cage = ANALYZERS

    def job(self, target: Target, limits: Limits) -> Job:
        """Check every file by name."""
        argv = ("bandit", "--quiet", "--format", "json", "--ignore-nosec", *target.paths())
        return Job(argv, limits=wide(limits))

    def read(self, outcome: Outcome, target: Target) -> Report:
        """It ends with 0 even when it could not read a file, which it then lists."""
        why = cut_short(outcome)
        document = None if why else parsed(outcome.stdout)
        if why or outcome.exit_code not in (0, 1) or not isinstance(document, dict):
            return unchecked(self.name, why or "it ended without a report")
        return self.from_document(document, target)

    def from_document(self, document: dict[str, Any], target: Target) -> Report:
        """Read its JSON."""
        found = [self._one(target, row) for row in objects(document.get("results"))]
        return report(self.name, found, _unread(document, target))

    def _one(self, target: Target, row: dict[str, Any]) -> Diagnostic:
        lines = [line_of(line) for line in row.get("line_range") or () if line_of(line)]
        first = line_of(row.get("line_number"))
        last = max(lines, default=first)
        level = _bandit_level(text(row.get("issue_severity")), text(row.get("issue_confidence")))
        what = (self.name, text(row.get("test_id")), level, text(row.get("issue_text")))
        number = line_of(member(row, "issue_cwe", "id"))
        cwe = (number,) if number else ()
        return diagnostic(target, text(row.get("filename")), (first, last), what, cwe)


def _bandit_level(severity: str, confidence: str) -> Level:
    if severity == "HIGH":
        return Level.WARNING if confidence == "LOW" else Level.ERROR
    return Level.WARNING if severity == "MEDIUM" else Level.NOTE


def _unread(document: dict[str, Any], target: Target) -> str | None:
    """Name a file that is among the errors, or that it does not count at all."""
    bad = {text(one.get("filename")) for one in objects(document.get("errors"))}
    counted = document.get("metrics")
    counted = counted if isinstance(counted, dict) else {}
    for path in target.paths():
        if path in bad or path not in counted:
            return f"it cannot read {target.own_name(path)}"
    return "it reports an error" if bad else None


_MYPY_GRAVE: Final = frozenset({"name-defined", "call-arg", "used-before-def", "syntax"})
REFUSED: Final = "it gave up: "
"""How the sentence begins where mypy said why it stopped."""
MYPY_PATH: Final = f"{PROGRAM_DIR}/m"


class Mypy:
    """Types, with the bodies of functions without annotations; what is not installed is `Any`."""

    name = "mypy"
    languages = PYTHON
    cage = ANALYZERS

    def job(self, target: Target, limits: Limits) -> Job:
        """Check all files as one program, where their names let them find each other."""
        argv = (
            "env",
            f"MYPYPATH={MYPY_PATH}",
            "mypy",
            *FLAGS,
            f"--cache-dir={INSIDE}",
            *target.places(),
        )
        return Job(argv, limits=wide(limits))

    def read(self, outcome: Outcome, target: Target) -> Report:
        """Read one object a line; it ends with 2 when it gave up."""
        why = cut_short(outcome)
        if why or outcome.exit_code not in (0, 1):
            return unchecked(self.name, why or _gave_up(outcome.stdout))
        return self.from_lines(outcome.stdout, target)

    def from_lines(self, output: bytes, target: Target) -> Report:
        """Read what it printed after it had read everything."""
        found, unread = [], None
        for line in output.splitlines():
            row = parsed(line)
            if not isinstance(row, dict) or "message" not in row:
                unread = "it printed something that is no finding"
                continue
            if row.get("severity") == "note":
                continue  # says more of the finding before it
            code = text(row.get("code")) or "error"
            level = Level.ERROR if code in _MYPY_GRAVE else Level.WARNING
            lines = (line_of(row.get("line")), line_of(row.get("end_line")))
            what = (self.name, code, level, text(row.get("message")))
            found.append(diagnostic(target, text(row.get("file")), lines, what))
        return report(self.name, found, unread)


def _gave_up(output: bytes) -> str:
    rows = [parsed(line) for line in output.splitlines()[:20]]
    said = next((text(row.get("message")) for row in rows if isinstance(row, dict)), "")
    return f"{REFUSED}{said}" if said else "it gave up on the answer"
