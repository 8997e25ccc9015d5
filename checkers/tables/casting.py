"""Texts to values of the declared types: nothing is inferred, and what does not fit is located."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from checkers.tables.form import DATE, OFFSET, TIME, TYPE_WORDS, TableError, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from checkers.tables.form import Declared, Form

DTYPES: Final[dict[str, pl.DataType]] = {
    "string": pl.String(),
    "integer": pl.Int64(),
    "number": pl.Float64(),
    "boolean": pl.Boolean(),
    "date": pl.Date(),
    "datetime": pl.Datetime("us"),
    "time": pl.Time(),
}
"""What each declared type becomes. A `datetime` with an offset is turned into UTC."""

DIRECT: Final = ("integer", "number")
"""Types that `delimited.split` may return at once."""

_MOMENTS: Final = frozenset({"date", "datetime", "time"})
_FEW: Final = 0.2
"""Share of a column's values up to which only its different texts are read, each once."""
_SAMPLE: Final = 10_000
"""Rows from the start of a column by which that is guessed; a wrong guess costs time alone."""

_TRUE: Final = ("true", "True", "TRUE", "1")  # Frictionless Table Schema, trueValues
_FALSE: Final = ("false", "False", "FALSE", "0")


@dataclass(frozen=True, slots=True)
class _Fault:
    row: int  # from 0, of the data
    column: int
    message: str


def cast(
    texts: pl.DataFrame, form: Form, columns: Sequence[Declared], first_row: int = 2
) -> pl.DataFrame:
    """Return the typed table; raises `TableError` for the first value that does not fit.

    `texts` has a text column for each of `columns`, in their order, or one that has its type
    already. Null words become null. `first_row` is the number of the first data row in the file.
    """
    as_text = [column for column in columns if texts.schema[column.name] == pl.String]
    nulled = texts.select(_without_nulls(column.name, form.null_words) for column in as_text)
    typed = nulled.select(
        _SHORT_CUTS.get(column.type, _no_short_cut)(nulled[column.name], column, form)
        for column in as_text
    )
    faults = [
        fault
        for index, column in enumerate(columns)
        if column.name in typed.columns
        and (fault := _fault(index, column, nulled[column.name], typed[column.name])) is not None
    ]
    if faults:
        worst = min(faults, key=lambda fault: (fault.row, fault.column))
        raise TableError(worst.message, worst.row + first_row, columns[worst.column].name)
    return texts.with_columns(typed) if len(as_text) < len(columns) else typed


def _without_nulls(name: str, words: tuple[str, ...]) -> pl.Expr:
    column = pl.col(name)
    if not words:
        return column
    is_null = column == words[0] if len(words) == 1 else column.is_in(list(words))
    return pl.when(is_null).then(None).otherwise(column).alias(name)


def _typed(column: Declared, form: Form) -> pl.Expr:
    text = pl.col(column.name)
    match column.type:
        case "integer":
            typed = text.cast(pl.Int64, strict=False)
        case "number":
            typed = _number(text, form.decimal_mark)
        case "boolean":
            yes, no = text.is_in(list(_TRUE)), text.is_in(list(_FALSE))
            typed = pl.when(yes).then(True).when(no).then(False)
        case "date":
            typed = _only(text, f"^{DATE}$").str.to_date("%Y-%m-%d", strict=False)
        case "datetime":
            typed = _datetime(text)
        case "time":
            typed = _only(text, f"^{TIME}$").str.to_time("%H:%M:%S%.f", strict=False)
        case _:
            typed = text
    return typed.alias(column.name)


def _from_few(texts: pl.Series, column: Declared, form: Form) -> pl.Series | pl.Expr:
    """Read the different texts of a column alone where they are few: dates repeat."""
    head = texts.head(_SAMPLE)
    if head.n_unique() > _FEW * len(head):
        return _typed(column, form)
    different = texts.unique().to_frame().with_columns(_typed(column, form).alias("typed"))
    joined = texts.to_frame().join(different, on=column.name, how="left", maintain_order="left")
    return joined["typed"].alias(column.name)


