from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.protection import GENESIS, KEY, OTHER_KEY, SUBMITTER, TASK, h
from validator.errors import InvalidDocumentError, NotJsonError, TooLargeError, ValidatorError
from validator.protection import interchange
from validator.protection.interchange import (
    ContentScore,
    Interchange,
    KeyHistory,
    conflicts,
    parse,
    render,
    schema_text,
)
from validator.protection.tighten import Fact
from validator.protection.values import MAX_NUMBER, AnswerContent, Verdict

scores = st.none() | st.integers(0, 100)
numbers = st.integers(0, 40) | st.integers(0, MAX_NUMBER)
contents = st.builds(lambda n: AnswerContent(TASK, SUBMITTER, h(n)), st.integers(0, 5))


def fact(key: bytes, answer: int, content: AnswerContent, height: int, score: int | None) -> Fact:
    root = None if score is None else Verdict(TASK, h(answer), score).root(GENESIS, key)
    return Fact(h(answer), content, height, score, root)


@st.composite
def histories(draw: st.DrawFn) -> KeyHistory:
    key = draw(st.sampled_from([KEY, OTHER_KEY]))
    told = draw(st.lists(st.tuples(st.integers(0, 5), contents, numbers, scores), max_size=6))
    return KeyHistory(
        key,
        draw(st.none() | numbers),
        tuple(fact(key, *each) for each in told),
        tuple(draw(st.lists(st.builds(ContentScore, contents, scores), max_size=3))),
    )


files = st.builds(Interchange, st.just(GENESIS), st.lists(histories(), max_size=3).map(tuple))


@given(told=files)
def test_what_is_written_is_read_back_and_has_one_spelling(told: Interchange) -> None:
    data = render(told)
    again = parse(data)

    assert render(again) == data
    assert sum(len(key.facts) for key in again.keys) == sum(len(key.facts) for key in told.keys)
    assert conflicts(again) == conflicts(told)
    schema = jsonschema_rs.Draft202012Validator(json.loads(schema_text()))
    assert schema.is_valid(json.loads(data))


DIGITS = "must be 64 lower-case hexadecimal digits"
NUMBER = f"must be a whole number from 0 to {MAX_NUMBER}"
ROW = "data.0.verdicts.0"
GOOD: dict[str, Any] = json.loads(
    render(
        Interchange(
            GENESIS,
            (KeyHistory(KEY, 3, (fact(KEY, 1, AnswerContent(TASK, h(2), h(3)), 9, 80),), ()),),
        )
    )
)
junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(data=st.data())
def test_junk_in_any_place_is_refused_in_one_sentence_or_means_the_same(
    data: st.DataObject,
) -> None:
    told = json.loads(json.dumps(GOOD))
    places: list[tuple[Any, Any]] = []

    def walk(node: Any) -> None:
        for step in node if isinstance(node, dict) else range(len(node)):
            places.append((node, step))
            if isinstance(node[step], dict | list):
                walk(node[step])

    walk(told)
    node, step = data.draw(st.sampled_from(places))
    node[step] = data.draw(junk)
    refused = refusal(json.dumps(told).encode())
    if refused is None:
        read = parse(json.dumps(told).encode())
        assert render(parse(render(read))) == render(read)
        return
    assert refused.code in ("TV001", "TV002")
    assert refused.detail.isprintable()
    assert len(refused.detail) < 400


def refusal(data: bytes) -> ValidatorError | None:
    try:
        parse(data)
    except ValidatorError as error:
        return error
    return None


@given(data=st.binary(max_size=200))
def test_bytes_of_any_kind_are_refused(data: bytes) -> None:
    with pytest.raises((NotJsonError, InvalidDocumentError)):
        parse(data)


def changed(path: str, value: object) -> bytes:
    told = json.loads(json.dumps(GOOD))
    node = told
    *steps, last = path.split(".")
    for step in steps:
        node = node[int(step)] if step.isdigit() else node[step]
    node[int(last) if last.isdigit() else last] = value
    return json.dumps(told).encode()


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        ("metadata.format", "x/1", "metadata.format: must be tosv-protection/1"),
        ("metadata.genesis", "AB", "metadata.genesis: must be 64 lower-case hexadecimal digits"),
        ("metadata", 5, "metadata: must be an object"),
        ("data", {}, "data: must be a list"),
        ("data.0", [], "data[0]: must be an object"),
        ("data.0.low_watermark", -1, f"data[0].low_watermark: {NUMBER}, or null"),
        ("data.0.verdicts", "x", "data[0].verdicts: must be a list"),
        (f"{ROW}.height", 2**53, f"height: {NUMBER}"),
        (f"{ROW}.score", 101, "score: must be a whole number from 0 to 100, or null"),
        (f"{ROW}.task", "\u202e", f"task: {DIGITS}"),
        (f"{ROW}.signing_root", 1, f"signing_root: {DIGITS}, or null"),
        (f"{ROW}.signing_root", "00" * 32, "signing_root: is not the signing root of this row"),
        (f"{ROW}.score", None, "signing_root: must be null exactly when the score is"),
        ("data.0.extra", 1, "data[0].extra: is not a known field"),
        ("\u202e", 1, '["\\u202e"]: is not a known field'),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_place_and_what_belongs_there(
    path: str, value: object, sentence: str
) -> None:
    with pytest.raises(InvalidDocumentError) as caught:
        parse(changed(path, value))

    place = "data[0].verdicts[0]." if path.startswith(ROW) else ""
    assert caught.value.detail == place + sentence


def test_a_missing_field_is_named() -> None:
    with pytest.raises(InvalidDocumentError) as caught:
        parse(b'{"metadata":{"format":"tosv-protection/1"},"data":[{}]}')

    assert [(fault.field, fault.message) for fault in caught.value.errors] == [
        ("metadata.genesis", "is missing"),
        ("data[0].public_key", "is missing"),
        ("data[0].low_watermark", "is missing"),
        ("data[0].verdicts", "is missing"),
    ]


def test_a_million_faults_get_no_longer_reply() -> None:
    told = json.dumps({**GOOD, "data": [5] * 100_000}).encode()

    with pytest.raises(InvalidDocumentError) as caught:
        parse(told)

    assert len(caught.value.errors) == 20


def test_a_file_over_the_limit_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interchange, "MAX_BYTES", 100)

    with pytest.raises(TooLargeError):
        parse(b" " * 101)


def test_whole_numbers_may_be_spelled_as_json_schema_lets_them() -> None:
    """1.0 is an integer to JSON Schema; it is kept as one."""
    assert parse(changed("data.0.low_watermark", 3.0)) == parse(json.dumps(GOOD).encode())


def test_the_published_schema_is_the_one_in_force() -> None:
    docs = Path(__file__).resolve().parents[3] / "docs" / "reference" / "protection.schema.json"

    assert docs.read_text(encoding="utf-8") == schema_text()
