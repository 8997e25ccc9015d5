"""A dataset as both engines need it: a polars frame, and plain values read a second way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from checkers.claims.own_table import ReadingError, read_csv

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

OWN_BYTES: Final = 16 * 1024 * 1024
"""Size up to which the second engine reads the file itself; above it takes the first's columns."""

DTYPES: Final[dict[str, Any]] = {
    "string": pl.String,
    "integer": pl.Int64,
    "number": pl.Float64,
    "boolean": pl.Boolean,
    "date": pl.Date,
    "datetime": pl.Datetime,
    "time": pl.Time,
}


class LoadingError(ValueError):
    """The dataset is not in the declared form."""


@dataclass(frozen=True, slots=True)
class Table:
    """A dataset: `frame` with the declared columns, and their types by name."""

    frame: pl.DataFrame
    kinds: Mapping[str, str]
    values: Mapping[str, list[Any]] | None

    @property
    def height(self) -> int:
        """Number of rows."""
        return self.frame.height

    def plain(self) -> Mapping[str, list[Any]]:
        """Columns as plain values, missing ones as None."""
        return self.values if self.values is not None else self.frame.to_dict(as_series=False)


def load(
    data: bytes, name: str, dialect: Mapping[str, Any], columns: Sequence[Mapping[str, str]]
) -> Table:
    """Read the dataset; raises `LoadingError`."""
    pairs = [(column["name"], column["type"]) for column in columns]
    try:
        values = read_csv(data, dialect, pairs)
    except ReadingError as error:
        raise LoadingError(str(error)) from None
    frame = pl.DataFrame({n: pl.Series(n, values[n], dtype=DTYPES[kind]) for n, kind in pairs})
    return Table(frame, dict(pairs), values)
