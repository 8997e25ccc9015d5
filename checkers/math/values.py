"""Values of expressions: exact rationals where possible, else 50 digits at sample points."""

from __future__ import annotations

import math
from enum import StrEnum
from fractions import Fraction
from typing import Any

import mpmath

from checkers.math.nodes import Apply, Expression, Number, Symbol
from checkers.math.syntax import OF_SEVERAL

DIGITS = 50
SAME = mpmath.mpf(10) ** -40
APART = mpmath.mpf(10) ** -25
MAX_BITS = 200_000
MAX_POWER = 10_000
MAX_FACTORIAL = 5000
MAX_MAGNITUDE = 100_000
"""Largest power of e that is evaluated: towers of powers beyond it stay undecided."""

CONSTANTS = frozenset({"e", "i", "pi"})


class TooHardError(ValueError):
    """Cannot be evaluated within the caps, or at all."""


class Answer(StrEnum):
    """Three values: what is not known is never called wrong."""

    EQUAL = "equal"
    DIFFERENT = "different"
    UNDECIDED = "undecided"


def exact(node: Expression) -> Fraction | None:
    """Exact rational value, or None where there is none or it is too large."""
    if isinstance(node, Number):
        return node.value
    if isinstance(node, Symbol):
        return None
    args = [exact(arg) for arg in node.args]
    values = [arg for arg in args if arg is not None]
    if len(values) != len(args):
        return None
    found = _exact_apply(node.name, values)
    return None if found is None or _bits(found) > MAX_BITS else found


def _exact_apply(  # noqa: C901, PLR0911 - one line for each operation
    name: str, args: list[Fraction]
) -> Fraction | None:
    if name in OF_SEVERAL:
        return _exact_several(name, args)
    match name, args:
        case "add", _:
            return sum(args, Fraction(0))
        case "mul", [one, other]:
            return one * other
        case "neg", [one]:
            return -one
        case "div", [one, other]:
            return one / other if other else None
        case "abs", [one]:
            return abs(one)
        case "floor", [one]:
            return Fraction(math.floor(one))
        case "ceil", [one]:
            return Fraction(math.ceil(one))
        case "sqrt", [one]:
            return _root(one)
        case "pow", [base, power]:
            return _power(base, power)
        case (("factorial" | "factorial2"), [one]):
            return _factorial(one, 2 if name == "factorial2" else 1)
        case "binom", [top, low] if top.denominator == low.denominator == 1:
            small = 0 <= low <= top <= MAX_FACTORIAL
            return Fraction(math.comb(int(top), int(low))) if small else None
    return None


def _factorial(value: Fraction, step: int) -> Fraction | None:
    if value.denominator != 1 or not 0 <= value <= MAX_FACTORIAL:
        return None
    return Fraction(math.prod(range(int(value), 0, -step)))


def _exact_several(name: str, args: list[Fraction]) -> Fraction | None:
    if name in ("max", "min"):
        return max(args) if name == "max" else min(args)
    if any(each.denominator != 1 for each in args):
        return None
    found = math.gcd if name == "gcd" else math.lcm
    return Fraction(found(*map(int, args)))


def _bits(value: Fraction) -> int:
    return max(value.numerator.bit_length(), value.denominator.bit_length())


def _root(value: Fraction) -> Fraction | None:
    if value < 0:
        return None
    top, low = math.isqrt(value.numerator), math.isqrt(value.denominator)
    found = Fraction(top, low)
    return found if found * found == value else None


def _power(base: Fraction, power: Fraction) -> Fraction | None:
    if power.denominator == 2:  # noqa: PLR2004 - a square root
        root = _root(base)
        return None if root is None else _power(root, Fraction(power.numerator))
    if power.denominator != 1 or (base == 0 and power <= 0):
        return None
    size = abs(int(power))
    if size > MAX_POWER or _bits(base) * size > MAX_BITS:
        return None
    return base ** int(power)


def symbols(node: Expression) -> frozenset[str]:
    """Letters that stand for any number."""
    if isinstance(node, Symbol):
        return frozenset({node.name}) - CONSTANTS
    if isinstance(node, Apply):
        return frozenset().union(*(symbols(arg) for arg in node.args))
    return frozenset()


def approximate(node: Expression, at: dict[str, Any]) -> Any:  # noqa: ANN401 - mpmath is untyped
    """50-digit value with the symbols at the given points; raises `TooHardError`."""
    if isinstance(node, Number):
        return mpmath.mpf(node.value.numerator) / node.value.denominator
    if isinstance(node, Symbol):
        return _symbol(node.name, at)
    args = [approximate(arg, at) for arg in node.args]
    try:
        value = _apply(node.name, args)
    except (ValueError, ArithmeticError, TypeError, mpmath.libmp.ComplexResult):
        raise TooHardError(node.name) from None
    if not mpmath.isfinite(value):
        raise TooHardError("not finite")
    return value


