"""No bytes make intake raise anything but our own errors, with sentences fit to be shown."""

from __future__ import annotations

import contextlib
import json
import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.submissions import STDIN_CASE, document
from validator.errors import InvalidDocumentError, NotJsonError, TooLargeError, ValidatorError
from validator.intake import parse
from validator.settings import LimitSettings
from validator.wire.problem import problem_to_json

LIMITS = LimitSettings()
OURS = (InvalidDocumentError, NotJsonError, TooLargeError)

texts = st.text(max_size=12) | st.sampled_from(
    ["../x", "/", "a\\b", "\x00", "\x1b[31m", "\u202e", "python", "code", "tests", "-O2", "1e9", ""]
)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | texts
    | st.sampled_from([2**64, -1, 10**400, 0.1, 1e308])
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)
RICH: dict[str, Any] = document(
    {
        "id": "t",
        "deadline": "2026-01-01T00:00:00Z",
        "materials": {"m.csv": {"text": "a"}, "u": {"uri": "https://e.org", "sha256": "0" * 64}},
        "checks": [
            {"check": "tests", "cases": [STDIN_CASE], "comparator": {"numeric": {"absolute": 1}}},
            {"check": "tests", "entry": "f", "calls": [{"args": [1], "expected": 1}]},
            {
                "check": "tests",
                "harness": {
                    "language": "python",
                    "files": {"t.py": {"text": ""}},
                    "expect_tests": ["a"],
                },
            },
            {"check": "math", "expected": ["1", 2], "tolerance": {"relative": 0.1}},
            {"check": "schema", "schema": {}, "target": "files/a.json"},
            {"check": "reasoning", "must_mention": ["x"]},
            {"check": "compile", "flags": []},
        ],
    },
    {"files": {"main.py": "x", "b": {"base64": "AA=="}}, "claims": [{}], "reasoning": "r"},
)


def judge(raw: bytes) -> None:
    refusal = refused(raw)
    if refusal is None:
        return
    line = json.dumps(problem_to_json(refusal), ensure_ascii=False)
    assert refusal.status in (413, 422)
    assert refusal.detail.strip()
    assert all(char.isprintable() or char.isspace() for char in line)
    assert not {"\x1b", "\u202e", "\u2028"} & set(line)
    assert len(line) < 30_000
    assert "pydantic" not in line
    assert "Input should" not in line


def refused(raw: bytes) -> ValidatorError | None:
    try:
        parse(raw, LIMITS)
    except OURS as error:
        return error
    return None


@given(st.binary(max_size=200))
def test_any_bytes(raw: bytes) -> None:
    judge(raw)


@given(values)
def test_any_json(value: Any) -> None:
    judge(json.dumps(value).encode())


@given(values, values)
def test_any_json_in_the_right_envelope(task: Any, answer: Any) -> None:
    judge(json.dumps({"task": task, "answer": answer}).encode())


@given(st.data())
def test_a_good_document_with_anything_in_one_place(data: st.DataObject) -> None:
    changed = json.loads(json.dumps(RICH))
    place = data.draw(st.sampled_from(_places(changed)))
    _put(changed, place, data.draw(values))

    judge(json.dumps(changed).encode())


@given(st.data())
def test_a_good_document_with_a_strange_key_anywhere(data: st.DataObject) -> None:
    changed = json.loads(json.dumps(RICH))
    place = data.draw(st.sampled_from(_places(changed)))
    target = _at(changed, place)
    if isinstance(target, dict):
        target[data.draw(texts)] = data.draw(values)

    judge(json.dumps(changed).encode())


def test_ten_thousand_damaged_documents() -> None:
    source = random.Random(7)
    good = json.dumps(RICH).encode()
    for _ in range(10_000):
        raw = bytearray(good)
        for _ in range(source.randint(1, 4)):
            raw[source.randrange(len(raw))] = source.randrange(256)
        with contextlib.suppress(*OURS):
            parse(bytes(raw), LIMITS)


def test_the_good_document_is_good_but_for_what_cannot_be_fetched() -> None:
    refusal = refused(json.dumps(RICH).encode())

    assert refusal is not None
    assert [fault.field for fault in refusal.errors] == ["task.materials.u.uri"]


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    if isinstance(value, dict):
        for key, item in value.items():
            found += _places(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            found += _places(item, (*path, index))
    return found


def _at(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


def _put(value: Any, path: tuple[Any, ...], item: Any) -> None:
    _at(value, path[:-1])[path[-1]] = item
