"""What a task may ask of a claimed speed-up."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from checkers.option_parts import CheckModel, Program, not_empty

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

    @property
    def has_hidden(self) -> bool:
        """The inputs must leave no trace but the points."""
        return True
