from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from examples.demo import corpus, index
from validator.errors import ValidatorError
from validator.intake import parse
from validator.settings import LimitSettings

if TYPE_CHECKING:
    from pathlib import Path

EXAMPLES = corpus.load()
BY_TASK: dict[str, list[corpus.Example]] = {}
for _example in EXAMPLES:
    BY_TASK.setdefault(_example.task, []).append(_example)
CHECKS = [
    check for items in BY_TASK.values() for check in items[0].document["task"].get("checks", ())
]
TESTS = [check for check in CHECKS if check["check"] == "tests"]


def comparator(check: dict[str, object]) -> str:
    found = check.get("comparator", "trimmed")
    return found if isinstance(found, str) else next(iter(found))  # type: ignore[call-overload]


def test_the_corpus_is_as_large_as_promised() -> None:
    assert len(BY_TASK) >= 30
    assert len({example.name for example in EXAMPLES}) == len(EXAMPLES)


def test_every_language_check_type_and_outcome_is_there() -> None:
    tasks = [items[0].document["task"] for items in BY_TASK.values()]
    assert {task.get("language") for task in tasks} - {None} == {
        "python", "c", "cpp", "javascript", "typescript", "bash"
    }  # fmt: skip
    assert {task["type"] for task in tasks} == {
        "code_syntax", "code", "math", "structured_data", "data_analysis", "security_audit",
        "algorithm_optimization", "general",
    }  # fmt: skip
    assert {check["check"] for check in CHECKS} == {
        "syntax", "compile", "tests", "math", "schema", "reasoning"
    }  # fmt: skip
    assert {example.expected for example in EXAMPLES} == set(corpus.EXPECTED)
    assert any("checks" not in task for task in tasks)


def test_every_form_of_tests_every_comparator_and_kind_of_math_is_there() -> None:
    stdin = [check for check in TESTS if "cases" in check]
    assert {comparator(check) for check in stdin} == {
        "exact", "trimmed", "tokens", "lines_unordered", "numeric", "program"
    }  # fmt: skip
    assert any("harness" in check for check in TESTS)
    assert any("calls" in check for check in TESTS)
    assert any(case.get("hidden") for check in stdin for case in check["cases"])
    assert any(call.get("hidden") for check in TESTS for call in check.get("calls", ()))
    assert {check["kind"] for check in CHECKS if check["check"] == "math"} == {
        "number", "expression", "set", "interval", "matrix", "equation"
    }  # fmt: skip


@pytest.mark.parametrize("task", BY_TASK)
def test_every_task_has_a_reference_and_wrong_answers(task: str) -> None:
    kinds = [example.kind for example in BY_TASK[task]]
    assert kinds.count("reference") == 1
    assert "mistake" in kinds or "hostile" in kinds
    for example in BY_TASK[task]:
        right = example.kind in ("reference", "correct")
        assert not (right and example.expected in ("reject", "refused")), example.name
        assert not (example.kind == "mistake" and example.expected == "accept"), example.name
        assert example.why.strip()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_every_submission_is_taken_in_or_refused_as_it_says(example: corpus.Example) -> None:
    if example.expected != "refused":
        parse(example.body(), LimitSettings())
        return
    with pytest.raises(ValidatorError) as refusal:
        parse(example.body(), LimitSettings())
    assert example.field
    assert any(error.field.startswith(example.field) for error in refusal.value.errors)


@pytest.mark.parametrize("task", BY_TASK)
def test_every_file_of_a_task_is_used(task: str) -> None:
    folder = corpus.TASKS / task
    manifest = json.loads((folder / "answers.json").read_text(encoding="utf-8"))
    used = {"task.json", "answers.json"}
    for entry in manifest["answers"]:
        used |= {entry[key] for key in ("code", "content_file") if key in entry}
        used |= set(entry.get("files", {}).values())
    found = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert found == used


def test_index_and_ready_submissions_are_up_to_date() -> None:
    pages = index.pages(EXAMPLES)
    for path, text in pages.items():
        found = (corpus.TASKS.parent / path).read_text(encoding="utf-8")
        assert found == text, f"{path}: run `python -m examples --write`"
    on_disk = {f"submissions/{path.name}" for path in index.SUBMISSIONS.iterdir()}
    assert on_disk == set(pages) - {"README.md"}


def test_texts_are_real_work_and_not_copies_of_each_other() -> None:
    bodies: dict[str, str] = {}
    for example in EXAMPLES:
        answer = {k: v for k, v in example.document["answer"].items() if k != "id"}
        text = example.task + json.dumps(answer, sort_keys=True)
        assert text not in bodies, f"{example.name} is the same as {bodies[text]}"
        bodies[text] = example.name


def write_task(root: Path, **entry: object) -> Path:
    folder = root / "t"
    folder.mkdir()
    (folder / "task.json").write_text('{"id": "t", "type": "general"}', encoding="utf-8")
    full = {"name": "a", "kind": "reference", "expected": "accept", "why": "w", **entry}
    (folder / "answers.json").write_text(json.dumps({"answers": [full]}), encoding="utf-8")
    return root


def test_an_unknown_member_is_named(tmp_path: Path) -> None:
    with pytest.raises(corpus.CorpusError, match="expcted"):
        corpus.load(write_task(tmp_path, expcted="accept"))


def test_an_unknown_outcome_is_refused(tmp_path: Path) -> None:
    with pytest.raises(corpus.CorpusError, match="expected one of"):
        corpus.load(write_task(tmp_path, expected="maybe"))


def test_a_missing_answer_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(corpus.CorpusError, match=r"gone\.py"):
        corpus.load(write_task(tmp_path, code="answers/gone.py"))


def test_a_task_is_called_like_its_folder(tmp_path: Path) -> None:
    write_task(tmp_path)
    (tmp_path / "t" / "task.json").write_text('{"id": "other"}', encoding="utf-8")
    with pytest.raises(corpus.CorpusError, match="folder's name"):
        corpus.load(tmp_path)


def test_only_selects_tasks_and_answers() -> None:
    names = [example.name for example in corpus.select(EXAMPLES, ["inequality"])]
    assert names == [f"inequality/{e.answer}" for e in BY_TASK["inequality"]]
    assert len(corpus.select(EXAMPLES, ["inequality/open", "interval-merge/reference"])) == 2
    with pytest.raises(corpus.CorpusError, match="nothing-like-it"):
        corpus.select(EXAMPLES, ["nothing-like-it"])
