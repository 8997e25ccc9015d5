"""What a task may ask of a security audit."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from checkers.audit.categories import canonical
from checkers.option_parts import CheckModel, OptionModel, SafePath, not_empty

MAX_KNOWN = 200
"""More than any contract of the public sets has, and few enough to pair in a second or two."""

Severity = Literal["critical", "high", "medium", "low", "info"]
Line = Annotated[int, Field(ge=1, le=10_000_000)]


def _known_category(category: str) -> str:
    if canonical(category) is None:
        raise ValueError("must be a name or number of SWC, DASP, CWE or OWASP, such as SWC-107")
    return category


class KnownWeakness(OptionModel):
    """Gold, always hidden: what a complete audit must find. `lines` are first and last, 1-based.

    Without `severity` the severity that a report gives is not judged.
    """

    category: Annotated[str, Field(min_length=1, max_length=128), AfterValidator(_known_category)]
    file: SafePath
    lines: Annotated[tuple[Line, ...], Field(strict=False, max_length=2), AfterValidator(not_empty)]
    severity: Severity | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.lines[0] > self.lines[-1]:
            raise ValueError("lines must be first and last, in this order")
        return self


class AuditOptions(CheckModel):
    """Is a security audit right and complete.

    `taxonomy` says in which list a bare number (`107`) stands. `paid`: what the validator's own
    scanner finds in the target counts less in the recall.
    """

    check: Literal["audit"] = "audit"
    target: Annotated[str, Field(min_length=1, max_length=256)]
    known: tuple[KnownWeakness, ...] = Field(strict=False, max_length=MAX_KNOWN)
    taxonomy: Literal["swc", "dasp", "cwe", "owasp"] | None = None
    paid: bool = False

    @model_validator(mode="after")
    def _one_target(self) -> Self:
        for index, one in enumerate(self.known):
            if one.file != self.target:
                raise ValueError(f"known[{index}].file must be the target, {self.target!r}")
        return self

    @property
    def has_hidden(self) -> bool:
        """Gold must leave no trace but the points."""
        return True
