"""CSV as RFC 4180 has it, under a declared delimiter and encoding: every value as its text.

polars does the splitting. What it would accept in silence (short rows, empty lines, quotes inside
of values, lone carriage returns, NUL) is looked for, and its rows are counted afterwards. Numbers
may come back as such at once where nothing about them is doubtful: casting takes as long again.
"""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, Final

import polars as pl
from polars.exceptions import ComputeError

from checkers.tables.counting import times
from checkers.tables.form import TableError, shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from checkers.tables.form import Form

_BOM: Final = b"\xef\xbb\xbf"
_UNUSED: Final = b"\x01"
_LONE_CR: Final = "holds a carriage return alone; lines end with \\n or \\r\\n"
MAX_HEADER: Final = 1_000_000
"""Bytes of a header that is looked at; far beyond the longest that can be declared."""

_TINY: Final = tuple(f"{last}{mark}-".encode() for mark in "eE" for last in ".0123456789")
_ZEROS: Final = b"0" * 300
"""Without an exponent, no shorter text of a number than 0.(323 zeros)1 becomes 0."""


def split(
    data: bytes, form: Form, names: Sequence[str], direct: Mapping[str, pl.DataType] | None = None
) -> pl.DataFrame:
    """Return the rows as text columns called `names`; raises `TableError`.

    The header must be `names`, byte for byte after its quotes are taken off. The columns that
    `direct` names (integers and numbers) may come back in that type, missing values as null; then
    all of their values are as `casting.cast` would have them.
    """
    plain = _as_utf8(data, form.encoding)
    if not plain:
        raise TableError(f"is empty; expected a header with {len(names)} columns")
    if b'"' in plain:
        return _split_quoted(plain, form.delimiter, names)
    return _split_plain(plain, form, names, direct or {})


def _as_utf8(data: bytes, encoding: str) -> bytes:
    if encoding == "utf-8" and data.startswith(_BOM):
        raise TableError("starts with a byte order mark; expected plain UTF-8", 1)
    if encoding == "utf-8-sig":
        data, encoding = data.removeprefix(_BOM), "utf-8"
    try:
        if encoding == "utf-8":
            plain = data if data.isascii() else _checked(data)
        else:
            plain = data.decode(encoding).encode()
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        raise TableError(f"byte {error.start + 1} of the file is not {encoding}", row) from None
    except UnicodeEncodeError as error:
        raise TableError(f"character {error.start + 1} is half a surrogate pair") from None
    nul = plain.find(b"\0")
    if nul >= 0:
        raise TableError("holds a NUL byte", plain.count(b"\n", 0, nul) + 1)
    return plain


def _checked(data: bytes) -> bytes:
    data.decode()
    return data


def _split_plain(
    data: bytes, form: Form, names: Sequence[str], direct: Mapping[str, pl.DataType]
) -> pl.DataFrame:
    """Split text without a single quote, where each line is a row."""
    delimiter = form.delimiter
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n")
        alone = data.find(b"\r")
        if alone >= 0:
            raise TableError(_LONE_CR, data.count(b"\n", 0, alone) + 1)
    check_header(data[:MAX_HEADER].split(b"\n", 1)[0].decode(errors="replace"), delimiter, names)
    if len(names) == 1:
        return _single(_plain_lines(data)[1:], delimiter, names[0])
    # polars refuses a row that is too long, so as many delimiters as asked means: none too short.
    frame = _parse_typed(data, form, names, direct) if direct else None
    if frame is None:
        frame = _parse(data, delimiter, names, None)
    if frame is None or times(data, delimiter) != (frame.height + 1) * (len(names) - 1):
        raise _ragged(_plain_lines(data), delimiter, len(names))
    return _counted(frame, times(data, "\n") + (not data.endswith(b"\n")))


def _plain_lines(data: bytes) -> list[str]:
    return data.decode().removesuffix("\n").split("\n")


