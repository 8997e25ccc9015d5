"""Refusals of economy and reputation: TV150 and TV151."""

from __future__ import annotations

from validator.errors.general import FieldError, ValidatorError


class EconomicsError(ValidatorError):
    """An amount, a share or a party is outside what the market allows."""

    code = "TV150"
    status = 422
    title = "Not allowed by the economy"
    hint = "Mend the named field; docs/reference/economics.md lists every range."

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}", (FieldError(field, message),))


class ReputationError(ValidatorError):
    """A result cannot be counted."""

    code = "TV151"
    status = 422
    title = "Result cannot be counted"
    hint = "Mend the named field; docs/reference/reputation.md says what counts."

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}", (FieldError(field, message),))
