"""One task in a folder: `task.json`, and `answers.json` with what should become of each answer.

`task.json` is the `task` of a submission, where a material may also be `{"file": "path"}`. Every
answer names its kind, what should become of it and why; its parts are given inline or as paths.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from checkers.names import safe_path
from checkers.strict_json import StrictJsonError, loads
from validator.errors import TaskFolderError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

KINDS: Final = ("reference", "correct", "mistake", "hostile")
EXPECTED: Final = ("accept", "reject", "escalate", "abstain", "refused")
"""The four decisions, and `refused`: turned down at the door with a named field (HTTP 422)."""

MAX_FILE: Final = 64 * 1024 * 1024

_USUAL: Final = {"reference": "accept", "correct": "accept", "mistake": "reject"}
_REQUIRED: Final = frozenset({"name", "kind", "why"})
_TEXTS: Final = ("content", "reasoning", "documentation")
_DATA: Final = ("claims", "findings", "test_results", "performance_metrics")
_OPTIONAL: Final = frozenset({"expected", "field", "code", "files", *_TEXTS, *_DATA}) | {
    f"{name}_file" for name in (*_TEXTS, *_DATA)
}


@dataclass(frozen=True, slots=True)
class Trial:
    """One answer and what should become of it. `field` is what a refusal has to name."""

    name: str
    kind: str
    expected: str
    why: str
    answer: Mapping[str, Any]
    field: str | None = None


@dataclass(frozen=True, slots=True)
class TaskFolder:
    """A task with its answers, ready to be judged."""

    name: str
    task: Mapping[str, Any]
    trials: tuple[Trial, ...]

    def body(self, answer: Mapping[str, Any]) -> bytes:
        """Return a submission as it goes over the wire."""
        document = {"task": self.task, "answer": answer}
        return json.dumps(document, ensure_ascii=False).encode()


def read_folder(folder: Path) -> TaskFolder:
    """Read a task. Raises TaskFolderError, which names the file and the mend."""
    if not folder.is_dir():
        raise TaskFolderError(f"{folder} is no folder")
    task = _object(folder / "task.json")
    if task.get("id", folder.name) != folder.name:
        raise TaskFolderError(f"{folder / 'task.json'}: id must be the folder's name")
    task = {**task, "id": folder.name, **_materials(folder, task)}
    manifest = _object(folder / "answers.json")
    listed = manifest.get("answers")
    if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
        raise TaskFolderError(f"{folder / 'answers.json'}: answers must be a list of objects")
    trials = tuple(_trial(folder, entry) for entry in listed)
    names = [trial.name for trial in trials]
    if len(set(names)) != len(names):
        raise TaskFolderError(f"{folder / 'answers.json'}: two answers have one name")
    return TaskFolder(folder.name, task, trials)


def _materials(folder: Path, task: Mapping[str, Any]) -> dict[str, Any]:
    materials = task.get("materials")
    if not isinstance(materials, dict):
        return {}
    where = folder / "task.json"
    found = {}
    for name, body in materials.items():
        from_file = isinstance(body, dict) and set(body) == {"file"}
        found[name] = _body(folder, where, body["file"]) if from_file else body
    return {"materials": found}


def _trial(folder: Path, entry: Mapping[str, Any]) -> Trial:
    where = f"{folder / 'answers.json'}: {entry.get('name', 'an answer')}"
    odd = sorted((_REQUIRED - entry.keys()) | (entry.keys() - _REQUIRED - _OPTIONAL))
    if odd:
        raise TaskFolderError(f"{where}: missing or unknown members: {', '.join(odd)}")
    for name in ("name", "kind", "why"):
        if not isinstance(entry[name], str) or not entry[name].strip():
            raise TaskFolderError(f"{where}: {name} must be a text")
    expected = entry.get("expected", _USUAL.get(entry["kind"], "reject"))
    if entry["kind"] not in KINDS or expected not in EXPECTED:
        kinds, ends = ", ".join(KINDS), ", ".join(EXPECTED)
        raise TaskFolderError(f"{where}: kind is one of {kinds}; expected one of {ends}")
    answer = {"id": entry["name"], **dict(_parts(folder, entry))}
    return Trial(entry["name"], entry["kind"], expected, entry["why"], answer, entry.get("field"))


def _parts(folder: Path, entry: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    where = folder / "answers.json"
    if "code" in entry:
        yield "code", _text(folder, where, entry["code"])
    if "files" in entry:
        files = entry["files"]
        if not isinstance(files, dict):
            raise TaskFolderError(f"{where}: files must map names to paths")
        yield "files", {name: _body(folder, where, path) for name, path in files.items()}
    for name in (*_TEXTS, *_DATA):
        if name in entry and f"{name}_file" in entry:
            raise TaskFolderError(f"{where}: {entry['name']} gives {name} twice, once as a file")
        if name in entry:
            yield name, entry[name]
        elif f"{name}_file" in entry:
            text = _text(folder, where, entry[f"{name}_file"])
            yield name, text if name in _TEXTS else _parsed(where, name, text)


def _parsed(where: Path, name: str, text: str) -> Any:  # noqa: ANN401 - any JSON value
    try:
        return loads(text.encode())
    except StrictJsonError as error:
        raise TaskFolderError(f"{where}: the file of {name} is not strict JSON: {error}") from None


def _object(path: Path) -> dict[str, Any]:
    value = _parsed(path, "it", _decoded(path, _bytes(path)))
    if not isinstance(value, dict):
        raise TaskFolderError(f"{path}: must hold a JSON object")
    return value


def _inside(folder: Path, where: Path, name: object) -> Path:
    """Return a file of the folder: a task that came from elsewhere shall read nothing else."""
    try:
        path = folder / safe_path(name if isinstance(name, str) else "")
    except ValueError as error:
        raise TaskFolderError(f"{where}: {name!r}: {error}") from None
    if not path.resolve().is_relative_to(folder.resolve()):
        raise TaskFolderError(f"{where}: {name} leads out of the folder")
    return path


def _body(folder: Path, where: Path, name: object) -> dict[str, str]:
    data = _bytes(_inside(folder, where, name))
    try:
        return {"text": data.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode()}


def _text(folder: Path, where: Path, name: object) -> str:
    path = _inside(folder, where, name)
    return _decoded(path, _bytes(path))


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE + 1)
    except OSError as error:
        raise TaskFolderError(f"{path}: cannot be read: {error.strerror}") from None
    if len(data) > MAX_FILE:
        raise TaskFolderError(f"{path}: has more than {MAX_FILE} bytes")
    return data


def _decoded(path: Path, data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise TaskFolderError(f"{path}: is not UTF-8 text") from None


def folders_below(paths: Iterable[Path]) -> list[Path]:
    """Return the task folders among these: each itself, or those that lie in it, by name."""
    found: list[Path] = []
    for path in paths:
        inside = sorted(item.parent for item in path.glob("*/task.json"))
        found += [path] if (path / "task.json").exists() or not inside else inside
    return found