def _symbol(name: str, at: dict[str, Any]) -> Any:  # noqa: ANN401
    constants = {"e": mpmath.e, "pi": mpmath.pi, "i": mpmath.mpc(0, 1)}
    if name in constants:
        return +constants[name]
    if name == "infty":
        raise TooHardError("infinity")
    return at[name]


def _apply(  # noqa: C901, PLR0911 - one line for each operation
    name: str, args: list[Any]
) -> Any:  # noqa: ANN401
    one = args[0]
    match name, len(args):
        case "add", _:
            return mpmath.fsum(args)
        case "mul", 2:
            return one * args[1]
        case "neg", 1:
            return -one
        case "div", 2:
            return one / args[1]
        case "pow", 2:
            return _pow(one, args[1])
        case "sqrt", 2:
            return _root_of(one, args[1])
        case "log", 2:
            return mpmath.log(one) / mpmath.log(args[1])
        case "exp", 1:
            return _pow(mpmath.e, one)
        case "log", 1:
            raise TooHardError("log without base")  # 10, e and 2 are all usual
        case "factorial", 1:
            return _gamma(one + 1)
        case "binom", 2:
            low = args[1]
            return _gamma(one + 1) / (_gamma(low + 1) * _gamma(one - low + 1))
        case _:
            return _function(name, args)


def _pow(base: Any, power: Any) -> Any:  # noqa: ANN401
    if base == 0:
        if power == 0 or mpmath.re(power) <= 0:
            raise TooHardError("zero to this power")
        return mpmath.mpf(0)
    if abs(power) * max(1, abs(mpmath.log(base))) > MAX_MAGNITUDE:
        raise TooHardError("too large a power")
    return mpmath.power(base, power)


def _root_of(value: Any, base: Any) -> Any:  # noqa: ANN401
    """An odd root of a negative number is negative, by the custom of the root's sign."""
    if mpmath.im(value) == 0 and mpmath.re(value) < 0 and mpmath.im(base) == 0:
        index = mpmath.re(base)
        if index > 0 and mpmath.isint(index) and int(index) % 2 == 1:
            return -_pow(-value, 1 / base)
    return _pow(value, 1 / base)


def _gamma(value: Any) -> Any:  # noqa: ANN401
    if abs(value) > MAX_FACTORIAL:
        raise TooHardError("factorial")
    return mpmath.gamma(value)


_CALLS = {
    "sin": mpmath.sin, "cos": mpmath.cos, "tan": mpmath.tan, "cot": mpmath.cot,
    "sec": mpmath.sec, "csc": mpmath.csc, "arcsin": mpmath.asin, "arccos": mpmath.acos,
    "arctan": mpmath.atan, "asin": mpmath.asin, "acos": mpmath.acos, "atan": mpmath.atan,
    "sinh": mpmath.sinh, "cosh": mpmath.cosh, "tanh": mpmath.tanh, "ln": mpmath.log,
    "sqrt": mpmath.sqrt, "abs": mpmath.fabs, "cbrt": mpmath.cbrt, "arccot": mpmath.acot,
    "coth": mpmath.coth, "asinh": mpmath.asinh, "acosh": mpmath.acosh, "atanh": mpmath.atanh,
    "arsinh": mpmath.asinh, "arcosh": mpmath.acosh, "artanh": mpmath.atanh,
    "floor": mpmath.floor, "ceil": mpmath.ceil, "cis": mpmath.expj, "conj": mpmath.conj,
}  # fmt: skip


def _function(name: str, args: list[Any]) -> Any:  # noqa: ANN401
    if name in ("max", "min") and all(mpmath.im(each) == 0 for each in args):
        return max(args, key=mpmath.re) if name == "max" else min(args, key=mpmath.re)
    called = _CALLS.get(name)
    if called is None or abs(args[0]) > MAX_MAGNITUDE:
        raise TooHardError(name)
    return called(*args)


def relation(one: Any, other: Any) -> Answer:  # noqa: ANN401
    """Compare two 50-digit values relatively, with a gap in which nothing is said."""
    size = max(abs(one), abs(other))
    if size == 0 or abs(one - other) <= SAME * size:
        return Answer.EQUAL
    if size < SAME and abs(one - other) < SAME:  # both are zero but for rounding, or are tiny
        return Answer.UNDECIDED
    return Answer.DIFFERENT if abs(one - other) >= APART * size else Answer.UNDECIDED
