"""The floors: the same programs outside of any cage."""

from __future__ import annotations

import subprocess
import venv
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def bare_python(folder: Path) -> str:
    """An interpreter with an empty site-packages, as in the cage: a host's `.pth` files cost."""
    venv.create(folder / "bare", with_pip=False, symlinks=True)
    return str(folder / "bare" / "bin" / "python")


def bare_run(argv: list[str], expected: bytes) -> Callable[[], None]:
    """A call that forks, execs and checks the output."""

    def call() -> None:
        done = subprocess.run(argv, capture_output=True, check=True, timeout=30)
        assert done.stdout == expected

    return call
