from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from tests.fakes.chain_content import (
    answer_document,
    committed,
    pointer,
    sealed_document,
    task_document,
)
from validator.content.schemas import schemas

FOLDER = Path(__file__).resolve().parents[3] / "docs" / "schemas"
SEALED = sealed_document()
FULL_TASK = task_document(sealed_checks=committed(SEALED))
GOOD: dict[str, Any] = {
    "pointer": json.loads(pointer(b"", "https://example.org/").text),
    "task": FULL_TASK,
    "sealed": SEALED,
    "answer": answer_document(salt="aa" * 16),
}
BAD: list[tuple[str, Any]] = [
    ("pointer", GOOD["pointer"] | {"v": 2}),
    ("pointer", GOOD["pointer"] | {"x": 1}),
    ("task", task_document({"reward": "1"})),
    ("task", {"task": {"type": "code"}}),
    ("sealed", sealed_document(salt="aa" * 15)),
    ("sealed", sealed_document(checks=[])),
    ("answer", answer_document({"content": "x", "miner": "me"})),
    ("answer", answer_document(task_id="AA" * 32)),
]


def schema(name: str) -> Any:
    return json.loads(schemas()[f"{name}.schema.json"])


def test_the_published_schemas_are_those_of_the_models() -> None:
    wanted = schemas()
    written = {name: (FOLDER / name).read_text(encoding="utf-8") for name in wanted}

    assert written == wanted, "run python -m validator.content.schemas docs/schemas"


@pytest.mark.parametrize("name", GOOD)
def test_a_schema_takes_what_the_reader_takes(name: str) -> None:
    jsonschema_rs.validator_for(schema(name)).validate(GOOD[name])


@pytest.mark.parametrize(("name", "document"), BAD)
def test_a_schema_refuses_what_the_reader_refuses(name: str, document: Any) -> None:
    assert not jsonschema_rs.validator_for(schema(name)).is_valid(document)
