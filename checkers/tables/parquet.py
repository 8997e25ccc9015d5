"""Parquet: the file's own types must be the declared ones; nothing is turned into text."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

import polars as pl
from polars.exceptions import PolarsError

from checkers.tables.casting import DTYPES
from checkers.tables.form import TYPE_WORDS, TableError, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checkers.tables.form import Declared

MAX_CELLS: Final = 50_000_000
"""Rows times columns: a kilobyte of Parquet may claim a billion equal rows."""

_MAGIC: Final = b"PAR1"
_INTEGERS: Final = (
    pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.UInt8, pl.UInt16, pl.UInt32, pl.UInt64,
)  # fmt: skip
_EXACT: Final = 2**53
_FITTING: Final[dict[str, tuple[type[pl.DataType], ...]]] = {
    "string": (pl.String, pl.Categorical, pl.Enum),
    "integer": _INTEGERS,
    "number": (pl.Float32, pl.Float64, *_INTEGERS),
    "boolean": (pl.Boolean,),
    "date": (pl.Date,),
    "datetime": (pl.Datetime,),
    "time": (pl.Time,),
}


def read_parquet(data: bytes, columns: Sequence[Declared]) -> pl.DataFrame:
    """Return the typed table; raises `TableError`. Columns may stand in any order."""
    if data[:4] != _MAGIC or data[-4:] != _MAGIC:
        raise TableError("is not a whole Parquet file")
    try:
        schema = pl.read_parquet_schema(io.BytesIO(data))
        _check_schema(schema, columns)
        rows = pl.scan_parquet(io.BytesIO(data)).select(pl.len()).collect().item()
        if rows * len(columns) > MAX_CELLS:
            raise TableError(f"holds more than {MAX_CELLS} values")
        frame = pl.read_parquet(io.BytesIO(data)).select(column.name for column in columns)
    except (PolarsError, OSError) as error:
        raise TableError(f"is no Parquet file that can be read ({type(error).__name__})") from None
    return pl.DataFrame([_typed(frame[column.name], column) for column in columns])


def _check_schema(schema: dict[str, pl.DataType], columns: Sequence[Declared]) -> None:
    for column in columns:
        if column.name not in schema:
            raise TableError(f"has no column {shown(column.name)}")
        if not isinstance(schema[column.name], _FITTING[column.type]):
            said = f"expected {TYPE_WORDS[column.type]}, found the type {schema[column.name]}"
            raise TableError(said, None, column.name)
    more = [name for name in schema if name not in {column.name for column in columns}]
    if more:
        raise TableError(f"has {shown(more[0])}, which is not among the declared columns")


def _typed(values: pl.Series, column: Declared) -> pl.Series:
    if column.type == "datetime":
        return _naive(values, column)
    if column.type == "number":
        _check_number(values, column)
    typed = values.cast(DTYPES[column.type], strict=False)
    if typed.null_count() != values.null_count():
        row = (typed.is_null() & values.is_not_null()).arg_true()[0]
        said = f"expected {TYPE_WORDS[column.type]}, found {values[row]}"
        raise TableError(said, row + 1, column.name)
    return typed


def _naive(values: pl.Series, column: Declared) -> pl.Series:
    """Return microseconds of UTC where the file names a zone, else of the time as it stands."""
    if values.dtype.time_zone is not None:  # type: ignore[attr-defined]
        values = values.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    typed = values.cast(pl.Datetime("us"))
    lost = (typed.cast(values.dtype) != values).fill_null(value=False).arg_true()
    if len(lost):
        raise TableError("is finer than a microsecond", lost[0] + 1, column.name)
    return typed


def _check_number(values: pl.Series, column: Declared) -> None:
    if values.dtype.is_integer():
        bad = ((values > _EXACT) | (values < -_EXACT)).fill_null(value=False).arg_true()
        said = "has more digits than a 64-bit number holds"
    else:
        bad = values.is_finite().not_().fill_null(value=False).arg_true()
        said = "expected a finite number, found NaN or infinity"
    if len(bad):
        raise TableError(said, bad[0] + 1, column.name)
