"""The whole way in one process: real programs in the embedded cage, judged by the real command."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.components import require_bubblewrap, require_docker
from tests.fakes.submissions import STDIN_CASE, body
from validator.cli import run

RIGHT = "print(int(input()) ** 2)\n"
WRONG = "print(int(input()) * 2 + 1)\n"
ENDLESS = "while True: pass\n"


@pytest.fixture(autouse=True)
def _cage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    require_bubblewrap()
    monkeypatch.chdir(tmp_path)


def write(name: str, code: str, **task: Any) -> str:
    Path(name).write_bytes(body(task, {"code": code}))
    return name


def check(*arguments: str) -> int:
    return run(["check", *arguments, "--sandbox", "bubblewrap", "--json"])


def verdicts(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_right_answer_is_accepted(capsys: pytest.CaptureFixture[str]) -> None:
    assert check(write("a.json", RIGHT)) == 0

    (verdict,) = verdicts(capsys)
    assert (verdict["decision"], verdict["score"]) == ("accept", 100)
    assert verdict["sandbox"]["backend"] == "bubblewrap"
    assert verdict["checks"][0]["tool"]["name"] == "cpython"


def test_a_wrong_answer_is_rejected(capsys: pytest.CaptureFixture[str]) -> None:
    assert check(write("a.json", WRONG)) == 1

    (verdict,) = verdicts(capsys)
    assert (verdict["decision"], verdict["score"]) == ("reject", 0)
    assert verdict["reasons"][0].startswith("The required check tests failed")


def test_a_language_without_a_toolchain_is_our_fault_not_the_answers(
    capsys: pytest.CaptureFixture[str],
) -> None:
    name = write("a.json", "class Main {}", language="java")

    assert check(name) == 3
    (verdict,) = verdicts(capsys)
    assert (verdict["decision"], verdict["score"]) == ("abstain", None)
    assert verdict["checks"][0]["reason"] == "toolchain_missing"


def test_code_absent_where_a_check_needs_it_is_the_answers_fault(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("a.json").write_bytes(body(answer={"content": "```python\nprint(4)\n```"}))

    assert check("a.json") == 1
    assert verdicts(capsys)[0]["checks"][0]["status"] == "fail"


def test_two_runs_side_by_side_or_not_give_the_same_digests(
    capsys: pytest.CaptureFixture[str],
) -> None:
    files = [write("a.json", RIGHT), write("b.json", WRONG), write("c.json", "print(")]

    check(*files, "--jobs", "1")
    first = [item["result_digest"] for item in verdicts(capsys)]
    check(*files, "--jobs", "3")
    second = [item["result_digest"] for item in verdicts(capsys)]

    assert first == second
    assert len(set(first)) >= 2


def test_both_cages_give_the_same_digest(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    require_docker()
    name = write("a.json", RIGHT)
    command = [
        sys.executable,
        "-m",
        "validator.cli",
        "check",
        name,
        "--sandbox",
        "docker",
        "--json",
    ]

    check(name)
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )

    (one,) = verdicts(capsys)
    two = json.loads(done.stdout)
    if two["decision"] == "abstain" and two["sandbox"]["backend"] == "none":
        pytest.skip(two["reasons"][0])  # the engine has not built our image
    assert one["result_digest"] == two["result_digest"]
    assert (one["sandbox"]["backend"], two["sandbox"]["backend"]) == ("bubblewrap", "docker")


def test_ctrl_c_ends_the_command_and_its_programs(tmp_path: Path) -> None:
    mark = f"mark{os.getpid()}x{time.monotonic_ns()}"
    case = STDIN_CASE | {"args": [mark]}
    limits = {"cpu_s": 60, "wall_s": 100}
    checks = [{"check": "tests", "cases": [case], "limits": limits}]
    name = write("a.json", ENDLESS, checks=checks)
    command = [sys.executable, "-m", "validator.cli", "check", name, "--sandbox", "bubblewrap"]
    child = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        _wait(lambda: _running(mark), 60)
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=30)
    finally:
        child.kill()

    assert child.returncode == 130
    assert "Traceback" not in out + err
    _wait(lambda: not _running(mark), 10)


def _running(mark: str) -> bool:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if mark.encode() in words:
            return True
    return False


def _wait(condition: Any, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass in time"
        time.sleep(0.05)
