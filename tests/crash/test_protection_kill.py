from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.components import SOAK
from tests.fakes.protection import created, opened, request
from validator.errors import VerdictConflictError

ROOT = Path(__file__).resolve().parents[2]


def start(folder: Path, *words: str) -> subprocess.Popen[str]:
    argv = [sys.executable, "-m", "tests.crash.protection_writer", str(folder), *words]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, cwd=ROOT, text=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    created(tmp_path / "protection").close()
    return tmp_path / "protection"


def test_a_row_outlives_a_kill_between_the_commit_and_the_return(folder: Path) -> None:
    with start(folder, "once") as process:
        assert process.wait(60) == -signal.SIGKILL

    with opened(folder) as database:
        assert not database.protect(request(0, 80)).is_new
        with pytest.raises(VerdictConflictError):
            database.protect(request(0, 79))


def test_whatever_was_permitted_before_a_kill_is_the_only_verdict_after_it(folder: Path) -> None:
    rng = random.Random(7)
    promised: dict[int, int] = {}
    for seed in range(20 if SOAK else 4):
        with start(folder, str(seed)) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            time.sleep(rng.uniform(0.05, 0.4))
            process.kill()
            lines = process.stdout.read().splitlines(keepends=True)
        for line in lines:
            if line.startswith("may ") and line.endswith("\n"):
                answer, score = map(int, line.split()[1:])
                assert promised.setdefault(answer, score) == score
    assert len(promised) > 20

    with opened(folder) as database:
        for answer, score in promised.items():
            assert not database.protect(request(answer, score)).is_new
            with pytest.raises(VerdictConflictError):
                database.protect(request(answer, (score + 1) % 101))