def _plain_flags(texts: pl.Series, column: Declared, form: Form) -> pl.Series | pl.Expr:
    """Look for the two usual words alone, where a column has no others."""
    yes = texts == "true"
    usual = int(yes.sum()) + int((texts == "false").sum())
    return yes if usual + texts.null_count() == len(texts) else _typed(column, form)


def _no_short_cut(_: pl.Series, column: Declared, form: Form) -> pl.Expr:
    return _typed(column, form)


_SHORT_CUTS: Final[dict[str, Callable[[pl.Series, Declared, Form], pl.Series | pl.Expr]]] = {
    **dict.fromkeys(_MOMENTS, _from_few),
    "boolean": _plain_flags,
}
"""What reads the texts of a type sooner where it can."""


def _only(text: pl.Expr, pattern: str) -> pl.Expr:
    return pl.when(text.str.contains(pattern)).then(text)


def _number(text: pl.Expr, mark: str) -> pl.Expr:
    """Cast to a 64-bit float; null where that is infinite, not a number, or 0 by underflow."""
    if mark == ",":
        dotted = text.str.replace(",", ".", literal=True)
        text = pl.when(text.str.contains(".", literal=True).not_()).then(dotted)
    value = text.cast(pl.Float64, strict=False)
    return pl.when(value.is_finite()).then(value)


def _datetime(text: pl.Expr) -> pl.Expr:
    form = _only(text, f"^{DATE}[T ]{TIME}{OFFSET}?$")
    whole = form.str.slice(0, 19).str.replace("T", " ", literal=True)
    stamp = whole.str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us", strict=False)
    micros = form.str.extract(r"\.([0-9]+)").str.pad_end(6, "0").cast(pl.Int64).fill_null(0)
    ahead = _minutes(form)
    return stamp + pl.duration(microseconds=micros, time_unit="us") - ahead


def _minutes(form: pl.Expr) -> pl.Expr:
    """How far the offset lies ahead of UTC."""
    hours = form.str.extract(r"[+-]([0-9]{2}):[0-9]{2}$").cast(pl.Int64).fill_null(0)
    minutes = form.str.extract(r"[+-][0-9]{2}:([0-9]{2})$").cast(pl.Int64).fill_null(0)
    sign = pl.when(form.str.contains(r"-[0-9]{2}:[0-9]{2}$")).then(-1).otherwise(1)
    return pl.duration(minutes=sign * (hours * 60 + minutes), time_unit="us")


def _fault(index: int, column: Declared, texts: pl.Series, typed: pl.Series) -> _Fault | None:
    if typed.null_count() != texts.null_count():
        row = (typed.is_null() & texts.is_not_null()).arg_true()[0]
        message = f"expected {TYPE_WORDS[column.type]}, found {shown(texts[row])}"
        return _Fault(row, index, message)
    if column.type == "number":
        return _underflow(index, texts, typed)
    if column.type == "datetime":
        return _mixed_offsets(index, texts)
    return None


def _underflow(index: int, texts: pl.Series, typed: pl.Series) -> _Fault | None:
    zeros = (typed == 0).arg_true()
    gone = texts.gather(zeros).str.contains(r"^[^eE]*[1-9]").arg_true()
    if not len(gone):
        return None
    row = zeros[gone[0]]
    return _Fault(row, index, f"{shown(texts[row])} is too small for a 64-bit number")


def _mixed_offsets(index: int, texts: pl.Series) -> _Fault | None:
    """With and without an offset in one column: the same text could mean two moments."""
    known = texts.str.contains(f"{OFFSET}$").fill_null(value=False)
    first = texts.is_not_null().arg_true()
    if not len(first):
        return None
    other = (known != known[first[0]]) & texts.is_not_null()
    rows = other.arg_true()
    if not len(rows):
        return None
    said = "without an offset" if known[first[0]] else "with an offset from UTC"
    return _Fault(
        rows[0],
        index,
        f"expected a time stamp {'with' if known[first[0]] else 'without'}"
        f" an offset as in the rows before, found one {said}",
    )
