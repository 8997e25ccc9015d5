"""Is a reading of the kind that the task says its result is."""

from __future__ import annotations

from checkers.math.matching import LOOSE
from checkers.math.named import value_of
from checkers.math.quantities import Quantity
from checkers.math.reading import (
    EMPTY,
    Equation,
    Joined,
    Named,
    Ratio,
    Reading,
    Relation,
    Several,
    Words,
)
from checkers.math.values import symbols

PAIR = 2
_NOTHING = frozenset({"no solution", "none"})


def fits(expected: Reading, given: Reading, kind: str) -> bool:
    """Say whether both are of the kind, one of those of the option `kind`; all are `auto`.

    A set is no pair in round or square brackets: `{1, 2}` is not the interval `(1, 2)`.
    """
    if kind == "set" and _loose(expected) != _loose(given) and _bracketed(expected, given):
        return False
    return kind == "auto" or (_is(expected, kind) and _is(given, kind))


def _loose(reading: Reading) -> bool:
    return isinstance(reading, Several) and reading.brackets in LOOSE


def _bracketed(*readings: Reading) -> bool:
    return all(isinstance(each, Several) for each in readings)


def _is(reading: Reading, kind: str) -> bool:
    if kind in ("set", "interval"):
        return _is_solutions(value_of(reading) or reading, kind)
    if isinstance(reading, Several) and _loose(reading):
        return kind != "matrix" and all(_is(item, kind) for item in reading.items)
    if kind == "equation":
        return isinstance(reading, Equation | Named | Relation)
    value = value_of(reading) or reading
    if kind == "matrix":
        return isinstance(value, Several) and not _loose(value)
    plain = isinstance(value, Quantity) and not symbols(value.value) - {"infty"}
    return isinstance(value, Ratio) or (plain if kind == "number" else isinstance(value, Quantity))


def _is_solutions(value: Reading, kind: str) -> bool:
    """A set however written, or an interval."""
    if isinstance(value, Joined | Relation) or value == EMPTY:
        return True
    if isinstance(value, Words):
        return value.text in _NOTHING
    if not isinstance(value, Several):
        return False
    return kind == "set" or (not _loose(value) and len(value.items) == PAIR)
