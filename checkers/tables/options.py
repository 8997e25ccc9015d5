"""What a task may ask of a table, in the words of Frictionless Table Schema where it has them."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from checkers.option_parts import CheckModel, OptionModel, Target, not_empty
from checkers.tables.form import DATE, OFFSET, TIME, TYPE_WORDS

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_COLUMNS = 1000
MAX_ROWS = 10_000_000

ColumnName = Annotated[str, Field(min_length=1, max_length=256)]
FieldType = Literal["string", "integer", "number", "boolean", "date", "datetime", "time"]
"""Type words of Frictionless Table Schema; `number` is a 64-bit float."""


class Dialect(OptionModel):
    """How a CSV file is written. Nothing of it is ever guessed from the file."""

    delimiter: Annotated[str, Field(pattern=r"^[\x09\x20-\x7e]$")] = ","
    decimal_mark: Literal[".", ","] = "."
    encoding: Literal["utf-8", "utf-8-sig", "latin-1", "windows-1252", "utf-16"] = "utf-8"
    null_words: tuple[Annotated[str, Field(max_length=64)], ...] = Field(
        default=("",), strict=False, max_length=100
    )

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if self.delimiter == self.decimal_mark or self.delimiter in '"\r\n':
            raise ValueError("delimiter must differ from decimal_mark, quote and line end")
        return self


_ISO: dict[str, tuple[re.Pattern[str], Callable[[str], object]]] = {
    "date": (re.compile(DATE), dt.date.fromisoformat),
    "datetime": (re.compile(f"{DATE}[T ]{TIME}{OFFSET}?"), dt.datetime.fromisoformat),
    "time": (re.compile(TIME), dt.time.fromisoformat),
}
_PLAIN: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}

# What an engine of linear time cannot do: look-around and references back.
_NOT_LINEAR = re.compile(r"(?:^|[^\\])(?:\\\\)*(?:\(\?(?:<?[=!]|P=|\()|\\(?:[1-9]|k[<{']))")


def _of_type(value: float | str | bool, kind: str) -> None:
    """Raise ValueError where a bound or a choice is not of its column's type."""
    iso = _ISO.get(kind)
    if iso is None:
        if isinstance(value, bool) != (kind == "boolean") or not isinstance(value, _PLAIN[kind]):
            raise ValueError(f"must be {TYPE_WORDS[kind]}, as the column is")
        return
    pattern, reader = iso
    try:
        if not isinstance(value, str) or pattern.fullmatch(value) is None:
            raise ValueError  # noqa: TRY301 - one sentence for both
        reader(value)
    except ValueError:
        raise ValueError(f"must be the text of {TYPE_WORDS[kind]}, as the column is") from None


class Column(OptionModel):
    """Name and type of a column, as its header and its values must be."""

    name: ColumnName
    type: FieldType


class TableField(Column):
    """A column with what must hold for every value of it."""

    required: bool = False
    unique: bool = False
    minimum: int | float | str | None = None
    maximum: int | float | str | None = None
    enum: tuple[str | int | float | bool, ...] | None = Field(
        default=None, strict=False, max_length=10_000
    )
    pattern: Annotated[str, Field(max_length=1000)] | None = None

    @field_validator("minimum", "maximum")
    @classmethod
    def _bound(cls, value: Any, info: ValidationInfo) -> Any:  # noqa: ANN401
        kind = info.data.get("type")
        if kind in ("string", "boolean") and value is not None:
            raise ValueError(f"cannot be asked of a {kind} column")
        if value is not None and kind is not None:
            _of_type(value, kind)
        return value

    @field_validator("enum")
    @classmethod
    def _choices(cls, value: Any, info: ValidationInfo) -> Any:  # noqa: ANN401
        if value == ():
            raise ValueError("must hold at least one item")
        if value is not None and "type" in info.data:
            for choice in value:
                _of_type(choice, info.data["type"])
        return value

    @field_validator("pattern")
    @classmethod
    def _linear(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None:
            return None
        if info.data.get("type", "string") != "string":
            raise ValueError("can be asked of a string column only")
        if _NOT_LINEAR.search(value):
            raise ValueError("must do without look-around and references back")
        return value


class TableOptions(CheckModel):
    """CSV, JSON Lines, Parquet or Excel against declared columns."""

    check: Literal["table"] = "table"
    target: Target = "content"
    dialect: Dialect = Dialect()
    fields: Annotated[
        tuple[TableField, ...],
        Field(strict=False, max_length=MAX_COLUMNS),
        AfterValidator(not_empty),
    ]
    primary_key: tuple[ColumnName, ...] = Field(default=(), strict=False, max_length=MAX_COLUMNS)
    min_rows: int | None = Field(default=None, ge=0, le=MAX_ROWS)
    max_rows: int | None = Field(default=None, ge=0, le=MAX_ROWS)

    @field_validator("fields")
    @classmethod
    def _distinct(cls, fields: tuple[TableField, ...]) -> tuple[TableField, ...]:
        names = [field.name for field in fields]
        if len(set(names)) != len(names):
            raise ValueError("must not name a column twice")
        return fields

    @field_validator("primary_key")
    @classmethod
    def _known(cls, key: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        names = {field.name for field in info.data.get("fields", ())}
        missing = [name for name in key if name not in names]
        if missing and names:
            raise ValueError(f"names {missing[0]!r}, which is not among fields")
        if len(set(key)) != len(key):
            raise ValueError("must not name a column twice")
        return key

    @field_validator("max_rows")
    @classmethod
    def _in_order(cls, most: int | None, info: ValidationInfo) -> int | None:
        if most is not None and most < (info.data.get("min_rows") or 0):
            raise ValueError("must not be below min_rows")
        return most
