"""From pydantic's errors to the contract's: a path as users write it, and one plain sentence."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from validator.errors import FieldError
from validator.wire.plain import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

MAX_ERRORS = 20
"""More than anybody mends in one go; a document of a million faults gets no longer reply."""

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")

Context = Mapping[str, Any]

_SENTENCES: Mapping[str, Callable[[Context], str]] = {
    "missing": lambda _: "is missing",
    "extra_forbidden": lambda _: "is not a known field",
    "unexpected_keyword_argument": lambda _: "is not a known field",
    "string_type": lambda _: "must be text",
    "path_type": lambda _: "must be a path",
    "int_parsing": lambda _: "must be a whole number",
    "int_from_float": lambda _: "must be a whole number",
    "float_parsing": lambda _: "must be a number",
    "bool_parsing": lambda _: "must be true or false",
    "int_type": lambda _: "must be a whole number",
    "float_type": lambda _: "must be a number",
    "bool_type": lambda _: "must be true or false",
    "dict_type": lambda _: "must be an object",
    "model_type": lambda _: "must be an object",
    "dataclass_type": lambda _: "must be an object",
    "model_attributes_type": lambda _: "must be an object",
    "list_type": lambda _: "must be a list",
    "tuple_type": lambda _: "must be a list",
    "finite_number": lambda _: "must be a finite number",
    "none_required": lambda _: "must be null",
    "literal_error": lambda c: "must be " + _choices(c["expected"]),
    "enum": lambda c: "must be " + _choices(c["expected"]),
    "string_too_short": lambda c: _at_least(c["min_length"], "character"),
    "string_too_long": lambda c: _at_most(c["max_length"], "character"),
    "too_short": lambda c: _at_least(c["min_length"], "entry", "entries"),
    "too_long": lambda c: _at_most(c["max_length"], "entry", "entries"),
    "greater_than": lambda c: f"must be greater than {c['gt']}",
    "greater_than_equal": lambda c: f"must be at least {c['ge']}",
    "less_than": lambda c: f"must be less than {c['lt']}",
    "less_than_equal": lambda c: f"must be at most {c['le']}",
    "string_pattern_mismatch": lambda c: _pattern(c["pattern"]),
    "union_tag_invalid": lambda c: f"must be {_choices(c['expected_tags'])}",
    "union_tag_not_found": lambda _: "is missing",
    "timezone_aware": lambda _: "must name its time zone, such as 2026-01-31T12:00:00Z",
    "value_error": lambda c: str(c["error"]),
}

_TIME = "must be a time such as 2026-01-31T12:00:00Z"
_PATTERNS = {
    r"\A[0-9]{1,78}\z": "must be decimal digits, the amount in the chain's smallest unit",
    r"\A[0-9a-f]{64}\z": "must be 64 hexadecimal digits in lower case",
    r"\A[0-9a-f]{128}\z": "must be 128 hexadecimal digits in lower case",
    r"\A([0-9a-f]{2}){16,64}\z": "must be 32 to 128 hexadecimal digits, two for each random byte",
    r"\A(sha256:)?[0-9a-f]{64}\z": "must be 64 hexadecimal digits, or sha256: before them",
}


def summary(errors: Sequence[FieldError]) -> str:
    """Return one sentence that names the first fault and counts the rest."""
    first = errors[0]
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return f"{first.field}: {first.message}{more}"


def translate(error: ValidationError, document: object) -> tuple[FieldError, ...]:
    """Return one sentence for each fault, in the document's order, at most `MAX_ERRORS`.

    A union that no member fits reports every member's fault; only the first of a place is kept.
    """
    found: dict[str, FieldError] = {}
    for detail in error.errors(include_url=False, include_input=False):
        path = _path(detail, document)
        if path not in found:
            found[path] = FieldError(path, _sentence(detail))
        if len(found) == MAX_ERRORS:
            break
    return tuple(found.values())


def _path(detail: ErrorDetails, document: object) -> str:
    """Spell a location, leaving out the steps that name a union's member, not a place."""
    loc = detail["loc"]
    named_by_rule = detail["type"] in ("missing", "extra_forbidden", "unexpected_keyword_argument")
    path, here = "", document
    for index, step in enumerate(loc):
        names_check = index > 1 and loc[index - 2] == "checks" and isinstance(loc[index - 1], int)
        if isinstance(here, list) and isinstance(step, int):
            path += f"[{step}]"
            here = here[step] if step < len(here) else None
        elif isinstance(here, dict) and step in here and not names_check:
            path += member(str(step))
            here = here[step]
        elif named_by_rule and index == len(loc) - 1:
            path += member(str(step))
    if detail["type"] in ("union_tag_invalid", "union_tag_not_found"):
        path += ".check"
    return path.removeprefix(".") or "body"


def member(key: str) -> str:
    """Spell a step into an object: `.name`, or `["any text"]`, cut and with nothing unseen."""
    return f".{key}" if _WORD.fullmatch(key) else f'["{plain(key, 64)}"]'


def _sentence(detail: ErrorDetails) -> str:
    kind = detail["type"]
    if kind.startswith(("datetime", "date_")):
        return _TIME
    make = _SENTENCES.get(kind)
    return plain(make(detail.get("ctx", {})) if make else "has a value that is not allowed here")


def _choices(expected: str) -> str:
    return "one of " + expected.replace("'", "").replace(" or ", ", ")


def _at_least(count: int, noun: str, plural: str | None = None) -> str:
    return f"must have at least {count} {noun if count == 1 else plural or noun + 's'}"


def _at_most(count: int, noun: str, plural: str | None = None) -> str:
    return f"must have at most {count} {noun if count == 1 else plural or noun + 's'}"


def _pattern(pattern: str) -> str:
    return _PATTERNS.get(pattern, "has characters or a form that is not allowed here")
