"""Start the commands under measurement on free ports and temporary data, and end them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TOOL = str(Path(sys.executable).with_name("tos-validator"))


def free_port() -> int:
    """A TCP port of loopback that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_ready(url: str, process: subprocess.Popen[bytes], seconds: float = 60) -> None:
    """Return once `url` answers 200; raise RuntimeError when the process ends or time runs out."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with {process.returncode} before {url}")
        try:
            if httpx.get(url, timeout=2).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise RuntimeError(f"{url} was not ready within {seconds:.0f} s")


@contextmanager
def running(
    argv: list[str], ready: str, variables: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command until the block ends; `ready` is the URL that says it is up."""
    process = subprocess.Popen(
        argv,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **(variables or {})},
        start_new_session=True,
    )
    try:
        wait_until_ready(ready, process)
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def service(data_dir: Path, variables: Mapping[str, str] | None = None) -> Iterator[str]:
    """The service, embedded and without a chain: yields the base URL of `tos-validator up`."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    argv = [TOOL, "up", "--no-chain", "--port", str(port), "--data-dir", str(data_dir)]
    with running(argv, f"{base}/readyz", variables):
        yield base


@contextmanager
def front_door(data_dir: Path, variables: Mapping[str, str] | None = None) -> Iterator[str]:
    """The API process alone, without worker or relay: yields its base URL."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    argv = [TOOL, "serve", "--port", str(port), "--data-dir", str(data_dir)]
    with running(argv, f"{base}/healthz", variables):
        yield base


@contextmanager
def hello_server() -> Iterator[str]:
    """FastAPI hello-world on the same uvicorn: yields its URL."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/hello"
    argv = [
        sys.executable, "-m", "uvicorn", "benchmarks.hello:app", "--host", "127.0.0.1",
        "--port", str(port), "--no-access-log", "--log-level", "warning",
    ]  # fmt: skip
    with running(argv, url):
        yield url
