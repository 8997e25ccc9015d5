"""Shapes of replies, for the OpenAPI document only; replies themselves are written as bytes."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from validator.domain.submission import State


class Reply(BaseModel):
    """Replies may gain fields; clients ignore what they do not know."""

    model_config = ConfigDict(extra="allow")


class VerdictReply(Reply):
    """Contract section 3: what an answer is worth and why. Immutable."""

    model_config = ConfigDict(title="Verdict")

    schema_: Literal["tosv.verdict/1"] = Field(alias="schema")
    verdict_id: str
    submission_id: str
    task_id: str | None
    answer_id: str | None
    supersedes: str | None
    decision: Literal["accept", "reject", "escalate", "abstain"]
    score: int | None = Field(ge=0, le=100)
    confidence: float
    tier: Literal["automatic", "peer", "expert", "human"]
    expert_tier: str | None
    next_tier: str | None
    reasons: list[str]
    checks: list[dict[str, Any]]
    flags: list[dict[str, Any]]
    engine: str
    rules: str
    plan: dict[str, Any]
    sandbox: dict[str, Any]
    result_digest: str
    evidence: dict[str, Any] | None
    signature: str | None
    chain: dict[str, Any]


class EvidenceReply(Reply):
    """A public bundle: a signed statement and its place in the audit log."""

    model_config = ConfigDict(title="Evidence")

    schema_: Literal["tosv.evidence/1"] = Field(alias="schema")
    envelope: dict[str, Any]
    log: dict[str, Any]
    keys: dict[str, Any]


class SubmissionReply(Reply):
    """A submission with its newest verdict."""

    model_config = ConfigDict(title="SubmissionState")

    submission_id: str
    state: State
    reason: str | None
    attempts: int
    created_at: datetime
    updated_at: datetime
    verdict: VerdictReply | None


class ListedReply(Reply):
    """A submission in a list."""

    model_config = ConfigDict(title="ListedSubmission")

    submission_id: str
    state: State
    reason: str | None
    attempts: int
    created_at: datetime
    updated_at: datetime
    task_type: str
    task_id: str | None
    answer_id: str | None
    verdict_id: str | None


class PageReply(Reply):
    """One page, newest first; `next` is the cursor of the following page or null."""

    model_config = ConfigDict(title="SubmissionPage")

    items: list[ListedReply]
    next: str | None


class ChainStatusReply(Reply):
    """Where following stands. Counts only: no reason and no score."""

    model_config = ConfigDict(title="ChainStatus")

    network: str
    genesis: str
    height: int | None = Field(description="Of the newest block that was read.")
    topoheight: int | None
    stable_height: int | None
    lag_s: float | None = Field(description="Seconds since the newest block's timestamp.")
    tasks: dict[str, int]
    answers: dict[str, int]


class ProblemField(Reply):
    """One thing wrong: where, and what to mend."""

    field: str
    message: str


class Problem(Reply):
    """RFC 9457 problem details."""

    type: str = Field(examples=["/errors/TV001"])
    title: str
    status: int
    detail: str
    code: str = Field(examples=["TV001"])
    errors: list[ProblemField]
    hint: str
    instance: str


class HealthReply(Reply):
    """The process answers."""

    status: Literal["ok"]


class ReadyReason(Reply):
    """Why work is not moving."""

    code: str
    message: str


class ReadyReply(Reply):
    """Whether work is accepted, taken and finished."""

    status: Literal["ready", "not_ready"]
    reasons: list[ReadyReason]
