"""Finish what `make setup-analyzers` began: npm's analyzers, and scripts that fit the cage.

`python -m` this, after the Python analyzers lie in `<environment>/analyzers/python`. What cannot be
had is named and left out; the checks then say which tool is missing.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from sandboxes.images.analyzers.stdlib_cache import INSIDE
from sandboxes.images.groups import ANALYZERS, GROUPS
from sandboxes.languages.analyzers import SOURCE, folder, there
from sandboxes.languages.setup import npm_command

INTERPRETER = b"#!/usr/bin/env python3\n"
"""First line of every Python script: the cage's interpreter is elsewhere than this machine's."""


def npm_part(target: Path) -> None:
    """Install what the lock file names into `target/node_modules`."""
    npm = npm_command()
    if npm is None:
        _say("no npm, so oxlint and tsc will be reported as not available here")
        return
    for name in ("package.json", "package-lock.json"):
        shutil.copy(SOURCE / name, target / name)
    # Not `ci`: newer ones refuse a lock file for the platforms that a registry does not serve.
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--no-save"]
    done = subprocess.run(
        [*npm, "install", *options, "--loglevel=error"], cwd=target, check=False, timeout=600
    )
    if done.returncode:
        _say("npm failed, so oxlint and tsc will be reported as not available here")


def cache_part(packages: Path) -> None:
    """Let mypy read the standard library's stubs once, for all answers."""
    folder = packages / Path(INSIDE).name
    done = subprocess.run(
        [sys.executable, "-P", str(SOURCE / "stdlib_cache.py"), str(folder), str(packages)],
        check=False,
        timeout=600,
    )
    if done.returncode:
        _say("mypy's cache could not be made, so mypy will take longer")


def adapt_scripts(programs: Path) -> None:
    """Let the scripts of a folder find the interpreter of the cage."""
    for path in sorted(filter(Path.is_file, programs.iterdir())):
        content = path.read_bytes()
        if content.startswith(b"#!") and b"python" in content.partition(b"\n")[0]:
            path.write_bytes(INTERPRETER + content.partition(b"\n")[2])


def main() -> int:
    """Make what can be made; 1 when a tool is missing afterwards."""
    target = folder()
    programs = target / "python" / "bin"
    if not programs.is_dir():
        _say("call this by `make setup-analyzers`, which fetches the Python part first")
        return 1
    adapt_scripts(programs)
    npm_part(target)
    cache_part(target / "python")
    lost = [name for name in GROUPS[ANALYZERS].tools if name not in there()]
    for name in lost:
        _say(f"{name} is not there and will be reported as not available")
    return 1 if lost else 0


def _say(what: str) -> None:
    sys.stderr.write(f"setup: {what}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    raise SystemExit(main())
