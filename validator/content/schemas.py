"""JSON Schemas of the documents, for publishers and miners.

`python -m validator.content.schemas docs/schemas` writes them. Where a schema and the reader differ
the reader holds: a schema cannot say what is unique, what fits together, or what a URI may be.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from validator.content.documents import (
    ANSWER_OF_CHAIN,
    TASK_OF_CHAIN,
    AnswerDocument,
    SealedDocument,
    TaskDocument,
)
from validator.wire.pointer import VERSION

if TYPE_CHECKING:
    from pydantic import BaseModel

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

POINTER: Final[dict[str, Any]] = {
    "$schema": DIALECT,
    "title": "Pointer",
    "description": "On chain: JSON text of at most 255 bytes of UTF-8.",
    "type": "object",
    "required": ["v", "t", "u", "h"],
    "additionalProperties": False,
    "properties": {
        "v": {"const": VERSION},
        "t": {"type": "string", "pattern": "^[a-z][a-z_]{0,31}$", "description": "task's type"},
        "u": {"type": "string", "pattern": "^(https|http|ipfs|file)://[!-~]+$"},
        "h": {"type": "string", "pattern": "^[0-9a-f]{64}$", "description": "BLAKE3-256"},
    },
}


def schemas() -> dict[str, str]:
    """Return file names and their text."""
    found = {
        "pointer": POINTER,
        "task": _schema(TaskDocument, "Task", TASK_OF_CHAIN),
        "sealed": _schema(SealedDocument, None, ()),
        "answer": _schema(AnswerDocument, "Answer", ANSWER_OF_CHAIN),
    }
    return {
        f"{name}.schema.json": json.dumps(schema, indent=1, ensure_ascii=True) + "\n"
        for name, schema in found.items()
    }


def main(folder: Path) -> None:
    """Write all schemas into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in schemas().items():
        (folder / name).write_text(text, encoding="utf-8")


def _schema(model: type[BaseModel], part: str | None, of_chain: tuple[str, ...]) -> dict[str, Any]:
    """Return a document's schema; its part does not offer what the chain says itself."""
    # As an answer may be written, not as it is given out: patterns hold for both.
    schema = {"$schema": DIALECT} | model.model_json_schema(by_alias=True, mode="validation")
    if part is not None:
        for name in of_chain:
            del schema["$defs"][part]["properties"][name]
    spelled: dict[str, Any] = _with_ecma_patterns(schema)
    return spelled


def _with_ecma_patterns(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    r"""Spell `\A` and `\z` as `^` and `$`, which in JSON Schema mean the same."""
    if isinstance(value, dict):
        return {
            key: _anchored(item)
            if key == "pattern" and isinstance(item, str)
            else _with_ecma_patterns(item)
            for key, item in value.items()
        }
    return [_with_ecma_patterns(item) for item in value] if isinstance(value, list) else value


def _anchored(pattern: str) -> str:
    return pattern.replace("\\A", "^").replace("\\z", "$")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
