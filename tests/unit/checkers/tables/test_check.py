from __future__ import annotations

# ruff: noqa: E501 - tables of inputs read best on one line each
from typing import Any

import pytest
from pydantic import ValidationError

from checkers.options import CHECK_OPTIONS, refusals
from checkers.protocol import CheckStatus, Reason
from tests.unit.checkers.bench import judge

FIELDS = [
    {"name": "a", "type": "integer", "required": True, "unique": True, "minimum": 1},
    {"name": "b", "type": "string", "pattern": "[a-z]+", "enum": ["x", "yy"]},
    {"name": "c", "type": "date", "maximum": "2024-05-01"},
]
TABLE = {
    "check": "table",
    "fields": FIELDS,
    "primary_key": ["a", "b"],
    "min_rows": 2,
    "max_rows": 3,
}


def test_a_table_as_declared_passes() -> None:
    result = judge(TABLE, "a,b,c\n1,x,2024-01-01\n2,yy,\n")

    assert (result.status, result.score, result.summary) == (
        CheckStatus.PASS,
        100,
        "2 rows are as declared",
    )
    assert result.metrics == {"rows": 2, "faults": 0}


def test_every_broken_rule_is_told_with_row_column_expected_and_found() -> None:
    result = judge(TABLE, "a,b,c\n1,x,2024-01-01\n1,x,2024-06-01\n,Z,2024-01-01\n0,yy,\n")

    assert result.status is CheckStatus.FAIL
    assert result.summary == "9 faults in 4 rows"
    assert [finding.title for finding in result.findings] == [
        "expected at most 3 rows, found 4",
        "row 3, column 'a': expected a value that no row before has, found 1 again",
        "row 3, column 'c': expected at most 2024-05-01, found 2024-06-01",
        "row 3: expected a key ('a', 'b') that no row before has, found 1, 'x' again",
        "row 4, column 'a': expected a value, found nothing",
        "row 4, column 'b': expected one of 'x', 'yy', found 'Z'",
        "row 4, column 'b': expected text that matches '[a-z]+', found 'Z'",
        "row 4: expected a value in each of 'a', 'b', found nothing",
        "row 5, column 'a': expected at least 1, found 0",
    ]


def test_a_table_in_another_form_fails_with_the_place() -> None:
    result = judge(TABLE, "a,b,c\n1,x,01.02.2024\n")

    assert result.score == 0
    assert result.findings[0].title == (
        "row 2, column 'c': expected a date (YYYY-MM-DD), found '01.02.2024'"
    )


def test_many_faults_are_counted_and_the_first_twenty_shown() -> None:
    options = {"check": "table", "fields": [{"name": "a", "type": "number", "maximum": 1}]}
    result = judge(options, "a\n" + "2.5\n" * 1000)

    assert result.summary == "1000 faults in 1000 rows, the first 20 are shown"
    assert result.findings[19].title == "row 21, column 'a': expected at most 1, found 2.5"


def test_a_pattern_covers_the_whole_value_and_takes_linear_time() -> None:
    options = {"check": "table", "fields": [{"name": "a", "type": "string", "pattern": "(a+)+|b"}]}

    assert judge(options, "a\naaa\nb\n").score == 100
    assert judge(options, "a\nab\n").score == 0
    assert judge(options, f"a\n{'a' * 100_000}!\n").score == 0


def test_a_pattern_that_no_engine_reads_is_the_tasks_fault() -> None:
    for pattern in ("(", "(?:a{1000}){1000}{1000}"):
        options = {
            "check": "table",
            "fields": [{"name": "a", "type": "string", "pattern": pattern}],
        }
        result = judge(options, "a\nx\n")
        assert (result.status, result.reason) == (CheckStatus.ERROR, Reason.TASK_INVALID), pattern


def test_json_lines_and_a_missing_answer() -> None:
    options = {"check": "table", "target": "files/t.jsonl", "fields": FIELDS[:1]}

    assert judge(options, files={"t.jsonl": b'{"a": 7}\n'}).score == 100
    assert judge(options, files={"t.jsonl": b'{"a": 0}\n'}).findings[0].title.startswith("row 1,")
    assert judge(options).summary == "the answer holds no files/t.jsonl"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"primary_key": ["z"]}, "primary_key"), ({"primary_key": ["a", "a"]}, "primary_key"),
        ({"max_rows": 1}, "max_rows"), ({"fields": []}, "fields"), ({"fields": [FIELDS[0]] * 2, "primary_key": []}, "fields"),
        ({"dialect": {"delimiter": "§"}}, "dialect.delimiter"), ({"dialect": {"encoding": "utf-7"}}, "dialect.encoding"),
    ],
)  # fmt: skip
def test_a_bad_task_is_refused_by_field(change: Any, field: str) -> None:
    with pytest.raises(ValidationError) as caught:
        CHECK_OPTIONS.validate_python({**TABLE, **change})

    assert [path for path, _ in refusals(caught.value)] == [field]


@pytest.mark.parametrize(
    ("column", "field"),
    [
        ({"type": "integer", "minimum": "1"}, "minimum"), ({"type": "integer", "maximum": 1.5}, "maximum"),
        ({"type": "date", "minimum": 5}, "minimum"), ({"type": "date", "maximum": "2023-02-29"}, "maximum"),
        ({"type": "datetime", "minimum": "2023-02-28"}, "minimum"), ({"type": "string", "minimum": "a"}, "minimum"),
        ({"type": "string", "pattern": "(?=a)"}, "pattern"), ({"type": "string", "pattern": "(a)\\1"}, "pattern"),
        ({"type": "string", "pattern": "(?<!a)b"}, "pattern"), ({"type": "integer", "pattern": "1"}, "pattern"),
        ({"type": "boolean", "enum": [1]}, "enum"), ({"type": "integer", "enum": [True]}, "enum"),
        ({"type": "string", "enum": []}, "enum"), ({"type": "date", "enum": ["x"]}, "enum"), ({"type": "money"}, "type"),
    ],
)  # fmt: skip
def test_a_bad_column_is_refused_by_field(column: Any, field: str) -> None:
    with pytest.raises(ValidationError) as caught:
        CHECK_OPTIONS.validate_python({"check": "table", "fields": [{"name": "a", **column}]})

    assert [path.split("[")[0] for path, _ in refusals(caught.value)] == ["fields"]
    assert f".{field}" in refusals(caught.value)[0][0]


@pytest.mark.parametrize(
    ("kind", "rule", "good", "bad"),
    [
        ("number", {"enum": [1, 2.5]}, "2.5", "2"), ("boolean", {"enum": [True]}, "1", "0"),
        ("date", {"enum": ["2024-01-05"]}, "2024-01-05", "2024-01-06"), ("integer", {"enum": [5]}, "05", "6"),
        ("datetime", {"minimum": "2024-01-05T00:00:00"}, "2024-01-05 00:00:00", "2024-01-04T23:59:59"),
        ("time", {"maximum": "12:00:00"}, "12:00:00", "12:00:00.1"), ("number", {"minimum": 0}, "0", "-1e-300"),
    ],
)  # fmt: skip
def test_rules_compare_in_the_columns_type(kind: str, rule: Any, good: str, bad: str) -> None:
    options = {"check": "table", "fields": [{"name": "a", "type": kind, **rule}]}

    assert judge(options, f"a\n{good}\n").score == 100
    assert judge(options, f"a\n{bad}\n").score == 0
