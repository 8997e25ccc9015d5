"""Expressions with letters, compared at fixed points."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations
from typing import TYPE_CHECKING, Any

import mpmath

from checkers.math.nodes import Apply, Number, Symbol
from checkers.math.values import Answer, TooHardError, approximate, exact, relation, symbols

if TYPE_CHECKING:
    from checkers.math.nodes import Expression

# Fixed points, so that every run says the same: positive ones first, where roots have one branch.
_POSITIVE = ("0.7382", "1.9137", "2.6411", "3.3713", "0.2971", "5.1379")
_ANYWHERE = (("-1.3719", "0"), ("0.6143", "1.2971"), ("-0.8317", "-0.5519"), ("2.1173", "-1.7731"))
_WHOLE = (2, 3, 5, 8, 4, 13, 7, 10, 6, 9)
ENOUGH = 8
"""Points at which two expressions must have one value."""

_FREE = frozenset("CKckmnljtABD") | {"C_1", "C_2", "c_1", "c_2"}
"""Letters that may stand for a constant or a counter: beside another of them nothing is sure."""
_WHOLE_LETTERS = frozenset("nmkjl")
_CONSTANTS = frozenset({"C", "K", "C_1", "C_2"})
"""Letters for a constant of integration, which may have another name."""
_MAX_RENAMED = 3
_ONE_SIDED = frozenset({"abs", "max", "min", "floor", "ceil"})
_FIXED = (Fraction(3, 7), Fraction(11, 13), Fraction(17, 5), Fraction(29, 19), Fraction(7, 23))


def functions(expected: Expression, given: Expression) -> Answer:
    """Compare expressions with letters, at first as they are, then with counters renamed."""
    found = _as_named(expected, given)
    if found is Answer.EQUAL:
        return found
    ours, theirs = symbols(expected), symbols(given)
    mine, yours = sorted(ours - theirs), sorted(theirs - ours)
    if mine and len(mine) == len(yours) <= _MAX_RENAMED and _renamable(mine, yours, expected):
        for order in permutations(mine):
            names = {old: Symbol(new) for old, new in zip(yours, order, strict=True)}
            if _as_named(expected, replaced(given, names)) is Answer.EQUAL:
                return Answer.EQUAL
        return Answer.UNDECIDED
    return found


def _renamable(mine: list[str], yours: list[str], expected: Expression) -> bool:
    """Constants of integration, and counters of solutions that repeat with pi or 360 degrees."""
    if {*mine} <= _CONSTANTS and {*yours} <= _CONSTANTS | {"c", "c_1", "c_2"}:
        return True
    return {*mine, *yours} <= _WHOLE_LETTERS and has_pi(expected)


def has_pi(node: Expression) -> bool:
    """Say whether the circle's constant is in an expression."""
    if isinstance(node, Apply):
        return any(map(has_pi, node.args))
    return node == Symbol("pi")


def _as_named(expected: Expression, given: Expression) -> Answer:
    ours, theirs = symbols(expected), symbols(given)
    names = sorted(ours | theirs)
    positive = [_at_points(expected, given, names, turn, "positive") for turn in range(6)]
    seen = [each for each in positive if each is not None]
    if Answer.DIFFERENT in seen:
        # Other letters may only be other names.
        known = ours == theirs or not (ours ^ theirs) <= _FREE
        if known and ours and ours | theirs <= _WHOLE_LETTERS:
            return _at_whole_numbers(expected, given, names)
        named = any("(" in name for name in names)  # f(x) may be anything
        return Answer.DIFFERENT if known and not named else Answer.UNDECIDED
    rest = [_at_points(expected, given, names, turn, "anywhere") for turn in range(4)]
    rest += [_at_points(expected, given, names, turn, "whole") for turn in range(4)]
    agreed = [each for each in (*positive, *rest) if each is Answer.EQUAL]
    contrary = [each for each in rest if each is Answer.DIFFERENT]
    if not contrary and len(agreed) >= ENOUGH:
        return Answer.EQUAL
    if contrary and seen and all(each is Answer.EQUAL for each in positive):
        return _branches(expected, given)
    return Answer.UNDECIDED


def _at_whole_numbers(expected: Expression, given: Expression, names: list[str]) -> Answer:
    r"""`(-1)^n` and `\cos n\pi` are the same for a counter."""
    seen = [_at_points(expected, given, names, turn, "whole") for turn in range(len(_WHOLE))]
    if all(each is Answer.EQUAL for each in seen):
        return Answer.EQUAL
    return Answer.DIFFERENT if Answer.DIFFERENT in seen else Answer.UNDECIDED


