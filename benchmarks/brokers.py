"""The embedded broker against an external Redis, both with an append-only file."""

from __future__ import annotations

import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import redis

from benchmarks.processes import free_port
from benchmarks.timing import Ratio
from validator.cli.broker import prepare_broker

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

MESSAGE = b"x" * 1050  # about what one Celery message weighs
MESSAGES = 3000
KEY = "fast.bench"  # a key that the role `relay` may touch


@contextmanager
def _server(argv: Sequence[str], url: str) -> Iterator[redis.Redis]:
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL)
    client = redis.Redis.from_url(url, socket_timeout=10)
    try:
        _wait(client)
        yield client
    finally:
        client.close()
        process.terminate()
        process.wait(20)


def _embedded(folder: Path) -> AbstractContextManager[redis.Redis]:
    broker = prepare_broker(folder, {})
    return _server(broker.program.argv, broker.urls["relay"])


def _external(folder: Path) -> AbstractContextManager[redis.Redis]:
    port, password = free_port(), secrets.token_hex(16)
    argv = [
        "redis-server", "--port", str(port), "--bind", "127.0.0.1", "--requirepass", password,
        "--appendonly", "yes", "--dir", str(folder), "--save", "",
    ]  # fmt: skip
    return _server(argv, f"redis://:{password}@127.0.0.1:{port}/0")


def _wait(client: redis.Redis) -> None:
    for _ in range(100):
        try:
            client.ping()
        except redis.ConnectionError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("the broker did not start")


def _rate(client: redis.Redis) -> float:
    """Push and pop messages one by one, as a queue of single tasks does; messages per second."""
    start = time.perf_counter()
    for _ in range(MESSAGES):
        client.lpush(KEY, MESSAGE)
        client.rpop(KEY)
    return MESSAGES / (time.perf_counter() - start)


def measure(repeats: int) -> Iterator[Ratio]:
    """Messages per second through each, interleaved."""
    if shutil.which("redis-server") is None:
        print("broker: left out (no redis-server on PATH to compare with)", file=sys.stderr)
        return
    with (
        tempfile.TemporaryDirectory() as ours,
        tempfile.TemporaryDirectory() as theirs,
        _embedded(Path(ours)) as embedded,
        _external(Path(theirs)) as external,
    ):
        pairs = [(_rate(embedded), _rate(external)) for _ in range(repeats + 1)][1:]
    yield Ratio("broker", "embedded / external Redis", statistics.median(a for a, _ in pairs),
                statistics.median(b for _, b in pairs), "msg/s", 0.7, at_most=False)  # fmt: skip
