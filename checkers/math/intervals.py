"""Sets of numbers written as intervals, compared as sets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import mpmath

from checkers.math.reading import Quantity, Reading, Several, Union
from checkers.math.syntax import Apply, Expression, Symbol
from checkers.math.values import Answer, approximate, symbols

if TYPE_CHECKING:
    from collections.abc import Callable

    Same = Callable[[Reading, Reading], Answer]

INFINITY = Symbol("infty")
PAIR = 2
_CLOSED = {"(": False, ")": False, "[": True, "]": True}
# `]0, 1[` leaves its ends out, as `(0, 1)` does.
_TURNED = {"][": "()", "](": "()", ")[": "()", "]]": "(]", "[[": "[)"}


@dataclass(frozen=True, slots=True)
class Interval:
    """From `low` to `high`, written as `items`; `closed` says of each end whether it belongs."""

    low: Any
    high: Any
    closed: tuple[bool, bool]
    items: tuple[Reading, ...]


def compare_sets(
    expected: Reading, given: Reading, same: Same, *, intervals: bool
) -> Answer | None:
    """Say whether two sets are the same; None where one may be no set at all, as `(1, 2)`.

    `same` compares two ends; `intervals`: the task says that its pairs in brackets are intervals.
    """
    sets = [intervals or _is_set(reading) for reading in (expected, given)]
    if not any(sets):
        return None
    ours, theirs = _intervals(expected), _intervals(given)
    if ours is None or theirs is None:
        return None
    found = _same(_joined(ours), _joined(theirs), same)
    # Beside an interval a pair that may be a point is at most no interval, so still different.
    return found if found is not Answer.EQUAL or all(sets) else None


def _is_set(reading: Reading) -> bool:
    """True for what can only be meant as an interval or a union of them."""
    if isinstance(reading, Union):
        return True
    if not isinstance(reading, Several) or len(reading.items) != PAIR:
        return False
    endless = any(isinstance(item, Quantity) and _infinite(item.value) for item in reading.items)
    return reading.brackets in ("(]", "[)") or reading.brackets in _TURNED or endless


def _infinite(node: Expression) -> int:
    if node == INFINITY:
        return 1
    return -1 if node == Apply("neg", (INFINITY,)) else 0


def _intervals(reading: Reading) -> list[Interval] | None:
    parts = reading.parts if isinstance(reading, Union) else (reading,)
    made = [_interval(part) for part in parts]
    return None if None in made else [part for part in made if part is not None]


def _interval(reading: Reading) -> Interval | None:
    if not isinstance(reading, Several) or len(reading.items) != PAIR:
        return None
    brackets = _TURNED.get(reading.brackets, reading.brackets)
    if len(brackets) != PAIR or not set(brackets) <= set(_CLOSED):
        return None
    low, high = (_end(item) for item in reading.items)
    if low is None or high is None or not low < high:
        return None
    # Nothing reaches infinity, whatever bracket was written.
    from_low = _CLOSED[brackets[0]] and low != -mpmath.inf
    to_high = _CLOSED[brackets[1]] and high != mpmath.inf
    return Interval(low, high, (from_low, to_high), reading.items)


def _end(item: Reading) -> Any:  # noqa: ANN401 - a real number or None
    if not isinstance(item, Quantity) or item.unit is not None or item.percent:
        return None
    if sign := _infinite(item.value):
        return sign * mpmath.inf
    if symbols(item.value):
        return None
    value = approximate(item.value, {})
    return mpmath.re(value) if mpmath.im(value) == 0 else None


def _joined(parts: list[Interval]) -> list[Interval]:
    """Put in order, those that meet or overlap made one."""
    done: list[Interval] = []
    for part in sorted(parts, key=lambda one: (one.low, not one.closed[0])):
        last = done[-1] if done else None
        meets = last is not None and (
            part.low < last.high or (part.low == last.high and (part.closed[0] or last.closed[1]))
        )
        if last is None or not meets:
            done.append(part)
            continue
        top = max(last, part, key=lambda one: (one.high, one.closed[1]))
        closed, items = (last.closed[0], top.closed[1]), (last.items[0], top.items[1])
        done[-1] = Interval(last.low, top.high, closed, items)
    return done


def _same(ours: list[Interval], theirs: list[Interval], same: Same) -> Answer:
    shapes = [one.closed for one in ours], [one.closed for one in theirs]
    if shapes[0] != shapes[1]:
        return Answer.DIFFERENT
    found = [
        same(mine, yours)
        for one, other in zip(ours, theirs, strict=True)
        for mine, yours in zip(one.items, other.items, strict=True)
    ]
    if Answer.DIFFERENT in found:
        return Answer.DIFFERENT
    return Answer.UNDECIDED if Answer.UNDECIDED in found else Answer.EQUAL
