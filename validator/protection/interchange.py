"""The interchange file: what a signer has permitted, for another signer to take in.

Its shape is `interchange.schema.json`, beside this module; what a schema cannot say is checked
here. The spelling is canonical JSON and one line end, rows by height and answer id.
"""

from __future__ import annotations

import functools
import json
from collections import defaultdict
from dataclasses import dataclass
from importlib import resources
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import jsonschema_rs

from checkers.strict_json import StrictJsonError, loads
from validator.errors import FieldError, InvalidDocumentError, NotJsonError, TooLargeError
from validator.protection.tighten import Fact
from validator.protection.values import MAX_NUMBER, MAX_SCORE, AnswerContent, Verdict
from validator.wire.canonical import canonical_json
from validator.wire.plain import plain
from validator.wire.sentences import MAX_ERRORS, member, summary

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FORMAT: Final = "tosv-protection/1"
MAX_BYTES: Final = 256 * 1024 * 1024
"""Some 600 000 verdicts. Reading takes about ten times as much memory."""
_MAX_DEPTH: Final = 8
_OBJECT: Final = "must be an object"


@dataclass(frozen=True, slots=True)
class ContentScore:
    """The one score of an answer's content; None: never to be signed."""

    content: AnswerContent
    score: int | None


@dataclass(frozen=True, slots=True)
class KeyHistory:
    """What is told of one key."""

    public_key: bytes
    low: int | None
    facts: tuple[Fact, ...]
    contents: tuple[ContentScore, ...]


@dataclass(frozen=True, slots=True)
class Interchange:
    """A whole file. A key may be told of more than once."""

    genesis: bytes
    keys: tuple[KeyHistory, ...]


def parse(data: bytes) -> Interchange:
    """Read a file. Raises TooLargeError, NotJsonError and InvalidDocumentError with the places."""
    if len(data) > MAX_BYTES:
        raise TooLargeError(f"the file has more than {MAX_BYTES} bytes")
    try:
        document = loads(data, max_depth=_MAX_DEPTH)
    except StrictJsonError as error:
        raise NotJsonError(f"the file {plain(str(error))}") from None
    _refuse(islice((_fault(each) for each in _schema().iter_errors(document)), MAX_ERRORS))
    genesis = bytes.fromhex(document["metadata"]["genesis"])
    _refuse(islice(_inconsistent(genesis, document["data"]), MAX_ERRORS))
    return Interchange(genesis, tuple(_key_of(each) for each in document["data"]))


def render(interchange: Interchange) -> bytes:
    """Return the one spelling of a file."""
    document = {
        "metadata": {"format": FORMAT, "genesis": interchange.genesis.hex()},
        "data": [
            _key_to_json(each) for each in sorted(interchange.keys, key=lambda key: key.public_key)
        ],
    }
    return canonical_json(document) + b"\n"


def conflicts(interchange: Interchange) -> int:
    """Count the answers and contents of which the file tells two things, or that are barred."""
    answers: dict[tuple[bytes, bytes], set[tuple[AnswerContent, int | None]]] = defaultdict(set)
    contents: dict[tuple[bytes, AnswerContent], set[int | None]] = defaultdict(set)
    for key in interchange.keys:
        for fact in key.facts:
            answers[key.public_key, fact.answer].add((fact.content, fact.score))
            contents[key.public_key, fact.content].add(fact.score)
        for each in key.contents:
            contents[key.public_key, each.content].add(each.score)
    told_twice = sum(len(told) > 1 for told in answers.values())
    return told_twice + sum(len(scores) > 1 or None in scores for scores in contents.values())


def schema_text() -> str:
    """Return the JSON Schema as it is published."""
    return (resources.files(__package__) / "interchange.schema.json").read_text(encoding="utf-8")


@functools.cache
def _schema() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(json.loads(schema_text()))


def _refuse(faults: Iterator[FieldError]) -> None:
    found = tuple(faults)
    if found:
        raise InvalidDocumentError(summary(found), found)


