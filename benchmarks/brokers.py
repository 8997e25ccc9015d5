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
from validator.cli.broker import EmbeddedBroker

if TYPE_CHECKING:
    from collections.abc import Iterator

MESSAGE = b"x" * 1050  # about what one Celery message weighs
MESSAGES = 3000


@contextmanager
def _external(folder: Path) -> Iterator[redis.Redis]:
    port, password = free_port(), secrets.token_hex(16)
    process = subprocess.Popen(
        ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--requirepass", password,
         "--appendonly", "yes", "--dir", str(folder), "--save", ""],
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    client = redis.Redis(host="127.0.0.1", port=port, password=password, socket_timeout=10)
    try:
        _wait(client)
        yield client
    finally:
        client.close()
        process.terminate()
        process.wait(20)


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
        client.lpush("bench", MESSAGE)
        client.rpop("bench")
    return MESSAGES / (time.perf_counter() - start)


def measure(repeats: int) -> Iterator[Ratio]:
    """Messages per second through each, interleaved."""
    if shutil.which("redis-server") is None:
        print("broker: left out (no redis-server on PATH to compare with)", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory() as ours, tempfile.TemporaryDirectory() as theirs:
        broker = EmbeddedBroker(Path(ours))
        broker.start()
        try:
            embedded = redis.Redis.from_url(broker.url, socket_timeout=10)
            _wait(embedded)
            with _external(Path(theirs)) as external:
                pairs = [(_rate(embedded), _rate(external)) for _ in range(repeats + 1)][1:]
            embedded.close()
        finally:
            broker.stop()
    yield Ratio("broker", "embedded / external Redis", statistics.median(a for a, _ in pairs),
                statistics.median(b for _, b in pairs), "msg/s", 0.7, at_most=False)  # fmt: skip
