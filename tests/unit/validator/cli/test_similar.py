from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from validator.cli import run
from validator.cli.similar import MAX_FILES

if TYPE_CHECKING:
    from pathlib import Path

Capture = pytest.CaptureFixture[str]

BRANCH = """
    if values[{0}] > limit:
        total += values[{0}] * {0}
    else:
        total -= {0}"""
PROGRAM = "def judge(values, limit):\n    total = 0" + "".join(map(BRANCH.format, range(6)))
RENAMED = "# mine\n" + PROGRAM.replace("values", "xs").replace("total", "s").replace("limit", "k")
STEP = """
    def step{0}(self):
        with open(self.top + '{0}') as file:
            yield from file
"""
OTHER = "import os\n\nclass Walk:\n    top = os.sep\n" + "".join(map(STEP.format, range(5)))


def compared(capsys: Capture, *arguments: str | Path) -> dict[str, Any]:
    assert run(["similar", *map(str, arguments), "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / name for name in ("a.py", "b.py", "c.py")]
    for path, text in zip(paths, (PROGRAM, RENAMED, OTHER), strict=True):
        path.write_text(text)
    return paths


def test_every_pair_is_given_most_alike_first_with_the_groups_of_copies(
    files: list[Path], capsys: Capture
) -> None:
    found = compared(capsys, *files)

    assert found["pairs"][0] == {
        "a": str(files[0]), "b": str(files[1]), "similarity": 1.0, "kind": "code",
        "nearness": "same", "contained": found["pairs"][0]["contained"],
    }  # fmt: skip
    assert len(found["pairs"]) == 3
    assert found["clusters"] == [[str(files[0]), str(files[1])]]


def test_a_threshold_leaves_out_the_rest(files: list[Path], capsys: Capture) -> None:
    assert len(compared(capsys, *files, "--threshold", "0.9")["pairs"]) == 1
    assert len(compared(capsys, *files, "--threshold", "0")["clusters"][0]) == 3


def test_code_and_text_are_compared_by_their_words(files: list[Path], capsys: Capture) -> None:
    twin = files[0].with_suffix(".txt")
    twin.write_text(PROGRAM)

    pair = compared(capsys, files[0], twin)["pairs"][0]

    assert (pair["kind"], pair["similarity"]) == ("text", 1.0)


def test_people_get_a_table_and_the_groups(files: list[Path], capsys: Capture) -> None:
    assert run(["similar", *map(str, files)]) == 0

    out = capsys.readouterr().out
    assert "1.000" in out
    assert "near copies of each other" in out


def test_answers_to_one_task_are_judged_by_their_spread(tmp_path: Path, capsys: Capture) -> None:
    paths = []
    for number in range(5):  # honest answers to a task that leaves little choice
        paths.append(tmp_path / f"{number}.py")
        ends = "\nprint(1)" * number + "\nx = [1]" * (4 - number)
        paths[-1].write_text(PROGRAM + ends)

    assert compared(capsys, *paths)["clusters"]
    assert compared(capsys, *paths, "--same-task")["clusters"] == []


@pytest.mark.parametrize(
    ("data", "note"),
    [
        (os.urandom(50_000) + b"\0", "is no text"),
        (b"", "holds nothing to compare"),
        (b"a = b\n" * 300_000, "is long"),
        (b"\xff\xfe" * 500 + b"word", None),
        (b"(" * 400_000, "is long"),
        (b"[" * 2_000 + b"]" * 2_000, None),
    ],
)
def test_hostile_files_are_compared_and_what_is_odd_is_said(
    files: list[Path], data: bytes, note: str | None, capsys: Capture
) -> None:
    odd = files[0].with_name("odd.py")
    odd.write_bytes(data)

    found = compared(capsys, files[0], odd)

    told = [item["note"] for item in found["notes"] if item["file"] == str(odd)]
    assert told == [] if note is None else note in told[0]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["only.py"], "needs at least two"),
        (["no.py", "such.py"], "cannot be read: No such file"),
        (["/dev/zero", "/dev/null"], "cannot be read: it is a device"),
        (["/", "/tmp"], "cannot be read: Is a directory"),
        (["a\0b", "c"], "cannot be read"),
        (["x", "y", "x"], "twice"),
        (["x", "y", "--threshold", "1.5"], "--threshold"),
        (["x", "y", "--threshold", "nan"], "--threshold"),
        ([f"f{n}" for n in range(MAX_FILES + 1)], "at most 500"),
    ],
)
def test_what_cannot_be_compared_is_one_sentence(
    arguments: list[str], sentence: str, capsys: Capture
) -> None:
    assert run(["similar", *arguments]) == 2

    err = capsys.readouterr().err
    assert sentence in err
    assert len(err.splitlines()) == 1


def test_a_hostile_file_name_is_shown_without_its_power(tmp_path: Path, capsys: Capture) -> None:
    paths = [tmp_path / "\x1b[31m\u202eevil.py", tmp_path / "b.py"]
    for path in paths:
        path.write_text(PROGRAM)

    assert run(["similar", *map(str, paths)]) == 0

    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "\u202e" not in out
