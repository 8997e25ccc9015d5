"""The shape of a submission (contract, section 1). Unknown fields are refused by name."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from checkers.names import safe_path
from checkers.option_parts import FileBody, LanguageName  # noqa: TC001 - read at run time
from checkers.options import CheckOptions  # noqa: TC001 - read at run time
from validator.domain.tasks import Difficulty, TaskType  # noqa: TC001 - read at run time

SUBMISSION_SCHEMA = "tosv.submission/1"


def _visible(text: str) -> str:
    if not all(char.isprintable() and char != " " for char in text):
        raise ValueError("must be visible characters, without blanks or control characters")
    return text


def _file_name(path: str) -> str:
    safe_path(path)
    if any(part.startswith("-") for part in path.split("/")):
        raise ValueError("a name may not begin with '-', which programs take for an option")
    return path


def _rfc3339(value: Any) -> Any:  # noqa: ANN401 - whatever the document holds
    if value is not None and not isinstance(value, str):
        raise ValueError("must be a time such as 2026-01-31T12:00:00Z")
    return value


Label = Annotated[str, Field(min_length=1, max_length=128), AfterValidator(_visible)]
FileName = Annotated[str, AfterValidator(_file_name)]
Time = Annotated[AwareDatetime, Field(strict=False), BeforeValidator(_rfc3339)]
Amount = Annotated[str, Field(pattern=r"\A[0-9]{1,78}\z")]
Sha256 = Annotated[str, Field(pattern=r"\A(sha256:)?[0-9a-f]{64}\z")]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


class Material(_Model):
    """Something the task gives along: `text`, `base64`, or `uri` with `sha256`."""

    text: str | None = None
    base64: str | None = None
    uri: Annotated[str, Field(min_length=1, max_length=2048)] | None = None
    sha256: Sha256 | None = None

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        given = [name for name in ("text", "base64", "uri") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError("give exactly one of text, base64 and uri")
        if self.uri is not None and self.sha256 is None:
            raise ValueError("uri needs sha256, the digest that the fetched bytes must have")
        if self.uri is None and self.sha256 is not None:
            actual = hashlib.sha256(self.content).hexdigest()
            if self.sha256.removeprefix("sha256:") != actual:
                raise ValueError(f"sha256 is not that of the bytes, which is {actual}")
        return self

    @property
    def content(self) -> bytes:
        """The inline bytes; empty for a URI."""
        if self.base64 is None:
            return (self.text or "").encode()
        try:
            return base64.b64decode(self.base64, validate=True)
        except (binascii.Error, ValueError):
            raise ValueError("base64 is not valid base64") from None

    @model_validator(mode="after")
    def _decodable(self) -> Self:
        self.content  # noqa: B018 - raises for what is not base64
        return self


class Task(_Model):
    """What was asked. Everything but `type` is optional."""

    id: Label | None = None
    type: TaskType
    subtype: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    title: str | None = None
    description: str | None = None
    language: LanguageName | None = None
    difficulty: Difficulty | None = None
    reward: Amount | None = None
    published_at: Time | None = None
    deadline: Time | None = None
    materials: dict[FileName, Material] | None = None
    checks: Annotated[list[CheckOptions], Field(min_length=1)] | None = None


class Answer(_Model):
    """A miner's answer: at least one of `content`, `code` and `files`. Ids and times are claims."""

    id: Label | None = None
    miner: Label | None = None
    accepted_at: Time | None = None
    submitted_at: Time | None = None
    content: str | None = None
    code: str | None = None
    files: dict[FileName, FileBody] | None = None
    reasoning: str | None = None
    documentation: str | None = None
    claims: list[dict[str, Any]] | None = None
    findings: list[dict[str, Any]] | dict[str, Any] | None = None
    test_results: dict[str, Any] | None = None
    performance_metrics: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if self.code is not None and self.files is not None:
            raise ValueError("give either code (one source file) or files, not both")
        if self.content is None and self.code is None and self.files is None:
            raise ValueError("give at least one of content, code and files")
        return self


class SubmissionDocument(_Model):
    """A task and one answer to it."""

    model_config = ConfigDict(title="Submission", populate_by_name=False)

    document_schema: Literal["tosv.submission/1"] | None = Field(default=None, alias="schema")
    task: Task
    answer: Answer
