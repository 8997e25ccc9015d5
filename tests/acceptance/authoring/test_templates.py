"""The authors' kit as its users meet it: every template, from `task new` to a whole trial."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.components import SOAK, require_bubblewrap
from validator.authoring.templates import names

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = 280


def kit(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "validator.cli", "task", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


# A speed-up is measured for minutes: the long form tries that template as well.
TRIED = names() if SOAK else tuple(name for name in names() if name != "speed-up")


@pytest.mark.parametrize("name", TRIED)
def test_a_template_is_a_task_that_does_what_its_author_means(name: str, tmp_path: Path) -> None:
    require_bubblewrap()

    assert kit(tmp_path, "new", "mine", "--template", name).returncode == 0
    tried = kit(tmp_path, "test", "mine", "--sandbox", "bubblewrap", "--json")

    ended = [json.loads(line) for line in tried.stdout.splitlines()]
    assert [one for one in ended if not one["as_meant"]] == [], tried.stderr
    assert tried.returncode == 0
    assert {"kit:empty", "kit:the-task-itself", "reference"} <= {one["answer"] for one in ended}


def test_a_task_that_judges_wrongly_is_told(tmp_path: Path) -> None:
    require_bubblewrap()
    kit(tmp_path, "new", "mine", "--template", "document")
    task = json.loads((tmp_path / "mine" / "task.json").read_text())
    task["checks"] = [{"check": "schema", "schema": {"type": "object"}}]
    (tmp_path / "mine" / "task.json").write_text(json.dumps(task))

    tried = kit(tmp_path, "test", "mine")

    assert tried.returncode == 1
    assert "WRONG mine/weight-as-text" in tried.stdout


def test_parts_are_written_once_and_together_open(tmp_path: Path) -> None:
    kit(tmp_path, "new", "mine", "--template", "code-cases")
    words = ("part", "mine", "--sealed-uri", "https://example.org/s.json", "--out", "docs")

    made = kit(tmp_path, *words, "--json")

    assert made.returncode == 0
    assert json.loads(made.stdout)["digest"].startswith("blake3:")
    assert "hidden" not in (tmp_path / "docs" / "public.json").read_text()
    assert '"hidden": true' in (tmp_path / "docs" / "sealed.json").read_text()
    assert kit(tmp_path, *words).returncode == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("new", "mine", "--template", "nothing"), "choose audit"),
        (("test", "none"), "none is no folder"),
        (("lint", "."), "task.json"),
        (("part", "none", "--sealed-uri", "https://a.example/x", "--out", "d"), "no folder"),
    ],
)
def test_bad_input_is_one_sentence(words: tuple[str, ...], said: str, tmp_path: Path) -> None:
    done = kit(tmp_path, *words)

    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
