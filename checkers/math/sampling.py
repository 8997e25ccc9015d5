"""Expressions with letters, compared at fixed points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mpmath

from checkers.math.values import Answer, approximate, relation, symbols

if TYPE_CHECKING:
    from checkers.math.syntax import Expression

# Fixed points, so that every run says the same: positive ones first, where roots have one branch.
_POSITIVE = ("0.7382", "1.9137", "2.6411", "3.3713")
_ANYWHERE = (("-1.3719", "0"), ("0.6143", "1.2971"), ("-0.8317", "-0.5519"), ("2.1173", "-1.7731"))
_VARIABLES = frozenset("xyz")
"""Letters that a task gives a meaning; others may be constants or counters of any name."""


def functions(expected: Expression, given: Expression) -> Answer:
    """Compare expressions with letters at fixed points."""
    ours, theirs = symbols(expected), symbols(given)
    names = sorted(ours | theirs)
    positive = [_relation_at(expected, given, names, turn, complex_=False) for turn in range(4)]
    anywhere = [_relation_at(expected, given, names, turn, complex_=True) for turn in range(4)]
    if all(found is Answer.EQUAL for found in positive + anywhere):
        return Answer.EQUAL
    if Answer.DIFFERENT in positive and (
        ours == theirs or (ours and theirs and ours ^ theirs <= _VARIABLES)
    ):
        return Answer.DIFFERENT
    # Other letters may only be other names; different branches may not matter.
    return Answer.UNDECIDED


def _relation_at(
    expected: Expression, given: Expression, names: list[str], turn: int, *, complex_: bool
) -> Answer:
    at: dict[str, Any] = {}
    for place, name in enumerate(names):
        pick = (turn + place) % 4
        shift = mpmath.mpf(place) / 7
        if complex_:
            real, imaginary = _ANYWHERE[pick]
            at[name] = mpmath.mpc(mpmath.mpf(real) + shift, imaginary)
        else:
            at[name] = mpmath.mpf(_POSITIVE[pick]) + shift
    return relation(approximate(expected, at), approximate(given, at))


def same_everywhere(ratio: Expression, constant: Expression, names: list[str]) -> bool:
    """Return whether two expressions have one value at all points."""
    return all(
        _relation_at(ratio, constant, names, turn, complex_=complex_) is Answer.EQUAL
        for turn in range(4)
        for complex_ in (False, True)
    )
