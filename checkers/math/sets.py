"""Sets of real numbers, compared by membership: at every breakpoint of both, and between them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import mpmath

from checkers.math.nodes import Apply, Expression
from checkers.math.quantities import Quantity
from checkers.math.reading import INFINITY, Joined, Named, Reading, Relation, Several
from checkers.math.symbolic import breakpoints
from checkers.math.values import Answer, TooHardError, approximate, symbols

if TYPE_CHECKING:
    from collections.abc import Callable

PAIR = 2
NEAR = mpmath.mpf(10) ** -38
_CLOSED = {"(": False, ")": False, "[": True, "]": True}
# `]0, 1[` leaves its ends out, as `(0, 1)` does.
_TURNED = {"][": "()", "](": "()", ")[": "()", "]]": "(]", "[[": "[)"}


@dataclass(frozen=True, slots=True)
class RealSet:
    """Where membership may change, and the test of membership. `letter`: what was solved for."""

    points: tuple[Any, ...]
    contains: Callable[[Any], bool]
    letter: str | None = None


def compare_sets(expected: Reading, given: Reading, *, intervals: bool) -> Answer | None:
    """Say whether two sets are the same; None where one may be no set at all, as `(1, 2)`.

    `intervals`: the task says that its pairs in brackets are intervals.
    """
    sure = [intervals or is_set(reading) for reading in (expected, given)]
    if not any(sure):
        return None
    ours, theirs = to_set(expected), to_set(given)
    if ours is None or theirs is None:
        return None
    letters = {ours.letter, theirs.letter} - {None}
    found = same(ours, theirs)
    if found and len(letters) > 1:
        return Answer.UNDECIDED
    if found:
        # `(1, 2)` beside `1 < x < 2` is meant as the interval.
        return Answer.EQUAL
    return Answer.DIFFERENT


def is_set(reading: Reading) -> bool:
    """True for what can only be meant as an interval, a union of them, or a solution set."""
    if isinstance(reading, Joined):
        return any(isinstance(part, Joined) or is_set(part) for part in reading.parts) or all(
            to_set(part) is not None for part in reading.parts
        )
    if isinstance(reading, Relation):
        return len(frozenset().union(*map(symbols, reading.sides))) == 1
    if isinstance(reading, Named):
        return is_set(reading.value)
    if not isinstance(reading, Several) or len(reading.items) != PAIR:
        return False
    endless = any(isinstance(item, Quantity) and _infinite(item.value) for item in reading.items)
    turned = reading.brackets in _TURNED and reading.brackets != "[["
    return reading.brackets in ("(]", "[)") or turned or endless


def to_set(reading: Reading) -> RealSet | None:  # noqa: PLR0911 - one for each kind
    """Return the real numbers that a reading stands for; None where it has letters, or is none."""
    try:
        match reading:
            case Named():
                return to_set(reading.value)
            case Several("{}" | "pm", items):
                return _points(items)
            case Several(_, [_, _]):
                return _interval(reading)
            case Joined():
                return _joined(reading)
            case Relation():
                return _solved(reading)
    except TooHardError:
        return None
    return None


def same(one: RealSet, other: RealSet) -> bool:
    """Compare by membership. The points of both, and one in each gap, say all there is."""
    points = _distinct([*one.points, *other.points])
    tried = [*points]
    if points:
        tried += [points[0] - 1, points[-1] + 1]
        tried += [(low + high) / 2 for low, high in pairwise(points)]
    else:
        tried.append(mpmath.mpf(0))
    return all(one.contains(point) == other.contains(point) for point in tried)


def _distinct(points: list[Any]) -> list[Any]:
    kept: list[Any] = []
    for point in sorted(points):
        if not kept or point - kept[-1] > NEAR * max(1, abs(point)):
            kept.append(point)
    return kept


def _infinite(node: Expression) -> int:
    if node == INFINITY:
        return 1
    return -1 if node == Apply("neg", (INFINITY,)) else 0


def _number(item: Reading) -> Any:  # noqa: ANN401 - a real number or an infinity
    """Value of an end or a point; raises `TooHardError`."""
    if not isinstance(item, Quantity) or item.unit is not None:
        raise TooHardError("no number")
    if sign := _infinite(item.value):
        return sign * mpmath.inf
    if symbols(item.value):
        raise TooHardError("letters")
    value = approximate(item.value, {})
    if abs(mpmath.im(value)) > NEAR:
        raise TooHardError("not real")
    return mpmath.re(value) / (100 if item.percent else 1)


def _at(point: Any, place: Any) -> bool:  # noqa: ANN401
    return bool(abs(point - place) <= NEAR * max(1, abs(place)))


def _points(items: tuple[Reading, ...]) -> RealSet:
    places = tuple(_number(item) for item in items)
    if any(not mpmath.isfinite(place) for place in places):
        raise TooHardError("infinite")
    return RealSet(places, lambda point: any(_at(point, place) for place in places))


def _interval(reading: Several) -> RealSet | None:
    brackets = _TURNED.get(reading.brackets, reading.brackets)
    if len(brackets) != PAIR or not set(brackets) <= set(_CLOSED):
        return None
    low, high = (_number(item) for item in reading.items)
    if not low < high:
        return None
    closed = (_CLOSED[brackets[0]], _CLOSED[brackets[1]])

    def contains(point: Any) -> bool:  # noqa: ANN401
        for end, belongs in zip((low, high), closed, strict=True):
            if mpmath.isfinite(end) and _at(point, end):
                return belongs
        return bool(low < point < high)

    return RealSet(tuple(end for end in (low, high) if mpmath.isfinite(end)), contains)


def _joined(reading: Joined) -> RealSet | None:
    parts = [to_set(part) for part in reading.parts]
    sets = [part for part in parts if part is not None]
    letters = {part.letter for part in sets} - {None}
    if len(sets) != len(parts) or len(letters) > 1:
        return None
    points = tuple(point for part in sets for point in part.points)

    def contains(point: Any) -> bool:  # noqa: ANN401
        inside = [part.contains(point) for part in sets]
        match reading.operation:
            case "cup":
                return any(inside)
            case "cap":
                return all(inside)
        return inside[0] and not any(inside[1:])

    return RealSet(points, contains, letters.pop() if letters else None)


def _solved(reading: Relation) -> RealSet | None:
    """Solve a chain of inequalities in one letter."""
    letters = sorted(frozenset().union(*map(symbols, reading.sides)))
    if len(letters) != 1:
        return None
    name = letters[0]
    pairs = list(zip(reading.sides, reading.signs, reading.sides[1:], strict=False))
    kept = [pair for pair in pairs if not (_infinite(pair[0]) or _infinite(pair[2]))]
    gaps = [(Apply("add", (high, Apply("neg", (low,)))), sign) for low, sign, high in kept]
    points = tuple(point for gap, _ in gaps for point in breakpoints(gap, name))

    def contains(point: Any) -> bool:  # noqa: ANN401
        return all(_holds(gap, sign, {name: point}) for gap, sign in gaps)

    return RealSet(points, contains, name)


def _holds(gap: Expression, sign: str, at: dict[str, Any]) -> bool:
    try:
        value = approximate(gap, at)
    except TooHardError:  # a pole
        return False
    if abs(mpmath.im(value)) > NEAR:
        return False
    value = mpmath.re(value)
    zero = abs(value) <= mpmath.mpf(10) ** -25
    if sign == "!=":
        return not zero
    return bool(zero) if sign == "<=" and zero else bool(value > 0 and not zero)
