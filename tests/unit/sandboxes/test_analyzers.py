"""The cage called `analyzers`: which tools it has, and what is said of a missing one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandboxes.images.groups import ANALYZERS, GROUPS, group_of
from sandboxes.languages import analyzers, judge_of
from sandboxes.languages.setup_analyzers import INTERPRETER, adapt_scripts
from sandboxes.protocol import ToolchainMissingError

if TYPE_CHECKING:
    from pathlib import Path


def made(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / analyzers.PROGRAMS[name]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"#!/bin/sh\n")


def test_every_tool_of_the_group_has_a_place_and_a_judge() -> None:
    assert set(analyzers.PROGRAMS) == set(GROUPS[ANALYZERS].tools)
    assert group_of(ANALYZERS) == ANALYZERS
    for name in GROUPS[ANALYZERS].tools:
        judge = judge_of(name)
        assert (judge.cage, judge.version) == (ANALYZERS, (name, "--version"))
        assert judge.parse(f"{name} 1.2.3 (x)").version == "1.2.3"


def test_tools_of_a_language_are_asked_in_its_cage() -> None:
    assert judge_of("clippy").cage == "rust"
    assert judge_of("go-vet").cage == "go"
    assert judge_of("python").parse("Python 3.11.2").name == "cpython"


def test_an_unknown_judge_is_missing() -> None:
    with pytest.raises(ToolchainMissingError, match="no toolchain for pylint"):
        judge_of("pylint")


def test_without_any_analyzer_the_mend_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analyzers.sys, "prefix", str(tmp_path))

    assert analyzers.there() == ()
    assert analyzers.provision().missing == "run `make setup-analyzers`"


def test_the_tools_that_are_there_go_by_one_script(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analyzers.sys, "prefix", str(tmp_path))
    made(tmp_path / ANALYZERS, "ruff", "mypy")

    provision = analyzers.provision()

    assert analyzers.there() == ("mypy", "ruff")
    assert provision.names == {"mypy": "analyzer", "ruff": "analyzer"}
    assert provision.binds == {str(tmp_path / ANALYZERS / "python"): "/opt/analyzers"}
    assert not provision.missing


def test_scripts_find_the_interpreter_of_the_cage(tmp_path: Path) -> None:
    (tmp_path / "semgrep").write_bytes(b"#!/home/x/.venv/bin/python\nimport sys\n")
    (tmp_path / "ruff").write_bytes(b"\x7fELF#!python")
    (tmp_path / "__pycache__").mkdir()

    adapt_scripts(tmp_path)

    assert (tmp_path / "semgrep").read_bytes() == INTERPRETER + b"import sys\n"
    assert (tmp_path / "ruff").read_bytes() == b"\x7fELF#!python"
