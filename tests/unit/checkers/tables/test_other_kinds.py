from __future__ import annotations

# ruff: noqa: E501, DTZ001 - tables of inputs on one line each; times as they are written
import datetime as dt
import io
import json
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkers.tables.reading import Declared, Form, Kind, TableError, read
from tests.unit.checkers.tables.sheets import number, row, text, workbook

IDS = (Declared("id", "integer"), Declared("name", "string"))


def lines(data: bytes, columns: Any = IDS) -> list[tuple[Any, ...]]:
    return read(data, Kind.JSON_LINES, Form(), columns).rows()


def test_json_lines_are_read_by_name_with_all_their_digits() -> None:
    data = b'{"id": 9223372036854775807, "name": "00501"}\n{"name": null, "id": -1}\n'

    assert lines(data) == [(2**63 - 1, "00501"), (-1, None)]
    assert lines(b"") == []
    assert lines(data.replace(b"\n", b"\r\n")) == lines(data)


def test_json_values_become_days_and_numbers() -> None:
    columns = (Declared("d", "date"), Declared("x", "number"), Declared("b", "boolean"))

    assert lines(b'{"d": "2024-02-29", "x": 3, "b": true}', columns) == [
        (dt.date(2024, 2, 29), 3.0, True)
    ]
    with pytest.raises(TableError, match="row 1, column 'd'"):
        lines(b'{"d": "2024-02-30", "x": 3, "b": true}', columns)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"id": 1}', "has no 'name'"), ('{"id": 1, "name": "x", "z": 1}', "has 'z'"),
        ('{"id": 1, "id": 2, "name": "x"}', "twice"), ('{"id": NaN, "name": "x"}', "NaN"),
        ('{"id": 9223372036854775808, "name": "x"}', "64 bits"), ('{"id": 1.0, "name": "x"}', "whole number"),
        ('{"id": true, "name": "x"}', "found true"), ('{"id": "1", "name": "x"}', "the text '1'"),
        ('{"id": 1, "name": 5}', "the number 5"), ('{"id": 1, "name": ["x"]}', "a list"),
        ("", "empty line"), ("[1]", "another value"), ("{", "is not JSON"), ('{"id": 1, "name": "x"} x', "is not JSON"),
        ('{"id": 1, "name": "x"},{"id": 1, "name": "y"}', "is not JSON"), ('{"id": 1, "name": "\\ud800"}', "surrogate"),
    ],
)  # fmt: skip
def test_a_broken_json_line_is_refused_with_its_row(line: str, said: str) -> None:
    good = '{"id": 1, "name": "x"}\n'
    with pytest.raises(TableError) as caught:
        lines((good * 3 + line + "\n" + good).encode())

    assert said in str(caught.value)
    assert caught.value.row == 4


def test_rows_are_counted_across_batches() -> None:
    data = b'{"id": 1, "name": "x"}\n' * 12_000 + b'{"id": 1, "name": 2}\n'
    with pytest.raises(TableError, match="row 12001, column 'name'"):
        lines(data)


@given(
    st.lists(
        st.sampled_from(
            [
                '{"id":1',
                ',"name":"x"}',
                '{"id":1,"name":"}',
                '{"}',
                '"',
                ",",
                "}",
                '{"id":1,"name":"x"}',
                "[",
                "]",
            ]
        ),
        max_size=6,
    )
)
def test_no_line_reaches_into_the_next(parts: list[str]) -> None:
    """The batch reader agrees with one line at a time."""
    try:
        each = [json.loads(part) for part in parts]
        whole = all(isinstance(value, dict) and value.keys() == {"id", "name"} for value in each)
    except ValueError:
        whole = False
    try:
        assert len(lines("\n".join(parts).encode())) == len(parts)
        assert whole or not parts
    except TableError:
        assert not whole


def parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def test_parquet_types_must_be_the_declared_ones() -> None:
    frame = pl.DataFrame({"name": ["00501", None], "id": pl.Series([1, 2], dtype=pl.UInt8)})

    assert read(parquet(frame), Kind.PARQUET, Form(), IDS).rows() == [(1, "00501"), (2, None)]
    for bad in (
        pl.DataFrame({"id": [1.0], "name": ["x"]}), pl.DataFrame({"id": [1], "name": [b"x"]}),
        pl.DataFrame({"id": [1]}), pl.DataFrame({"id": [1], "name": ["x"], "z": [1]}),
        pl.DataFrame({"id": [[1]], "name": ["x"]}),
    ):  # fmt: skip
        with pytest.raises(TableError):
            read(parquet(bad), Kind.PARQUET, Form(), IDS)


@pytest.mark.parametrize(
    ("kind", "series", "said"),
    [
        ("integer", pl.Series([1, 2**64 - 1], dtype=pl.UInt64), "row 2, column 'v': expected a whole number"),
        ("number", pl.Series([1.0, float("nan")]), "row 2, column 'v': expected a finite"),
        ("number", pl.Series([1.0, float("-inf")]), "row 2"),
        ("number", pl.Series([1, 2**53 + 1]), "row 2, column 'v': has more digits"),
        ("datetime", pl.Series([1, 1001]).cast(pl.Datetime("ns")), "finer than a microsecond"),
    ],
)  # fmt: skip
def test_a_parquet_value_that_would_be_misread_is_refused(
    kind: str, series: pl.Series, said: str
) -> None:
    with pytest.raises(TableError, match=said):
        read(parquet(pl.DataFrame({"v": series})), Kind.PARQUET, Form(), (Declared("v", kind),))


