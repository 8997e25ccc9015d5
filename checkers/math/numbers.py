"""Values with units, percent signs, roundings and tolerances."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import mpmath

from checkers.math.nodes import Apply, Expression, Number, Symbol
from checkers.math.sampling import functions, has_pi
from checkers.math.symbolic import is_zero
from checkers.math.units import LOGARITHMIC, Unit, read_unit
from checkers.math.values import (
    Answer,
    approximate,
    exact,
    relation,
    symbols,
)

if TYPE_CHECKING:
    from checkers.math.quantities import Quantity

MIN_ROUNDED_PLACES = 2
LONG_DECIMAL = 6
"""Significant digits from which an expected decimal counts as the rounding of an exact answer."""

CONVERTED_DIGITS = 3
HUNDRED = Number(Fraction(100))


@dataclass(frozen=True, slots=True)
class Rules:
    """What the task says about comparing."""

    absolute: Fraction | None = None
    relative: Fraction | None = None
    digits: int | None = None
    unit: Unit | None = None
    ordered: bool = False
    kind: str = "auto"
    counted: bool = False
    """The task lists its answers one by one: exactly as many are asked."""


def quantities(expected: Quantity, given: Quantity, rules: Rules) -> Answer:
    """Compare two values; the unit of one converted to that of the other."""
    if expected.percent or given.percent:
        return _percents(expected, given, rules)
    unit = expected.unit or rules.unit
    if given.unit is None or unit is None:
        return _one_unit(expected, given, unit, rules)
    if unit.base != given.unit.base and {unit, given.unit} == _pounds():
        return _same_number_only(expected, given, rules)
    if unit.base != given.unit.base:
        return Answer.DIFFERENT
    if unit == given.unit:
        return values(expected.value, given.value, rules)
    return _converted(expected.value, unit, given, rules)


def _one_unit(expected: Quantity, given: Quantity, unit: Unit | None, rules: Rules) -> Answer:
    """An answer may leave the unit out, and may name one where the task has none."""
    counted = expected.noun and (given.unit or given.noun) and expected.noun != given.noun
    if counted or _on_a_scale(unit, given.unit):
        return _same_number_only(expected, given, rules)
    angle = next((each for each in (expected.unit, given.unit) if each and _is_angle(each)), None)
    if angle is not None and (has_pi(expected.value) or has_pi(given.value)):
        ours = _scaled(expected.value, expected.unit)
        theirs = _scaled(given.value, given.unit)
        return values(ours, theirs, rules)
    if given.noun and unit is not None:
        return _same_number_only(expected, given, rules)
    sizes = [each.size for each in (unit, given.unit) if each and not each.base]
    if sizes and not angle and not expected.noun and not given.noun:  # 3 dozen
        return values(
            _scaled(expected.value, expected.unit), _scaled(given.value, given.unit), rules
        )
    return values(expected.value, given.value, rules)


def _pounds() -> set[Unit | None]:
    """Money or mass: one word for both."""
    return {read_unit("pound"), read_unit("GBP")}


def _same_number_only(expected: Quantity, given: Quantity, rules: Rules) -> Answer:
    """The number is right, and what it counts or measures is not for us to judge."""
    found = values(expected.value, given.value, rules)
    return Answer.UNDECIDED if found is Answer.EQUAL else found


def _on_a_scale(*units: Unit | None) -> bool:
    return any(each is not None and each.base == LOGARITHMIC for each in units)


def _is_angle(unit: Unit) -> bool:
    """Degrees: the one angle whose size is no rational, so it is taken from its name's size."""
    return unit.base == (("radian", 1),) or (not unit.base and DEGREE_LOW < unit.size < DEGREE_HIGH)


DEGREE_LOW, DEGREE_HIGH = Fraction(174, 10_000), Fraction(175, 10_000)
"""Bounds of pi/180."""


def _scaled(value: Expression, unit: Unit | None) -> Expression:
    if unit is None or unit.size == 1:
        return value
    if DEGREE_LOW < unit.size < DEGREE_HIGH:
        return Apply("mul", (value, Apply("div", (Symbol("pi"), Number(Fraction(180))))))
    return Apply("mul", (value, Number(unit.size)))


