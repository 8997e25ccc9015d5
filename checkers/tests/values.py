"""Values that a called function returned, as they cross out of the cage, and what equals what.

The drivers write tagged JSON: `["i", "0x2a"]` an integer, `["f", "0.5"]` a float, `["l"|"t"|"S",
[...]]` a list, tuple or set, `["d", [[key, value], ...]]` an object; null, booleans and texts
stand for themselves. Compared with the task's plain JSON:

- integers compare exactly, whatever their size; a boolean is never a number;
- an integer and a float compare by their exact values, floats within the tolerance if there is
  one; -0.0 equals 0; NaN and infinities equal nothing;
- lists, tuples, and iterators are arrays; a set is an array in any order;
- objects need the same keys; non-text keys were written as JSON writes them.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from checkers.strict_json import StrictJsonError, loads
from checkers.tests.comparators import within

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checkers.option_parts import Tolerance

MAX_BYTES = 16 * 1024 * 1024
# 100 levels of values (the drivers' bound), three of JSON for each.
MAX_DEPTH = 320
MAX_ANY_ORDER = 1000
"""Largest set compared in any order; each item may be tried against every other."""

_INTEGER = re.compile(r"-?0x[0-9a-f]+")


class UnreadableError(ValueError):
    """What came out of the cage is no result of a driver."""


@dataclass(frozen=True, slots=True)
class Returned:
    """What a call gave: a value, or the kind and message of what it raised."""

    value: Any = None
    error: tuple[str, str] | None = None
    typed: Any = None  # the tagged form, for harnesses that keep tuples and sets apart


class AnyOrder(tuple[Any, ...]):
    """A set: its items have no order."""

    __slots__ = ()


def read_returned(record: bytes) -> Returned:
    """Read a driver's file; anything else in its place raises `UnreadableError`."""
    try:
        document = loads(record, max_depth=MAX_DEPTH, max_bytes=MAX_BYTES)
    except StrictJsonError as error:
        raise UnreadableError(str(error)) from None
    if isinstance(document, dict) and set(document) == {"value"}:
        return Returned(value=decode(document["value"]), typed=document["value"])
    if isinstance(document, dict) and set(document) == {"error"}:
        match document["error"]:
            case [str() as kind, str() as message]:
                return Returned(error=(kind, message))
    raise UnreadableError("is no result")


def decode(tagged: Any) -> Any:  # noqa: ANN401
    """Plain Python values; sets become `AnyOrder`."""
    match tagged:
        case None | bool() | str():
            return tagged
        case ["i", str() as digits] if _INTEGER.fullmatch(digits):
            return int(digits, 16)
        case ["f", str() as digits]:
            try:
                return float(digits)
            except ValueError:
                raise UnreadableError("is no float") from None
        case ["l" | "t", list() as items]:
            return [decode(item) for item in items]
        case ["S", list() as items]:
            return AnyOrder(decode(item) for item in items)
        case ["d", list() as pairs]:
            return _members(pairs)
        case _:
            raise UnreadableError("is no value")


def _members(pairs: list[Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for pair in pairs:
        match pair:
            case [str() as key, value] if key not in made:
                made[key] = decode(value)
            case _:
                raise UnreadableError("is no object with distinct keys")
    return made


def equal(expected: Any, actual: Any, tolerance: Tolerance | None) -> bool:  # noqa: ANN401
    """True when the returned value is the expected one. `expected` is strict JSON of the task."""
    if isinstance(expected, bool) or expected is None or isinstance(expected, str):
        return type(actual) is type(expected) and bool(actual == expected)
    if isinstance(expected, dict):
        return (
            isinstance(actual, dict)
            and actual.keys() == expected.keys()
            and all(equal(value, actual[key], tolerance) for key, value in expected.items())
        )
    if isinstance(expected, list):
        return _equal_items(expected, actual, tolerance)
    return _equal_numbers(expected, actual, tolerance)


def _equal_items(expected: list[Any], actual: Any, tolerance: Tolerance | None) -> bool:  # noqa: ANN401
    if not isinstance(actual, (list, AnyOrder)) or len(actual) != len(expected):
        return False
    if isinstance(actual, AnyOrder):
        return _equal_any_order(expected, actual, tolerance)
    return all(equal(one, other, tolerance) for one, other in zip(expected, actual, strict=True))


def _equal_any_order(
    expected: list[Any], actual: Sequence[Any], tolerance: Tolerance | None
) -> bool:
    if len(expected) > MAX_ANY_ORDER:
        pairs = zip(sorted(expected, key=repr), sorted(actual, key=repr), strict=True)
        return all(equal(one, other, tolerance) for one, other in pairs)
    left = list(actual)
    for wanted in expected:
        found = next((i for i, item in enumerate(left) if equal(wanted, item, tolerance)), None)
        if found is None:
            return False
        del left[found]
    return True


def _equal_numbers(
    expected: float,
    actual: Any,  # noqa: ANN401
    tolerance: Tolerance | None,
) -> bool:
    if isinstance(actual, bool) or not isinstance(actual, (int, float)):
        return False
    if isinstance(expected, int) and isinstance(actual, int):
        return expected == actual
    if not math.isfinite(actual):
        return False
    if tolerance is None:
        return expected == actual  # exact in Python, also between int and float
    return within(
        Fraction(expected),
        Fraction(actual),
        Fraction(tolerance.absolute),
        Fraction(tolerance.relative),
    )
