"""Our expressions as sympy's, built node by node: no text ever reaches sympy's readers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import mpmath
import sympy

from checkers.math.nodes import Expression, Number, Symbol
from checkers.math.values import CONSTANTS, MAX_POWER, TooHardError

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_DEGREE: Final = 40
MAX_BARS: Final = 3

_CALLS: Final[dict[str, Callable[..., Any]]] = {
    "add": sympy.Add, "mul": sympy.Mul, "neg": lambda one: -one, "div": lambda a, b: a / b,
    "abs": sympy.Abs, "sin": sympy.sin, "cos": sympy.cos, "tan": sympy.tan, "cot": sympy.cot,
    "sec": sympy.sec, "csc": sympy.csc, "arcsin": sympy.asin, "arccos": sympy.acos,
    "arctan": sympy.atan, "asin": sympy.asin, "acos": sympy.acos, "atan": sympy.atan,
    "sinh": sympy.sinh, "cosh": sympy.cosh, "tanh": sympy.tanh, "ln": sympy.log, "exp": sympy.exp,
    "floor": sympy.floor, "ceil": sympy.ceiling, "cbrt": sympy.cbrt,
}  # fmt: skip
_NAMED: Final = {"e": sympy.E, "pi": sympy.pi, "i": sympy.I}


def to_sympy(  # noqa: C901, PLR0911 - one line for each kind of node
    node: Expression,
) -> Any:  # noqa: ANN401 - sympy is untyped
    """Build the same expression; raises `TooHardError` for what has no safe counterpart."""
    if isinstance(node, Number):
        return sympy.Rational(node.value.numerator, node.value.denominator)
    if isinstance(node, Symbol):
        if node.name == "infty":
            raise TooHardError("infinity")
        return _NAMED[node.name] if node.name in CONSTANTS else sympy.Symbol(node.name, real=True)
    args = [to_sympy(arg) for arg in node.args]
    match node.name, args:
        case "pow", [base, power]:
            return _power(base, power)
        case "sqrt", [one]:
            return sympy.sqrt(one)
        case "sqrt", [one, degree]:
            return _power(one, 1 / degree)
        case "log", [one, base]:
            return sympy.log(one) / sympy.log(base)
    if node.name not in _CALLS:
        raise TooHardError(node.name)
    return _CALLS[node.name](*args)


def _power(base: Any, power: Any) -> Any:  # noqa: ANN401
    small = power.is_Rational and abs(power) <= MAX_POWER // 100
    if power.is_number and not small and not (base == sympy.E and power.is_complex):
        raise TooHardError("power")
    return base**power


def is_zero(node: Expression) -> bool:
    """True when sympy can show that an expression without letters is zero."""
    try:
        return bool(sympy.simplify(to_sympy(node)) == 0)
    except (TooHardError, ArithmeticError, ValueError, TypeError, AttributeError):
        return False


def breakpoints(node: Expression, name: str) -> list[Any]:
    """Every real number where an expression of one letter can change its sign, to 50 digits.

    For quotients of polynomials, with absolute values; raises `TooHardError` for all else.
    """
    letter = sympy.Symbol(name, real=True)
    found: list[Any] = []
    for form in _without_bars(to_sympy(node)):
        top, low = sympy.fraction(sympy.together(form))
        for part in (top, low):
            found += _real_roots(part, letter)
    return found


def _without_bars(form: Any) -> list[Any]:  # noqa: ANN401
    """All ways to write an expression with each absolute value as plus or minus its inside."""
    forms, bars = [form], sorted(form.atoms(sympy.Abs), key=sympy.default_sort_key)
    if len(bars) > MAX_BARS:
        raise TooHardError("too many absolute values")
    for bar in bars:
        forms = [each.subs(bar, sign * bar.args[0]) for each in forms for sign in (1, -1)]
    return forms + [bar.args[0] for bar in bars]


def _real_roots(part: Any, letter: Any) -> list[Any]:  # noqa: ANN401
    if not part.has(letter):
        return []
    try:
        poly = sympy.Poly(part, letter)
        if poly.degree() > MAX_DEGREE or poly.free_symbols_in_domain:
            raise TooHardError("degree")
        roots = poly.sqf_part().nroots(n=50, maxsteps=200)
    except (sympy.PolynomialError, sympy.polys.polyerrors.BasePolynomialError):
        raise TooHardError("no polynomial") from None
    except (ValueError, NotImplementedError, mpmath.NoConvergence):
        raise TooHardError("roots") from None
    pairs = [(mpmath.mpf(str(re)), abs(mpmath.mpf(str(im)))) for re, im in _parts(roots)]
    return [real for real, imaginary in pairs if imaginary < mpmath.mpf(10) ** -30]


def _parts(roots: list[Any]) -> list[tuple[Any, Any]]:
    return [root.as_real_imag() for root in roots]
