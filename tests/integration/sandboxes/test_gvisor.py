"""A real gVisor on an engine of the test's own: offered only where the group's limits bite."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING, Final

import pytest

from sandboxes.docker.address import Address
from sandboxes.factory import open_sandbox
from sandboxes.images.groups import DEFAULT_PREFIX, tag_of
from sandboxes.protocol import Job, SandboxUnavailableError
from tests.components import missing, require_docker, require_program
from tests.crash.engine import OwnEngine

if TYPE_CHECKING:
    from collections.abc import Iterator

GROUP_LIMITS: Final = {"memory", "memory-split", "processes", "threads", "cpu-children"}

pytestmark = [
    pytest.mark.usefixtures("docker_images"),
    pytest.mark.docker,
    pytest.mark.allow_hosts(["127.0.0.1", "192.0.2.1"]),
    pytest.mark.timeout(300),
]


@pytest.fixture(scope="module")
def engine_with_gvisor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnEngine]:
    require_docker()
    require_program("runsc")
    # The release in Debian sets up no network by itself in the way that this engine asks for.
    runsc = {"path": shutil.which("runsc"), "runtimeArgs": ["--network=none", "--platform=ptrace"]}
    with OwnEngine(tmp_path_factory.mktemp("gvisor"), {"runsc": runsc}) as own:
        own.load(tag_of(DEFAULT_PREFIX, "python"))
        yield own


def test_gvisor_runs_a_program_or_says_which_limits_it_does_not_hold(
    engine_with_gvisor: OwnEngine,
) -> None:
    try:
        sandbox = open_sandbox("docker+runsc", engine=Address(engine_with_gvisor.url))
    except SandboxUnavailableError as error:
        reason, _, names = str(error).partition(" does not hold ")
        assert reason == "docker+runsc: gVisor on this host"
        assert set(names.split(", ")) <= GROUP_LIMITS
        assert engine_with_gvisor.emptied() == []
        return
    with sandbox.open("python") as session:
        outcome = session.run(Job(("python3", "-c", "print(6 * 7)")))
    sandbox.close()
    assert (outcome.status, outcome.stdout) == ("ok", b"42\n")


def test_an_engine_without_gvisor_says_so(docker_images: dict[str, str]) -> None:
    asked = subprocess.run(
        ["docker", "info", "--format", "{{json .Runtimes}}"],
        capture_output=True, text=True, check=True, timeout=30,
    )  # fmt: skip
    if "runsc" in json.loads(asked.stdout):
        missing("an engine without gVisor: this machine's has it")

    with pytest.raises(SandboxUnavailableError, match=r"knows no runtime runsc; install gVisor"):
        open_sandbox("docker+runsc")
