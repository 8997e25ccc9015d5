"""A verdict of real programs, sealed, exported, and replayed by the real command."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.components import require_bubblewrap, require_docker
from tests.fakes.bundles import SALT, SIGNER, log_of
from tests.fakes.evidence import memory_log
from tests.fakes.store import START
from tests.fakes.submissions import STDIN_CASE, body
from validator.cli import run
from validator.domain.clock import RandomIds, SystemClock
from validator.domain.submission import LOCAL_OWNER, Origin
from validator.evidence.seal import Grounds, seal
from validator.intake import parse
from validator.pipeline import Pipeline, SharedSandbox, open_cage
from validator.settings import LimitSettings, SandboxSettings

LIMITS = LimitSettings()
HIDDEN = {"stdin": "12\n", "expected_stdout": "144\n", "hidden": True}
TASK = {"checks": [{"check": "tests", "cases": [STDIN_CASE, HIDDEN]}]}
RIGHT = body(TASK)
WRONG = body(TASK, {"code": "print(int(input()) * 2)\n"})
KEY = SIGNER.public.raw.hex()


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def sealed_file(content: bytes, backend: Any) -> str:
    intake, clock = parse(content, LIMITS), SystemClock()
    cage = SharedSandbox(lambda: open_cage(SandboxSettings(backend=backend)))
    try:
        verdict = Pipeline(cage, LIMITS, clock, RandomIds(clock)).run(intake, f"sub_{1:032x}")
    finally:
        cage.close()
    limits = LIMITS.model_dump(mode="json")
    grounds = Grounds(content, intake, Origin.CLI, LOCAL_OWNER, START, limits, "policy/1")
    with memory_log(2) as log:
        _, whole = log_of(seal(verdict, grounds, [SIGNER], SALT), log)
    Path("sealed.json").write_bytes(whole.encode())
    return "sealed.json"


def replay(file: str, backend: str) -> int:
    return run(["verdicts", "replay", file, "--key", KEY, "--sandbox", backend])


@pytest.mark.parametrize("content", [RIGHT, WRONG], ids=["accepted", "rejected"])
def test_a_replay_in_bubblewrap_gives_the_same(
    content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    require_bubblewrap()
    file = sealed_file(content, "bubblewrap")

    assert replay(file, "bubblewrap") == 0
    assert "the same result" in capsys.readouterr().out
    Path("submission.json").write_bytes(content)
    assert run(["verdicts", "verify", file, "--key", KEY, "--task-file", "submission.json"]) == 0


@pytest.mark.docker
def test_a_replay_in_docker_runs_in_verified_images_only(
    capsys: pytest.CaptureFixture[str],
) -> None:
    require_docker()
    file = sealed_file(RIGHT, "docker")

    assert replay(file, "docker") == 2
    assert "verified list" in capsys.readouterr().err

    assert run(["sandbox", "images", "verify", "--group", "python"]) == 0
    assert replay(file, "docker") == 0
    assert "the same result" in capsys.readouterr().out


@pytest.mark.docker
def test_a_verdict_of_bubblewrap_is_not_replayed_in_an_image_that_was_not_verified(
    capsys: pytest.CaptureFixture[str],
) -> None:
    require_bubblewrap()
    require_docker()
    file = sealed_file(RIGHT, "bubblewrap")

    assert replay(file, "docker") == 3
    assert "not shown either way" in capsys.readouterr().out
