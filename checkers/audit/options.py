"""What a task may ask of a security audit."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from checkers.option_parts import CheckModel, OptionModel, SafePath, not_empty

MAX_KNOWN = 1000

Severity = Literal["critical", "high", "medium", "low", "info"]
Line = Annotated[int, Field(ge=1, le=10_000_000)]


class KnownWeakness(OptionModel):
    """Gold, always hidden: what a complete audit must find. `lines` are first and last, 1-based."""

    category: Annotated[str, Field(min_length=1, max_length=128)]
    file: SafePath
    lines: Annotated[tuple[Line, ...], Field(strict=False, max_length=2), AfterValidator(not_empty)]
    severity: Severity = "medium"

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.lines[0] > self.lines[-1]:
            raise ValueError("lines must be first and last, in this order")
        return self


class AuditOptions(CheckModel):
    """Is a security audit right and complete."""

    check: Literal["audit"] = "audit"
    target: Annotated[str, Field(min_length=1, max_length=256)]
    known: tuple[KnownWeakness, ...] = Field(strict=False, max_length=MAX_KNOWN)
    taxonomy: Literal["swc", "dasp", "cwe", "owasp"] | None = None
    paid: bool = False

    @property
    def has_hidden(self) -> bool:
        """Gold must leave no trace but the points."""
        return True
