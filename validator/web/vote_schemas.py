"""Shapes of replies on vote rounds, for the OpenAPI document only."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import ConfigDict, Field

from validator.domain.voting import Phase, Ruling
from validator.web.schemas import Reply


class RoundReply(Reply):
    """A round as it stands: counts of what came in, no vote and no voter's doing."""

    model_config = ConfigDict(title="VoteRound")

    schema_: Literal["tosv.vote-round/1"] = Field(alias="schema")
    round_id: str
    submission_id: str | None = Field(description="Whose verdict the decision becomes.")
    origin: str
    task_id: str
    answer_id: str
    task_type: str
    phase: Phase
    number: int
    follows: str | None
    genesis: str = Field(description="Of the chain whose keys sign the votes.")
    eligible: dict[str, Any] = Field(description="How many were frozen, and their digest.")
    seed: dict[str, Any] = Field(description="Place and hash of the block that seeds the draw.")
    seats: int
    cluster_seats: int
    quorum: dict[str, int]
    penalties: dict[str, int]
    drawn: int
    commits: int
    reveals: int
    opened_at: datetime
    commit_until: datetime | None
    reveal_until: datetime | None
    closed_at: datetime | None
    decision: Ruling | None


class DrawReply(Reply):
    """All that a draw was made of: enough to make it again."""

    model_config = ConfigDict(title="VoteDraw")

    schema_: Literal["tosv.vote-draw/1"] = Field(alias="schema")
    round_id: str
    frozen: dict[str, Any]
    digest: str
    excluded: list[dict[str, str]]
    seed: dict[str, Any]
    drawn: list[str]


class ReceiptReply(Reply):
    """A commit or reveal is stored durably."""

    model_config = ConfigDict(title="VoteReceipt")

    round_id: str
    voter: str
    phase: Phase
    commit_until: datetime | None
    reveal_until: datetime | None


class AssignmentReply(Reply):
    """A running round in which the voter has a seat."""

    model_config = ConfigDict(title="VoteAssignment")

    round_id: str
    task_id: str
    answer_id: str
    task_type: str
    genesis: str
    phase: Phase
    commit_until: datetime | None
    reveal_until: datetime | None
    committed: bool
    revealed: bool


class AssignmentsReply(Reply):
    """One page, newest first; `next` is the cursor of the following page or null."""

    model_config = ConfigDict(title="VoteAssignments")

    items: list[AssignmentReply]
    next: str | None


class ResultReply(Reply):
    """What a round decided, with every ballot as evidence."""

    model_config = ConfigDict(title="VoteResult")

    schema_: Literal["tosv.vote-result/1"] = Field(alias="schema")
    round_id: str
    task_id: str
    answer_id: str
    genesis: str = Field(description="Of the chain whose keys signed the votes.")
    number: int
    follows: str | None
    rules: dict[str, int]
    draw: dict[str, Any] = Field(description="Digest of the eligible, and the seeding block.")
    decision: Ruling
    reason: str
    score: int | None = Field(ge=0, le=100)
    votes_used: int
    quorum: dict[str, Any]
    voters: list[dict[str, Any]]
    earlier: list[dict[str, Any]] = Field(
        description="The rounds that this one follows, oldest first: digests of result and ballots,"
        " and what their votes cost now."
    )
    aggregation: dict[str, Any] | None
    history: dict[str, Any] = Field(
        description="How many earlier votes of these voters the aggregation knew, and their digest."
    )
    ballots: list[dict[str, Any]]
    evidence: str
