"""JSON Lines: one flat object in each line, with exactly the declared names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import polars as pl

from checkers.strict_json import StrictJsonError, loads
from checkers.tables.casting import DTYPES, cast
from checkers.tables.form import TYPE_WORDS, Form, TableError, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checkers.tables.form import Declared

_BATCH: Final = 5000
"""Lines that are read at a time: fewer calls of the reader, and little memory."""

_AS_TEXT: Final = frozenset({"string", "date", "datetime", "time"})
_PYTHON: Final[dict[str, frozenset[type]]] = {
    **dict.fromkeys(_AS_TEXT, frozenset({str, type(None)})),
    "integer": frozenset({int, type(None)}),
    "number": frozenset({int, float, type(None)}),
    "boolean": frozenset({bool, type(None)}),
}
_MAX_INTEGER: Final = 2**63 - 1


def read_json_lines(data: bytes, columns: Sequence[Declared]) -> pl.DataFrame:
    """Return the typed table; raises `TableError`. A missing value is written as `null`.

    Row numbers are numbers of lines.
    """
    lines = data.removesuffix(b"\n").split(b"\n") if data else []
    frames = [
        _batch(lines[start : start + _BATCH], start, columns)
        for start in range(0, len(lines), _BATCH)
    ]
    texts = pl.concat(frames) if frames else pl.DataFrame(schema=_raw_schema(columns))
    written = [column for column in columns if column.type in _AS_TEXT]
    typed = cast(texts, Form(null_words=()), written, first_row=1)
    return texts.select(
        typed[column.name] if column.type in _AS_TEXT else texts[column.name] for column in columns
    )


def _raw_schema(columns: Sequence[Declared]) -> dict[str, pl.DataType]:
    return {
        column.name: pl.String() if column.type in _AS_TEXT else DTYPES[column.type]
        for column in columns
    }


def _batch(lines: list[bytes], start: int, columns: Sequence[Declared]) -> pl.DataFrame:
    rows = _rows(lines, start)
    names = {column.name for column in columns}
    for number, row in enumerate(rows, start + 1):
        if row.keys() != names:
            raise _wrong_names(row, names, number)
    series = [_series([row[column.name] for row in rows], column, start) for column in columns]
    return pl.DataFrame(series)


def _rows(lines: list[bytes], start: int) -> list[dict[str, Any]]:
    """Read many lines as one array: a line cannot reach into the next.

    Each starts as an object and ends as one, and a line end is no part of a JSON string, so a
    different split would need an array or object inside a row, and these are refused.
    """
    whole = all(line.lstrip()[:1] == b"{" and line.rstrip()[-1:] == b"}" for line in lines)
    if whole:
        try:
            rows = loads(b"[" + b",\n".join(lines) + b"]", max_depth=2)
        except StrictJsonError:
            rows = []
        if len(rows) == len(lines):
            return list(rows)
    return [_row(line, start + number) for number, line in enumerate(lines, 1)]


def _row(line: bytes, number: int) -> dict[str, Any]:
    if not line.strip():
        raise TableError("expected a JSON object, found an empty line", number)
    try:
        row = loads(line)
    except StrictJsonError as error:
        raise TableError(str(error), number) from None
    if not isinstance(row, dict):
        raise TableError("expected a JSON object, found another value", number)
    for name, value in row.items():
        if isinstance(value, dict | list):
            raise TableError("expected one value, found a list or an object", number, name)
    return row


def _wrong_names(row: dict[str, Any], names: set[str], number: int) -> TableError:
    missing = sorted(names - row.keys())
    if missing:
        said = f"has no {shown(missing[0])}; write null for a value that is missing"
        return TableError(said, number)
    more = sorted(row.keys() - names)
    return TableError(f"has {shown(more[0])}, which is not among the declared columns", number)


def _series(values: list[Any], column: Declared, start: int) -> pl.Series:
    allowed = _PYTHON[column.type]
    if not set(map(type, values)) <= allowed:
        index = next(i for i, value in enumerate(values) if type(value) not in allowed)
        said = f"expected {TYPE_WORDS[column.type]}, found {_named(values[index])}"
        raise TableError(said, start + index + 1, column.name)
    if column.type in ("integer", "number"):
        values = [_sized(value, column, start + i) for i, value in enumerate(values, 1)]
    dtype = pl.String() if column.type in _AS_TEXT else DTYPES[column.type]
    return pl.Series(column.name, values, dtype, strict=True)


def _sized(value: float | None, column: Declared, row: int) -> float | None:
    if not isinstance(value, int):
        return value
    if column.type == "integer":
        if -_MAX_INTEGER - 1 <= value <= _MAX_INTEGER:
            return value
        said = f"expected {TYPE_WORDS['integer']}, found {shown(value)}"
        raise TableError(said, row, column.name)
    try:
        return float(value)
    except OverflowError:
        raise TableError("is too large for a 64-bit number", row, column.name) from None


def _named(value: object) -> str:
    if isinstance(value, str):
        return f"the text {shown(value)}"
    if isinstance(value, bool):
        return "true" if value else "false"
    return "null" if value is None else f"the number {shown(value)}"
