from __future__ import annotations

# ruff: noqa: E501, DTZ001, RUF001 - tables of inputs on one line each; times as they are written
import csv
import datetime as dt
import io
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkers.tables import counting
from checkers.tables.casting import cast
from checkers.tables.delimited import split
from checkers.tables.reading import Declared, Form, Kind, TableError, kind_of, read

AB = (Declared("a", "string"), Declared("b", "string"))


def rows(data: bytes, columns: Any = AB, **dialect: Any) -> list[tuple[Any, ...]]:
    return read(data, Kind.CSV, Form(**dialect), columns).rows()


def one(kind: str, value: str, **dialect: Any) -> Any:
    """The value of the only cell beside a text column."""
    mark = dialect.setdefault("delimiter", ";")
    found = rows(f"a{mark}b\nx{mark}{value}\n".encode(), (AB[0], Declared("b", kind)), **dialect)
    return found[0][1]


@pytest.mark.parametrize(
    ("data", "row", "said"),
    [
        (b"a,b\n1,2\n3\n4,5,6\n", 3, "expected 2 values, found 1"),
        (b"a,b\n1,2\n4,5,6\n", 3, "expected 2 values, found 3"),
        (b"a,b\n1\n4,5,6\n", 2, "expected 2 values, found 1"),
        (b"a,b\n1,2\n\n3,4\n", 3, "found an empty line"),
        (b"a,b\n1,2\n\n", 3, "found an empty line"),
        (b'a,b\n1,"x\n3,4\n', 2, "never closed"),
        (b'a,b\n1,"x\n3,4\n5,"y"\n', 2, "a quote"),
        (b'a,b\n1,x"y"\n', 2, "inside a value"),
        (b'a,b\n"1"x,2\n', 2, "inside a value"),
        (b'a,b\n"1" ,2\n', 2, "inside a value"),
        (b'a,b\n"1",2\n3\n', 3, "found 1"),
        (b'a,b\n"1",2,3\n', 2, "found 3"),
        (b'a,b\n"1",2\n\n', 3, "empty line"),
        (b'a,b\n"1",2\r3\n', 2, "carriage return"),
        (b'a,b\n"1",2\n3,4\r5\n', 3, "carriage return"),
        (b"a,b\n1,2\r3,4\n", 2, "carriage return"),
        (b"a,b\n1,\0\n", 2, "NUL"),
        (b"a,b\n1,2\n3,\xff\n", 3, "not utf-8"),
        (b"\xef\xbb\xbfa,b\n1,2\n", 1, "byte order mark"),
        (b"a,a\n1,2\n", 1, "names the column 'a' twice"),
        (b"a,a,b\n1,2,3\n", 1, "names the column 'a' twice"),
        (b"b,a\n1,2\n", 1, "column 1 of the header is 'b', expected 'a'"),
        (b"a, b\n1,2\n", 1, "column 2 of the header is ' b', expected 'b'"),
        (b"a\n1\n", 1, "the header has 1 columns, expected 2"),
        (b"a,b,c\n1,2,3\n", 1, "the header has 3 columns, expected 2"),
        (b"a;b\n1,5;2,25\n", 1, "column 1 of the header is 'a;b'"),
        (b"A,b\n1,2\n", 1, "is 'A'"),
        (b"", None, "is empty"),
        (b"\n", 1, "column 1 of the header is ''"),
        ("a,b\n1,2\n".encode("utf-16"), None, "utf-8"),
        (b",".join(b"c%d" % i for i in range(200_000)) + b"\n", 1, "the header is longer"),
    ],
)  # fmt: skip
def test_a_broken_table_is_refused_with_its_row(data: bytes, row: Any, said: str) -> None:
    with pytest.raises(TableError) as caught:
        rows(data)

    assert said in caught.value.message
    assert caught.value.row == row or row is None


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"a,b\n1,\n,4\n,\n", [("1", ""), ("", "4"), ("", "")]),
        (b"a,b", []),
        (b"a,b\n", []),
        (b'"a","b"\n1,2', [("1", "2")]),
        (b'a,b\n1,"x\ny"\n2,"""q"""\n', [("1", "x\ny"), ("2", '"q"')]),
        (b'a,b\r\n1,"x\r\ny"\r\n2,z', [("1", "x\r\ny"), ("2", "z")]),
        (b"a,b\r\n1,2\r\n", [("1", "2")]),
        (b'a,b\n"1,2","\n\n"\n', [("1,2", "\n\n")]),
        (b"a,b\n 1 ,\t2\n", [(" 1 ", "\t2")]),
        (b"a,b\n00501,null\n", [("00501", "null")]),
        (b"a,b\n1,#x\n#2,3\n", [("1", "#x"), ("#2", "3")]),
        (b"a,b\n\x01,\xef\xbb\xbf\n", [("\x01", "\ufeff")]),
    ],
)  # fmt: skip
def test_text_is_kept_as_it_is_written(data: bytes, found: Any) -> None:
    assert rows(data, null_words=()) == found