def _parse_typed(
    data: bytes, form: Form, names: Sequence[str], direct: Mapping[str, pl.DataType]
) -> pl.DataFrame | None:
    """Return the columns of `direct` as numbers, the others as texts; None in any doubt.

    polars passes over blanks before a number, and takes an empty value for a missing one.
    """
    if form.decimal_mark != "." or "" not in form.null_words:
        return None
    if _has_blanks_before(data, form.delimiter.encode()):
        return None
    try:
        frame = pl.read_csv(
            data,
            separator=form.delimiter,
            quote_char=None,
            schema={name: direct.get(name, pl.String()) for name in names},
            null_values=[word for word in form.null_words if word] or None,
            empty_string_is_null=False,
            extra_columns="raise",
        )
    except ComputeError:
        return None
    numbers = [frame[name] for name, dtype in direct.items() if dtype.is_float()]
    if not all(values.is_finite().all() for values in numbers):
        return None
    zeros = any((values == 0).any() for values in numbers)
    return None if zeros and _may_vanish(data) else frame


def _has_blanks_before(data: bytes, delimiter: bytes) -> bool:
    """Does a value start with a blank."""
    return any(
        blank in data and (b"\n" + blank in data or delimiter + blank in data)
        for blank in (b" ", b"\t")
        if blank != delimiter
    )


def _may_vanish(data: bytes) -> bool:
    """May a zero in the table have been another number, too small for 64 bits."""
    if _ZEROS in data:
        return True
    whole = pl.Series([data], dtype=pl.Binary)  # whose search is quicker than that of bytes
    small = any(one in data and whole.bin.contains(one + b"-")[0] for one in (b"e", b"E"))
    return small and any(mark in data for mark in _TINY)


def _counted(frame: pl.DataFrame, lines: int) -> pl.DataFrame:
    if frame.height != lines - 1:
        raise RuntimeError("rows that fit were split in another way")
    return frame


def _single(values: Sequence[str], delimiter: str, name: str) -> pl.DataFrame:
    """Rows of a single column, where an empty line is an empty value."""
    column = pl.Series(name, values, pl.String)
    many = column.str.contains(delimiter, literal=True).arg_true()
    if len(many):
        raise _wrong_width(1, values[many[0]].count(delimiter) + 1, many[0] + 2)
    return column.to_frame()


def _ragged(lines: Sequence[str], delimiter: str, width: int) -> Exception:
    for number, line in enumerate(lines, start=1):
        found = line.count(delimiter) + 1
        if found != width:
            return _wrong_width(width, found if line else 0, number)
    return RuntimeError("rows that fit were refused")


def _wrong_width(width: int, found: int, row: int) -> TableError:
    said = f"found {found}" if found else "found an empty line"
    return TableError(f"expected {width} {'value' if width == 1 else 'values'}, {said}", row)


def _parse(
    data: bytes, delimiter: str, names: Sequence[str], quote: str | None
) -> pl.DataFrame | None:
    """Return all values as texts; None where a row is too long. Short rows pass."""
    try:
        return pl.read_csv(
            data,
            separator=delimiter,
            quote_char=quote,
            new_columns=list(names),
            infer_schema=False,
            empty_string_is_null=False,
            extra_columns="raise",
        )
    except ComputeError:
        return None


def check_header(line: str, delimiter: str, names: Sequence[str]) -> None:
    """Compare a header line with the declared names; raises `TableError` for row 1."""
    if len(line) >= MAX_HEADER:
        raise TableError(f"the header is longer than {MAX_HEADER} bytes", 1)
    csv.field_size_limit(MAX_HEADER)
    try:
        found = next(csv.reader([line], delimiter=delimiter, strict=True), []) or [""]
    except csv.Error as error:
        raise TableError(f"the header cannot be read: {error}", 1) from None
    check_names(found, names)


def check_names(found: Sequence[str], names: Sequence[str]) -> None:
    """Compare the names of columns, in order; raises `TableError` for row 1."""
    if list(found) == list(names):
        return
    seen: set[str] = set()
    for name in found:
        if name in seen:
            raise TableError(f"the header names the column {shown(name)} twice", 1)
        seen.add(name)
    for number, (mine, asked) in enumerate(zip(found, names, strict=False), start=1):
        if mine != asked:
            raise TableError(
                f"column {number} of the header is {shown(mine)}, expected {shown(asked)}", 1
            )
    raise TableError(f"the header has {len(found)} columns, expected {len(names)}", 1)


