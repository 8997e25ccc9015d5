"""Refusals of the simulation: TV152."""

from __future__ import annotations

from validator.errors.general import FieldError, ValidatorError


class SimulationError(ValidatorError):
    """A scenario that cannot be simulated."""

    code = "TV152"
    status = 422
    title = "Scenario cannot be simulated"
    hint = (
        "Mend the named field; docs/reference/simulation.md lists every assumption and its range."
    )

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}", (FieldError(field, message),))