def _converted(expected: Expression, unit: Unit, given: Quantity, rules: Rules) -> Answer:
    assert given.unit is not None  # noqa: S101 - by the caller
    if _is_angle(unit) and _is_angle(given.unit):
        ours, theirs = _scaled(expected, unit), _scaled(given.value, given.unit)
        return values(ours, theirs, rules)
    factor, shift = given.unit.size / unit.size, (given.unit.zero - unit.zero) / unit.size
    scaled = Apply("mul", (given.value, Number(factor))) if factor != 1 else given.value
    moved = Apply("add", (scaled, Number(shift))) if shift else scaled
    found = values(expected, moved, rules)
    if found is Answer.EQUAL or symbols(expected) or symbols(given.value):
        return found
    back = Apply("div", (Apply("add", (expected, Number(-shift))), Number(factor)))
    rounded = _rounds_to(back, given.value) or _rounds_to(moved, expected)
    return Answer.EQUAL if rounded else found


def _rounds_to(value: Expression, decimal: Expression) -> bool:
    """Say whether a written decimal is the correct rounding of a converted value."""
    places = _places(decimal)
    if places is None:
        return False
    written = approximate(decimal, {})
    off = abs(approximate(value, {}) - written)
    digits = 0 if written == 0 else math.floor(mpmath.log10(abs(written))) + 1 + places
    return digits >= CONVERTED_DIGITS and bool(off <= mpmath.mpf(10) ** -places / 2)


def _percents(expected: Quantity, given: Quantity, rules: Rules) -> Answer:
    ours, theirs = _of_hundred(expected), _of_hundred(given)
    found = values(ours, theirs, rules)
    if found is Answer.EQUAL or expected.percent == given.percent:
        return found
    bare = values(expected.value, given.value, rules)
    # 50 for 50 %: a missing percent sign is not for us to judge.
    return Answer.UNDECIDED if bare is Answer.EQUAL else found


def _of_hundred(quantity: Quantity) -> Expression:
    value = quantity.value
    if not quantity.percent:
        return value
    if isinstance(value, Number):
        places = None if value.places is None else value.places + 2
        return Number(value.value / 100, places)
    return Apply("div", (value, HUNDRED))


def values(  # noqa: C901, PLR0911 - one line for each kind of value
    expected: Expression, given: Expression, rules: Rules
) -> Answer:
    """Compare two values: rationals exactly, all else by 40 of 50 digits."""
    if _bare_log(expected) or _bare_log(given):
        return _logs(expected, given, rules)
    one, other = exact(expected), exact(given)
    if _infinite(expected) or _infinite(given):
        return Answer.EQUAL if _signed(expected) == _signed(given) else Answer.DIFFERENT
    if symbols(expected) or symbols(given):
        return functions(expected, given)
    if rules.digits is not None or rules.absolute is not None:
        return _tolerated(expected, given, rules)
    if one is not None and other is not None:
        if one == other:
            return Answer.EQUAL
        return _rounded(expected, given, one)
    if expected == given:
        return Answer.EQUAL
    ours, theirs = approximate(expected, {}), approximate(given, {})
    found = relation(ours, theirs)
    if found is Answer.UNDECIDED and max(abs(ours), abs(theirs)) < mpmath.mpf(10) ** -35:
        gap = Apply("add", (expected, Apply("neg", (given,))))
        return Answer.EQUAL if is_zero(gap) else found
    return _rounded(expected, given, None) if found is Answer.DIFFERENT else found


def _bare_log(node: Expression) -> bool:
    if not isinstance(node, Apply):
        return False
    return (node.name == "log" and len(node.args) == 1) or any(map(_bare_log, node.args))


def _logs(expected: Expression, given: Expression, rules: Rules) -> Answer:
    """A logarithm without base is natural to some, decimal to others."""
    natural = values(_with_base(expected, Symbol("e")), _with_base(given, Symbol("e")), rules)
    if natural is Answer.EQUAL:
        return natural
    ten = Number(Fraction(10))
    decimal = values(_with_base(expected, ten), _with_base(given, ten), rules)
    return decimal if decimal in (Answer.EQUAL, natural) else Answer.UNDECIDED


