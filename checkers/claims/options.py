"""What a task may ask of a report's numbers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from checkers.option_parts import CheckModel, Label, OptionModel, Tolerance, not_empty
from checkers.tables.options import MAX_COLUMNS, Column, Dialect

MAX_QUESTIONS = 1000


class Question(OptionModel):
    """A number that the report must hold. `query` is read as a claim's query is."""

    id: Label
    query: dict[str, Any]


class ClaimsOptions(CheckModel):
    """Are the report's numbers right: each is recomputed from the task's own data."""

    check: Literal["claims"] = "claims"
    dataset: Annotated[str, Field(min_length=1, max_length=256)]
    columns: Annotated[
        tuple[Column, ...], Field(strict=False, max_length=MAX_COLUMNS), AfterValidator(not_empty)
    ]
    dialect: Dialect = Dialect()
    questions: tuple[Question, ...] = Field(default=(), strict=False, max_length=MAX_QUESTIONS)
    allow_extra: bool = True
    tolerance: Tolerance | None = None
