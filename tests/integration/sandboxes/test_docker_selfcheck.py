"""The self-check suite, on the Docker backend itself and through the door of sandboxd."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from sandboxes.protocol import Grip
from sandboxes.sandboxd.client import SandboxClient
from sandboxes.sandboxd.server import SandboxServer
from sandboxes.selfcheck import PROPERTIES, run_selfcheck

if TYPE_CHECKING:
    from pathlib import Path

    from sandboxes.docker.backend import ContainerSandbox, DockerSandbox

# The self-check learns this host's own address from a route to a documentation address.
pytestmark = [pytest.mark.docker, pytest.mark.allow_hosts(["127.0.0.1", "192.0.2.1"])]


def test_every_property_is_held_and_proven(either_lane: ContainerSandbox) -> None:
    report = run_selfcheck(either_lane)

    assert [(line.name, line.detail) for line in report.failed] == []
    assert len(report.lines) == len(PROPERTIES) >= 30
    assert all(line.seen for line in report.lines if line.declared is Grip.HELD)


def test_the_door_of_sandboxd_changes_nothing(
    docker_sandbox: DockerSandbox, tmp_path: Path
) -> None:
    server = SandboxServer((docker_sandbox,), tmp_path / "s")
    client = SandboxClient(tmp_path / "s")
    try:
        names = ("memory", "artifacts-plain", "conversation", "build-kept", "stdout-cut", "wall")
        report = run_selfcheck(client, names)
    finally:
        client.close()
        server.close()

    assert [(line.name, line.detail) for line in report.failed] == []
    assert client.describe() == docker_sandbox.describe()


def test_the_engine_was_asked_for_exactly_the_hardening_we_claim(
    docker_sandbox: DockerSandbox,
) -> None:
    with docker_sandbox.open("python") as session:
        found = docker_sandbox._engine.api.inspect_container(session.container_id)
    host = found["HostConfig"]

    assert found["Image"] == docker_sandbox.images["python"] == session.image
    assert host["NetworkMode"] == "none"
    assert host["ReadonlyRootfs"] is True
    assert host["Privileged"] is False
    assert host["CapDrop"] == ["ALL"]
    assert sorted(host["CapAdd"]) == ["CHOWN", "KILL", "SETGID", "SETUID"]
    assert "no-new-privileges:true" in host["SecurityOpt"]
    assert not host["Binds"]
    assert not found["Mounts"]
    assert host["Memory"] == host["MemorySwap"] > 0
    assert host["PidsLimit"] > 0
    assert host["IpcMode"] == "private"
    assert host["LogConfig"]["Type"] == "none"
    assert all("nosuid,nodev" in options for options in host["Tmpfs"].values())
    assert "secret" not in json.dumps(found["Config"]["Env"]).lower()
