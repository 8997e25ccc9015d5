from __future__ import annotations

# ruff: noqa: E501 - tables of inputs read best on one line each
import time
from typing import Any

import pytest

from checkers.documents import DocumentError, read_yaml
from checkers.protocol import CheckStatus, Reason
from tests.unit.checkers.bench import judge

PERSON = {
    "check": "schema",
    "schema": {
        "type": "object", "required": ["name"], "additionalProperties": False,
        "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 0}},
    },
}  # fmt: skip


def test_a_document_that_fits_passes_and_one_that_does_not_fails_with_its_place() -> None:
    assert judge(PERSON, '{"name": "x", "age": 3}').score == 100
    bad = judge(PERSON, '{"name": "x", "age": -1}')

    assert bad.status is CheckStatus.FAIL
    assert bad.findings[0].explanation == "at .age"


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "x", "name": "y"}', '{"name": "x", "age": NaN}', '{"name": "x",}', "", "{",
        '{"name": "\\ud800"}', "[" * 100_000, "name: &a x", "? [1]\n: x", "name: !!python/object:os.x y",
    ],
)  # fmt: skip
def test_a_document_that_cannot_be_read_strictly_fails(text: Any) -> None:
    assert judge(PERSON, text).status is CheckStatus.FAIL


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "nonsense"},
        {"$ref": "http://127.0.0.1:9/x"},
        {"$ref": "file:///etc/passwd"},
        {"$schema": "http://127.0.0.1:9/meta"},
        {"minimum": "a"},
        {"pattern": "("},
    ],
)
def test_a_schema_that_cannot_be_used_is_the_tasks_fault(schema: Any) -> None:
    result = judge({"check": "schema", "schema": schema}, "{}")

    assert (result.status, result.reason) == (CheckStatus.ERROR, Reason.TASK_INVALID), result


def test_yaml_and_json_files_are_read_by_their_names() -> None:
    options = {**PERSON, "target": "files/a.yaml"}

    assert judge(options, files={"a.yaml": b"name: x\nage: 3\n"}).score == 100
    assert judge(options, files={"a.yaml": b"name: 3\n"}).status is CheckStatus.FAIL
    assert judge(options, files={"b.yaml": b""}).status is CheckStatus.FAIL
    assert judge({**PERSON, "target": "files/a.json"}, files={"a.json": b"name: x"}).score == 0
    assert judge(options, files={"a.yaml": b"\xff"}).score == 0


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 010", {"a": 10}), ("a: 0x1F", {"a": 31}), ("a: 1_000", {"a": "1_000"}),
        ("a: yes", {"a": "yes"}), ("a: 2001-01-01", {"a": "2001-01-01"}), ("a: 'null'", {"a": "null"}),
        ("a: ~", {"a": None}), ("[1, 2.5, true]", [1, 2.5, True]), ("a: |\n  x\n  y\n", {"a": "x\ny\n"}),
    ],
)  # fmt: skip
def test_yaml_scalars_follow_the_core_schema(text: Any, value: Any) -> None:
    assert read_yaml(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "a: &x [1]\nb: *x", "a: !t 1", "1: a", "a: 1\na: 2", "--- 1\n--- 2", "a: .nan", "a: .inf",
        "a: 1e999", "[" * 101 + "]" * 101, "a: [", "", "\t- x: [", "a: " + "9" * 5000,
    ],
)  # fmt: skip
def test_yaml_beyond_json_is_refused(text: Any) -> None:
    with pytest.raises(DocumentError):
        read_yaml(text)


NESTED = {"$ref": "#/$defs/a", "$defs": {"a": {"items": {"$ref": "#/$defs/a"}}}}
DOUBLED: Any = {"type": "string"}
for _ in range(25):
    DOUBLED = {"anyOf": [DOUBLED, {"type": "null"}]}


@pytest.mark.parametrize(
    ("schema", "document"),
    [
        ({"pattern": "^(a+)+$"}, f'"{"a" * 50_000}!"'), ({"pattern": "^(a|a)*b$"}, f'"{"a" * 50_000}"'),
        ({"pattern": "(?=(a+))\\1b$"}, f'"{"a" * 5000}"'), (NESTED, "[" * 200_000), (NESTED, "[" * 99 + "]" * 99),
        ({"$ref": "#"}, "1"), (DOUBLED, "1"), ({"uniqueItems": True}, str([{"a": i} for i in range(20_000)]).replace("'", '"')),
        ({"minimum": 0, "maximum": 1}, "NaN"), ({"multipleOf": 0.01}, "19.99"), ({"minimum": 0}, "9" * 5000),
    ],
)  # fmt: skip
def test_hostile_schemas_and_documents_end_in_time(schema: Any, document: str) -> None:
    started = time.monotonic()
    result = judge({"check": "schema", "schema": schema}, document)

    assert (
        result.status in (CheckStatus.PASS, CheckStatus.FAIL)
        or result.reason is Reason.TASK_INVALID
    ), result
    assert time.monotonic() - started < 10  # most of it is the jail's start on a busy machine


@pytest.mark.parametrize("schema", [{"maximum": 3}, {"type": "integer"}, {"type": "string"}])
def test_an_integer_too_long_for_the_validator_is_refused(schema: dict[str, Any]) -> None:
    for text in ("0x" + "f" * 4000, "9" * 4301, "0x" + "f" * 4290):
        result = judge(
            {"check": "schema", "schema": schema, "target": "files/a.yaml"},
            files={"a.yaml": text.encode()},
        )

        assert result.status is CheckStatus.FAIL
        assert "digits" in result.summary
