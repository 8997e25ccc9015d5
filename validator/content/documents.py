"""The three documents that lie off the chain. Unknown fields are refused by name.

Their `task` and `answer` are those of a submission (contract, section 1) without what the chain
says itself: ids, difficulty, reward, account and times.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from checkers.options import CheckOptions, MathOptions, TestsOptions
from validator.content.commitment import MAX_SALT, MIN_SALT
from validator.intake.document import (  # noqa: TC001 - read at run time
    Answer,
    FileName,
    Material,
    Task,
)
from validator.wire.digest import Digest
from validator.wire.uri import InvalidUriError, parse_uri

TASK_OF_CHAIN = ("id", "difficulty", "reward", "published_at", "deadline")
ANSWER_OF_CHAIN = ("id", "miner", "accepted_at", "submitted_at")


def _uri(text: str) -> str:
    try:
        parse_uri(text)
    except InvalidUriError as error:
        raise ValueError(str(error)) from None
    return text


def _digest(text: str) -> str:
    Digest.parse(text)
    return text


Hex32 = Annotated[str, Field(pattern=r"\A[0-9a-f]{64}\z")]
Salt = Annotated[str, Field(pattern=rf"\A([0-9a-f]{{2}}){{{MIN_SALT},{MAX_SALT}}}\z")]


class Document(BaseModel):
    """Base of what is read here: strict, frozen, echoing nothing."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, hide_input_in_errors=True
    )


class _Named(Document):
    """A document with a `schema`; another major version of it is declined before it is read."""

    kind: ClassVar[str]


class SealedChecks(Document):
    """Where the sealed part will be, and the commitment to it."""

    uri: Annotated[str, AfterValidator(_uri)]
    commitment: Annotated[str, AfterValidator(_digest)]


class TaskDocument(_Named):
    """Public part of a task. It holds no hidden check: those are in the sealed part."""

    kind = "tosv.task"
    document_schema: Literal["tosv.task/1"] = Field(alias="schema")
    task: Task
    sealed_checks: SealedChecks | None = None

    @model_validator(mode="after")
    def _is_public(self) -> Self:
        _refuse_of_chain("task", self.task, TASK_OF_CHAIN)
        for index, options in enumerate(self.task.checks or ()):
            # A publisher may give a result away; whoever reads it can answer, and no more.
            if isinstance(options, MathOptions):
                continue
            if getattr(options, "has_hidden", False):
                is_case = isinstance(options, TestsOptions)
                what = "a hidden case" if is_case else f"what must stay hidden ({options.check})"
                raise ValueError(f"task.checks[{index}] holds {what}; move it to the sealed part")
        return self


class SealedDocument(_Named):
    """Sealed part of a task: further checks and materials, and the salt of the commitment."""

    kind = "tosv.sealed"
    document_schema: Literal["tosv.sealed/1"] = Field(alias="schema")
    task_id: Hex32
    salt: Salt
    checks: Annotated[list[CheckOptions], Field(min_length=1)]
    materials: dict[FileName, Material] | None = None


class AnswerDocument(_Named):
    """An answer, and whose it is: another submitter's pointer to it is rejected.

    A `salt` keeps a short answer from being guessed by its digest while it is not yet served.
    """

    kind = "tosv.answer"
    document_schema: Literal["tosv.answer/1"] = Field(alias="schema")
    task_id: Hex32
    submitter: Annotated[str, Field(min_length=1, max_length=128)]
    answer: Answer
    salt: Salt | None = None

    @model_validator(mode="after")
    def _leaves_the_rest_to_the_chain(self) -> Self:
        _refuse_of_chain("answer", self.answer, ANSWER_OF_CHAIN)
        return self


def _refuse_of_chain(field: str, part: BaseModel, names: tuple[str, ...]) -> None:
    for name in names:
        if getattr(part, name) is not None:
            raise ValueError(f"{field}.{name} is for the chain to say; leave it out")


def hidden(checks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a sealed part's checks with every case and call marked hidden."""
    return [
        check | {name: [_hidden_case(case) for case in check[name]] for name in _cases(check)}
        for check in checks
    ]


def _cases(check: dict[str, Any]) -> list[str]:
    return [name for name in ("cases", "calls") if isinstance(check.get(name), list)]


def _hidden_case(case: dict[str, Any]) -> dict[str, Any]:
    return case | {"hidden": True}
