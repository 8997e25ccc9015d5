"""Requests of reviews: bytes in, values out, or an error that names every field to mend."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from checkers.strict_json import StrictJsonError, loads
from validator.domain.reviews import BEST_SCORE, Tier
from validator.errors import ConsentMissingError, FieldError, InvalidDocumentError, NotJsonError
from validator.wire.plain import plain
from validator.wire.sentences import summary, translate

REQUEST_BYTES: Final = 16 * 1024
"""More than the longest request has."""
MAX_REASON: Final = 2000
MAX_AUTHOR: Final = 128

M = TypeVar("M", bound="_Model")


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


class ReviewDocument(_Model):
    """Asks for a review of one submission."""

    schema_: Literal["tosv.review-request/1"] | None = Field(default=None, alias="schema")
    submission_id: str = Field(pattern=r"\Asub_[0-9a-f]{32}\z")
    tier: Literal["standard", "advanced", "specialist", "master"] | None = Field(
        default=None, description="Where to begin; by default as the task's type says."
    )
    consent: bool = Field(
        default=False,
        description="Must be true: models outside read task and answer.",
    )

    @property
    def wanted(self) -> Tier | None:
        """The tier that was asked for."""
        return None if self.tier is None else Tier(self.tier)


class HumanDocument(_Model):
    """What an operator does with a review: take it, give it back, or decide."""

    schema_: Literal["tosv.review-ruling/1"] | None = Field(default=None, alias="schema")
    action: Literal["take", "release", "decide"]
    author: Annotated[str, Field(min_length=1, max_length=MAX_AUTHOR)]
    score: Annotated[int, Field(ge=0, le=BEST_SCORE)] | None = Field(
        default=None, description="Of a decision; null: a human cannot tell either."
    )
    reason: Annotated[str, Field(min_length=1, max_length=MAX_REASON)] | None = Field(
        default=None, description="Of a decision; it is recorded."
    )


def read_request(body: bytes) -> ReviewDocument:
    """Read a request for a review.

    Raises NotJsonError, InvalidDocumentError, and ConsentMissingError: nothing goes to models
    outside without the word of who owns it (threat model, row 5).
    """
    document = _read(body, ReviewDocument)
    if not document.consent:
        message = "must be true: a review shows task and answer to models outside"
        raise ConsentMissingError(f"consent {message}.", (FieldError("consent", message),))
    return document


def read_human(body: bytes) -> HumanDocument:
    """Read what an operator does. Raises NotJsonError, InvalidDocumentError."""
    document = _read(body, HumanDocument)
    decides = document.action == "decide"
    faults = []
    if not document.author.strip():
        faults.append(FieldError("author", "must name who decides"))
    if decides and not (document.reason or "").strip():
        faults.append(FieldError("reason", "is missing; a decision needs one"))
    if decides and "score" not in document.model_fields_set:
        faults.append(
            FieldError("score", f"is missing; give 0-{BEST_SCORE}, or null if nobody can tell")
        )
    if not decides and document.model_fields_set & {"score", "reason"}:
        faults.append(FieldError("action", "must be decide where score or reason is given"))
    if faults:
        raise _refusal(faults)
    return document


def _read(body: bytes, model: type[M]) -> M:
    try:
        raw: Any = loads(body)
    except StrictJsonError as error:
        raise NotJsonError(f"The body is not strict JSON: {plain(str(error))}.") from None
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise _refusal(translate(error, raw)) from None


def _refusal(faults: list[FieldError] | tuple[FieldError, ...]) -> InvalidDocumentError:
    found = tuple(faults)
    return InvalidDocumentError(f"{summary(found)}.", found)