ALPHABET = "ab1 ,;\"\n'\\#é\u2028\x01\x1f"


def tuples_of(alphabet: str) -> Any:
    return st.lists(st.tuples(*[st.text(st.sampled_from(alphabet), max_size=6)] * 3), max_size=12)


@given(
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]).flatmap(
        # The writer leaves a lone carriage return without quotes where it may.
        lambda quoting: st.tuples(
            st.just(quoting), tuples_of(f"{ALPHABET}\r" if quoting == csv.QUOTE_ALL else ALPHABET)
        )
    ),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([",", ";", "\t", "|"]),
)
def test_what_a_writer_wrote_is_read_back(written: Any, end: str, mark: str) -> None:
    quoting, found = written
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, quoting=quoting, lineterminator=end, delimiter=mark)
    writer.writerows([("a", "b", "c"), *found])
    columns = (*AB, Declared("c", "string"))

    assert rows(buffer.getvalue().encode(), columns, null_words=(), delimiter=mark) == found


@given(st.binary(max_size=40), st.booleans())
def test_any_bytes_are_read_as_csv_reads_them_or_refused(data: bytes, narrow: bool) -> None:
    columns = AB[:1] if narrow else AB
    data = (b"a\n" if narrow else b"a,b\n") + data
    try:
        found = rows(data, columns, null_words=())
    except TableError:
        return
    strict = list(csv.reader(io.StringIO(data.decode(), newline=""), strict=True))
    assert found == [tuple(row) if row else ("",) for row in strict[1:]]


def test_a_single_column_keeps_its_empty_lines() -> None:
    column = (Declared("a", "string"),)

    assert rows(b"a\n1\n\n2\n", column, null_words=()) == [("1",), ("",), ("2",)]
    assert rows(b'a\n"1"\n\n"",\n'.replace(b",", b""), column, null_words=()) == [
        ("1",),
        ("",),
        ("",),
    ]
    with pytest.raises(TableError, match="row 3: expected 1 value, found 2"):
        rows(b"a\n1\n2,3\n", column)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("string", "00501", "00501"),
        ("integer", "00501", 501), ("integer", "-7", -7), ("integer", "+7", 7),
        ("integer", "9223372036854775807", 2**63 - 1), ("integer", "-9223372036854775808", -(2**63)),
        ("number", "0.1", 0.1), ("number", "-.5e-3", -0.0005), ("number", "5.", 5.0), ("number", "0e-999", 0.0),
        ("number", "9007199254740993", 9007199254740992.0),
        ("boolean", "true", True), ("boolean", "0", False), ("boolean", "FALSE", False),
        ("date", "2024-02-29", dt.date(2024, 2, 29)),
        ("datetime", "2024-02-29T23:59:59", dt.datetime(2024, 2, 29, 23, 59, 59)),
        ("datetime", "2024-02-29 23:59:59.5", dt.datetime(2024, 2, 29, 23, 59, 59, 500_000)),
        ("datetime", "2024-01-01T00:30:00.000001Z", dt.datetime(2024, 1, 1, 0, 30, 0, 1)),
        ("datetime", "2024-01-01T00:30:00+01:30", dt.datetime(2023, 12, 31, 23, 0)),
        ("datetime", "2024-01-01T00:30:00-00:45", dt.datetime(2024, 1, 1, 1, 15)),
        ("time", "23:59:59", dt.time(23, 59, 59)), ("time", "00:00:00.25", dt.time(0, 0, 0, 250_000)),
        ("integer", "", None), ("string", "", None), ("date", "", None), ("boolean", "", None), ("number", "", None),
    ],
)  # fmt: skip
def test_values_are_read_under_the_declared_type(kind: str, text: str, value: Any) -> None:
    assert one(kind, text) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("integer", "9223372036854775808"), ("integer", "-9223372036854775809"), ("integer", "9" * 400),
        *[("integer", text) for text in ("5.0", "1e3", " 5", "5 ", "0x5", "1_000", "1,000", "٥", "-", "x", "null", "−5", "NaN")],
        *[("number", text) for text in ("NaN", "nan", "inf", "-Infinity", "1e400", "1e-400", "1,5", "1_0", "0x1p3", " 1", "1 ", "٥", ".", "1e", "5%", "$5", "null")],
        *[("boolean", text) for text in ("yes", "tRUE", "2", " true", "t")],
        *[("date", text) for text in ("2023-02-29", "2024-1-05", "05.01.2024", "2024-13-01", "20240105", "2024-01-05T00:00:00", "٢٠٢٤-01-05", "2024-01-05 ")],
        *[("datetime", text) for text in ("2024-01-05", "2024-01-05T24:00:00", "2024-01-05T10:00", "2024-01-05T10:00:60", "2024-02-30T10:00:00", "2024-01-05T10:00:00+25:00", "2024-01-05T10:00:00.1234567", "2024-01-05T10:00:00 Z")],
        *[("time", text) for text in ("24:00:00", "10:00", "10:00:00Z", "1:00:00")],
    ],
)  # fmt: skip
def test_values_of_another_type_are_refused_with_row_and_column(kind: str, text: str) -> None:
    with pytest.raises(TableError) as caught:
        one(kind, text)

    assert (caught.value.row, caught.value.column) == (2, "b")
    assert "row 2, column 'b': " in str(caught.value)