def _with_base(node: Expression, base: Expression) -> Expression:
    if not isinstance(node, Apply):
        return node
    args = tuple(_with_base(arg, base) for arg in node.args)
    if node.name == "log" and len(args) == 1:
        return Apply("log", (*args, base))
    return Apply(node.name, args)


def _infinite(node: Expression) -> bool:
    return _signed(node)[1] == Symbol("infty")


def _signed(node: Expression) -> tuple[bool, Expression]:
    negative = isinstance(node, Apply) and node.name == "neg"
    return (True, node.args[0]) if negative and isinstance(node, Apply) else (False, node)


def _places(node: Expression) -> int | None:
    """Digits after the point of a plainly written decimal."""
    bare = _signed(node)[1]
    return bare.places if isinstance(bare, Number) else None


def _rounded(expected: Expression, given: Expression, value: Fraction | None) -> Answer:
    """Two different numbers: a decimal may still be the right rounding of what has no short form.

    Only a decimal given for an exact value without a finite decimal form counts, with at least two
    digits; close calls beside that are undecided.
    """
    places = _places(given)
    if _places(expected) is not None or places is None:
        if _is_long_rounding(expected, given):
            return Answer.EQUAL
        # One of two decimals, or an exact answer for an expected decimal: how far apart?
        decimal = _places(expected) is not None and places is None
        near = decimal and _difference(expected, given) <= mpmath.mpf("0.01")
        return Answer.UNDECIDED if near else Answer.DIFFERENT
    if value is not None and value.denominator == 1:
        return Answer.DIFFERENT
    target = approximate(expected, {})
    if mpmath.im(target) != 0:
        return Answer.DIFFERENT
    off = abs(target - approximate(given, {})) * mpmath.mpf(10) ** places
    if off > mpmath.mpf("0.5001"):  # not even the nearest decimal of this length
        return Answer.DIFFERENT
    finite = value is not None and _is_finite_decimal(value)
    right = off < mpmath.mpf("0.4999") and places >= MIN_ROUNDED_PLACES and not finite
    return Answer.EQUAL if right else Answer.UNDECIDED


def _is_long_rounding(expected: Expression, given: Expression) -> bool:
    """`4.123105625617661` is meant as the root of 17."""
    places = _places(expected)
    if places is None or _places(given) is not None:
        return False
    value = exact(given)
    if value is not None and _is_finite_decimal(value):
        return False
    written = approximate(expected, {})
    if written == 0:
        return False
    digits = math.floor(mpmath.log10(abs(written))) + 1 + places
    off = abs(approximate(given, {}) - written) * mpmath.mpf(10) ** places
    return digits >= LONG_DECIMAL and bool(off < mpmath.mpf("0.5001") if digits < 15 else off < 5)  # noqa: PLR2004 - a double's last digit


def _is_finite_decimal(value: Fraction) -> bool:
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return rest == 1


def _difference(expected: Expression, given: Expression) -> Any:  # noqa: ANN401
    one, other = approximate(expected, {}), approximate(given, {})
    return abs(one - other) / max(abs(one), abs(other))


def _tolerated(expected: Expression, given: Expression, rules: Rules) -> Answer:
    """The task's own tolerance decides, both ways."""
    one, other = approximate(expected, {}), approximate(given, {})
    off = abs(one - other)
    if rules.digits is not None:
        size = 0 if one == 0 else math.floor(mpmath.log10(abs(one)))
        bound = mpmath.mpf(10) ** (size - rules.digits + 1) / 2
    else:
        absolute, relative = rules.absolute or Fraction(0), rules.relative or Fraction(0)
        bound = max(_mpf(absolute), _mpf(relative) * abs(one))
    # 50 digits: what rounding of our own could move is far below this.
    return Answer.EQUAL if off <= bound * (1 + mpmath.mpf(10) ** -30) else Answer.DIFFERENT


def _mpf(value: Fraction) -> Any:  # noqa: ANN401
    return mpmath.mpf(value.numerator) / value.denominator
