"""Is the answer's value the expected one: equal, different, or undecided. Runs in the jail."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import mpmath

from checkers.math.intervals import compare_sets
from checkers.math.normal import candidates, inline, normal
from checkers.math.reading import (
    NOT_A_NUMBER,
    Equation,
    Quantity,
    Reading,
    Several,
    Union,
    Words,
    read,
)
from checkers.math.sampling import functions, same_everywhere
from checkers.math.syntax import Apply, Expression, Number, Symbol, UnparsableError
from checkers.math.units import conversion
from checkers.math.values import (
    DIGITS,
    Answer,
    TooHardError,
    approximate,
    exact,
    relation,
    symbols,
)

MIN_ROUNDED_PLACES = 2
_DECIMAL_COMMA = re.compile(r"^[\s$+-]*[0-9]+,[0-9]+[\s$.]*$")


@dataclass(frozen=True, slots=True)
class Rules:
    """What the task says about comparing."""

    absolute: Fraction | None = None
    relative: Fraction | None = None
    digits: int | None = None
    unit: str | None = None
    ordered: bool = False
    kind: str = "auto"


def judge(request: dict[str, Any]) -> dict[str, str]:
    """`expected` (texts), `answer` and rules in; `{"answer": ..., "why": ...}` out."""
    mpmath.mp.dps = DIGITS
    tolerance = request.get("tolerance") or {}
    rules = Rules(
        absolute=Fraction(tolerance["absolute"]) if tolerance else None,
        relative=Fraction(tolerance["relative"]) if tolerance else None,
        digits=request.get("digits"),
        unit=request.get("unit"),
        ordered=bool(request.get("ordered")),
        kind=str(request.get("kind", "auto")),
    )
    try:
        expected = _expected(request["expected"])
    except (UnparsableError, RecursionError) as error:
        return _plain_text(request, f"the expected answer is not understood: {error}")
    try:
        given = _given(request["answer"])
        found = compare(expected, given, rules)
    except (UnparsableError, TooHardError, RecursionError) as error:
        return _plain_text(request, f"the answer is not understood: {error}")
    found = _either_way(found, *request["expected"], *candidates(request["answer"]))
    return {"answer": found.value, "why": ""}


def _plain_text(request: dict[str, Any], why: str) -> dict[str, str]:
    """What is not understood can still be the same text."""
    expected = request["expected"]
    given = candidates(request["answer"])
    same = len(expected) == len(given) == 1 and _squeezed(expected[0]) == _squeezed(given[0])
    return {"answer": (Answer.EQUAL if same else Answer.UNDECIDED).value, "why": why}


def _squeezed(text: str) -> str:
    try:
        text = normal(text)
    except UnparsableError:
        return text
    return "".join(text.split()).casefold()


def _expected(texts: list[str]) -> Reading:
    readings = []
    for text in texts:
        found = candidates(text)
        if len(found) != 1:
            raise UnparsableError("it is not clear which part it is")
        readings.append(read(normal(found[0])))
    return readings[0] if len(readings) == 1 else Several(",", tuple(readings))


def _either_way(found: Answer, *texts: str) -> Answer:
    """`1,25` is a list to one and a decimal to another: nothing is called wrong for that."""
    doubtful = any(_DECIMAL_COMMA.search(text) for text in texts)
    return Answer.UNDECIDED if doubtful and found is Answer.DIFFERENT else found


def _given(text: str) -> Reading:
    """The one answer that the text gives; several different ones are not for us to choose from."""
    found = candidates(text)
    if found == [text]:
        try:
            return read(normal(text))
        except UnparsableError:
            found = inline(text)
    if len(found) != 1:
        raise UnparsableError("it is not clear which part is the answer")
    return read(normal(found[0]))


def compare(  # noqa: C901, PLR0911 - one line for each pair of kinds
    expected: Reading, given: Reading, rules: Rules
) -> Answer:
    """Compare two readings."""

    def same(one: Reading, other: Reading) -> Answer:
        return compare(one, other, rules)

    as_sets = compare_sets(expected, given, same, intervals=rules.kind == "interval")
    if as_sets is not None:
        return as_sets
    match expected, given:
        case Words(), Words():
            return _words(expected.text, given.text)
        case Quantity(), Words(text="nan"):
            return _beside_nan(expected)
        case Quantity(), Quantity():
            return _quantities(expected, given, rules)
        case Several(), Several():
            return _several(expected, given, rules)
        case Union(), Union():
            parts = Several("{}", expected.parts), Several("{}", given.parts)
            return _several(*parts, rules)
        case Equation(), Equation():
            return _equations(expected, given, rules)
        case Equation(Symbol(), right), Quantity():
            return _quantities(Quantity(right), given, rules)
        case Quantity(), Equation(Symbol(), right):
            return _quantities(expected, Quantity(right), rules)
        case Several(brackets=","), Quantity() | Equation():
            return Answer.DIFFERENT if len(expected.items) > 1 else Answer.UNDECIDED
        case Quantity(), Several(brackets=","):
            return Answer.DIFFERENT if len(given.items) > 1 else Answer.UNDECIDED
    return Answer.UNDECIDED


def _words(expected: str, given: str) -> Answer:
    if expected == given:
        return Answer.EQUAL
    # Not a number to one is undefined, or no solution, to another.
    return Answer.UNDECIDED if NOT_A_NUMBER in (expected, given) else Answer.DIFFERENT


def _beside_nan(expected: Quantity) -> Answer:
    """A number that can be evaluated is not NaN."""
    if _infinities(expected.value, expected.value):
        return Answer.DIFFERENT
    if symbols(expected.value):
        return Answer.UNDECIDED
    approximate(expected.value, {})
    return Answer.DIFFERENT


def _quantities(expected: Quantity, given: Quantity, rules: Rules) -> Answer:
    unit = expected.unit or rules.unit
    if given.unit is None:
        found = _values(expected.value, given.value, rules)
        mixed = expected.percent != given.percent and found is not Answer.EQUAL
        # 50 for 50 %: a missing percent sign is not for us to judge.
        return Answer.UNDECIDED if mixed else found
    if unit is None:
        return Answer.UNDECIDED
    factor = conversion(given.unit, unit)
    if factor is None:
        return Answer.UNDECIDED
    if factor == 0:
        return Answer.DIFFERENT
    value = given.value
    scaled = value if factor == 1 else Apply("mul", (Number(factor), value))
    return _values(expected.value, scaled, rules)


def _several(expected: Several, given: Several, rules: Rules) -> Answer:
    if len(expected.items) != len(given.items):
        return _other_length(expected, given, rules)
    pair = {expected.brackets, given.brackets}
    loose = pair <= {",", "{}"}
    if not loose and len(pair) > 1:
        interval = len(expected.items) == 2 and rules.kind == "interval"  # noqa: PLR2004
        return Answer.DIFFERENT if interval else Answer.UNDECIDED
    if loose and not rules.ordered:
        return _matched(list(expected.items), list(given.items), rules)
    pairs = zip(expected.items, given.items, strict=True)
    return _all([compare(one, other, rules) for one, other in pairs])


def _other_length(expected: Several, given: Several, rules: Rules) -> Answer:
    """Too few or too many; items that only repeat others leave it open."""
    if {expected.brackets, given.brackets} <= {",", "{}"}:
        repeats = _repeats(expected.items, rules) or _repeats(given.items, rules)
        return Answer.UNDECIDED if repeats else Answer.DIFFERENT
    return Answer.DIFFERENT if expected.brackets == given.brackets else Answer.UNDECIDED


def _repeats(items: tuple[Reading, ...], rules: Rules) -> bool:
    return any(
        compare(one, other, rules) is Answer.EQUAL
        for place, one in enumerate(items)
        for other in items[:place]
    )


def _all(found: list[Answer]) -> Answer:
    if Answer.DIFFERENT in found:
        return Answer.DIFFERENT
    return Answer.UNDECIDED if Answer.UNDECIDED in found else Answer.EQUAL


def _matched(expected: list[Reading], given: list[Reading], rules: Rules) -> Answer:
    """One-to-one in any order. Equality is close to transitive, so the first match will do."""
    unsure = False
    left = list(given)
    for wanted in expected:
        seen = [compare(wanted, item, rules) for item in left]
        if Answer.EQUAL in seen:
            del left[seen.index(Answer.EQUAL)]
        elif Answer.UNDECIDED in seen:
            unsure = True
        else:
            return Answer.DIFFERENT
    return Answer.UNDECIDED if unsure else Answer.EQUAL


def _values(expected: Expression, given: Expression, rules: Rules) -> Answer:
    one, other = exact(expected), exact(given)
    if _infinities(expected, given):
        return Answer.EQUAL if expected == given else Answer.DIFFERENT
    if rules.digits is not None or rules.absolute is not None:
        return _tolerated(expected, given, rules)
    if one is not None and other is not None:
        if one == other:
            return Answer.EQUAL
        return _rounded(expected, given, one)
    if symbols(expected) or symbols(given):
        return functions(expected, given)
    at: dict[str, Any] = {}
    found = relation(approximate(expected, at), approximate(given, at))
    return _rounded(expected, given, None) if found is Answer.DIFFERENT else found


def _infinities(expected: Expression, given: Expression) -> bool:
    def infinite(node: Expression) -> bool:
        bare = node.args[0] if isinstance(node, Apply) and node.name == "neg" else node
        return bare == Symbol("infty")

    return infinite(expected) or infinite(given)


def _places(node: Expression) -> int | None:
    """Digits after the point of a plainly written decimal."""
    bare = node.args[0] if isinstance(node, Apply) and node.name == "neg" else node
    return bare.places if isinstance(bare, Number) else None


def _rounded(expected: Expression, given: Expression, value: Fraction | None) -> Answer:
    """Two different numbers: a decimal may still be the right rounding of what has no short form.

    Only a decimal given for an exact value without a finite decimal form counts, with at least two
    digits; close calls beside that are undecided.
    """
    places = _places(given)
    if _places(expected) is not None or places is None:
        # One of two decimals, or an exact answer for an expected decimal: how far apart?
        decimal = _places(expected) is not None
        near = decimal and _difference(expected, given) <= mpmath.mpf("0.01")
        return Answer.UNDECIDED if near else Answer.DIFFERENT
    whole = value is not None and value.denominator == 1
    if whole:
        return Answer.DIFFERENT
    target = approximate(expected, {})
    scaled = target * mpmath.mpf(10) ** places
    off = abs(scaled - approximate(given, {}) * mpmath.mpf(10) ** places)
    if off > mpmath.mpf("0.5001"):  # not even the nearest decimal of this length
        return Answer.DIFFERENT
    finite = value is not None and _is_finite_decimal(value)
    right = off < mpmath.mpf("0.4999") and places >= MIN_ROUNDED_PLACES and not finite
    return Answer.EQUAL if right else Answer.UNDECIDED


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
    if symbols(expected) or symbols(given):
        return functions(expected, given)
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


def _equations(expected: Equation, given: Equation, rules: Rules) -> Answer:
    """The same up to a constant factor; `x = 3` and `x = 4` are different."""
    one = Apply("add", (expected.left, Apply("neg", (expected.right,))))
    other = Apply("add", (given.left, Apply("neg", (given.right,))))
    if isinstance(expected.left, Symbol) and expected.left == given.left:
        found = _values(expected.right, given.right, rules)
        if found is Answer.EQUAL or expected.left.name not in symbols(given.right):
            return found
    names = sorted(symbols(one) | symbols(other))
    if not names:
        return Answer.UNDECIDED
    ratio = Apply("div", (one, other))
    fixed = {name: Number(Fraction(3 + place, 7)) for place, name in enumerate(names)}
    constant = _replaced(ratio, fixed)
    found = functions(ratio, constant)
    return Answer.EQUAL if same_everywhere(ratio, constant, names) else _not_equal(found)


def _not_equal(found: Answer) -> Answer:
    """Equations that are no multiples of each other can still have the same solutions."""
    return Answer.UNDECIDED if found is not Answer.EQUAL else found


def _replaced(node: Expression, values: dict[str, Number]) -> Expression:
    if isinstance(node, Symbol):
        return values.get(node.name, node)
    if isinstance(node, Apply):
        return Apply(node.name, tuple(_replaced(arg, values) for arg in node.args))
    return node
