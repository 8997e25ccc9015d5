"""Other ways to run a program in a container on this machine, through the Docker client."""

from __future__ import annotations

import shutil
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HARDENED: Final = (
    "--network", "none", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
    "--pids-limit", "64", "--memory", "256m", "--memory-swap", "256m", "--user", "65534:65534",
    "--log-driver", "none", "--tmpfs", "/tmp:size=64m",
)  # fmt: skip
HELLO: Final = ("-I", "-c", "print(6 * 7)")


def has_docker() -> bool:
    """True when the Docker client is here."""
    return shutil.which("docker") is not None


def docker_run(image: str) -> Callable[[], None]:
    """A container made, run and removed by `docker run --rm`, hardened."""
    argv = ["docker", "run", "--rm", *HARDENED, "--entrypoint", "python3", image, *HELLO]

    def call() -> None:
        done = subprocess.run(argv, capture_output=True, check=True, timeout=60)
        assert done.stdout == b"42\n"

    return call


@contextmanager
def docker_exec(image: str) -> Iterator[Callable[[], None]]:
    """A program started by `docker exec` in a container that stands."""
    made = subprocess.run(
        ["docker", "run", "--detach", "--rm", *HARDENED, "--entrypoint", "sleep", image, "3600"],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    name = made.stdout.strip()
    argv = ["docker", "exec", name, "python3", *HELLO]

    def call() -> None:
        done = subprocess.run(argv, capture_output=True, check=True, timeout=60)
        assert done.stdout == b"42\n"

    try:
        yield call
    finally:
        subprocess.run(["docker", "rm", "--force", name], capture_output=True, check=False)
