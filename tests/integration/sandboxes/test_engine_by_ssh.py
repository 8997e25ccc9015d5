"""An engine behind ssh: a server of our own on loopback, whose engine is this machine's."""

from __future__ import annotations

import gc
import os
import pwd
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from sandboxes.docker.address import Address
from sandboxes.docker.backend import DockerSandbox
from sandboxes.docker.engine import connect
from sandboxes.docker.tunnel import ENGINE_SOCKET
from sandboxes.protocol import Job, SandboxError, SandboxUnavailableError
from sandboxes.selfcheck import run_selfcheck
from tests.components import missing, require_docker, require_program

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandboxes.docker.engine import Engine

pytestmark = [
    pytest.mark.usefixtures("docker_images"),
    pytest.mark.docker,
    pytest.mark.allow_hosts(["127.0.0.1", "192.0.2.1"]),
    # The Docker SDK's connection pool leaves broken connections to the garbage collector.
    pytest.mark.filterwarnings("ignore:.*socket:pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:unclosed <socket.socket:ResourceWarning"),
]

ME = pwd.getpwuid(os.getuid()).pw_name
CLIENT = """#!/bin/sh
exec {ssh} -F none -i {folder}/key -o UserKnownHostsFile={folder}/known \\
  -o StrictHostKeyChecking=accept-new "$@"
"""
SERVER = """
ListenAddress 127.0.0.1
HostKey {folder}/host
AuthorizedKeysFile {folder}/key.pub
StrictModes no
UsePAM no
PermitRootLogin prohibit-password
PasswordAuthentication no
PidFile none
"""


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A port of an sshd that takes one key; `ssh` on PATH uses that key."""
    require_docker()
    if not Path(ENGINE_SOCKET).exists():
        missing(f"no engine at {ENGINE_SOCKET}")
    ssh = require_program("ssh")
    sshd = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin")
    if sshd is None:
        missing("no sshd (apt-get install openssh-server)")
    for name in ("host", "key"):
        key = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / name)]
        subprocess.run(key, check=True)
    (tmp_path / "config").write_text(SERVER.format(folder=tmp_path))
    client = tmp_path / "bin" / "ssh"
    client.parent.mkdir()
    client.write_text(CLIENT.format(ssh=ssh, folder=tmp_path))
    client.chmod(0o755)
    monkeypatch.setenv("PATH", f"{client.parent}:{os.environ['PATH']}")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    if os.geteuid() == 0:  # what sshd's service makes, where there is one
        Path("/run/sshd").mkdir(exist_ok=True)
    command = [str(sshd), "-D", "-e", "-f", str(tmp_path / "config"), "-p", str(port)]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        said = process.stderr.readline().decode()
        if "listening" not in said:
            process.wait()
            missing(f"sshd does not start: {said}")
        yield port
        process.terminate()


def tunnels() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if child.name() == "ssh"]


@pytest.fixture
def engine_by_ssh(server: int) -> Iterator[Engine]:
    found = connect(Address(f"ssh://{ME}@127.0.0.1:{server}"))
    yield found
    found.close()
    psutil.wait_procs(tunnels(), 10)
    assert tunnels() == []


def test_a_cage_behind_ssh_holds_what_one_beside_us_holds(engine_by_ssh: Engine) -> None:
    sandbox = DockerSandbox(engine=engine_by_ssh)
    try:
        names = ("memory", "processes", "bytes-exact", "conversation", "stdout-cut", "wall")
        report = run_selfcheck(sandbox, names)
    finally:
        sandbox.close()

    assert [(line.name, line.detail) for line in report.failed] == []
    assert engine_by_ssh.shared


def test_a_connection_that_breaks_is_an_error_then_and_comes_back(engine_by_ssh: Engine) -> None:
    sandbox = DockerSandbox(engine=engine_by_ssh)
    try:
        with sandbox.open("python") as session:
            tunnels()[0].kill()
            with pytest.raises(SandboxError):
                session.run(Job(("python3", "-c", "print(42)")))
        deadline = time.monotonic() + 30
        while True:
            try:
                with sandbox.open("python") as session:
                    assert session.run(Job(("python3", "-c", "print(42)"))).stdout == b"42\n"
                break
            except SandboxUnavailableError:
                assert time.monotonic() < deadline
                time.sleep(0.2)
    finally:
        sandbox.close()
        engine_by_ssh.close()
        gc.collect()


def test_an_unknown_key_is_refused_in_one_sentence(server: int, tmp_path: Path) -> None:
    (tmp_path / "key.pub").write_text("")

    with pytest.raises(SandboxUnavailableError, match="ssh does not reach the engine") as caught:
        connect(Address(f"ssh://{ME}@127.0.0.1:{server}"))
    assert "\n" not in str(caught.value)
    assert tunnels() == []
