"""Refusals of peer votes: TV140."""

from __future__ import annotations

from validator.errors.general import ValidatorError


class InvalidVotesError(ValidatorError):
    """Votes that cannot be counted; the detail names the column, the voter and the task."""

    code = "TV140"
    status = 422
    title = "Votes cannot be counted"
    hint = "Mend the named vote; see docs/reference/vote-aggregation.md."
