"""The adapter's own job of semgrep outside the cages, over files that nobody hostile wrote."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from checkers.static.protocol import Target
from checkers.static.semgrep import CERTIFICATES, CORE, Semgrep
from sandboxes.protocol import PROGRAM_DIR, Limits, Outcome, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TOOLS: Final = Path(sys.prefix) / "analyzers" / "python"
"""Where `make setup-analyzers` lays semgrep's modules."""

SECONDS: Final = 280
SUFFIXES: Final = {
    "c": ".c",
    "cpp": ".cpp",
    "go": ".go",
    "java": ".java",
    "javascript": ".js",
    "python": ".py",
    "solidity": ".sol",
    "typescript": ".ts",
}


def target_of(language: str, files: Mapping[str, bytes]) -> Target:
    """Return the files under names of ours."""
    suffix = SUFFIXES[language]
    names = {f"s{number}{suffix}": name for number, name in enumerate(sorted(files))}
    return Target(language, {ours: files[name] for ours, name in names.items()}, names)


def prepared(
    target: Target, place: Path, tools: Path = TOOLS, core: bool = True
) -> Callable[[], Outcome]:
    """Lay everything out below `place`; return what runs it, by the front end where `core` is off.

    `/program` is a folder of `place` here.
    """
    program, box = place / "program", place / "box"
    job = Semgrep().job(target, Limits())
    for base, files in ((program, target.files), (box, job.files)):
        base.mkdir(parents=True)
        for name, content in files.items():
            own = content.replace(PROGRAM_DIR.encode(), str(program).encode())
            (base / name).write_bytes(own)
    found = str(tools / "semgrep" / "bin" / "semgrep-core") if core else "/nowhere"
    moved = {
        CORE: found,
        CERTIFICATES: str(tools / "certifi" / "cacert.pem"),
        PROGRAM_DIR: str(program),
    }
    argv = list(job.argv)
    for inside, outside in moved.items():
        argv = [word.replace(inside, outside) for word in argv]
    path = ":".join(map(str, (tools / "bin", Path(sys.prefix) / "bin", "/usr/bin", "/bin")))
    environment = {"PATH": path, "PYTHONPATH": str(tools), "HOME": str(box), "LC_ALL": "C.UTF-8"}

    def run() -> Outcome:
        done = subprocess.run(
            argv, cwd=box, env=environment, capture_output=True, timeout=SECONDS, check=False
        )
        status = Status.OK if done.returncode == 0 else Status.RUNTIME_ERROR
        stdout = done.stdout.replace(str(program).encode(), PROGRAM_DIR.encode())
        return Outcome(status, done.returncode, stdout=stdout, stderr=done.stderr)

    return run
