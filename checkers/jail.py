"""A killable process for parsers that read hostile bytes (threat model, row 24).

The cage holds programs of others; this holds our own parsers, whose libraries (jsonschema-rs, YAML,
XML, mpmath) are not in the cage. It is a process jail: a fresh interpreter without environment,
inherited files or any file descriptor to spare, so that it can open neither a file nor a socket;
with limits on memory and CPU time; killed at its deadline with everything it started. It does not
hold a program that fights the kernel, and runs none.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from checkers.strict_json import StrictJsonError, loads

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_REPLY = 4 * 1024 * 1024


class JailError(Exception):
    """The jailed work did not end well: killed, out of memory, crashed, or nonsense came back."""


def run(
    work: str,
    request: Any,  # noqa: ANN401 - JSON both ways
    *,
    seconds: float,
    blobs: Sequence[bytes] = (),
) -> Any:  # noqa: ANN401
    """Do one piece of `checkers.jailed` work. JSON in, JSON out; raises `JailError`.

    `blobs` (files, tables) reach the work as bytes, as its further arguments.
    """
    head = {"work": work, "request": request, "seconds": seconds, "blobs": [*map(len, blobs)]}
    message = json.dumps(head).encode() + b"\n" + b"".join(blobs)
    reply, code = _exchange(message, seconds)
    if code != 0 or len(reply) > MAX_REPLY:
        raise JailError(f"the jailed {work} ended with {code}")
    try:
        return loads(reply, max_depth=200)
    except StrictJsonError as error:
        raise JailError(f"the jailed {work} wrote no JSON: {error}") from None


def _exchange(message: bytes, seconds: float) -> tuple[bytes, int]:
    with subprocess.Popen(
        [sys.executable, "-I", "-m", "checkers.jailed"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},
        cwd="/",
        start_new_session=True,
    ) as process:
        timer = threading.Timer(seconds + 2, _kill, [process])  # start-up is not the input's doing
        timer.start()
        try:
            return _talk(process, message)
        finally:
            timer.cancel()
            _kill(process)


def _talk(process: subprocess.Popen[bytes], message: bytes) -> tuple[bytes, int]:
    """Send all, then read: the child reads all before it writes, so neither waits for the other."""
    assert process.stdin is not None  # noqa: S101 - both are pipes, for the type checker
    assert process.stdout is not None  # noqa: S101
    with suppress(BrokenPipeError):
        process.stdin.write(message)
        process.stdin.close()
    reply = process.stdout.read(MAX_REPLY + 1)
    if len(reply) > MAX_REPLY:
        _kill(process)
    return reply, process.wait()


def _kill(process: subprocess.Popen[bytes]) -> None:
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