def _split_quoted(data: bytes, delimiter: str, names: Sequence[str]) -> pl.DataFrame:
    """Split text with quotes, in which a row may run over several lines."""
    records, as_they_were = _records(data)
    quoted = records.str.contains('"', literal=True)
    rows = quoted.arg_true()
    asked = records.filter(quoted)
    bad = asked.str.contains(_row_pattern(delimiter)).not_().arg_true()
    if len(bad):
        raise TableError(_quote_fault(asked[bad[0]]), rows[bad[0]] + 1)
    check_header(records[0][:MAX_HEADER], delimiter, names)
    counts = asked.str.replace_all(r'"[^"]*"', "").str.count_matches(delimiter, literal=True)
    ragged = (counts != len(names) - 1).arg_true()
    if len(ragged):
        raise _wrong_width(len(names), counts[ragged[0]] + 1, rows[ragged[0]] + 1)
    _check_plain(records.set(quoted, None), delimiter, len(names))
    if len(names) == 1:
        return _unquoted(records.slice(1)).rename(names[0]).to_frame()
    clean = data if as_they_were else "\n".join(records).encode()
    frame = _parse(clean, delimiter, names, '"')
    if frame is None:
        raise RuntimeError("rows that fit were refused")
    return _counted(frame, len(records))


def _check_plain(records: pl.Series, delimiter: str, width: int) -> None:
    """Refuse rows without quotes that are ragged or hold a carriage return; null is passed over."""
    returns = records.str.contains("\r", literal=True).fill_null(value=False).arg_true()
    if len(returns):
        raise TableError(_LONE_CR, returns[0] + 1)
    counts = records.str.count_matches(delimiter, literal=True)
    ragged = (counts != width - 1).fill_null(value=False).arg_true()
    if len(ragged):
        row = ragged[0]
        raise _wrong_width(width, counts[row] + 1 if records[row] else 0, row + 1)


def _records(data: bytes) -> tuple[pl.Series, bool]:
    """Lines, joined where a quote is still open at the line's end; line ends taken off.

    The second part tells whether no line ends with a carriage return.
    """
    by_newline = b"\r" not in data
    lines = _lines(data)
    still_open = lines.str.count_matches('"', literal=True).cum_sum() % 2
    if (still_open == 1).any():
        starts = still_open.shift(1, fill_value=0) == 0
        number = starts.cast(pl.UInt32).cum_sum().alias("number")
        grouped = pl.DataFrame([number, lines]).group_by("number", maintain_order=True)
        lines = grouped.agg(pl.col("line").str.join("\n"))["line"]
    return (lines if by_newline else lines.str.strip_suffix("\r")), by_newline


def _lines(data: bytes) -> pl.Series:
    if b"\r" in data or _UNUSED in data or b"\n\n" in data:
        return pl.Series("line", data.decode().removesuffix("\n").split("\n"), pl.String)
    frame = pl.read_csv(
        data,
        separator=_UNUSED.decode(),
        quote_char=None,
        has_header=False,
        new_columns=["line"],
        infer_schema=False,
        empty_string_is_null=False,
    )
    return frame["line"]


def _row_pattern(delimiter: str) -> str:
    """Return RFC 4180's row: fields of `"..."` with doubled quotes, or of neither quote nor end."""
    mark = re.escape(delimiter)
    inside = f'(?:"(?:[^"]|"")*"|[^"\\r\\n{mark}]*)'
    return f"\\A{inside}(?:{mark}{inside})*\\z"


def _quote_fault(record: str) -> str:
    if record.count('"') % 2:
        return "a quote is opened and never closed"
    if "\r" in re.sub(r'"[^"]*"', "", record):
        return _LONE_CR
    return "a quote stands inside a value; expected it around the whole value, and doubled inside"


def _unquoted(values: pl.Series) -> pl.Series:
    inner = values.str.slice(1, values.str.len_chars() - 2).str.replace_all('""', '"', literal=True)
    return inner.zip_with(values.str.starts_with('"'), values)
