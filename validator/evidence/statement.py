"""in-toto Statement v1 over a verdict: its subjects, and bytes in and out.

Subjects (threat model, row 19): `answer`, `task`, `origin`, and for the chain `genesis`. Where the
task hides something, `task` is what may be seen of it and `sealed-task` commits to the whole.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Final, Literal, Self

from pydantic import Field, ValidationError, model_validator

from checkers.strict_json import StrictJsonError, loads
from validator.errors import InvalidEvidenceError
from validator.evidence.predicate import PREDICATE_TYPE, DigestSet, Model, Predicate
from validator.wire.canonical import canonical_json
from validator.wire.sentences import summary, translate

STATEMENT_TYPE: Final = "https://in-toto.io/Statement/v1"
MAX_STATEMENT: Final = 2 * 1024 * 1024
_CHAIN: Final = "chain:"

SubjectName = Literal["answer", "task", "sealed-task", "origin", "genesis"]


class Subject(Model):
    """Something the statement is about."""

    name: SubjectName
    digest: DigestSet


class Statement(Model):
    """The signed document."""

    type_: Literal["https://in-toto.io/Statement/v1"] = Field(alias="_type")
    subject: Annotated[list[Subject], Field(min_length=3, max_length=5)]
    predicate_type: Literal["urn:tosv:predicate:verdict:1"] = Field(alias="predicateType")
    predicate: Predicate

    @model_validator(mode="after")
    def _whole(self) -> Self:
        names = [item.name for item in self.subject]
        if len(set(names)) < len(names):
            raise ValueError("two subjects have one name")
        for name in ("answer", "task"):
            self._need(name, "sha256")
        self._need_origin()
        sealed = self.digest("sealed-task")
        if sealed is not None and sealed.salted_sha256 is None:
            raise ValueError("the subject sealed-task must be a salted digest")
        return self

    def digest(self, name: SubjectName) -> DigestSet | None:
        """Return a subject's digest, None for one that is not there."""
        return next((item.digest for item in self.subject if item.name == name), None)

    def encode(self) -> bytes:
        """Return the bytes that are signed."""
        return canonical_json(self.model_dump(mode="json", by_alias=True, exclude_none=True))

    def _need(self, name: SubjectName, kind: Literal["sha256", "tos_genesis"]) -> str:
        found = self.digest(name)
        value = None if found is None else getattr(found, kind)
        if not isinstance(value, str):
            raise ValueError(f"the subject {name} is missing or has another kind of digest")  # noqa: TRY004
        return value

    def _need_origin(self) -> None:
        origin = self.predicate.origin
        if self._need("origin", "sha256") != text_digest(origin):
            raise ValueError("the subject origin is not that of the predicate")
        if not origin.startswith(_CHAIN):
            if self.digest("genesis") is not None:
                raise ValueError("a genesis goes with an answer of the chain only")
        elif self._need("genesis", "tos_genesis") != origin.removeprefix(_CHAIN):
            raise ValueError("the subject genesis is not that of the origin")


def statement_of(subjects: list[Subject], predicate: Predicate) -> Statement:
    """Return the statement. Raises ValidationError for subjects that do not fit together."""
    return Statement(
        _type=STATEMENT_TYPE, subject=subjects, predicateType=PREDICATE_TYPE, predicate=predicate
    )


def read_statement(payload: bytes) -> Statement:
    """Read a statement. Raises InvalidEvidenceError that names the member."""
    try:
        raw = loads(payload, max_bytes=MAX_STATEMENT)
    except StrictJsonError as error:
        raise InvalidEvidenceError(f"the statement {error}") from None
    try:
        return Statement.model_validate(raw)
    except ValidationError as error:
        raise InvalidEvidenceError(f"the statement: {summary(translate(error, raw))}") from None


def text_digest(text: str) -> str:
    """Return the SHA-256 of a text's UTF-8, 64 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()
