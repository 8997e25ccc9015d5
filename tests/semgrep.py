"""Semgrep for tests, outside the cages: it reads only what this project wrote itself."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from checkers.static.protocol import Target
from checkers.static.semgrep import CORE, Semgrep
from sandboxes.protocol import PROGRAM_DIR, Limits, Outcome, Status
from tests.components import missing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from checkers.static.protocol import Report

EXAMPLES = Path(__file__).parent / "data" / "semgrep"
LANGUAGES = {
    ".c": "c",
    ".cpp": "cpp",
    ".go": "go",
    ".java": "java",
    ".js": "javascript",
    ".py": "python",
    ".sol": "solidity",
    ".ts": "typescript",
}
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
    found = Path(os.environ.get("TOSV_TEST_ANALYZERS", Path(sys.prefix) / "analyzers" / "python"))
    if not (found / "semgrep" / "bin" / "semgrep-core").is_file():
        missing("no semgrep: run `make setup-analyzers`")
    return found


def target_of(language: str, files: Mapping[str, bytes]) -> Target:
    names = {f"s{number}{Path(name).suffix}": name for number, name in enumerate(sorted(files))}
    return Target(language, {ours: files[name] for ours, name in names.items()}, names)


def run(target: Target, place: Path, core: bool = True) -> Outcome:
    """Run the adapter's own job, with `/program` in `place`; without the core if so asked."""
    tools = folder()
    program, box = place / "program", place / "box"
    job = Semgrep().job(target, Limits())
    for base, files in ((program, target.files), (box, job.files)):
        base.mkdir(parents=True)
        for name, content in files.items():
            content = content.replace(PROGRAM_DIR.encode(), str(program).encode())
            (base / name).write_bytes(content)
    found = str(tools / "semgrep" / "bin" / "semgrep-core") if core else "/nowhere"
    argv = [word.replace(CORE, found).replace(PROGRAM_DIR, str(program)) for word in job.argv]
    path = f"{tools / 'bin'}:{tools / 'semgrep' / 'bin'}:{Path(sys.prefix) / 'bin'}:/usr/bin:/bin"
    done = subprocess.run(
        argv,
        cwd=box,
        env={"PATH": path, "PYTHONPATH": str(tools), "HOME": str(box), "LC_ALL": "C.UTF-8"},
        capture_output=True,
        timeout=280,
        check=False,
    )
    status = Status.OK if done.returncode == 0 else Status.RUNTIME_ERROR
    stdout = done.stdout.replace(str(program).encode(), PROGRAM_DIR.encode())
    return Outcome(status, done.returncode, stdout=stdout, stderr=done.stderr)


def scan(target: Target, place: Path, core: bool = True) -> Report:
    return Semgrep().read(run(target, place, core), target)
