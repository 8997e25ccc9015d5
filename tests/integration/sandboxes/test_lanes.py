"""What stands between two submissions of one lane, and what happens when something breaks."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from sandboxes.docker import fast_lane as module
from sandboxes.docker.backend import DockerSandbox
from sandboxes.docker.fast_lane import FastLaneSandbox
from sandboxes.docker.pool import PoolSize
from sandboxes.protocol import Job, Limits, SandboxError, SandboxUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandboxes.docker.engine import Engine
    from sandboxes.docker.session import ContainerSession

pytestmark = pytest.mark.docker

MARK = """
import ctypes, os, subprocess, sys
open('/box/mark', 'w').write('x')
open('/dev/shm/mark', 'w').write('x')
subprocess.Popen(['sleep', '600'], start_new_session=True)
libc = ctypes.CDLL(None, use_errno=True)
print(libc.shmget(4711, 4096, 0o1666))
"""
LOOK = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
print(os.listdir('/box'), os.listdir('/dev/shm'), os.listdir('/program'))
print(sum(name.isdigit() for name in os.listdir('/proc')), libc.shmget(4711, 4096, 0))
print(open('/proc/self/uid_map').read().split()[1])
"""


def eventually(holds: Callable[[], bool], seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def python(session: ContainerSession, code: str) -> bytes:
    outcome = session.run(Job(("python3", "-c", code), limits=Limits()))
    assert outcome.ok, outcome
    return outcome.stdout


@pytest.fixture
def lane(engine: Engine, docker_images: dict[str, str]) -> Iterator[FastLaneSandbox]:
    """One lane, so that two sessions meet in it."""
    sandbox = FastLaneSandbox(image=docker_images["python"], engine=engine, kept=1)
    yield sandbox
    sandbox.close()


def renewed(lane: FastLaneSandbox) -> bool:
    return len(lane._lanes._idle) == 1


def _open_files(pid: int) -> dict[str, str]:
    folder = Path(f"/proc/{pid}/fd")
    return {entry.name: os.readlink(entry) for entry in folder.iterdir()}  # noqa: PTH115


def test_a_room_holds_no_way_to_the_host_but_its_keepers_pipes(
    lane: FastLaneSandbox, engine: Engine
) -> None:
    with lane.open("python") as session:
        keeper = engine.api.inspect_container(session.container_id)["State"]["Pid"]
        (room,) = psutil.Process(keeper).children()
        keepers, rooms = _open_files(keeper), _open_files(room.pid)

        # Only what each says of its own failures goes to one place.
        assert rooms["2"] == keepers["2"]
        assert not {keepers["0"], keepers["1"]} & set(rooms.values())


def test_two_rooms_of_one_lane_have_nothing_in_common(lane: FastLaneSandbox) -> None:
    with lane.open("python") as one:
        one.put({"mine.py": b"secret"})
        python(one, MARK)
        first = python(one, LOOK).split()[-1]
    assert eventually(lambda: renewed(lane))
    with lane.open("python") as two:
        seen = python(two, LOOK).decode().splitlines()

    assert two.container_id == one.container_id
    assert seen[0] == "[] [] []"
    assert seen[1].split() == ["2", "-1"]
    assert seen[2] != first.decode()


def test_no_control_group_is_left(lane: FastLaneSandbox) -> None:
    for _ in range(3):
        with lane.open("python") as session:
            python(session, "pass")
        assert eventually(lambda: renewed(lane))
    found = [
        path.name
        for path in Path("/sys/fs/cgroup").rglob(f"*{session.container_id}*/room-*")
        if path.is_dir()
    ]
    if not found:
        pytest.skip("this host does not show the container's control groups")

    assert len(set(found)) == 1


def processes(engine: Engine, container_id: str) -> list[int]:
    """Host's ids of a container's processes, its first one first."""
    listed: dict[str, Any] = engine.api.top(container_id)
    return sorted(int(row[listed["Titles"].index("PID")]) for row in listed["Processes"])


def test_a_room_that_loses_its_supervisor_takes_the_lane_along(
    lane: FastLaneSandbox, engine: Engine
) -> None:
    session = lane.open("python")
    python(session, "pass")
    keeper, supervisor = processes(engine, session.container_id)
    assert keeper < supervisor
    os.kill(supervisor, signal.SIGKILL)

    with pytest.raises(SandboxError, match="ended by itself"):
        python(session, "pass")
    with lane.open("python") as again:
        assert python(again, "print(42)") == b"42\n"
    assert again.container_id != session.container_id


def test_a_lane_is_replaced_after_its_rooms(
    lane: FastLaneSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ROOMS", 2)
    used = []
    for _ in range(4):
        with lane.open("python") as session:
            used.append(session.container_id)
            python(session, "pass")
        eventually(lambda: renewed(lane), 2)

    assert used[0] == used[1] != used[2]


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"CapAdd": ["SETUID", "SETGID", "CHOWN", "KILL"]}, "keeper"),
        ({"SecurityOpt": ["no-new-privileges:true"]}, "unshare"),
    ],
)
def test_a_host_that_refuses_rooms_is_named(
    engine: Engine,
    docker_images: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    change: dict[str, Any],
    cause: str,
) -> None:
    wanted = module.lane_container

    def refused(*words: Any, **more: Any) -> dict[str, Any]:
        found = wanted(*words, **more)
        found["HostConfig"].update(change)
        return found

    monkeypatch.setattr(module, "lane_container", refused)
    with pytest.raises(SandboxUnavailableError, match=f"no fast lane can be had here.*{cause}"):
        FastLaneSandbox(image=docker_images["python"], engine=engine)


def test_containers_stand_ready_and_each_is_used_once(
    engine: Engine, docker_images: dict[str, str]
) -> None:
    image = docker_images["python"]
    sandbox = DockerSandbox(image=image, engine=engine, pool=PoolSize(kept=2))
    used = []
    try:
        for _ in range(4):
            with sandbox.open("python") as session:
                used.append(session.container_id)
                assert python(session, "print(42)") == b"42\n"
            assert eventually(lambda: sandbox.standing().get(image, 0) >= 1)
    finally:
        sandbox.close()

    assert len(set(used)) == 4
    assert sandbox.standing() == {}


def test_a_container_that_died_waiting_is_not_handed_out(
    engine: Engine, docker_images: dict[str, str]
) -> None:
    image = docker_images["python"]
    sandbox = DockerSandbox(image=image, engine=engine, pool=PoolSize(kept=1))
    try:
        with sandbox.open("python"):
            pass
        assert eventually(lambda: sandbox.standing().get(image, 0) == 1)
        (waiting,) = [thing for shelf in sandbox._pool._shelves.values() for thing in shelf.things]
        engine.remove(waiting.session.container_id)
        assert eventually(lambda: not waiting.sound())
        with sandbox.open("python") as session:
            assert python(session, "print(42)") == b"42\n"
        assert session.container_id != waiting.session.container_id
    finally:
        sandbox.close()
