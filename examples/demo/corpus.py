"""Reads `examples/tasks`: one folder a task, with its answers and what should become of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from validator.authoring.folder import EXPECTED, KINDS, read_folder
from validator.errors import TaskFolderError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["EXPECTED", "KINDS", "TASKS", "CorpusError", "Example", "load", "select"]

TASKS = Path(__file__).resolve().parent.parent / "tasks"


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
    try:
        read = read_folder(folder)
    except TaskFolderError as error:
        raise CorpusError(error.detail) from None
    for trial in read.trials:
        yield Example(
            task=read.name,
            answer=trial.name,
            kind=trial.kind,
            expected=trial.expected,
            why=trial.why,
            document={"task": read.task, "answer": trial.answer},
            field=trial.field,
        )
