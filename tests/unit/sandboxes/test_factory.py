from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandboxes import factory
from sandboxes.factory import open_sandbox
from sandboxes.protocol import SandboxUnavailableError

if TYPE_CHECKING:
    from pathlib import Path


class Named:
    """Stands for a backend: a name is all that choosing needs."""

    def __init__(self, name: str) -> None:
        self.name = name

    def close(self) -> None: ...


def give(monkeypatch: pytest.MonkeyPatch, **backends: bool) -> None:
    """Say which backends can be had."""
    for name, there in backends.items():

        def make(*_: object, name: str = name, there: bool = there) -> Named:
            if there:
                return Named(name)
            raise SandboxUnavailableError(f"no {name}")

        monkeypatch.setattr(factory, f"_{name}", make)


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
