"""What a table is declared to be, as plain values: light enough for the jail's start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

TYPE_WORDS: Final = {
    "string": "text",
    "integer": "a whole number of at most 64 bits",
    "number": "a finite number",
    "boolean": "true or false",
    "date": "a date (YYYY-MM-DD)",
    "datetime": "a time stamp (YYYY-MM-DDThh:mm:ss)",
    "time": "a time (hh:mm:ss)",
}
"""Each type in words that a miner understands."""

MAX_SHOWN: Final = 60


class TableError(ValueError):
    """The table is not in the declared form.

    `row` counts the rows as an editor or a spreadsheet does: from 1, the header included; None
    where the fault is no row's. `column` is the name of the column, where there is one.
    """

    def __init__(self, message: str, row: int | None = None, column: str | None = None) -> None:
        self.message = message
        self.row = row
        self.column = column
        super().__init__(f"{place(row, column)}{message}")


@dataclass(frozen=True, slots=True)
class Form:
    """How a table is written: `checkers.tables.options.Dialect` without its validation."""

    delimiter: str = ","
    decimal_mark: str = "."
    encoding: str = "utf-8"
    null_words: tuple[str, ...] = ("",)

    @classmethod
    def of(cls, dialect: Mapping[str, Any]) -> Form:
        """Read the JSON form of a `Dialect`; what it leaves out has its default."""
        given = dict(dialect)
        if "null_words" in given:
            given["null_words"] = tuple(given["null_words"])
        return cls(**given)


@dataclass(frozen=True, slots=True)
class Declared:
    """Name and type of a column. `type` is a word of `TYPE_WORDS`."""

    name: str
    type: str


def declared(columns: Iterable[Mapping[str, Any]]) -> tuple[Declared, ...]:
    """Read the JSON form of a list of `Column` (or of anything with `name` and `type`)."""
    return tuple(Declared(column["name"], column["type"]) for column in columns)


def place(row: int | None, column: str | None) -> str:
    """Return `row 3, column 'a': ` as far as it is known."""
    parts = [f"row {row}"] if row is not None else []
    if column is not None:
        parts.append(f"column {shown(column)}")
    return f"{', '.join(parts)}: " if parts else ""


def shown(value: object) -> str:
    """Return a hostile value, quoted, its invisible characters escaped, cut to fit a sentence."""
    if not isinstance(value, str):
        return str(value)[:MAX_SHOWN]
    if len(value) <= MAX_SHOWN:
        return repr(value)
    return repr(value[:MAX_SHOWN]) + "\N{HORIZONTAL ELLIPSIS}"
