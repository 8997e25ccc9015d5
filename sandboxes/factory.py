"""Picks the backend: once, at the start, and never a weaker one than was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from sandboxes.address import LOCAL, Address
from sandboxes.image_groups import DEFAULT_PREFIX
from sandboxes.protocol import Sandbox, SandboxUnavailableError

if TYPE_CHECKING:
    from pathlib import Path

Backend = Literal["auto", "docker", "docker-fast", "bubblewrap"]
BACKENDS: Final = ("auto", "docker", "docker-fast", "bubblewrap")


def open_sandbox(
    backend: str = "auto",
    *,
    images: str = DEFAULT_PREFIX,
    daemon: Path | None = None,
    engine: Address = LOCAL,
) -> Sandbox:
    """Open a backend, or raise SandboxUnavailableError with one sentence.

    `auto` is Docker where an engine answers and has images of ours, else bubblewrap; a backend
    named on purpose is never changed. With `daemon` it is the daemon's, which must then be the one
    named.
    """
    if backend not in BACKENDS:
        raise SandboxUnavailableError(
            f"sandbox.backend: {backend!r} is none of {', '.join(BACKENDS)}"
        )
    if daemon is not None:
        return _of_daemon(backend, daemon)
    if backend == "docker":
        return _docker(images, engine)
    if backend == "docker-fast":
        return _fast(images, engine)
    if backend == "bubblewrap":
        return _bubblewrap()
    return _best(images, engine)


def settle(backend: str, images: str, engine: Address = LOCAL) -> str:
    """Return what `auto` stands for on this machine now; any other name as it is."""
    if backend != "auto":
        return backend
    try:
        _docker(images, engine).close()
    except SandboxUnavailableError:
        return "bubblewrap"
    return "docker"


def _best(images: str, engine: Address) -> Sandbox:
    try:
        return _docker(images, engine)
    except SandboxUnavailableError as no_docker:
        try:
            return _bubblewrap()
        except SandboxUnavailableError as no_bubblewrap:
            raise SandboxUnavailableError(
                f"no sandbox can be had here: {no_docker}; {no_bubblewrap}"
            ) from no_bubblewrap


def _docker(images: str, engine: Address) -> Sandbox:
    from sandboxes.docker import DockerSandbox
    from sandboxes.engine import connect

    return DockerSandbox(images, engine=connect(engine))


def _fast(images: str, engine: Address) -> Sandbox:
    from sandboxes.engine import connect
    from sandboxes.fast_lane import FastLaneSandbox

    return FastLaneSandbox(images, engine=connect(engine))


def _bubblewrap() -> Sandbox:
    from sandboxes.bubblewrap import BubblewrapSandbox

    return BubblewrapSandbox()


def _of_daemon(backend: str, daemon: Path) -> Sandbox:
    from sandboxes.client import SandboxClient

    client = SandboxClient(daemon)
    if backend not in ("auto", client.name):
        client.close()
        raise SandboxUnavailableError(
            f"sandbox.backend: {backend} was asked for, but the daemon at {daemon} has"
            f" {client.name}"
        )
    return client