def test_parquet_time_stamps_are_turned_into_utc() -> None:
    stamp = pl.Series([dt.datetime(2024, 1, 1)]).dt.replace_time_zone("Europe/Berlin")
    found = read(
        parquet(pl.DataFrame({"v": stamp})), Kind.PARQUET, Form(), (Declared("v", "datetime"),)
    )

    assert found.rows() == [(dt.datetime(2023, 12, 31, 23),)]


def test_broken_and_bloated_parquet_is_refused() -> None:
    whole = parquet(pl.DataFrame({"id": [1], "name": ["x"]}))
    bomb = parquet(pl.DataFrame({"v": pl.repeat(1, 60_000_000, dtype=pl.Int64, eager=True)}))
    assert len(bomb) < 1_000_000

    for data in (
        b"",
        b"PAR1",
        whole[:-1],
        whole[:20] + whole[-8:],
        b"PAR1" + b"\xff" * 40 + b"PAR1",
    ):
        with pytest.raises(TableError):
            read(data, Kind.PARQUET, Form(), IDS)
    with pytest.raises(TableError, match="holds more than"):
        read(bomb, Kind.PARQUET, Form(), (Declared("v", "integer"),))


def sheet(rows: str, columns: Any = IDS, **more: Any) -> list[tuple[Any, ...]]:
    return read(workbook(rows, **more), Kind.EXCEL, Form(null_words=("", "NA")), columns).rows()


HEADER = row(text("A1", "id"), text("B1", "name"))


def test_excel_cells_keep_their_types() -> None:
    columns = (
        Declared("i", "integer"), Declared("n", "number"), Declared("s", "string"), Declared("b", "boolean"),
        Declared("d", "date"), Declared("t", "datetime"), Declared("c", "time"),
    )  # fmt: skip
    header = row(
        *(
            text(f"{letter}1", column.name)
            for letter, column in zip("ABCDEFG", columns, strict=True)
        )
    )
    values = row(
        number("A2", "5"), number("B2", "2.5"), text("C2", "00501"), '<c r="D2" t="b"><v>1</v></c>',
        number("E2", "45000", 1), number("F2", "45000.5", 2), number("G2", "0.25", 3),
    )  # fmt: skip

    assert sheet(header + values + row(text("C3", "NA"), number("A3", "-1")), columns) == [
        (5, 2.5, "00501", True, dt.date(2023, 3, 15), dt.datetime(2023, 3, 15, 12), dt.time(6)),
        (-1, None, None, None, None, None, None),
    ]


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (row(number("A2", "501"), number("B2", "501")), "row 2, column 'name': expected text, found the number 501"),
        (row(text("A2", "5"), text("B2", "x")), "row 2, column 'id': expected a whole number .* found the text '5'"),
        (row(number("A2", "5.5"), text("B2", "x")), "row 2, column 'id'"),
        (row(number("A2", "9007199254740993"), text("B2", "x")), "row 2, column 'id'"),
        (row(number("A2", "45000", 1), text("B2", "x")), "found the date or time 2023-03-15"),
        (row('<c r="A2" t="e"><v>#DIV/0!</v></c>', text("B2", "x")), "row 2: cell 1 holds the error '#DIV/0!'"),
        (row('<c r="A2"><f>1+1</f></c>', text("B2", "x")), "row 2: cell 1 holds a formula without a stored result"),
        (row(number("A2", "1"), text("B2", "x"), text("C2", "z")), "the header has 3 columns|column 3|names the column"),
        (row(number("A3", "1"), text("B3", "x")), "row 2: expected values, found an empty row"),
        (row(number("XFD1048576", "1")), "spans more than"),
        (row("<c><v>1</v></c>"), "does not say where"),
    ],
)  # fmt: skip
def test_excel_cells_that_would_be_misread_are_refused(cells: str, said: str) -> None:
    with pytest.raises(TableError, match=said):
        sheet(HEADER + cells)


def test_a_formula_counts_by_its_stored_result() -> None:
    assert sheet(HEADER + row('<c r="A2"><f>1+1</f><v>2</v></c>', text("B2", "x"))) == [(2, "x")]


def test_a_workbook_that_is_a_trap_is_refused() -> None:
    good = HEADER + row(number("A2", "1"), text("B2", "x"))
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'

    assert sheet(good) == [(1, "x")]
    with pytest.raises(TableError, match="no plain XML"):
        sheet(good, doctype=bomb)
    with pytest.raises(TableError, match="no plain XML"):
        sheet(good, more={"xl/sharedStrings.xml": f"{bomb}<sst>&b;</sst>"})
    with pytest.raises(TableError, match="leads out of its folder"):
        sheet(good, more={"../evil.xml": "<a/>"})
    with pytest.raises(TableError, match="200 times its size"):
        sheet(good, more={"xl/media.bin": b"\0" * 50_000_000})
    for data in (b"", b"PK\x03\x04", workbook(good)[:-30], workbook(good)[:200]):
        with pytest.raises(TableError, match="zip archive"):
            read(data, Kind.EXCEL, Form(), IDS)
