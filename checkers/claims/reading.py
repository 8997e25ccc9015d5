"""Reading an answer's claims, each by itself: one that is malformed spoils no other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import Field, ValidationError, model_validator

from checkers.claims.numbers import MAX_GROUPS
from checkers.claims.query import Query, sentence
from checkers.option_parts import Label, OptionModel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MAX_CLAIMS = 2000
MAX_PROGRAM = 100_000

Said = Annotated[str, Field(max_length=1000)] | int | float
"""A value as printed. A number works, too, but its trailing zeros are lost."""


class Claim(OptionModel):
    """A number that a report states, and how it comes about.

    `query` may be absent where a question of the same id asks. `script` (Python, or `files/<path>`
    of the answer) and `sql` (one SELECT from `dataset`) are run in the sandbox.
    """

    id: Label
    query: Query | None = None
    value: (
        Said
        | Annotated[list[Annotated[str, Field(max_length=1000)]], Field(max_length=100)]
        | Annotated[dict[str, Said], Field(max_length=MAX_GROUPS)]
    )
    unit: Annotated[str, Field(max_length=32)] | None = None
    script: Annotated[str, Field(min_length=1, max_length=MAX_PROGRAM)] | None = None
    sql: Annotated[str, Field(min_length=1, max_length=MAX_PROGRAM)] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = [name for name in ("query", "script", "sql") if getattr(self, name) is not None]
        if len(ways) > 1:
            raise ValueError(f"give one of query, script and sql, not {' and '.join(ways)}")
        return self

    @property
    def program(self) -> str | None:
        """Its own way to the number, `script` or `sql`, where it brings one."""
        return self.script if self.script is not None else self.sql


@dataclass(frozen=True, slots=True)
class Refused:
    """A claim that cannot be read: its id (or place) and why."""

    id: str
    why: str


def read_claims(raw: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Claim], dict[str, Refused]]:
    """Read all claims; returns those that are good and those that are not, both by id."""
    good: dict[str, Claim] = {}
    bad: dict[str, Refused] = {}
    for place, item in enumerate(raw, 1):
        name = item.get("id") if isinstance(item, dict) else None
        shown = name if isinstance(name, str) and 0 < len(name) <= 128 else f"number {place}"  # noqa: PLR2004
        if place > MAX_CLAIMS:
            bad[shown] = Refused(shown, f"is one too many: an answer may hold {MAX_CLAIMS}")
            break
        try:
            claim = Claim.model_validate(item)
        except ValidationError as error:
            bad[shown] = Refused(shown, f"cannot be read: {sentence(error)}")
            continue
        if claim.id in good:
            bad[claim.id] = Refused(claim.id, "is there more than once; ids must differ")
        good[claim.id] = claim
    return {name: claim for name, claim in good.items() if name not in bad}, bad
