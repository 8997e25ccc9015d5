"""Finish what `make setup-contracts` began: Solidity's compilers, from npm.

`python -m` this, after Slither and Vyper lie in `<environment>/contracts`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys

from sandboxes.languages.contracts import SOURCE, folder
from sandboxes.languages.setup import npm_command

INSTALL_S = 900


def main() -> int:
    """Install what the lock file names; 1 with one sentence when that cannot be done."""
    target, npm = folder(), npm_command()
    if npm is None:
        sys.stderr.write("setup: no npm, so Solidity will be reported as not available here\n")
        return 1
    target.mkdir(exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(SOURCE / name, target / name)
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]
    done = subprocess.run(
        [*npm, "ci", *options, "--loglevel=error"], cwd=target, check=False, timeout=INSTALL_S
    )
    if done.returncode:
        sys.stderr.write("setup: npm failed, so Solidity will be reported as not available here\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
