"""The demo as a user starts it: a process of its own, with real services behind it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.components import SOAK, require_bubblewrap

ROOT = Path(__file__).resolve().parents[3]
FAST = (
    "--only",
    "inequality",
    "--only",
    "interval-merge",
    "--only",
    "priority-queue",
    "--no-chain",
)
SLOW = ("--only", "grid-paths/endless-loop", "--only", "count-inversions")
TRADED = ("--only", "stopping-distance", "--only", "interval-merge")
MOMENTS = [0.0, 0.05, 0.2, 0.5, 1.0, 2.0, 3.0, 4.0, 6.0]
"""Seconds after the start at which Ctrl-C comes: from the imports to the middle of the work."""


@pytest.fixture(autouse=True)
def _cage() -> None:
    require_bubblewrap()


def start(folder: Path, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "examples", "--sandbox", "bubblewrap", *options],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def run(folder: Path, *options: str, seconds: float = 250) -> tuple[int, str]:
    process = start(folder, *options)
    output, _ = process.communicate(timeout=seconds)
    return process.returncode, output


def survivors(folder: Path) -> list[str]:
    """Processes that still name the demo's folder in their command or working directory."""
    found = []
    for process in psutil.process_iter():
        try:
            words = [*process.cmdline(), process.cwd()]
        except (psutil.Error, OSError):
            continue
        if process.pid != os.getpid() and any(str(folder) in word for word in words):
            found.append(" ".join(words))
    return found


def nothing_is_left(folder: Path) -> bool:
    left = [path.name for path in folder.iterdir() if path.name != "reports"]
    return not left and not survivors(folder)


def test_the_demo_agrees_and_leaves_only_its_report(tmp_path: Path) -> None:
    code, output = run(tmp_path, *FAST)
    assert code == 0, output
    assert "0 wrong accepts, 0 wrong rejects" in output
    html = (tmp_path / "reports" / "demo.html").read_text(encoding="utf-8")
    assert "interval-merge" in html
    assert "<script" not in html
    assert nothing_is_left(tmp_path)


def test_verdicts_on_the_development_chain_are_final_with_their_transactions(
    tmp_path: Path,
) -> None:
    code, output = run(tmp_path, *TRADED)
    assert code == 0, output
    assert "6 of 6 verdicts final on the chain and as expected" in output
    html = (tmp_path / "reports" / "demo.html").read_text(encoding="utf-8")
    shown = html.split("On the development chain")[1].split("</section>")[0]
    assert len(set(re.findall(r"<code>([0-9a-f]{64})</code>", shown))) == 6
    assert nothing_is_left(tmp_path)


@pytest.mark.parametrize("moment", MOMENTS if SOAK else MOMENTS[::3])
def test_ctrl_c_leaves_nothing_behind(tmp_path: Path, moment: float) -> None:
    process = start(tmp_path, *SLOW)
    time.sleep(moment)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode in (130, -signal.SIGINT, 1), output
    assert "Traceback" not in output or moment < 1, output
    assert nothing_is_left(tmp_path)


def test_a_killed_demo_takes_its_service_along(tmp_path: Path) -> None:
    process = start(tmp_path, *SLOW)
    time.sleep(3)
    process.kill()
    process.communicate(timeout=60)
    deadline = time.monotonic() + 30
    while survivors(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert survivors(tmp_path) == []


def test_an_unknown_name_is_one_sentence(tmp_path: Path) -> None:
    code, output = run(tmp_path, "--only", "no-such-task")
    assert code == 2
    assert output.count("\n") == 1
    assert "no-such-task" in output


def test_a_cage_that_cannot_be_had_is_one_sentence(tmp_path: Path) -> None:
    process = subprocess.run(
        [sys.executable, "-m", "examples", "--sandbox", "docker"],
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "DOCKER_HOST": f"unix://{tmp_path}/no-engine.sock",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert process.returncode == 2, process.stderr
    assert process.stderr.startswith("demo: no answer can be run on this machine")
    assert "Traceback" not in process.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_printed_submission_is_one_line_of_json(tmp_path: Path) -> None:
    code, output = run(tmp_path, "--only", "inequality/open", "--print")
    assert code == 0
    assert output.count("\n") == 1
    assert output.startswith('{"task": {"id": "inequality"')
