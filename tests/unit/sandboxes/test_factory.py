from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from sandboxes import factory, selfcheck
from sandboxes.factory import open_sandbox
from sandboxes.protocol import Grip, SandboxUnavailableError
from sandboxes.selfcheck import Line, Report

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class Named:
    """Stands for a backend: a name is all that choosing needs."""

    def __init__(self, name: str) -> None:
        self.name = name

    def close(self) -> None: ...


def give(monkeypatch: pytest.MonkeyPatch, **backends: bool) -> None:
    """Say which backends can be had."""

    def make(name: str, *_: object) -> Named:
        if backends.get(name.removeprefix("docker+")):
            return Named(name)
        raise SandboxUnavailableError(f"no {name}")

    monkeypatch.setattr(factory, "_containers", make)
    monkeypatch.setattr(factory, "_bubblewrap", lambda: make("bubblewrap"))


def test_auto_prefers_docker(monkeypatch: pytest.MonkeyPatch) -> None:
    give(monkeypatch, docker=True, bubblewrap=True)

    assert open_sandbox("auto").name == "docker"


def test_auto_takes_bubblewrap_without_docker(monkeypatch: pytest.MonkeyPatch) -> None:
    give(monkeypatch, docker=False, bubblewrap=True)

    assert open_sandbox("auto").name == "bubblewrap"


def test_a_backend_named_on_purpose_is_never_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    give(monkeypatch, docker=False, bubblewrap=True)

    with pytest.raises(SandboxUnavailableError, match="no docker"):
        open_sandbox("docker")


@pytest.mark.parametrize("name", ["docker-fast", "docker+runsc"])
def test_no_lane_stands_in_for_another(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    give(monkeypatch, docker=True, bubblewrap=True)

    with pytest.raises(SandboxUnavailableError, match=re.escape(f"no {name}")):
        open_sandbox(name)


class Weak(Named):
    """A gVisor whose limits do not bite, as with --ignore-cgroups."""

    def __init__(self) -> None:
        super().__init__("docker+runsc")
        self.closed = False

    def close(self) -> None:
        self.closed = True


def test_gvisor_is_offered_only_where_its_limits_bite(monkeypatch: pytest.MonkeyPatch) -> None:
    def lines(_: object, names: Sequence[str]) -> Report:
        return Report(
            "docker+runsc",
            tuple(
                Line(name, name, Grip.HELD, name not in ("memory", "processes"), "", 0.1)
                for name in names
            ),
        )

    monkeypatch.setattr(selfcheck, "run_selfcheck", lines)
    sandbox = Weak()
    with pytest.raises(SandboxUnavailableError, match=r"does not hold memory, processes$"):
        factory._proven(sandbox)
    assert sandbox.closed


def test_neither_is_one_sentence_with_both_causes(monkeypatch: pytest.MonkeyPatch) -> None:
    give(monkeypatch, docker=False, bubblewrap=False)

    with pytest.raises(SandboxUnavailableError, match=r"no docker; no bubblewrap") as error:
        open_sandbox()
    assert "\n" not in str(error.value)


def test_an_unknown_backend_is_refused_by_name() -> None:
    with pytest.raises(SandboxUnavailableError, match=r"sandbox\.backend: 'chroot'"):
        open_sandbox("chroot")


def test_a_daemon_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SandboxUnavailableError):
        open_sandbox("auto", daemon=tmp_path / "no.sock")
