"""Canonical JSON `tosv-c14n/1`: RFC 8785, except that integers keep all their digits."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

_quote = json.encoder.encode_basestring  # escapes exactly what RFC 8785, 3.2.2.2 asks for
# The standard library's encoder, in C, agrees with us on most values: about ten times faster.
_encode_simple = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, sort_keys=True, separators=(",", ":")
).encode
_SIMPLE = frozenset({str, int, bool, type(None)})
_TEXT = frozenset({str})

# ECMA-262, Number::toString: plain notation from 1e-6 up to below 1e21.
_PLAIN_FROM = -6
_PLAIN_BELOW = 21
_EXACT = 2.0**53  # a whole double below it is spelled like the integer
_PLAIN_REPR = 1e-4  # from here on Python's repr has no exponent, and neither has ECMAScript


def canonical_json(value: Any) -> bytes:  # noqa: ANN401 - any JSON value
    """Return the one UTF-8 spelling of a JSON value.

    Keys are ordered by their UTF-16 code units. Raises ValueError for what JSON cannot say: NaN,
    Infinity, lone surrogates, keys that are not text, other types.
    """
    try:
        text = _encode_simple(_simple(value))
        # Beyond U+FFFF keys sort by UTF-16 code units, which the encoder does not know.
        if text.isascii():
            return text.encode("ascii")
    except _NotSimpleError:
        pass
    try:
        parts: list[str] = []
        _write(value, parts)
        return "".join(parts).encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError("canonical JSON cannot hold a lone surrogate") from error


def sha256_digest(data: bytes) -> str:
    """Return `sha256:<hex>` of the bytes."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


class _NotSimpleError(Exception):
    """Left to the slow way, which also says what is wrong."""


def _simple(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return a value that the encoder spells as we do, or raise."""
    kind = type(value)
    if kind in _SIMPLE:
        return value
    if kind is dict:
        if set(map(type, value)) - _TEXT:
            raise _NotSimpleError
        return {
            key: item if type(item) in _SIMPLE else _simple(item) for key, item in value.items()
        }
    if kind is list:
        return [_simple(item) for item in value]
    if kind is float:
        if value.is_integer() and abs(value) < _EXACT:
            return int(value)
        if _PLAIN_REPR <= abs(value) < _EXACT:
            return value
    raise _NotSimpleError


def _write(value: Any, parts: list[str]) -> None:  # noqa: ANN401 - any JSON value
    match value:
        case str():
            parts.append(_quote(value))
        case bool():
            parts.append("true" if value else "false")
        case None:
            parts.append("null")
        case int():
            parts.append(int.__repr__(value))
        case float():
            parts.append(_number(value))
        case Mapping():
            _write_object(value, parts)
        case Sequence() if not isinstance(value, bytes | bytearray | memoryview):
            _write_array(value, parts)
        case _:
            raise ValueError(f"canonical JSON cannot hold a {type(value).__name__}")


def _write_object(value: Mapping[Any, Any], parts: list[str]) -> None:
    if not all(isinstance(key, str) for key in value):
        raise ValueError("canonical JSON needs text as keys")
    # surrogatepass: a lone surrogate is refused at the end, with every other one.
    keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
    parts.append("{")
    for index, key in enumerate(keys):
        if index:
            parts.append(",")
        parts.append(_quote(key) + ":")
        _write(value[key], parts)
    parts.append("}")


def _write_array(value: Sequence[Any], parts: list[str]) -> None:
    parts.append("[")
    for index, item in enumerate(value):
        if index:
            parts.append(",")
        _write(item, parts)
    parts.append("]")


def _number(value: float) -> str:
    """Spell a double as ECMAScript does (ECMA-262, Number::toString; RFC 8785, 3.2.2.3)."""
    if not math.isfinite(value):
        raise ValueError("canonical JSON cannot hold NaN or Infinity")
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    # Python's repr gives the shortest digits that read back as the same double, as ECMAScript does.
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = whole + fraction
    point = len(whole) + int(exponent or 0)  # the decimal point stands after this many digits
    point -= len(digits) - len(digits.lstrip("0"))
    digits = digits.strip("0")
    return sign + _place_point(digits, point)


def _place_point(digits: str, point: int) -> str:
    count = len(digits)
    if count <= point <= _PLAIN_BELOW:
        return digits + "0" * (point - count)
    if 0 < point <= _PLAIN_BELOW:
        return f"{digits[:point]}.{digits[point:]}"
    if _PLAIN_FROM < point <= 0:
        return "0." + "0" * -point + digits
    exponent = point - 1
    mantissa = digits if count == 1 else f"{digits[0]}.{digits[1:]}"
    return f"{mantissa}e{'+' if exponent > 0 else '-'}{abs(exponent)}"
