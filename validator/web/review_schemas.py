"""Shapes of replies on reviews, for the OpenAPI document only."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import ConfigDict, Field

from validator.domain.review_queue import ReviewState
from validator.domain.reviews import Tier
from validator.web.schemas import Reply


class ReviewReply(Reply):
    """A review as it stands; `owner`, `record_digest` and `taken_by` for the operator only."""

    model_config = ConfigDict(title="ExpertReview")

    schema_: Literal["tosv.expert-review/1"] = Field(alias="schema")
    review_id: str
    submission_id: str
    task_type: str
    state: ReviewState
    reason: str | None = Field(description="Why there is no score, with a code first.")
    asked_tier: Tier
    tier: Tier | None = Field(description="The tier that ended it.")
    score: int | None = Field(ge=0, le=100)
    interval: list[int] | None
    reasons: list[str]
    flags: list[dict[str, Any]]
    basis: Literal["experts", "precheck", "human"] | None
    scripted: bool = Field(description="A test's model was asked: nothing of it is ever signed.")
    attempts: int
    cost_microdollars: int = Field(description="Millionths of a US dollar.")
    created_at: datetime
    updated_at: datetime
    human: dict[str, Any] | None


class ReviewsReply(Reply):
    """One page, newest first; `next` is the cursor of the following page or null."""

    model_config = ConfigDict(title="ExpertReviews")

    items: list[ReviewReply]
    next: str | None


class ReviewPageReply(Reply):
    """What a page shows of one review. Offsets are characters of the cleaned texts."""

    model_config = ConfigDict(title="ExpertReviewPage")

    schema_: Literal["tosv.review-page/1"] = Field(alias="schema")
    review: ReviewReply
    criteria: list[dict[str, Any]]
    answer: list[dict[str, Any]]
    debate: list[dict[str, Any]]
    path: list[dict[str, Any]]
    cost: dict[str, Any]
    human: list[dict[str, Any]]
