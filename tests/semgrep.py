"""Semgrep for tests, outside the cages: it reads only what this project wrote itself."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.checks.semgrep_runs import SUFFIXES, TOOLS, prepared
from checkers.static.semgrep import Semgrep
from tests.components import missing

if TYPE_CHECKING:
    from checkers.static.protocol import Report, Target
    from sandboxes.protocol import Outcome

EXAMPLES = Path(__file__).parent / "data" / "semgrep"
LANGUAGES = {suffix: language for language, suffix in SUFFIXES.items()}
_MARK = re.compile(r"(?://|#) (finds|spares): ([a-z][a-z-]+(?:, [a-z][a-z-]+)*)$")

Found = set[tuple[str, int, str]]
"""File, first line, rule."""


def marks(kind: str) -> Found:
    """What the examples say of themselves: `kind` is `finds` or `spares`."""
    found = set()
    for path in sorted(EXAMPLES.glob("*/*")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            mark = _MARK.search(line)
            if mark is not None and mark[1] == kind:
                name = str(path.relative_to(EXAMPLES))
                found |= {(name, number, rule) for rule in mark[2].split(", ")}
    return found


def folder() -> Path:
    """Where semgrep's modules lie: in the environment of `make setup-analyzers`, or where said."""
    found = Path(os.environ.get("TOSV_TEST_ANALYZERS", TOOLS))
    if not (found / "semgrep" / "bin" / "semgrep-core").is_file():
        missing("no semgrep: run `make setup-analyzers`")
    return found


def run(target: Target, place: Path, core: bool = True) -> Outcome:
    """Run the adapter's own job; without the core if so asked."""
    return prepared(target, place, folder(), core)()


def scan(target: Target, place: Path, core: bool = True) -> Report:
    return Semgrep().read(run(target, place, core), target)