def test_the_decimal_mark_is_the_declared_one() -> None:
    comma = {"decimal_mark": ",", "delimiter": ";"}

    assert one("number", "1,5", **comma) == 1.5
    for text in ("1.5", "1.000,5", "1,5,0"):
        with pytest.raises(TableError, match="finite number"):
            one("number", text, **comma)


def test_null_words_are_the_declared_ones_only() -> None:
    data = b"a,b\nx,NA\nnull,3487.79\nNA,\n"
    columns = (AB[0], Declared("b", "number"))

    assert rows(data, columns, null_words=("NA", "")) == [
        ("x", None), ("null", 3487.79), (None, None),
    ]  # fmt: skip
    with pytest.raises(
        TableError, match=r"row 2, column 'b': expected a finite number, found 'NA'"
    ):
        rows(data, columns)


def test_a_text_after_thousands_of_integers_is_found_in_its_row() -> None:
    data = b"a,b\n" + b"x,1\n" * 30_000 + b"x,one\n" + b"x,2\n"

    with pytest.raises(TableError, match=r"row 30002, column 'b': .*found 'one'"):
        rows(data, (AB[0], Declared("b", "integer")))


def test_the_first_wrong_value_in_reading_order_is_named() -> None:
    columns = (Declared("a", "integer"), Declared("b", "integer"))

    with pytest.raises(TableError, match="row 3, column 'b'"):
        rows(b"a,b\n1,2\n3,x\ny,4\n", columns)


def test_time_stamps_with_and_without_offset_do_not_mix() -> None:
    columns = (AB[0], Declared("b", "datetime"))

    with pytest.raises(TableError, match=r"row 3, column 'b'.*without an offset"):
        rows(b"a,b\nx,2024-01-01T00:00:00\nx,2024-01-01T00:00:00Z\n", columns)


def test_encodings_are_the_declared_ones() -> None:
    assert rows("a,b\né,€\n".encode("cp1252"), encoding="windows-1252") == [("é", "€")]
    assert rows("a,b\né,x\n".encode("latin-1"), encoding="latin-1") == [("é", "x")]
    assert rows("a,b\né,€\n".encode("utf-16"), encoding="utf-16") == [("é", "€")]
    assert rows("a,b\né,€\n".encode("utf-8-sig"), encoding="utf-8-sig") == [("é", "€")]
    with pytest.raises(TableError, match="row 2: byte 5 of the file is not windows-1252"):
        rows(b"a,b\n\x81,x\n", encoding="windows-1252")
    with pytest.raises(TableError, match="utf-16"):
        rows("a,b\né,€\n".encode("utf-16")[:-1], encoding="utf-16")


def test_messages_escape_what_a_reader_cannot_see() -> None:
    with pytest.raises(TableError) as caught:
        one("integer", "\u202e5" + "x" * 1000)

    assert "\u202e" not in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("a.csv", b"a,b\n", Kind.CSV), ("", b"a,b\n", Kind.CSV), ("", b' {"a": 1}', Kind.JSON_LINES),
        ("a.ndjson", b"", Kind.JSON_LINES), ("", b"PAR1", Kind.PARQUET), ("x.XLSX", b"PK\x03\x04", Kind.EXCEL),
    ],
)  # fmt: skip
def test_the_kind_follows_suffix_and_content(name: str, data: bytes, kind: Kind) -> None:
    assert kind_of(name, data) is kind


