"""Parts of the supervisor that can be tried outside a container."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from sandboxes.counters import Counters, Group, Sample
from sandboxes.engine import container, lane_container, owner_is_gone, owner_mark, refuse_open_tcp
from sandboxes.protocol import Limits, SandboxUnavailableError
from sandboxes.resources import Resources
from sandboxes.tree import collect, lay, tidy, wipe

if TYPE_CHECKING:
    from pathlib import Path


def test_the_supervisor_refuses_to_be_anything_but_pid_1() -> None:
    # Anywhere else "kill everything" would mean the machine.
    code = "from sandboxes.supervisor import main; raise SystemExit(main())"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, timeout=60, check=False
    )

    assert done.returncode == 2
    assert b"must be pid 1" in done.stderr


V1 = {
    "cpuacct/cpuacct.usage": "2500000000\n",
    "memory/memory.usage_in_bytes": "1000\n",
    "memory/memory.stat": "cache 9\nrss 70\nshmem 30\n",
    "memory/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n",
    "pids/pids.events": "max 7\n",
    "pids/pids.current": "5\n",
}
V2 = {
    "cgroup.controllers": "cpu memory pids\n",
    "cpu.stat": "usage_usec 2500000\nuser_usec 1\n",
    "memory.current": "1000\n",
    "memory.stat": "anon 70\nfile 9\nshmem 30\n",
    "memory.events": "low 0\nmax 9\noom 4\noom_kill 3\n",
    "pids.events": "max 7\n",
    "pids.current": "5\n",
}


@pytest.mark.parametrize("files", [V1, V2])
def test_both_control_group_versions_are_read_alike(files: dict[str, str], tmp_path: Path) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    counters = Counters(Group.of_container(str(tmp_path)))

    assert counters.sample() == Sample(2.5, 3, 7)
    assert (counters.charged(), counters.resident(), counters.processes()) == (1000, 100, 5)


def test_a_container_without_counters_is_no_sandbox(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        Counters(Group.of_container(str(tmp_path)))


def test_a_tree_is_laid_collected_and_wiped(tmp_path: Path) -> None:
    lay(str(tmp_path), {"a/b/c": b"1", "d": b""})
    (tmp_path / "link").symlink_to("/etc/passwd")
    (tmp_path / "folder").symlink_to("a")
    os.mkfifo(tmp_path / "pipe")
    wanted = ("a/b/c", "d", "link", "folder/b/c", "pipe", "a", "none")

    assert collect(str(tmp_path), wanted, 10) == {"a/b/c": b"1", "d": b""}
    assert collect(str(tmp_path), wanted, 0) == {"d": b""}
    wipe(str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_tidying_drops_what_is_not_plain_and_refuses_names_without_meaning(tmp_path: Path) -> None:
    lay(str(tmp_path), {"a/run": b"1"})
    (tmp_path / "a/run").chmod(0o4711)
    (tmp_path / "link").symlink_to("/")

    assert tidy(str(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a/run").stat().st_mode & 0o7777 == 0o755
    (tmp_path / os.fsdecode(b"\xff\n")).touch()
    assert not tidy(str(tmp_path))


def test_a_folder_too_deep_for_any_path_is_wiped(tmp_path: Path) -> None:
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(3000):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)

    wipe(str(tmp_path))
    assert list(tmp_path.iterdir()) == []


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
