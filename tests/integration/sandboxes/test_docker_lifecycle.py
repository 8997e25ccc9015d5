"""Birth and death of containers: nothing is shared, nothing is left, nothing is blamed wrongly."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from sandboxes.docker.backend import ContainerSandbox, DockerSandbox
from sandboxes.docker.containers import reap_orphans
from sandboxes.docker.engine import LABEL_OWNER, Engine
from sandboxes.docker.session import OVERRUN_S
from sandboxes.protocol import Job, Limits, SandboxError, SandboxUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.docker

OWNER = """
import sys, time
from sandboxes.docker.backend import DockerSandbox
sandbox = DockerSandbox(image=sys.argv[1])
session = sandbox.open("python")
print(session.container_id, flush=True)
time.sleep(600)
"""
# The user as the kernel knows it: a room counts its users anew.
WHO = "import os; print(os.getuid(), open('/proc/self/uid_map').read())"


def alive(engine: Engine, container_id: str) -> bool:
    return any(entry["Id"] == container_id for entry in engine.ours())


def eventually(holds: Callable[[], bool], seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.1)
    return False


def run(session: object, code: str, **limits: float) -> object:
    return session.run(Job(("python3", "-c", code), limits=Limits(**limits)))  # type: ignore[attr-defined,arg-type]


def test_two_sessions_never_see_each_other(either_lane: ContainerSandbox) -> None:
    look = (
        "import os; print(sorted(os.listdir('/program')), os.listdir('/dev/shm'), "
        "sum(n.isdigit() for n in os.listdir('/proc')))"
    )
    with either_lane.open("python") as one, either_lane.open("python") as two:
        one.put({"mine.py": b"secret"})
        leave = "import time; open('/dev/shm/x', 'w'); open('/box/x', 'w'); time.sleep(3)"
        thread = threading.Thread(target=run, args=(one, leave))
        thread.start()
        time.sleep(1)
        seen = two.run(Job(("python3", "-c", look)))
        uids = two.run(Job(("python3", "-c", WHO)))
        thread.join()
        other = one.run(Job(("python3", "-c", WHO)))

    assert seen.stdout == b"[] [] 2\n"
    assert uids.stdout != other.stdout


def test_close_ends_a_running_job_at_once_and_the_container_goes(
    docker_sandbox: DockerSandbox, engine: Engine
) -> None:
    session = docker_sandbox.open("python")
    seen: list[BaseException] = []

    def job() -> None:
        try:
            run(session, "import time; time.sleep(60)", wall_s=60)
        except SandboxError as error:
            seen.append(error)

    thread = threading.Thread(target=job)
    thread.start()
    time.sleep(0.5)
    session.close()
    session.close()
    thread.join(timeout=5)

    assert len(seen) == 1
    assert eventually(lambda: not alive(engine, session.container_id))
    with pytest.raises(SandboxError, match="the session is closed"):
        run(session, "pass")


def test_a_container_killed_from_outside_is_our_fault_never_the_programs(
    docker_sandbox: DockerSandbox, engine: Engine
) -> None:
    with docker_sandbox.open("python") as session:
        timer = threading.Timer(0.7, engine.remove, [session.container_id])
        timer.start()
        with pytest.raises(SandboxError, match="ended before its answer"):
            run(session, "import time; time.sleep(30)", wall_s=30)
        timer.join()


def test_a_supervisor_that_does_not_answer_is_killed_by_the_host(
    either_lane: ContainerSandbox, engine: Engine
) -> None:
    session = either_lane.open("python")
    run(session, "pass")
    engine.api.pause(session.container_id)

    began = time.monotonic()
    with pytest.raises(SandboxError, match="did not end a job at its wall limit"):
        run(session, "pass", wall_s=1)

    assert time.monotonic() - began < 1 + OVERRUN_S + 1
    assert eventually(lambda: not alive(engine, session.container_id))
    assert eventually(lambda: not alive(engine, session.container_id))


def test_an_engine_that_fails_is_unavailable_and_no_verdict(
    docker_sandbox: DockerSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> str:
        raise OSError("connection refused")

    monkeypatch.setattr(docker_sandbox._engine.api, "create_container_from_config", broken)
    with pytest.raises(SandboxUnavailableError, match="the Docker engine failed"):
        docker_sandbox.open("python")


def test_an_image_that_is_not_here_is_named_and_never_pulled(engine: Engine) -> None:
    with pytest.raises(
        SandboxUnavailableError,
        match=r"no image tos-validator/none-\*:latest on this engine; build them",
    ):
        DockerSandbox("tos-validator/none", engine=engine)


def test_a_killed_owner_leaves_no_container(engine: Engine, docker_images: dict[str, str]) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, docker_images["python"]], stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout is not None
    container_id = owner.stdout.readline().strip()
    assert alive(engine, container_id)

    owner.kill()
    owner.wait()
    owner.stdout.close()

    # The broken stream ends the supervisor; the engine deletes what has ended.
    assert eventually(lambda: not alive(engine, container_id))


def test_the_reaper_takes_what_a_dead_owner_left_and_nothing_else(
    docker_sandbox: DockerSandbox, engine: Engine
) -> None:
    gone = engine.create(
        {
            "Image": docker_sandbox.images["python"],
            "Labels": {"tos-validator.sandbox": "1", LABEL_OWNER: "another-boot/1/2/3"},
        }
    )
    with docker_sandbox.open("python") as session:
        assert reap_orphans(engine, time.time()) == [gone]
        assert alive(engine, session.container_id)
    assert not alive(engine, gone)


def test_a_flood_on_the_stream_does_not_hinder_the_kill(docker_sandbox: DockerSandbox) -> None:
    # Regression: the engine's kill waits for whoever is attached and does not read.
    session = docker_sandbox.open("python")
    began = time.monotonic()
    for _ in range(3):
        run(session, "while True: print('x' * 4000)", output_kb=8192)
    session.close()
    docker_sandbox._engine.remove(session.container_id)

    assert time.monotonic() - began < 20
