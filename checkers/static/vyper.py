"""Vyper's own compiler: what it refuses, what it warns of. Slither 0.11 cannot read Vyper 0.4."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from checkers.protocol import Tool
from checkers.results import cut
from checkers.static.protocol import Diagnostic, Level, Report
from sandboxes.protocol import PROGRAM_DIR, Job

if TYPE_CHECKING:
    from checkers.static.protocol import Target
    from sandboxes.protocol import Limits, Outcome

# Each file by itself: the compiler stops at the first one that it refuses. What it says goes into a
# file of its own, so that no text of a source can pass for an exit code.
SCRIPT: Final = """
number=0
for file; do
  vyper -p "$PROGRAM" -f abi "$file" >/dev/null 2>"said$number"
  echo $?
  number=$((number + 1))
done
"""
MESSAGE_CHARS: Final = 300
SAID_BYTES: Final = 64 * 1024

_SAID: Final = re.compile(
    r"^(?:vyper\.exceptions\.(?P<error>\w{1,80})|[^\n]{1,200}?:\d+: (?P<warning>\w{1,80})):"
    r" (?P<text>[^\n]*)",
    re.MULTILINE,
)
_LINE: Final = re.compile(r"^ +(?:contract \"[^\n]*, )?line (\d{1,7}):\d", re.MULTILINE)

# What the compiler could not judge: another version was asked for, another file is not there, or
# the compiler itself broke down.
_NOT_JUDGED: Final = {
    "VersionException": "it needs a compiler that is not installed",
    "ModuleNotFound": "it imports a module that was not found",
    "CompilerPanic": "the compiler broke down on it",
    "CodegenPanic": "the compiler broke down on it",
}


class Vyper:
    """The compiler's diagnostics, one run for each file."""

    name = "vyper"
    languages = frozenset({"vyper"})
    cage = "vyper"

    def job(self, target: Target, limits: Limits) -> Job:
        """Compile each file."""
        names = sorted(target.files)
        paths = tuple(f"{PROGRAM_DIR}/{name}" for name in names)
        collect = tuple(f"said{number}" for number in range(len(names)))
        script = SCRIPT.replace("$PROGRAM", PROGRAM_DIR)
        return Job(("bash", "-c", script, "bash", *paths), limits=limits, collect=collect)

    def read(self, outcome: Outcome, target: Target) -> Report:
        """Return errors and warnings; what the compiler could not judge is "not checked"."""
        found: set[Diagnostic] = set()
        reasons: list[str] = []
        codes = outcome.stdout.split()
        if outcome.status.is_limit:
            reasons.append(f"it met its {outcome.status.value.replace('_', ' ')}")
        for number, name in enumerate(sorted(target.files)):
            own = target.names.get(name, name)
            said = outcome.artifacts.get(f"said{number}")
            if said is None or number >= len(codes):
                reasons.append(f"{own}: the compiler did not get to it")
                continue
            report = said[:SAID_BYTES].decode(errors="replace")
            rows, why = _read(report, own, refused=codes[number] != b"0")
            found.update(rows)
            reasons += [] if why is None else [f"{own}: {why}"]
        return Report(Tool(self.name, ""), tuple(sorted(found)), "; ".join(reasons) or None)


def _read(said: str, own: str, *, refused: bool) -> tuple[list[Diagnostic], str | None]:
    """Return what one run said, and why it judged nothing."""
    rows = []
    errors = 0
    matches = list(_SAID.finditer(said))
    for number, one in enumerate(matches, 1):
        end = matches[number].start() if number < len(matches) else len(said)
        name = one["error"] or one["warning"]
        if one["error"] and name in _NOT_JUDGED:
            return [], f"{_NOT_JUDGED[name]} ({cut(one['text'], MESSAGE_CHARS)})"
        errors += bool(one["error"])
        line = _LINE.search(said, one.end(), end)
        at = int(line[1]) if line else 0
        level = Level.ERROR if one["error"] else Level.WARNING
        text = cut(" ".join(one["text"].split()), MESSAGE_CHARS)
        rows.append(Diagnostic(own, (at, at), "vyper", name, level, text))
    if refused and not errors:
        return rows, "the compiler ended without saying why"
    return rows, None
