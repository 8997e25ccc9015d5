"""Several files of one `check`: what their plans share is done at once, and says the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from checkers.static import batch
from tests.components import missing, require_bubblewrap
from tests.fakes.submissions import STDIN_CASE, body
from validator.cli import run

STATIC = {"check": "static", "tools": ["ruff", "bandit", "mypy"]}
CASES = {"check": "tests", "cases": [STDIN_CASE]}
RIGHT = "print(int(input()) ** 2)\n"
WEAK = "import subprocess\n\n\ndef run(line):\n    return subprocess.call(line, shell=True)\n"
ANSWERS = (
    RIGHT,
    WEAK,
    WEAK.replace("True)", "True)  # nosec # noqa"),
    "count: int = 'seven'  # type: ignore\n",
    "def f(:\n",
    "# coding: utf-7\n" + RIGHT,
    "x = " + "[" * 5000 + "]" * 5000,
    "",
    RIGHT,
)


@pytest.fixture(autouse=True)
def _cage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    require_bubblewrap()
    monkeypatch.chdir(tmp_path)


def write(number: int, code: str, *checks: dict[str, Any], language: str = "python") -> str:
    name = f"a{number}.json"
    Path(name).write_bytes(body({"checks": [*checks], "language": language}, {"code": code}))
    return name


def verdicts(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    run(["check", *arguments, "--sandbox", "bubblewrap", "--json"])
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def need_analyzers(verdict: dict[str, Any]) -> None:
    reasons = {check["reason"] for check in verdict["checks"]}
    if "toolchain_missing" in reasons:
        missing(verdict["reasons"][0])


def test_digests_are_the_same_together_and_alone(capsys: pytest.CaptureFixture[str]) -> None:
    files = [write(number, code, STATIC, CASES) for number, code in enumerate(ANSWERS)]
    files.append(write(90, "echo $1\n", {"check": "static"}, language="bash"))
    files.append(write(91, RIGHT, CASES))

    alone = [verdict for name in files for verdict in verdicts(capsys, name)]
    need_analyzers(alone[0])
    together = verdicts(capsys, *files)

    assert [one["result_digest"] for one in together] == [one["result_digest"] for one in alone]
    assert [one["sandbox"] for one in together] == [one["sandbox"] for one in alone]
    assert len({one["result_digest"] for one in alone}) > 3
    assert verdicts(capsys, *files, "--jobs", "2")[1]["checks"][0]["findings"]


def test_what_can_be_shared_goes_through_one_cage(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    judged = batch._judged

    def counted(seats: Any, *more: Any) -> Any:
        found = judged(seats, *more)
        sizes.append(len(found))
        return found

    monkeypatch.setattr(batch, "_judged", counted)
    files = [write(number, code, STATIC) for number, code in enumerate((RIGHT, WEAK, RIGHT))]
    Path("bad.json").write_text("{")

    found = verdicts(capsys, files[0], "bad.json", *files[1:])

    need_analyzers(found[0])
    assert sizes == [3]
    assert [one.get("decision") is None for one in found] == [False, True, False, False]


def test_one_file_alone_makes_no_batch(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: Any) -> Any:
        raise AssertionError

    monkeypatch.setattr(batch, "_judged", never)

    (verdict,) = verdicts(capsys, write(1, RIGHT, STATIC))

    need_analyzers(verdict)
    assert verdict["checks"][0]["status"] == "pass"
