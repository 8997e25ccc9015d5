"""What the engine states of one verdict: predicate `urn:tosv:predicate:verdict:1`.

The model is the published schema (`docs/schemas/verdict-predicate-1.schema.json`). A member may be
added later only as an optional one; anything else is a new version.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

PREDICATE_TYPE: Final = "urn:tosv:predicate:verdict:1"

Hex64 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=256)]
Count = Annotated[int, Field(ge=0, le=2**53)]
Time = Annotated[
    str,
    StringConstraints(
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z$"
    ),
]
Origin = Annotated[
    str, StringConstraints(pattern=r"^(api:[!-~]{1,128}|cli:[!-~]{1,128}|chain:[0-9a-f]{64})$")
]


class Model(BaseModel):
    """Base of every part: strict, unknown members are refused, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


class DigestSet(Model):
    """One digest, by what made it; 64 hexadecimal digits.

    `saltedSha256` commits to something that hides hidden inputs; its salt is in the sealed bundle.
    `tosGenesis` is the hash of the chain's first block, as the chain computes it.
    """

    sha256: Hex64 | None = None
    salted_sha256: Hex64 | None = Field(default=None, alias="saltedSha256")
    tos_genesis: Hex64 | None = Field(default=None, alias="tosGenesis")

    @model_validator(mode="after")
    def _one(self) -> Self:
        given = (self.sha256, self.salted_sha256, self.tos_genesis)
        if sum(item is not None for item in given) != 1:
            raise ValueError("must be exactly one of sha256, saltedSha256 and tosGenesis")
        return self


class ToolRecord(Model):
    """What did the judging of one check."""

    name: Name
    version: Name


class CheckEntry(Model):
    """One check's result as it counted. `evidence` is over its entry in the verdict's document."""

    check: Name
    status: Literal["pass", "fail", "undecided", "error", "skipped"]
    score: Annotated[int, Field(ge=0, le=100)] | None = None
    weight: Annotated[int, Field(ge=0, le=1000)]
    required: bool
    sufficient: bool
    pass_at: Annotated[int, Field(ge=1, le=100)]
    reason: Name | None = None
    in_process: bool
    tool: ToolRecord | None = None
    evidence: DigestSet


class PlanRecord(Model):
    """Which checks judged the answer."""

    id: Name
    digest: DigestSet


class InputRecord(Model):
    """Something the verdict was computed from, by digest."""

    name: Name
    digest: DigestSet


class CageRecord(Model):
    """The sandbox that the checks ran in, its images by digest, and what it does not fully hold."""

    backend: Name
    image: Sha256 | None = None
    images: dict[Name, Sha256]
    weak: list[Name]


class JudgeRecord(Model):
    """One expert that was asked: who provides it, which model, and whether a test played it."""

    seat: Name
    provider: Name
    model: Name
    family: Name
    scripted: bool


class ReviewRecord(Model):
    """The expert review that a verdict rests on; `record` is the digest of its audit record.

    `scripted` says that a test's model had a word in it.
    """

    record: DigestSet
    tier: Literal["standard", "advanced", "specialist", "master"]
    judges: Annotated[list[JudgeRecord], Field(min_length=1, max_length=64)]
    scripted: bool


class Window(Model):
    """From the acceptance of the submission to the verdict, on the engine's clock."""

    received_at: Time
    judged_at: Time


class Predicate(Model):
    """One verdict and everything it rests on.

    Sentences for people stand in the verdict's document, of which this has the digest.
    """

    verdict_id: Name
    submission_id: Name
    supersedes: Name | None = None
    task_id: Name | None = None
    answer_id: Name | None = None
    origin: Origin
    decision: Literal["accept", "reject", "escalate", "abstain"]
    score: Annotated[int, Field(ge=0, le=100)] | None = None
    tier: Literal["automatic", "peer", "expert", "human"]
    rules: Name
    policy: Name
    engine: Name
    plan: PlanRecord
    checks: Annotated[list[CheckEntry], Field(max_length=256)]
    limits: dict[Name, Annotated[int, Field(ge=0)] | Annotated[float, Field(ge=0)]]
    inputs: Annotated[list[InputRecord], Field(min_length=1, max_length=4096)]
    sandbox: CageRecord
    versions: dict[Name, Name]
    window: Window
    result_digest: Sha256
    document: DigestSet
    chain_payload: DigestSet | None = None
    review: ReviewRecord | None = None

    @model_validator(mode="after")
    def _scored(self) -> Self:
        decided = self.decision in ("accept", "reject")
        if decided != (self.score is not None):
            raise ValueError("a score goes with accept and reject, and only there")
        if len({item.name for item in self.inputs}) < len(self.inputs):
            raise ValueError("two inputs have one name")
        return self


def json_schema() -> dict[str, Any]:
    """Return the published JSON Schema (draft 2020-12) of the predicate."""
    found = Predicate.model_json_schema(by_alias=True)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": PREDICATE_TYPE,
        **found,
    }
