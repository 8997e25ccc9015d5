"""What an expression is made of."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

MAX_NUMBER = 1000
MAX_EXPONENT = 400


class UnparsableError(ValueError):
    """The text is not understood; says nothing about whether it is right."""


@dataclass(frozen=True, slots=True)
class Number:
    """An exact rational. `places`: digits after the point, where it was written with one."""

    value: Fraction
    places: int | None = None


@dataclass(frozen=True, slots=True)
class Symbol:
    """A letter that stands for any number."""

    name: str


@dataclass(frozen=True, slots=True)
class Apply:
    """An operation or function on other expressions."""

    name: str
    args: tuple[Expression, ...]


Expression = Number | Symbol | Apply


def is_complex(node: Expression) -> bool:
    """Say whether it holds the imaginary unit and no letter that could be anything."""
    if isinstance(node, Apply):
        known = all(is_complex(arg) or not _lettered(arg) for arg in node.args)
        return known and any(map(is_complex, node.args))
    return node == Symbol("i")


def _lettered(node: Expression) -> bool:
    if isinstance(node, Apply):
        return any(map(_lettered, node.args))
    return isinstance(node, Symbol) and node.name not in ("i", "e", "pi")


def is_mixed(whole: Number, right: Expression) -> bool:
    """A whole number before a proper fraction of two written numbers."""
    if whole.places is not None or whole.value.denominator != 1:
        return False
    match right:
        case Apply("div", (Number(top), Number(low))):
            return 0 < top < low
    return False


def after(mark: str, made: Expression) -> Expression:
    """What a mark behind a value makes of it."""
    match mark:
        case "!":
            return Apply("factorial", (made,))
        case "!!":
            return Apply("factorial2", (made,))
        case "%":
            return Apply("div", (made, Number(Fraction(100))))
    return Apply("mul", (made, Apply("div", (Symbol("pi"), Number(Fraction(180))))))


def number(text: str) -> Number:
    """Read `12`, `0.5` or `3.2e5` exactly; raises `UnparsableError` for what is too long."""
    mantissa, _, exponent = text.lower().partition("e")
    if len(mantissa) > MAX_NUMBER or abs(int(exponent or 0)) > MAX_EXPONENT:
        raise UnparsableError("a number in it is too large")
    _, point, decimals = mantissa.partition(".")
    value = Fraction(f"{mantissa}0" if mantissa.endswith(".") else mantissa)
    scale = int(exponent or 0)
    places = len(decimals) - scale if point else None
    return Number(value * Fraction(10) ** scale, places)
