"""The one reader of hostile JSON: what Python's own lets through is refused, with its place."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Any

MAX_DIGITS = 4300
"""Longest integer; Python's own conversion cap, beyond which the time grows with the square."""

# Whole strings, so that the brackets inside them do not count toward the depth.
_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_NOT_BRACKET = re.compile(r"[^\[\]{}]+")
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")


class StrictJsonError(ValueError):
    """The text is not strict JSON. `path` is the place, such as `task.checks[3].name`."""

    def __init__(self, message: str, path: str = "") -> None:
        self.message = message
        self.path = path
        super().__init__(f"{path}: {message}" if path else message)


@dataclass(frozen=True, slots=True)
class _Flaw:
    """Stands in the tree where a refused value was, so that its path can be told."""

    message: str


class _Builder:
    """Hooks of the standard parser; remembers whether anything was refused."""

    def __init__(self) -> None:
        self.flawed = False

    def flaw(self, message: str) -> _Flaw:
        self.flawed = True
        return _Flaw(message)

    def integer(self, text: str) -> int | _Flaw:
        if len(text) > MAX_DIGITS:
            return self.flaw(f"an integer may have at most {MAX_DIGITS} digits")
        return int(text)

    def real(self, text: str) -> float | _Flaw:
        value = float(text)
        if math.isinf(value):
            return self.flaw("this number is too large for a double")
        return value

    def constant(self, text: str) -> _Flaw:
        return self.flaw(f"{text} is not JSON")

    def members(self, pairs: list[tuple[str, Any]]) -> dict[str, Any] | _Flaw:
        made = dict(pairs)
        if len(made) == len(pairs):
            return made
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        return self.flaw(f"the key {_shown(twice)} appears twice")


def loads(data: bytes | str, *, max_depth: int = 64, max_bytes: int | None = None) -> Any:  # noqa: ANN401
    """Read one JSON value. Integers keep all digits; objects are dicts, arrays are lists.

    Refuses duplicate keys, NaN and infinities (also `1e400`), nesting over `max_depth`, invalid
    UTF-8, a byte order mark, and lone surrogates, which no UTF-8 document can hold.
    """
    if max_bytes is not None and len(data) > max_bytes:
        raise StrictJsonError(f"is larger than {max_bytes} bytes")
    text = _text(data)
    if text.startswith("\ufeff"):
        raise StrictJsonError("starts with a byte order mark; send plain UTF-8")
    if _too_deep(text, max_depth):
        raise StrictJsonError(f"is nested more than {max_depth} levels deep")
    builder = _Builder()
    value = _parse(text, builder)
    if builder.flawed or ("\\u" in text and _SURROGATE_ESCAPE.search(text)):
        _refuse_flaws(value)
    return value


def _text(data: bytes | str) -> str:
    try:
        if isinstance(data, str):
            data.encode()
            return data
        return data.decode()
    except UnicodeDecodeError as error:
        raise StrictJsonError(f"is not UTF-8 (byte {error.start})") from None
    except UnicodeEncodeError as error:
        raise StrictJsonError(f"holds a lone surrogate (character {error.start})") from None


def _too_deep(text: str, max_depth: int) -> bool:
    if text.count("[") + text.count("{") <= max_depth:
        return False
    brackets = _NOT_BRACKET.sub("", _STRING.sub("", text))
    depth = 0
    for bracket in brackets:
        if bracket in "[{":
            depth += 1
            if depth > max_depth:
                return True
        else:
            depth -= 1
    return False


def _parse(text: str, builder: _Builder) -> Any:  # noqa: ANN401
    try:
        return json.loads(
            text,
            parse_int=builder.integer,
            parse_float=builder.real,
            parse_constant=builder.constant,
            object_pairs_hook=builder.members,
        )
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise StrictJsonError(f"is not JSON: {error.msg} ({where})") from None
    except RecursionError:
        raise StrictJsonError("is nested too deep") from None


def _refuse_flaws(value: Any, path: str = "") -> None:  # noqa: ANN401
    """Raise for the first flaw in document order. Recursion is bounded by the depth limit."""
    if isinstance(value, _Flaw):
        raise StrictJsonError(value.message, path)
    if isinstance(value, str):
        _refuse_surrogates(value, path)
    elif isinstance(value, dict):
        for key, member in value.items():
            _refuse_surrogates(key, path)
            _refuse_flaws(member, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _refuse_flaws(item, f"{path}[{index}]")


def _refuse_surrogates(text: str, path: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise StrictJsonError("holds a lone surrogate", path) from None


def _shown(key: str) -> str:
    return ascii(key if len(key) <= 64 else key[:64] + "...")  # noqa: PLR2004 - fits a sentence