def _fault(error: jsonschema_rs.ValidationError) -> FieldError:
    path = _spell(error.instance_path)
    kind: Any = error.kind
    if kind.name == "required":
        return FieldError(_under(path, member(str(kind.property))), "is missing")
    if kind.name == "additionalProperties":
        return FieldError(_under(path, member(str(kind.unexpected[0]))), "is not a known field")
    return FieldError(path or "file", _wanted([str(step) for step in error.schema_path]))


def _wanted(schema_path: list[str]) -> str:
    """Say what belongs in the place that a step of the schema rules over."""
    number = f"must be a whole number from 0 to {MAX_NUMBER}"
    digits = "must be 64 lower-case hexadecimal digits"
    by_step = {
        "const": f"must be {FORMAT}",
        "number": number,
        "low_watermark": f"{number}, or null",
        "score": f"must be a whole number from 0 to {MAX_SCORE}, or null",
        "hash": digits,
        "signing_root": f"{digits}, or null",
    }
    for step in reversed(schema_path):
        if step in by_step:
            return by_step[step]
    lists = ("data", "verdicts", "contents")
    return "must be a list" if schema_path[-2:-1] in [[name] for name in lists] else _OBJECT


def _spell(steps: Sequence[str | int]) -> str:
    spelled = "".join(f"[{step}]" if isinstance(step, int) else member(step) for step in steps)
    return spelled.removeprefix(".")


def _under(path: str, step: str) -> str:
    return f"{path}{step}".removeprefix(".")


def _inconsistent(genesis: bytes, keys: Sequence[Any]) -> Iterator[FieldError]:
    """Yield what a schema cannot see: a signing root that is not that of its row."""
    for at, key in enumerate(keys):
        public_key = bytes.fromhex(key["public_key"])
        for index, told in enumerate(key["verdicts"]):
            place = f"data[{at}].verdicts[{index}].signing_root"
            if (told["score"] is None) != (told["signing_root"] is None):
                yield FieldError(place, "must be null exactly when the score is")
            elif told["score"] is not None:
                verdict = Verdict(
                    bytes.fromhex(told["task"]), bytes.fromhex(told["answer"]), int(told["score"])
                )
                if verdict.root(genesis, public_key).hex() != told["signing_root"]:
                    yield FieldError(place, "is not the signing root of this row")


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)  # JSON Schema takes 1.0 for an integer


def _key_of(told: Any) -> KeyHistory:  # noqa: ANN401 - a checked document
    return KeyHistory(
        bytes.fromhex(told["public_key"]),
        _whole(told["low_watermark"]),
        tuple(_fact_of(each) for each in told["verdicts"]),
        tuple(
            ContentScore(_content_of(each), _whole(each["score"]))
            for each in told.get("contents", ())
        ),
    )


def _fact_of(told: Any) -> Fact:  # noqa: ANN401 - a checked document
    root = told["signing_root"]
    return Fact(
        bytes.fromhex(told["answer"]),
        _content_of(told),
        int(told["height"]),
        _whole(told["score"]),
        None if root is None else bytes.fromhex(root),
    )


def _content_of(told: Any) -> AnswerContent:  # noqa: ANN401 - a checked document
    return AnswerContent(
        *(bytes.fromhex(told[name]) for name in ("task", "submitter", "answer_hash"))
    )


def _key_to_json(key: KeyHistory) -> dict[str, Any]:
    facts = sorted(key.facts, key=lambda fact: (fact.height, fact.answer))
    contents = sorted(
        (_content_to_json(each.content, each.score) for each in key.contents), key=str
    )
    return {
        "public_key": key.public_key.hex(),
        "low_watermark": key.low,
        "verdicts": [
            _content_to_json(fact.content, fact.score)
            | {
                "answer": fact.answer.hex(),
                "height": fact.height,
                "signing_root": fact.root.hex() if fact.root else None,
            }
            for fact in facts
        ],
        "contents": contents,
    }


def _content_to_json(content: AnswerContent, score: int | None) -> dict[str, Any]:
    return {
        "task": content.task.hex(),
        "submitter": content.submitter.hex(),
        "answer_hash": content.answer_hash.hex(),
        "score": score,
    }
