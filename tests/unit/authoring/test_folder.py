from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from validator.authoring.folder import folders_below, read_folder
from validator.errors import TaskFolderError

if TYPE_CHECKING:
    from pathlib import Path

TASK = {"type": "math", "description": "How much is 6 times 7?", "checks": []}
BARE = {"name": "bare", "kind": "mistake", "why": "it is not"}
RIGHT = {"name": "right", "kind": "reference", "why": "it is", "content": "42"}


def lay(folder: Path, task: Any = TASK, answers: Any = (RIGHT,), **files: bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "task.json").write_text(json.dumps(task))
    (folder / "answers.json").write_text(json.dumps({"answers": answers}))
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


def test_a_folder_is_a_task_with_its_answers(tmp_path: Path) -> None:
    wrong = {"name": "wrong", "kind": "mistake", "why": "adds", "content_file": "wrong"}
    read = read_folder(lay(tmp_path / "six", answers=[RIGHT, wrong], wrong=b"13"))

    assert read.task == {**TASK, "id": "six"}
    assert [(t.name, t.expected) for t in read.trials] == [("right", "accept"), ("wrong", "reject")]
    assert read.trials[1].answer == {"id": "wrong", "content": "13"}
    assert json.loads(read.body(read.trials[0].answer))["answer"]["content"] == "42"


def test_materials_files_and_data_come_from_files(tmp_path: Path) -> None:
    task = {**TASK, "materials": {"a.csv": {"file": "table"}, "b": {"text": "x"}}}
    claims = {"claims_file": "claims", "files": {"chart.png": "picture"}}
    read = read_folder(
        lay(
            tmp_path / "six",
            task,
            [RIGHT | claims],
            table=b"a,b\n",
            picture=b"\x89PNG\xff",
            claims=b'[{"id": "q"}]',
        )
    )

    assert read.task["materials"] == {"a.csv": {"text": "a,b\n"}, "b": {"text": "x"}}
    answer = read.trials[0].answer
    assert answer["files"] == {"chart.png": {"base64": "iVBOR/8="}}
    assert answer["claims"] == [{"id": "q"}]


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ("text", "list of objects"),
        ([{"name": "x"}], "missing or unknown members: kind, why"),
        ([RIGHT | {"kind": "good"}], "kind is one of"),
        ([RIGHT | {"expected": "maybe"}], "expected one of"),
        ([RIGHT | {"why": " "}], "why must be a text"),
        ([RIGHT, RIGHT], "two answers have one name"),
        ([RIGHT | {"code": "../secret"}], "'../secret'"),
        ([RIGHT | {"code": "/etc/passwd"}], "'/etc/passwd'"),
        ([RIGHT | {"code": "none.py"}], "cannot be read"),
        ([RIGHT | {"code": 5}], "5"),
        ([RIGHT | {"files": ["a"]}], "files must map"),
        ([BARE | {"content_file": "link"}], "out of the folder"),
        ([BARE | {"content_file": "binary"}], "not UTF-8"),
        ([RIGHT | {"content_file": "binary"}], "content twice"),
        ([RIGHT | {"claims_file": "binary2"}], "not strict JSON"),
    ],
)
def test_a_fault_is_named_with_its_file(tmp_path: Path, answers: Any, said: str) -> None:
    folder = lay(tmp_path / "six", answers=answers, binary=b"\xff", binary2=b'{"a":1,"a":2}')
    (tmp_path / "outside").write_text("secret")
    (folder / "link").symlink_to(tmp_path / "outside")

    with pytest.raises(TaskFolderError) as refused:
        read_folder(folder)

    assert said in refused.value.detail
    assert "answers.json" in refused.value.detail or "six" in refused.value.detail


def test_what_is_no_task_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TaskFolderError, match="is no folder"):
        read_folder(tmp_path / "none")
    with pytest.raises(TaskFolderError, match=r"task\.json: cannot be read"):
        read_folder(tmp_path)
    with pytest.raises(TaskFolderError, match="id must be the folder's name"):
        read_folder(lay(tmp_path / "six", {**TASK, "id": "seven"}))


def test_a_folder_of_folders_stands_for_all_of_them(tmp_path: Path) -> None:
    one, two = lay(tmp_path / "all" / "one"), lay(tmp_path / "all" / "two")

    assert folders_below([tmp_path / "all"]) == [one, two]
    assert folders_below([two, tmp_path / "none"]) == [two, tmp_path / "none"]