@pytest.mark.parametrize(
    ("name", "data"),
    [("a.csv", b"PK\x03\x04"), ("a.parquet", b"a,b\n"), ("a.xlsx", b"PAR1"), ("a.exe", b"a"), ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")],
)  # fmt: skip
def test_a_name_that_the_content_contradicts_is_refused(name: str, data: bytes) -> None:
    with pytest.raises(TableError, match="is called"):
        kind_of(name, data)


def test_numbers_are_the_nearest_doubles() -> None:
    for text in ("0.1", "2.2250738585072014e-308", "1.7976931348623157e308", "123456789.123456789"):
        assert math.isclose(one("number", text), float(text), rel_tol=0)


NUMBERS = st.text("0123456789+-.eE \tnaif", max_size=7) | st.sampled_from(
    ["1e-400", "-1E-400", "0." + "0" * 330 + "1", "1e400", "9223372036854775808", "NA", "007", "+5"]
)


@given(
    st.lists(st.tuples(NUMBERS, NUMBERS), max_size=4),
    st.sampled_from([("",), ("", "NA"), ("NA",), ("", "0", " 5")]),
    st.sampled_from([".", ","]),
)
def test_numbers_read_at_once_are_those_read_from_their_texts(
    cells: list[tuple[str, str]], words: tuple[str, ...], mark: str
) -> None:
    columns = (AB[0], Declared("b", "integer"), Declared("c", "number"))
    data = "a;b;c\n" + "".join(f"x;{whole};{number}\n" for whole, number in cells)
    form = Form(delimiter=";", decimal_mark=mark, null_words=words)

    def by_texts() -> Any:
        return cast(split(data.encode(), form, ["a", "b", "c"]), form, columns)

    def at_once() -> Any:
        return read(data.encode(), Kind.CSV, form, columns)

    def told(way: Any) -> Any:
        try:
            return [repr(row) for row in way().rows()]
        except TableError as error:
            return str(error)

    assert told(at_once) == told(by_texts)


@given(
    st.lists(st.sampled_from(["x", "yy,", ",", "\n", "\n\n", '"', "#", " ", "\x01", "é"])),
    st.sampled_from([",", "\n", "x", "#", " ", ";"]),
    st.sampled_from(["", "a", "\ufeff"]),
)
def test_marks_are_counted_as_python_counts_them(parts: list[str], mark: str, start: str) -> None:
    once = (start + "".join(parts) + "a,\n").encode()
    data = once * (1 + counting.LARGE // len(once)) + "".join(parts).encode()
    assert counting.times(data, mark) == data.count(mark.encode())
    assert counting.times(once, mark) == once.count(mark.encode())


def test_the_usual_words_for_truth_are_read_as_all_words_are() -> None:
    assert [one("boolean", word) for word in ("true", "false", "TRUE", "0")] == [
        True, False, True, False,
    ]  # fmt: skip
    columns = (AB[0], Declared("b", "boolean"))
    assert rows(b"a,b\nx,true\ny,\nz,false\n", columns) == [("x", True), ("y", None), ("z", False)]
    with pytest.raises(TableError, match="row 3, column 'b'"):
        rows(b"a,b\nx,true\ny,maybe\n", columns)


def test_an_empty_line_is_found_wherever_the_reader_cuts_the_file() -> None:
    lines = ["1;x"] * 30_000
    for place in range(0, 30_000, 2_999):
        data = "\n".join(["a;b", *lines[:place], "", *lines[place:]]).encode()
        with pytest.raises(TableError, match=f"row {place + 2}: .*empty line"):
            rows(data, (Declared("a", "integer"), AB[1]), delimiter=";")


def test_dates_that_repeat_are_read_as_those_that_do_not() -> None:
    texts = ["2024-02-29", "", "2023-12-01"] * 10
    columns = (AB[0], Declared("b", "date"))
    found = rows(("a,b\n" + "".join(f"x,{text}\n" for text in texts)).encode(), columns)
    assert [day for _, day in found] == [dt.date(2024, 2, 29), None, dt.date(2023, 12, 1)] * 10
    with pytest.raises(TableError, match="row 32, column 'b': expected a date"):
        rows(
            ("a,b\n" + "".join(f"x,{text}\n" for text in [*texts, "2023-02-29"])).encode(), columns
        )
