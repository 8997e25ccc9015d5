"""sandboxd as a process of its own, with a real engine behind it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from sandboxes.protocol import Job, Limits, SandboxUnavailableError
from sandboxes.sandboxd.client import SandboxClient

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandboxes.docker.engine import Engine

pytestmark = pytest.mark.docker


def start(path: Path, environment: dict[str, str] | None = None) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "sandboxes.sandboxd", "--socket", str(path)]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **(environment or {})},
    )


def end(daemon: subprocess.Popen[str], number: int) -> int:
    daemon.send_signal(number)
    daemon.communicate(timeout=60)
    return daemon.returncode


@pytest.fixture
def daemon(tmp_path: Path, docker_images: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    assert docker_images
    started = start(tmp_path / "s")
    assert started.stdout is not None
    assert started.stdout.readline().startswith("sandboxd: docker on ")
    yield started
    if started.poll() is None:
        end(started, signal.SIGTERM)


def test_a_program_runs_through_the_daemon_and_it_stops_cleanly(
    daemon: subprocess.Popen[str], tmp_path: Path, docker_images: dict[str, str], engine: Engine
) -> None:
    client = SandboxClient(tmp_path / "s")
    with client.open("python") as session:
        session.put({"main.py": b"print(input())"})
        outcome = session.run(Job(("python3", "/program/main.py"), stdin=b"hello\n"))
        assert session.image == docker_images["python"]

    assert outcome.stdout == b"hello\n"
    assert client.describe().image_of("cpp") == docker_images["native"]
    assert client.toolchain("cpp").name == "g++"
    assert (tmp_path / "s").stat().st_mode & 0o777 == 0o600
    client.close()
    assert end(daemon, signal.SIGTERM) == 0
    assert not (tmp_path / "s").exists()
    assert engine.ours() == [] or all(
        f"/{daemon.pid}/" not in str(entry["Labels"]) for entry in engine.ours()
    )


def test_a_killed_daemon_is_unavailable_and_its_containers_go(
    daemon: subprocess.Popen[str], tmp_path: Path, engine: Engine
) -> None:
    client = SandboxClient(tmp_path / "s")
    session = client.open("python")
    timer = threading.Timer(0.5, daemon.kill)
    timer.start()
    with pytest.raises(SandboxUnavailableError, match="sandboxd"):
        session.run(Job(("sleep", "30"), limits=Limits(wall_s=30)))
    daemon.communicate()
    timer.join()

    with pytest.raises(SandboxUnavailableError, match="no sandboxd on"):
        client.open("python")
    mark = f"/{daemon.pid}/"
    deadline = time.monotonic() + 20
    while any(mark in str(entry["Labels"]) for entry in engine.ours()):
        assert time.monotonic() < deadline
        time.sleep(0.1)

    again = start(tmp_path / "s")
    assert again.stdout is not None
    again.stdout.readline()
    with client.open("python") as fresh:
        assert fresh.run(Job(("python3", "-c", "print(1)"))).stdout == b"1\n"
    client.close()
    assert end(again, signal.SIGTERM) == 0


def test_an_engine_on_open_tcp_is_refused_at_start(tmp_path: Path) -> None:
    daemon = start(tmp_path / "s", {"DOCKER_HOST": "tcp://127.0.0.1:2375"})
    _, said = daemon.communicate(timeout=60)

    assert daemon.returncode == 1
    assert said.startswith("sandboxd: the Docker engine is on TCP without client certificates")
    assert len(said.splitlines()) == 1
