"""What a task may ask of a table, in the words of Frictionless Table Schema where it has them."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from checkers.option_parts import CheckModel, OptionModel, Target, not_empty

MAX_COLUMNS = 1000
MAX_ROWS = 10_000_000

ColumnName = Annotated[str, Field(min_length=1, max_length=256)]
FieldType = Literal["string", "integer", "number", "boolean", "date", "datetime", "time"]
"""Type words of Frictionless Table Schema; `number` is a 64-bit float."""


class Dialect(OptionModel):
    """How a CSV file is written. Nothing of it is ever guessed from the file."""

    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
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
