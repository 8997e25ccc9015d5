"""Reads `examples/tasks`: one folder a task, with its answers and what should become of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

TASKS = Path(__file__).resolve().parent.parent / "tasks"
KINDS = ("reference", "correct", "mistake", "hostile")
EXPECTED = ("accept", "reject", "escalate", "abstain", "refused")
"""The four decisions, and `refused`: turned down at the door with a named field (HTTP 422)."""

_REQUIRED = frozenset({"name", "kind", "expected", "why"})
_OPTIONAL = frozenset(
    {"code", "files", "content", "content_file", "reasoning", "documentation", "field"}
)


class CorpusError(Exception):
    """A folder of the corpus does not say what it should; names the file and the mend."""


@dataclass(frozen=True, slots=True)
class Example:
    """One answer to one task. `field` is the field that a refusal has to name."""

    task: str
    answer: str
    kind: str
    expected: str
    why: str
    document: Mapping[str, Any]
    field: str | None = None

    @property
    def name(self) -> str:
        """`task/answer`, as `--only` takes it."""
        return f"{self.task}/{self.answer}"

    def body(self) -> bytes:
        """The submission as it goes over the wire."""
        return json.dumps(self.document, ensure_ascii=False).encode()


def load(root: Path = TASKS) -> tuple[Example, ...]:
    """Read every task of the corpus, in order of names. Raises CorpusError."""
    folders = sorted(path for path in root.iterdir() if path.is_dir())
    return tuple(example for folder in folders for example in _task(folder))


def select(examples: Sequence[Example], names: Sequence[str]) -> tuple[Example, ...]:
    """Keep the tasks and answers that are named; all when nothing is. Raises CorpusError."""
    known = {example.task for example in examples} | {example.name for example in examples}
    for name in names:
        if name not in known:
            raise CorpusError(f"--only: no task or task/answer is called {name!r}; see --list")
    if not names:
        return tuple(examples)
    return tuple(e for e in examples if e.task in names or e.name in names)


def _task(folder: Path) -> Iterator[Example]:
    task = _read(folder / "task.json")
    manifest = _read(folder / "answers.json")
    if task.get("id") != folder.name:
        raise CorpusError(f"{folder / 'task.json'}: id must be the folder's name, {folder.name!r}")
    for entry in manifest["answers"]:
        yield _example(folder, task, entry)


def _example(folder: Path, task: dict[str, Any], entry: dict[str, Any]) -> Example:
    where = f"{folder / 'answers.json'}: {entry.get('name', 'an answer')}"
    if not entry.keys() >= _REQUIRED or not entry.keys() <= _REQUIRED | _OPTIONAL:
        odd = sorted((_REQUIRED - entry.keys()) | (entry.keys() - _REQUIRED - _OPTIONAL))
        raise CorpusError(f"{where}: missing or unknown members: {', '.join(odd)}")
    if entry["kind"] not in KINDS or entry["expected"] not in EXPECTED:
        raise CorpusError(f"{where}: kind is one of {KINDS}, expected one of {EXPECTED}")
    answer = {"id": entry["name"], **_answer(folder, entry)}
    return Example(
        task=folder.name,
        answer=entry["name"],
        kind=entry["kind"],
        expected=entry["expected"],
        why=entry["why"],
        document={"task": task, "answer": answer},
        field=entry.get("field"),
    )


def _answer(folder: Path, entry: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = {}
    if "code" in entry:
        answer["code"] = _text(folder / entry["code"])
    if "files" in entry:
        answer["files"] = {
            name: {"text": _text(folder / path)} for name, path in entry["files"].items()
        }
    if "content_file" in entry:
        answer["content"] = _text(folder / entry["content_file"])
    for member in ("content", "reasoning", "documentation"):
        if member in entry:
            answer[member] = entry[member]
    return answer


def _read(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(_text(path))
    except ValueError as error:
        raise CorpusError(f"{path}: not JSON: {error}") from error
    if not isinstance(value, dict):
        raise CorpusError(f"{path}: must hold a JSON object")
    return value


def _text(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise CorpusError(f"{path}: cannot be read as UTF-8 text: {error}") from error
