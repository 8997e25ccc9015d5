from __future__ import annotations

import subprocess
import sys
import time
from typing import Any

import pytest

from checkers import jail


def probe(code: str) -> subprocess.CompletedProcess[bytes]:
    setup = "import socket, os, resource\nfrom checkers.jailed.confine import confine\nconfine(1)\n"
    return subprocess.run(
        [sys.executable, "-I", "-c", setup + code],
        capture_output=True,
        env={},
        timeout=20,
        check=False,
    )


@pytest.mark.parametrize(
    "code",
    [
        "open('/etc/passwd')",
        "open('/tmp/left', 'w')",
        "socket.socket()",
        "os.pipe()",
        "bytearray(2 * 1024**3)",
        "while True: pass",
    ],
)
def test_a_confined_process_cannot(code: Any) -> None:
    assert probe(code).returncode != 0
    assert probe("print('alive')").stdout == b"alive\n"


def test_work_that_never_ends_is_killed() -> None:
    started = time.monotonic()
    pattern = {"schema": '{"pattern": "^(a+)+$"}', "text": '"a"', "name": ""}

    assert jail.run("schema", pattern, seconds=20) == {"valid": True}
    with pytest.raises(jail.JailError):
        jail.run(
            "schema", {"schema": "{}", "text": "- 1\n" * 1_000_000, "name": "a.yaml"}, seconds=1
        )
    assert time.monotonic() - started < 60


def test_unknown_work_is_refused() -> None:
    with pytest.raises(jail.JailError):
        jail.run("nonsense", {}, seconds=5)
