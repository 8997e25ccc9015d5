"""What a task may ask of a report's numbers."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from checkers.claims.numbers import QueryError, check_columns
from checkers.claims.query import Query, read_query
from checkers.option_parts import CheckModel, Label, OptionModel, Tolerance, not_empty
from checkers.tables.options import MAX_COLUMNS, Column, Dialect

MAX_QUESTIONS = 1000


class DataColumn(Column):
    """Name and type of a column. A name may be empty: real files have such columns."""

    name: Annotated[str, Field(max_length=256)]


def _settled(value: dict[str, Any]) -> dict[str, Any]:
    """Refuse what is no query, or could be understood in more than one way."""
    query = read_query(value)
    left = query.open_conventions()
    if left:
        raise ValueError(f"must say {' and '.join(left)}: it changes the value")
    return value


class Question(OptionModel):
    """A number that the report must hold. `query` is read as a claim's query is.

    Of a `hidden` question (one whose query a miner has to find from the task's words) nothing is
    shown but that it counted.
    """

    id: Label
    query: Annotated[dict[str, Any], AfterValidator(_settled)]
    hidden: bool = False

    def asked(self) -> Query:
        """The query, read."""
        return read_query(self.query)


class ClaimTolerance(Tolerance):
    """How far from the recomputed number a printed one may be, in place of its digits."""

    absolute: float = Field(default=0.0, ge=0, le=1e12)
    relative: float = Field(default=0.0, ge=0, le=0.1)


class ClaimsOptions(CheckModel):
    """Are the report's numbers right: each is recomputed from the task's own data."""

    check: Literal["claims"] = "claims"
    dataset: Annotated[str, Field(min_length=1, max_length=256)]
    columns: Annotated[
        tuple[DataColumn, ...],
        Field(strict=False, max_length=MAX_COLUMNS),
        AfterValidator(not_empty),
    ]
    dialect: Dialect = Dialect()
    questions: tuple[Question, ...] = Field(default=(), strict=False, max_length=MAX_QUESTIONS)
    elsewhere: Annotated[tuple[Label, ...], Field(strict=False, max_length=MAX_QUESTIONS)] = ()
    """Ids of questions that another check of the task asks: claims with them are passed over."""
    allow_extra: bool = True
    tolerance: ClaimTolerance | None = None

    @property
    def has_hidden(self) -> bool:
        """True when any question must leave no trace but its points."""
        return any(question.hidden for question in self.questions)

    @model_validator(mode="after")
    def _names_are_single(self) -> Self:
        names = [column.name for column in self.columns]
        ids = [question.id for question in self.questions]
        both = [*ids, *self.elsewhere]
        for what, listed in (("columns", names), ("questions", ids), ("elsewhere", both)):
            twice = sorted({name for name in listed if listed.count(name) > 1})
            if twice:
                raise ValueError(f"{what} holds {twice[0]!r} twice")
        return self

    @model_validator(mode="after")
    def _answerable(self) -> Self:
        kinds = {column.name: column.type for column in self.columns}
        for index, question in enumerate(self.questions):
            try:
                check_columns(question.asked(), kinds)
            except QueryError as error:
                raise ValueError(f"questions[{index}].query: {error}") from None
        return self
