"""What containers are asked of the engine, and whose they are."""

from __future__ import annotations

import pytest

from sandboxes.docker.engine import (
    container,
    lane_container,
    owner_is_gone,
    owner_mark,
    refuse_open_tcp,
)
from sandboxes.protocol import Limits, SandboxUnavailableError
from sandboxes.resources import Resources


def test_the_container_we_ask_for_gives_nothing_away() -> None:
    wanted = container("sha256:x", Limits(), Resources.for_job(Limits(), 0), "me", 2)
    host = wanted["HostConfig"]

    assert not {"Binds", "Mounts", "Devices", "PidMode", "UsernsMode", "VolumesFrom"} & host.keys()
    assert (host["Privileged"], host["NetworkMode"], host["CapDrop"]) == (False, "none", ["ALL"])
    assert host["Memory"] == host["MemorySwap"]
    assert host["PidsLimit"] == Limits().processes + 1


@pytest.mark.parametrize("apparmor", [False, True])
def test_the_lane_we_ask_for_is_as_unprivileged(apparmor: bool) -> None:
    wanted = lane_container("sha256:x", Limits(), "me", apparmor=apparmor)
    host = wanted["HostConfig"]

    assert not {"Binds", "Mounts", "Devices", "PidMode", "UsernsMode", "VolumesFrom"} & host.keys()
    assert (host["Privileged"], host["NetworkMode"], host["CapDrop"]) == (False, "none", ["ALL"])
    assert "SYS_ADMIN" not in host["CapAdd"]
    assert host["ReadonlyRootfs"] is True
    assert "no-new-privileges:true" in host["SecurityOpt"]
    assert ("apparmor=unconfined" in host["SecurityOpt"]) is apparmor
    assert host["Memory"] == host["MemorySwap"]
    assert host["PidsLimit"] > Limits().processes + 1


@pytest.mark.parametrize("url", ["tcp://10.0.0.1:2375", "http://10.0.0.1:2375"])
def test_an_engine_on_open_tcp_is_refused(url: str) -> None:
    with pytest.raises(SandboxUnavailableError, match="without client certificates"):
        refuse_open_tcp(url, tls=False)
    refuse_open_tcp(url, tls=True)
    refuse_open_tcp("unix:///var/run/docker.sock", tls=False)


def test_an_owner_is_told_from_a_later_process_with_its_pid() -> None:
    boot, room, pid, started = owner_mark().split("/")

    def gone(*parts: str, age: float = 0) -> bool:
        return owner_is_gone("/".join(parts), 1000 + age, 1000, 3600)

    assert not gone(boot, room, pid, started)
    assert gone(boot, room, pid, str(int(started) + 1))
    assert gone("other-boot", room, pid, started)
    assert gone("", "garbage")
    assert not gone(boot, "1", pid, started)
    assert gone(boot, "1", pid, started, age=4000)
