"""The one door to tables: bytes of a declared kind become typed columns, or a `TableError`.

Runs in the jail only (threat model, row 24).
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from checkers.sniffing import sniff
from checkers.tables.casting import DIRECT, DTYPES, cast
from checkers.tables.delimited import split
from checkers.tables.excel import read_excel
from checkers.tables.form import Declared, Form, TableError
from checkers.tables.json_lines import read_json_lines
from checkers.tables.parquet import read_parquet

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

__all__ = ["Declared", "Form", "Kind", "TableError", "kind_of", "read"]


class Kind(StrEnum):
    """How a table is stored."""

    CSV = "csv"
    JSON_LINES = "jsonl"
    PARQUET = "parquet"
    EXCEL = "xlsx"

    @property
    def first_row(self) -> int:
        """Number of the first data row, where the header, if there is one, is row 1."""
        return 2 if self in (Kind.CSV, Kind.EXCEL) else 1


_SUFFIXES: Final = {
    "csv": Kind.CSV,
    "tsv": Kind.CSV,
    "txt": Kind.CSV,
    "jsonl": Kind.JSON_LINES,
    "ndjson": Kind.JSON_LINES,
    "parquet": Kind.PARQUET,
    "xlsx": Kind.EXCEL,
}
_BY_MAGIC: Final = {"parquet": Kind.PARQUET, "zip": Kind.EXCEL}


def kind_of(name: str, data: bytes) -> Kind:
    """Return how a file is stored: by its suffix, which its first bytes must not contradict.

    Without a suffix the first bytes decide; text that starts with `{` is JSON Lines, other text
    is CSV. Raises `TableError`.
    """
    seen = sniff(data)
    by_content = _BY_MAGIC.get(seen or "")
    suffix = name.rpartition(".")[2].lower() if "." in name else ""
    if not suffix:
        if by_content is not None:
            return by_content
        return Kind.JSON_LINES if data.lstrip()[:1] == b"{" else Kind.CSV
    by_name = _SUFFIXES.get(suffix)
    if by_name is None:
        known = ", ".join(sorted(_SUFFIXES))
        raise TableError(f"is called .{suffix[:16]}; tables are one of: {known}")
    if by_content is not by_name and (by_content or by_name in _BY_MAGIC.values()):
        raise TableError(f"is called .{suffix} but its content is {seen or 'something else'}")
    return by_name


def direct(columns: Sequence[Declared]) -> dict[str, pl.DataType]:
    """Return the columns that `split` may type at once."""
    return {column.name: DTYPES[column.type] for column in columns if column.type in DIRECT}


def read(data: bytes, kind: Kind, dialect: Form, columns: Sequence[Declared]) -> pl.DataFrame:
    """Return the table with `columns`, in their order and types (`casting.DTYPES`).

    `dialect` counts for CSV, its null words for Excel too. Raises `TableError` with row and column
    for anything that is not in the declared form.
    """
    match kind:
        case Kind.CSV:
            texts = split(data, dialect, [column.name for column in columns], direct(columns))
            return cast(texts, dialect, columns, kind.first_row)
        case Kind.JSON_LINES:
            return read_json_lines(data, columns)
        case Kind.PARQUET:
            return read_parquet(data, columns)
        case Kind.EXCEL:
            return read_excel(data, dialect, columns)
