"""A development chain as a process of its own, ended with the block that asked for it."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from validator.cli.devnet_client import DevnetClient

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]


@contextlib.contextmanager
def running_devnet(*options: str) -> Iterator[DevnetClient]:
    """Yield a client of a chain on demand, in memory unless the options say otherwise."""
    process = subprocess.Popen(
        [sys.executable, "-m", "devnet", "--port", "0", "--period-ms", "0", *options],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env=dict(os.environ) | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    try:
        assert process.stdout is not None
        found = re.search(r"127\.0\.0\.1:(\d+)/", process.stdout.readline())
        assert found
        yield DevnetClient(int(found[1]))
    finally:
        process.kill()
        process.communicate(timeout=20)
