"""What the proving process writes, and when."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from sandboxes.docker.engine import owner_mark
from sandboxes.protocol import SandboxUnavailableError
from validator.jobs import proving
from validator.pipeline.proofs import FOLDER, Proof, Record, read
from validator.settings import SandboxSettings, Settings

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[list[str]]:
    """Backends of every record that was written, in order."""
    found: list[list[str]] = []
    settings = Settings(data_dir=tmp_path, sandbox=SandboxSettings(backend="docker"))
    real = proving.write

    def write(folder: Path, record: Record, now: Any) -> None:
        found.append([proof.backend for proof in record.proofs])
        real(folder, record, now)

    def prove(_open: Any, kind: str, network: str, name: str) -> Proof:
        assert (kind, network) == ("quick", "devnet")
        return Proof(name, None, 8, 1.0, (), "it leaks" if name == "docker-fast" else None)

    monkeypatch.setattr(proving, "load_settings", lambda: settings)
    monkeypatch.setattr(proving, "_end_with_the_worker", lambda _prover: None)
    monkeypatch.setattr(proving, "prove", prove)
    monkeypatch.setattr(proving, "write", write)
    return found


def test_jobs_of_the_strong_lane_do_not_wait_for_the_proof_of_the_fast_one(
    written: list[list[str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(proving, "open_fast", lambda _settings: object())

    assert proving.main(["quick", owner_mark()]) == 0  # the fast lane's leak closes only that one
    assert written == [["docker"], ["docker", "docker-fast"]]
    record = read(tmp_path / FOLDER, owner_mark())
    assert record is not None
    assert record.reason is None
    assert record.reason_of("docker-fast") == "it leaks"
    assert not record.contradicted


def test_a_fast_lane_that_is_not_there_is_not_proven_and_no_fault(
    written: list[list[str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(_settings: SandboxSettings) -> Any:
        raise SandboxUnavailableError("there is none")

    monkeypatch.setattr(proving, "open_fast", refuse)

    assert proving.main(["quick", owner_mark()]) == 0
    assert written == [["docker"]]
    record = read(tmp_path / FOLDER, owner_mark())
    assert record is not None
    assert record.reason_of("docker-fast") == "docker-fast was not proven"


def test_a_proof_for_a_worker_that_is_gone_is_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = SimpleNamespace(prctl=lambda *_: 0)  # this process shall not die with its parent
    monkeypatch.setattr(proving, "ctypes", SimpleNamespace(CDLL=lambda _name: kernel))

    with pytest.raises(SystemExit, match="the worker is gone"):
        proving.main(["quick", "boot/1/999999999/1"])
