from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from validator.cli import run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_run_tells_who_earned_what(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    page = tmp_path / "market.html"
    arguments = ["--months", "1", "--share", "ring=0.2", "--assume", "bribe=2"]
    assert run(["simulate", *arguments, "--report", str(page), "--json"]) == 0

    found = json.loads(capsys.readouterr().out)
    assert found["shares"]["ring"] == 0.2
    assert found["assumptions"]["bribe"] == 2.0
    assert {each["strategy"] for each in found["strategies"]} >= {"honest", "ring"}
    assert "<svg" in page.read_text()
    assert run(["simulate", *arguments]) == 0
    assert "honest" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--market", "huge"], "--market must be one of small, medium, optimistic"),
        (["--months", "0"], "months: must be 1 to 60"),
        (["--share", "ring"], "write NAME=VALUE"),
        (["--share", "luck=0.1"], "one of lazy, copy, ring, bribed, sybil"),
        (["--share", "ring=0.9"], "shares.ring: must be 0 to 0.49"),
        (["--share", "ring=nan"], "shares.ring: must be 0 to 0.49"),
        (["--assume", "bribe=much"], "'much' is no number"),
        (["--months", "1", "--sweep", "luck"], "sweep: must be one of"),
        (["--months", "1", "--report", "/nowhere/x.html"], "cannot be written"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else "",
)
def test_bad_input_gets_one_sentence(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["simulate", *arguments]) == 2

    told = " ".join(capsys.readouterr().err.split())
    assert said in told
    assert "Traceback" not in told
