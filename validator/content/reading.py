"""From hostile bytes to one of the documents, or to a refusal with one sentence."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pydantic import ValidationError

from checkers.strict_json import StrictJsonError, loads
from validator.content.refusal import Fault, Refusal
from validator.errors import UnsupportedVersionError
from validator.wire.plain import plain
from validator.wire.sentences import summary, translate

if TYPE_CHECKING:
    from validator.content.documents import AnswerDocument, SealedDocument, TaskDocument

    Model = TypeVar("Model", TaskDocument, SealedDocument, AnswerDocument)

MAX_DEPTH: Final = 64
"""As in requests (contract, preface)."""

_SCHEMA: Final = re.compile(r"(tosv\.[a-z]+)/([1-9][0-9]{0,8})")


class RefusedError(Exception):
    """Carries a refusal up to the function that returns it; never leaves this package."""

    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal
        super().__init__(refusal.sentence)


def refuse(fault: Fault, sentence: str, *, passing: bool = False) -> RefusedError:
    """Return the exception for a refusal."""
    return RefusedError(Refusal(fault, sentence, passing))


def read_object(data: bytes, name: str, fault: Fault) -> dict[str, Any]:
    """Read strict JSON that is an object. `name` opens the sentence. Raises RefusedError."""
    try:
        raw = loads(data, max_depth=MAX_DEPTH)
    except StrictJsonError as error:
        place = f".{plain(error.path, 128)}" if error.path else ""
        raise refuse(fault, f"{name}{place}: {plain(error.message)}") from None
    if not isinstance(raw, dict):
        raise refuse(fault, f"{name}: must be a JSON object")
    return raw


def read_document(raw: dict[str, Any], model: type[Model], name: str, fault: Fault) -> Model:
    """Check an object against a document's shape. Raises RefusedError."""
    schema = raw.get("schema")
    found = _SCHEMA.fullmatch(schema) if isinstance(schema, str) else None
    if found and found[1] == model.kind and found[2] != "1":
        raise RefusedError(
            Refusal(
                Fault.DECLINED,
                f"{name}.schema: this release reads {model.kind}/1, not {found[0]}",
                code=UnsupportedVersionError.code,
            )
        )
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise refuse(fault, f"{name}: {summary(translate(error, raw))}") from None
