"""What stands behind a name or a computation: the result proper."""

from __future__ import annotations

import re

from checkers.math.names import is_name
from checkers.math.nodes import Apply, Symbol
from checkers.math.quantities import Quantity
from checkers.math.reading import Equation, Named, Reading
from checkers.math.values import CONSTANTS, exact, symbols

_PLANE = frozenset({"x", "y", "z"}) | CONSTANTS
"""Letters whose quotient makes an equation of a line, and those that are numbers."""
_VALUE = re.compile(r"[A-Za-z]'*\([-0-9,.]+\)")
"""`f(1)`: a number, whatever the function is."""


def value_of(reading: Reading) -> Reading | None:
    """What stands behind a name that may be left out; None where there is no such name."""
    if isinstance(reading, Named):
        return reading.value
    if isinstance(reading, Equation) and is_name(reading.left):
        return Quantity(reading.right)
    return _computed(reading) if isinstance(reading, Equation) else None


def _computed(reading: Equation) -> Reading | None:
    """`7 * 5 = 35`, or `a/b = 3/5`: the right side is the result, where the left agrees."""
    if symbols(reading.right):
        return None
    match reading.left:
        case Apply("div", (Symbol(one), Symbol(other))) if not {one, other} & _PLANE:
            return Quantity(reading.right)
    names = symbols(reading.left)
    if names and all(_VALUE.fullmatch(name) for name in names):
        return Quantity(reading.right)
    worked = isinstance(reading.left, Apply) and exact(reading.left) is not None
    left, right = exact(reading.left), exact(reading.right)
    return Quantity(reading.right) if worked and left == right else None
