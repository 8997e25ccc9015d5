"""Picks the backend: once, at the start, and never a weaker one than was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from sandboxes.docker.address import LOCAL, Address
from sandboxes.images.groups import DEFAULT_PREFIX
from sandboxes.protocol import Sandbox, SandboxUnavailableError

if TYPE_CHECKING:
    from pathlib import Path

    from sandboxes.docker.engine import Engine

BACKENDS: Final = ("auto", "docker", "docker-fast", "docker+runsc", "bubblewrap")
Backend = Literal["auto", "docker", "docker-fast", "docker+runsc", "bubblewrap"]
GROUP_LIMITS: Final = ("memory", "memory-split", "processes", "threads", "cpu-children")
"""Properties without which gVisor is not offered: some of its set-ups leave limits unheld."""


def open_sandbox(
    backend: str = "auto",
    *,
    images: str = DEFAULT_PREFIX,
    daemon: Path | None = None,
    engine: Address = LOCAL,
    ahead: int = 0,
) -> Sandbox:
    """Open a backend, or raise SandboxUnavailableError with one sentence.

    `ahead` is how many containers may stand ready, for a process that opens many sessions.

    `auto` is Docker where an engine answers and has images of ours, else bubblewrap; a backend
    named on purpose is never changed. With `daemon` it is the daemon's, which must then be the one
    named.
    """
    if backend not in BACKENDS:
        raise SandboxUnavailableError(
            f"sandbox.backend: {backend!r} is none of {', '.join(BACKENDS)}"
        )
    if daemon is not None:
        from sandboxes.sandboxd.client import SandboxClient

        return SandboxClient(daemon, None if backend == "auto" else backend)
    if backend == "bubblewrap":
        return _bubblewrap()
    if backend == "auto":
        return _best(images, engine, ahead)
    return _containers(backend, images, engine, ahead)


def settle(backend: str, images: str, engine: Address = LOCAL) -> str:
    """Return what `auto` stands for on this machine now; any other name as it is."""
    if backend != "auto":
        return backend
    try:
        _containers("docker", images, engine, 0).close()
    except SandboxUnavailableError:
        return "bubblewrap"
    return "docker"


def _best(images: str, engine: Address, ahead: int) -> Sandbox:
    try:
        return _containers("docker", images, engine, ahead)
    except SandboxUnavailableError as no_docker:
        try:
            return _bubblewrap()
        except SandboxUnavailableError as no_bubblewrap:
            raise SandboxUnavailableError(
                f"no sandbox can be had here: {no_docker}; {no_bubblewrap}"
            ) from no_bubblewrap


def _containers(backend: str, images: str, address: Address, ahead: int) -> Sandbox:
    from sandboxes.docker.backend import DockerSandbox
    from sandboxes.docker.engine import connect
    from sandboxes.docker.fast_lane import FastLaneSandbox
    from sandboxes.docker.pool import PoolSize

    engine = connect(address)
    try:
        if backend == "docker-fast":
            return FastLaneSandbox(images, engine=engine)
        if backend == "docker+runsc":
            return _gvisor(images, engine)
        return DockerSandbox(images, engine=engine, pool=PoolSize(kept=ahead))
    except SandboxUnavailableError:
        engine.close()
        raise


def _gvisor(images: str, engine: Engine) -> Sandbox:
    """Return a gVisor sandbox of an engine that has one, once it is proven."""
    from sandboxes.docker.backend import DockerSandbox

    if "runsc" not in engine.facts().runtimes:
        raise SandboxUnavailableError(
            "docker+runsc: the engine knows no runtime runsc; "
            "install gVisor and name it in the engine's daemon.json"
        )
    return _proven(DockerSandbox(images, engine=engine, runtime="runsc"))


def _proven(sandbox: Sandbox) -> Sandbox:
    """Return a sandbox whose group limits have been seen to bite on this host, else close it."""
    from sandboxes.selfcheck import run_selfcheck

    try:
        failed = run_selfcheck(sandbox, GROUP_LIMITS).failed
    except BaseException:
        sandbox.close()
        raise
    if failed:
        sandbox.close()
        names = ", ".join(line.name for line in failed)
        raise SandboxUnavailableError(f"docker+runsc: gVisor on this host does not hold {names}")
    return sandbox


def _bubblewrap() -> Sandbox:
    from sandboxes.bubblewrap import BubblewrapSandbox

    return BubblewrapSandbox()
