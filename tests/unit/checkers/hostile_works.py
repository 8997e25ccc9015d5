"""A warm parent whose works do what a parser never should: run as `python -m`, by the tests."""

from __future__ import annotations

import ctypes
import os
import socket
import sys
import time
from pathlib import Path
from types import MappingProxyType
from typing import Any

from checkers.jailed import parent
from checkers.jailed.works import Work


def allocate(gib: int) -> int:
    return len(bytearray(gib << 30))


def spin(_request: Any) -> None:
    while True:
        pass


def doze(seconds: float) -> None:
    time.sleep(seconds)


def fork(_request: Any) -> int:
    return os.fork()


def read(path: str) -> str:
    return Path(path).read_text()


def connect(_request: Any) -> int:
    return socket.socket().fileno()


def flood_reply(mib: int) -> str:
    return "x" * (mib << 20)


def flood_raw(_request: Any) -> None:
    while True:
        os.write(0, b"x" * 65536)


def flood_stderr(mib: int) -> str:
    for _ in range(mib):
        os.write(1, b"x" * (1 << 20))
        os.write(2, b"x" * (1 << 20))
    return "done"


def kill(number: int) -> None:
    os.kill(os.getpid(), number)


def crash(_request: Any) -> None:
    ctypes.string_at(1)


def leave(code: int) -> None:
    os._exit(code)


def half(_request: Any) -> None:
    os.write(0, b'{"an')
    os._exit(0)


def size(_request: Any, *blobs: bytes) -> int:
    return sum(map(len, blobs))


WORKS = MappingProxyType(
    {
        work.__name__: Work("plain", __name__, work.__name__)
        for work in (
            allocate, spin, doze, fork, read, connect, flood_reply, flood_raw, flood_stderr, kill,
            crash, leave, half, size,
        )
    }
)  # fmt: skip


if __name__ == "__main__":
    family = sys.argv[1]
    everyone = {name: Work(family, "tests.unit.checkers.hostile_works", name) for name in WORKS}
    parent.WORKS = MappingProxyType(everyone)  # type: ignore[misc] # a test's stand-in
    parent.Parent(family, socket.socket(fileno=0)).serve()
