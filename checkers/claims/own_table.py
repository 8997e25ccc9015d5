"""The second engine's own reading of a CSV file, with nothing but the standard library.

It is there to disagree: whatever the first engine's reader makes of a byte is compared, claim for
claim, with what these few lines make of it.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

MAX_FIELD: Final = 1_000_000
_INTEGER: Final = re.compile(r"[+-]?\d+", re.ASCII)
_NUMBER: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)


class ReadingError(ValueError):
    """The file is not what its declaration says; the message names row and column."""


def read_csv(
    data: bytes,
    dialect: Mapping[str, Any],
    columns: Sequence[tuple[str, str]],
    names: Collection[str],
) -> dict[str, list[Any]]:
    """Read the columns called `names`, missing values as None. Raises `ReadingError`.

    `columns` are the names and types of all, in their order.
    """
    csv.field_size_limit(MAX_FIELD)
    try:
        text = data.decode(dialect["encoding"]).removeprefix("\ufeff")
    except UnicodeError:
        raise ReadingError(f"is not {dialect['encoding']} text") from None
    rows = _rows(text, dialect["delimiter"], [name for name, _ in columns])
    nulls = frozenset(dialect["null_words"])
    found = {}
    for index, (name, kind) in enumerate(columns):
        if name not in names:
            continue
        texts = [row[index] if kind == "string" else row[index].strip(" \t") for row in rows]
        read = _reader(kind, dialect["decimal_mark"])
        try:
            found[name] = [None if text in nulls else read(text) for text in texts]
        except ValueError:
            raise ReadingError(f"column {name} holds a value that is no {kind}") from None
    return found


def _rows(text: str, delimiter: str, names: list[str]) -> list[list[str]]:
    """All rows but the header, each of the header's width. Line ends in quotes are kept."""
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        if next(lines, []) != names:
            raise ReadingError("has another header than its declaration")
        rows = [row or [""] for row in lines if row or len(names) == 1]
    except csv.Error as error:
        raise ReadingError(f"is no CSV file: {error}") from None
    for number, row in enumerate(rows, 2):
        if len(row) != len(names):
            raise ReadingError(f"row {number} has {len(row)} values, not {len(names)}")
    return rows


def _reader(kind: str, mark: str) -> Callable[[str], Any]:
    readers: dict[str, Callable[[str], Any]] = {
        "string": str,
        "integer": _integer,
        "boolean": _boolean,
        "date": dt.date.fromisoformat,
        "datetime": dt.datetime.fromisoformat,
        "time": dt.time.fromisoformat,
    }
    if kind == "number":
        return lambda text: _number(text.replace(mark, ".") if mark != "." else text)
    return readers[kind]


def _integer(text: str) -> int:
    if _INTEGER.fullmatch(text) is None:
        raise ValueError
    return int(text)


def _number(text: str) -> float:
    if _NUMBER.fullmatch(text) is None:
        raise ValueError
    value = float(text)
    if not math.isfinite(value):
        raise ValueError
    return value


def _boolean(text: str) -> bool:
    words = {"true": True, "false": False, "1": True, "0": False}
    if text.lower() not in words:
        raise ValueError
    return words[text.lower()]
