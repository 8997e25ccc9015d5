"""What people write in one way and mean in two: read here both ways, so that neither is blamed."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from checkers.math.nodes import Apply, Number, UnparsableError
from checkers.math.quantities import Quantity, in_words, joined_units
from checkers.math.values import TooHardError, exact

if TYPE_CHECKING:
    from checkers.math.nodes import Expression
    from checkers.math.reading import Reading

_UNIT = r"[A-Za-zμΩ°]+(?: ?\^ ?(?:\{ ?-?[0-9] ?\}|-?[0-9]))?"
_BELOW = re.compile(rf"/ ?({_UNIT}) ?(?:\*|\\cdot|\\times) ?({_UNIT})")
"""`J/s*m`: what stands behind the product sign is below the stroke, or it is not."""

_ANGLE = re.compile(r"\\cis ?(-?[0-9]+(?:\.[0-9]+)?)(?! *(?:degree|\\pi|[0-9.]|/|\*|rad))")
_TURN = Fraction(44, 7)
"""A little more than two pi: a larger angle without a unit is one of degrees, or is not."""

_COUNTED = re.compile(
    r"(?<![A-Za-z\\])(?P<name>[a-z])(?:_[0-9])? ?(?:\\in ?\\real ?[ZN]|is an? (?:whole|integer))"
)
_RANGE = re.compile(r"<|>|\\[lg]e(?![a-z])|\\in ?[\[(]")
MAX_POWER = 60


def refuse_unclear(text: str) -> None:
    """Raise `UnparsableError` for normal text of which a part would have to be overlooked.

    A range of whole numbers is no interval; an angle of 90 is one of degrees only if that is said.
    """
    counted = _COUNTED.search(text)
    rest = text[: counted.start()] + text[counted.end() :] if counted is not None else ""
    named = counted is not None and re.search(rf"(?<![A-Za-z\\]){counted['name']}", rest)
    if named and _RANGE.search(rest):
        raise UnparsableError("it is a range of whole numbers")
    angle = _ANGLE.search(text)
    if angle is not None and abs(Fraction(angle[1])) > _TURN:
        raise UnparsableError("it has an angle and does not say in which unit")


def as_one(text: str) -> Quantity | None:
    """`3 feet, 6 inches` and `two and a half hours`, which also read as lists, as one value."""
    return in_words(text) or joined_units(text)


def other_units(text: str) -> str | None:
    """`5 J/s*m` with the metres above the stroke; None where there is no such doubt."""
    found = _BELOW.sub(r"* \2 / \1", text)
    return found if found != text else None


def with_real_roots(reading: Reading) -> Reading | None:
    """`(-8)^{1/3}` as -2, the only real root; None where nothing is changed by that."""
    if not isinstance(reading, Quantity):
        return None
    value = _rooted(reading.value)
    return None if value == reading.value else replace(reading, value=value)


def _rooted(node: Expression) -> Expression:
    if not isinstance(node, Apply):
        return node
    args = tuple(map(_rooted, node.args))
    if node.name == "pow":
        base, power = _exact(args[0]), _exact(args[1])
        odd = power is not None and 1 < power.denominator < MAX_POWER and power.denominator % 2
        if base is not None and power is not None and base < 0 and odd:
            root = Apply("sqrt", (args[0], Number(Fraction(power.denominator))))
            return Apply("pow", (root, Number(Fraction(power.numerator))))
    return Apply(node.name, args)


def _exact(node: Expression) -> Fraction | None:
    try:
        return exact(node)
    except (TooHardError, ArithmeticError):
        return None
