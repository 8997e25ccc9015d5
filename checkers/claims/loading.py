"""A dataset as both engines need it: a polars frame, and plain values read a second way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from checkers.claims.own_table import ReadingError, read_csv
from checkers.tables.casting import cast
from checkers.tables.delimited import split
from checkers.tables.form import Form, TableError, declared
from checkers.tables.reading import Kind, direct, kind_of, read

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from checkers.tables.form import Declared

OWN_BYTES: Final = 16 * 1024 * 1024
"""Size up to which the second engine reads the file itself; above it takes the first's columns."""

_ZONE: Final = r"(?:Z|[+-][0-9]{2}:[0-9]{2})$"


class LoadingError(ValueError):
    """The dataset is not in the declared form; the message is the rest of a sentence about it."""


@dataclass(frozen=True, slots=True)
class Table:
    """A dataset: `frame` with the declared columns, and their types by name."""

    frame: pl.DataFrame
    kinds: Mapping[str, str]
    data: bytes | None
    dialect: Mapping[str, Any]

    @property
    def height(self) -> int:
        """Number of rows."""
        return self.frame.height

    def plain(self, names: Collection[str]) -> Mapping[str, list[Any]]:
        """Columns as plain values, missing ones as None; raises `ReadingError`.

        A CSV file of moderate size is read again, in another way.
        """
        if self.data is None:
            return {name: self.frame[name].to_list() for name in sorted(names)}
        values = read_csv(self.data, self.dialect, list(self.kinds.items()), names)
        if any(len(column) != self.height for column in values.values()):
            raise ReadingError("has another number of rows when it is read again")
        return values


def load(
    data: bytes, name: str, dialect: Mapping[str, Any], columns: Sequence[Mapping[str, str]]
) -> Table:
    """Read the dataset; raises `LoadingError`."""
    wanted = declared(columns)
    kinds = {column.name: column.type for column in wanted}
    try:
        kind = kind_of(name, data)
        if kind is Kind.CSV:
            data = _with_line_ends(data)
            frame = _read_csv(data, Form.of(dialect), wanted)
        else:
            frame = read(data, kind, Form.of(dialect), wanted)
    except TableError as error:
        raise LoadingError(str(error)) from None
    again = data if kind is Kind.CSV and len(data) <= OWN_BYTES else None
    return Table(frame, kinds, again, dialect)


def _with_line_ends(data: bytes) -> bytes:
    """Old Macintosh line ends, where they are the only ones, as new ones."""
    return data.replace(b"\r", b"\n") if b"\n" not in data else data


def _read_csv(data: bytes, form: Form, columns: Sequence[Declared]) -> pl.DataFrame:
    """As `checkers.tables.reading.read`; blanks around numbers and times are passed over."""
    texts = split(data, form, [column.name for column in columns], direct(columns))
    texts = texts.with_columns(
        pl.col(column.name).str.strip_chars(" \t")
        for column in columns
        if column.type != "string" and texts.schema[column.name] == pl.String
    )
    frame = cast(texts, form, columns)
    zoned = [
        c.name for c in columns if c.type == "datetime" and _has_zones(texts[c.name], frame[c.name])
    ]
    return frame.with_columns(pl.col(zoned).dt.replace_time_zone("UTC")) if zoned else frame


def _has_zones(texts: pl.Series, values: pl.Series) -> bool:
    """True where times have a zone; one column holds them all with or all without (`cast`)."""
    return bool(texts.filter(values.is_not_null()).str.contains(_ZONE).any())