def _branches(expected: Expression, given: Expression) -> Answer:
    """Equal where all letters are positive, and elsewhere not: only roots and logs excuse that.

    `sqrt(1/n)` and `1/sqrt(n)` are the same by custom; `sqrt(x^2)` and `x`, or `|x|`, are not.
    """
    if _swallows_sign(expected) or _swallows_sign(given):
        return Answer.DIFFERENT if _real_difference(expected, given) else Answer.UNDECIDED
    return Answer.EQUAL


def _swallows_sign(node: Expression) -> bool:
    r"""An absolute value, a root of an even power, a larger of two: one for positive letters only.

    Steps are among them: `\max(x, 0)` is `x` wherever `x` is positive.
    """
    if not isinstance(node, Apply):
        return False
    rooted = _is_even_root(node)
    inside = node.args[0]
    even = rooted and _has_even_power(inside)
    return node.name in _ONE_SIDED or even or any(map(_swallows_sign, node.args))


def _is_even_root(node: Apply) -> bool:
    """A root that is not certainly odd: an odd one of a negative is negative by custom."""
    if node.name == "sqrt" and len(node.args) > 1:
        base = exact(node.args[1])
        return base is None or base.denominator != 1 or base.numerator % 2 == 0
    if node.name == "pow" and _is_fraction(node.args[1]):
        power = exact(node.args[1])
        return power is None or power.denominator % 2 == 0
    return node.name == "sqrt"


def _is_fraction(node: Expression) -> bool:
    return isinstance(node, Apply) and node.name == "div" and not symbols(node)


def _has_even_power(node: Expression) -> bool:
    if not isinstance(node, Apply):
        return False
    if node.name == "pow" and symbols(node.args[0]):
        return True
    return any(map(_has_even_power, node.args))


def _real_difference(expected: Expression, given: Expression) -> bool:
    names = sorted(symbols(expected) | symbols(given))
    at: dict[str, Any] = {name: mpmath.mpf("-1.3719") - place for place, name in enumerate(names)}
    try:
        one, other = approximate(expected, at), approximate(given, at)
    except TooHardError:
        return False
    real = abs(mpmath.im(one)) + abs(mpmath.im(other)) < mpmath.mpf(10) ** -30
    return real and relation(one, other) is Answer.DIFFERENT


def _at_points(
    expected: Expression, given: Expression, names: list[str], turn: int, where: str
) -> Answer | None:
    """Compare at one point; None where one of them has no value there."""
    at: dict[str, Any] = {}
    for place, name in enumerate(names):
        shift = mpmath.mpf(place) / 7
        if where == "anywhere":
            real, imaginary = _ANYWHERE[(turn + place) % 4]
            at[name] = mpmath.mpc(mpmath.mpf(real) + shift, imaginary)
        elif where == "whole" and name in _WHOLE_LETTERS:
            at[name] = mpmath.mpf(_WHOLE[(turn + 3 * place) % 10] + place)
        else:
            at[name] = mpmath.mpf(_POSITIVE[(turn + place) % 6]) + shift
    try:
        return relation(approximate(expected, at), approximate(given, at))
    except TooHardError:
        return None


def constant_ratio(one: Expression, other: Expression, names: list[str]) -> int | None:
    """Sign of the constant that one expression is times the other (2: not real); None: no such."""
    ratio = Apply("div", (one, other))
    fixed: dict[str, Expression] = {
        name: Number(_FIXED[place % len(_FIXED)]) for place, name in enumerate(names)
    }
    constant = replaced(ratio, fixed)
    points = [(turn, where) for turn in range(4) for where in ("positive", "anywhere")]
    seen = [_at_points(ratio, constant, names, turn, where) for turn, where in points]
    if any(each not in (Answer.EQUAL, None) for each in seen) or seen.count(Answer.EQUAL) < 6:  # noqa: PLR2004
        return None
    try:
        value = approximate(constant, {})
    except TooHardError:
        return None
    if abs(mpmath.im(value)) > abs(value) * mpmath.mpf(10) ** -30:
        return 2
    return 1 if mpmath.re(value) > 0 else -1


def replaced(node: Expression, values: dict[str, Any]) -> Expression:
    """Put other expressions for letters."""
    if isinstance(node, Symbol):
        found: Expression = values.get(node.name, node)
        return found
    if isinstance(node, Apply):
        return Apply(node.name, tuple(replaced(arg, values) for arg in node.args))
    return node
