"""Excel workbooks (.xlsx): one sheet, stored values only; formulas are never computed.

The reader gives an empty cell for an error value and for a formula without a stored result. So the
sheet's XML is walked first, by a parser that refuses document types.
"""

from __future__ import annotations

import datetime as dt
import io
import re
from typing import TYPE_CHECKING, Any, Final

import polars as pl
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, iterparse
from python_calamine import CalamineError, CalamineWorkbook

from checkers.archives import ArchiveError, open_archive
from checkers.tables.casting import DTYPES
from checkers.tables.delimited import check_names
from checkers.tables.form import TYPE_WORDS, TableError, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from checkers.archives import Archive
    from checkers.tables.form import Declared, Form

MAX_CELLS: Final = 2_000_000
"""Cells of the rectangle that a sheet spans, empty ones counted: the reader lays out them all."""

_EXACT: Final = 2**53  # above it, a double no longer holds every integer
_REFERENCE: Final = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")


def read_excel(data: bytes, form: Form, columns: Sequence[Declared]) -> pl.DataFrame:
    """Return the typed table; raises `TableError`.

    The header stands in row 1 from cell A1. Null words count for text cells; an empty cell is null.
    """
    try:
        _check_parts(open_archive(data))
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        if len(workbook.sheet_names) != 1:
            raise TableError(f"expected one sheet, found {len(workbook.sheet_names)}")
        rows = workbook.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except ArchiveError as error:
        raise TableError(str(error)) from None
    except (CalamineError, OSError) as error:
        raise TableError(f"is no Excel workbook that can be read ({_said(error)})") from None
    header, body = (rows[0], rows[1:]) if rows else ([], [])
    check_names([str(name) for name in header], [column.name for column in columns])
    for number, row in enumerate(body, 2):
        if all(value == "" for value in row):
            raise TableError("expected values, found an empty row", number)
    return pl.DataFrame([_series(body, i, column, form) for i, column in enumerate(columns)])


def _said(error: Exception) -> str:
    return shown(str(error).splitlines()[0] if str(error) else type(error).__name__)


def _check_parts(archive: Archive) -> None:
    sheets = [name for name in archive.names if name.startswith("xl/worksheets/")]
    for name in archive.names:
        if name.endswith((".xml", ".rels")):
            content = archive.read(name)
            if name in sheets:
                _check_sheet(content)
            else:
                _exhaust(content)


def _exhaust(content: bytes) -> None:
    for _ in _elements(content):
        pass


def _elements(content: bytes) -> Iterator[Any]:
    """Elements of an XML part as they end, each emptied afterwards; document types are refused."""
    try:
        for _, element in iterparse(io.BytesIO(content), forbid_dtd=True):
            yield element
            if not element.tag.endswith(("}c", "}f", "}v", "}is", "}t")):
                element.clear()
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise TableError(f"holds a part that is no plain XML ({type(error).__name__})") from None


def _check_sheet(content: bytes) -> None:
    """Refuse error values, formulas without a result, and sheets that span too much."""
    highest = widest = 0
    for element in _elements(content):
        if element.tag.rpartition("}")[2] != "c":
            continue
        row, column = _position(element.get("r"))
        highest, widest = max(highest, row), max(widest, column)
        if highest * widest > MAX_CELLS:
            raise TableError(f"spans more than {MAX_CELLS} cells", row)
        _check_cell(element, row, column)


def _position(reference: str | None) -> tuple[int, int]:
    if reference is None:
        raise TableError("has a cell that does not say where it stands")
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        raise TableError(f"has a cell at {shown(reference)}, which is no place in a sheet")
    column = 0
    for letter in found[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(found[2]), column


def _check_cell(element: Any, row: int, column: int) -> None:  # noqa: ANN401 - untyped library
    parts = {child.tag.rpartition("}")[2]: child for child in element}
    if element.get("t") == "e":
        text = parts["v"].text if "v" in parts else ""
        raise TableError(f"cell {column} holds the error {shown(text or '')}", row)
    if "f" in parts and ("v" not in parts or not parts["v"].text):
        raise TableError(f"cell {column} holds a formula without a stored result", row)


def _series(body: Sequence[Sequence[Any]], index: int, column: Declared, form: Form) -> pl.Series:
    values: list[Any] = []
    for number, row in enumerate(body, 2):
        value = row[index]
        if value == "" or (isinstance(value, str) and value in form.null_words):
            values.append(None)
            continue
        typed = _typed(value, column.type)
        if typed is None:
            said = f"expected {TYPE_WORDS[column.type]}, found {_named(value)}"
            raise TableError(said, number, column.name)
        values.append(typed)
    return pl.Series(column.name, values, DTYPES[column.type], strict=True)


def _typed(value: Any, kind: str) -> Any:  # noqa: ANN401 - one line for each type
    """Return the value in the column's type, or None where the cell is of another type."""
    if kind == "integer":
        whole = isinstance(value, float) and value.is_integer() and abs(value) < _EXACT
        return int(value) if whole else None
    if kind == "number":
        return value if isinstance(value, float) else None
    if kind == "date":
        return _date(value)
    if kind == "datetime":
        is_day = type(value) is dt.date
        midnight = dt.datetime.combine(value, dt.time()) if is_day else value
        return midnight if isinstance(midnight, dt.datetime) else None
    wanted = {"string": str, "boolean": bool, "time": dt.time}[kind]
    return value if type(value) is wanted else None


def _date(value: Any) -> dt.date | None:  # noqa: ANN401
    """A day; Excel stores it as a time stamp at midnight."""
    if isinstance(value, dt.datetime):
        return value.date() if value.time() == dt.time() else None
    return value if isinstance(value, dt.date) else None


def _named(value: object) -> str:
    if isinstance(value, str):
        return f"the text {shown(value)}"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"the number {value:g}"
    return f"the date or time {value}"
