"""What a task may ask of a claimed speed-up."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from checkers.option_parts import CheckModel, Program, not_empty

COUNTED = ("c", "cpp", "rust")
"""Languages whose instructions callgrind can count; Go's runtime moves its stacks under it."""

Size = Annotated[int, Field(ge=0, le=1_000_000_000)]


class PerformanceOptions(CheckModel):
    """Is the claimed improvement real. `seed` and the inputs made of it are hidden."""

    check: Literal["performance"] = "performance"
    baseline: Program
    generator: Program
    sizes: Annotated[
        tuple[Size, ...], Field(strict=False, max_length=32), AfterValidator(not_empty)
    ]
    min_speedup: float = Field(default=1.0, ge=1.0, le=1e6)
    seed: int | None = Field(default=None, ge=0, lt=1 << 63)
    measure: Literal["instructions", "wall", "both"] = "both"

    @model_validator(mode="after")
    def _countable(self) -> Self:
        if self.measure == "instructions" and self.baseline.language not in COUNTED:
            raise ValueError(f"measure: instructions are counted for {', '.join(COUNTED)} only")
        return self

    @model_validator(mode="after")
    def _worth_measuring(self) -> Self:
        if max(self.sizes) == 0:
            raise ValueError("sizes must hold one above 0")
        return self

    @property
    def has_hidden(self) -> bool:
        """The inputs must leave no trace but the points."""
        return True
