"""From normal text to what it means: a value, several values, a set, intervals, a matrix, words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from checkers.math.normal import ROW_END, SET_CLOSE, SET_OPEN
from checkers.math.syntax import Apply, Expression, Number, Symbol, UnparsableError, parse
from checkers.math.units import split_unit

MAX_ITEMS = 200


@dataclass(frozen=True, slots=True)
class Quantity:
    """An expression, maybe with a unit; `percent` says that it was written with a percent sign."""

    value: Expression
    unit: str | None = None
    percent: bool = False


@dataclass(frozen=True, slots=True)
class Several:
    """Values in brackets: `{}` a set, `,` a bare list, or the pair of brackets that was written."""

    brackets: str
    items: tuple[Reading, ...]


@dataclass(frozen=True, slots=True)
class Union:
    """Intervals joined; each is `Several` with mixed or round or square brackets."""

    parts: tuple[Several, ...]


@dataclass(frozen=True, slots=True)
class Equation:
    """Two sides."""

    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Words:
    """Text that is no formula, such as `true` or the letter of a choice."""

    text: str


Reading = Quantity | Several | Union | Equation | Words

_THOUSANDS = re.compile(r"[-+]?[0-9]{1,3}(?:[, ][0-9]{3})+(?:\.[0-9]+)?(?= *%?$)")
_MATRIX = re.compile(r"\\begin\{[pbvB]?(?:matrix|array)\}(?:\{[lcr|]*\})?(.*)\\end\{[A-Za-z]+\}")
_FUNCTION_NAME = re.compile(r"[A-Za-z](?:_[0-9])? ?\( ?[A-Za-z] ?\)$")
_CHOICE = re.compile(r"\(?([A-Z])\)?")
_RELATION = re.compile(r"<=|>=|<|>|\\le(?![a-z])|\\ge(?![a-z])")
_WORDS = frozenset({"true", "false", "yes", "no", "undefined", "none"})
NOT_A_NUMBER = "nan"
_FLOATING = re.compile(r"([-+]?)(nan|inf|infinity)", re.IGNORECASE)


def read(text: str) -> Reading:
    """Read normal text; raises `UnparsableError`."""
    text = text.strip()
    if text.lower() in _WORDS or _CHOICE.fullmatch(text):
        return Words(text.strip("()").lower() if len(text) > 1 else text.lower())
    if floating := _FLOATING.fullmatch(text):
        return _floating(floating[1], floating[2].lower())
    if text.replace(" ", "") in (r"\emptyset", SET_OPEN + SET_CLOSE):
        return Several("{}", ())
    if _THOUSANDS.match(text):
        text = re.sub(r"(?<=[0-9])[, ](?=[0-9]{3})", "", text)
    found = _matrix(text) or _relation(text)
    if found is not None:
        return found
    text = re.sub(r"[,;]? (?:or|and) ", ", ", text)
    return _several(text) or _equation(text) or _quantity(text)


def _floating(sign: str, word: str) -> Reading:
    """What programs print where there is no finite number."""
    if word == NOT_A_NUMBER:
        return Words(NOT_A_NUMBER)
    infinity = Symbol("infty")
    return Quantity(Apply("neg", (infinity,)) if sign == "-" else infinity)


def _several(text: str) -> Reading | None:  # noqa: C901 - one branch for each kind of brackets
    parts = _split(text, (r"\cup", " U "))
    if len(parts) > 1:
        return _union(parts)
    items = _split(text, (",", ";"))
    if len(items) > 1:
        if len(_split(text, (",",))) > 1 and len(_split(text, (";",))) > 1:
            raise UnparsableError("a list of lists without brackets")
        return Several(",", _items(items))
    inner = text[1:-1]
    opening, closing = text[:1], text[-1:]
    if (opening, closing) == (SET_OPEN, SET_CLOSE) or (
        (opening, closing) == ("{", "}") and _closes_at_end(text)
    ):
        return Several("{}", _items(_split(inner, (",", ";"))))
    if opening in "([]" and closing in ")][" and len(text) > 1 and _closes_at_end(text):
        items = _split(inner, (",", ";"))
        if len(items) > 1:
            return Several(opening + closing, _items(items))
    if "\\pm" in text:
        if text.count("\\pm") > 1:
            raise UnparsableError("several plus-minus signs")
        return Several(",", _items([text.replace("\\pm", sign) for sign in "+-"]))
    return None


def _items(texts: list[str]) -> tuple[Reading, ...]:
    if len(texts) > MAX_ITEMS:
        raise UnparsableError("too many items")
    if any(not text.strip() or "..." in text for text in texts):
        raise UnparsableError("an item is missing")
    return tuple(_several(text.strip()) or _named_value(text) for text in texts)


def _named_value(text: str) -> Reading:
    """`x = 3` as one of several answers is a value with a name: kept as an equation."""
    return _equation(text.strip()) or _quantity(text.strip())


def _union(parts: list[str]) -> Union:
    found = [_several(part.strip()) for part in parts]
    intervals = [part for part in found if isinstance(part, Several) and len(part.items) == 2]  # noqa: PLR2004
    if len(intervals) != len(found):
        raise UnparsableError("a union of other things than intervals")
    return Union(tuple(intervals))


def _closes_at_end(text: str) -> bool:
    """True when the first bracket is closed by the last character, and not before."""
    depth = 0
    for place, char in enumerate(text):
        depth += (char in "([{" + SET_OPEN) - (char in ")]}" + SET_CLOSE)
        if depth == 0 and place < len(text) - 1 and text[0] != "]":
            return False
    return True


def _split(text: str, separators: tuple[str, ...]) -> list[str]:
    """Split outside brackets."""
    parts, depth, start = [], 0, 0
    place = 0
    while place < len(text):
        char = text[place]
        depth += (char in "([{" + SET_OPEN) - (char in ")]}" + SET_CLOSE)
        found = next((mark for mark in separators if text.startswith(mark, place)), None)
        if found is not None and depth == 0:
            parts.append(text[start:place])
            place += len(found)
            start = place
        else:
            place += 1
    return [*parts, text[start:]]


def _matrix(text: str) -> Reading | None:
    match = _MATRIX.fullmatch(text)
    if match is None:
        return None
    rows = [row for row in match[1].split(ROW_END) if row.strip()]
    made = tuple(Several("[]", _items(row.split("&"))) for row in rows)
    return Several("[]", made)


def _relation(text: str) -> Reading | None:
    """`x > 3`, `1 < x <= 3`: an interval. Other inequalities are not understood."""
    marks = _RELATION.findall(text)
    if not marks:
        return None
    sides = [parse(side) for side in _RELATION.split(text)]
    signs = [{"\\le": "<=", "\\ge": ">="}.get(mark, mark) for mark in marks]
    if any(sign[0] == ">" for sign in signs):
        if any(sign[0] == "<" for sign in signs):
            raise UnparsableError("an inequality in both directions")
        sides.reverse()
        signs = [sign.replace(">", "<") for sign in reversed(signs)]
    infinity = Symbol("infty")
    match sides, signs:
        case [Symbol(), high], [sign]:
            return _interval(Apply("neg", (infinity,)), high, "(", ")" if sign == "<" else "]")
        case [low, Symbol()], [sign]:
            return _interval(low, infinity, "(" if sign == "<" else "[", ")")
        case [low, Symbol(), high], [first, second]:
            closing = ")" if second == "<" else "]"
            return _interval(low, high, "(" if first == "<" else "[", closing)
    raise UnparsableError("an inequality")


def _interval(low: Expression, high: Expression, opening: str, closing: str) -> Reading:
    return Several(opening + closing, (Quantity(low), Quantity(high)))


def _equation(text: str) -> Reading | None:
    if "=" not in text:
        return None
    left, _, right = text.partition("=")
    if "=" in right or not left.strip():
        raise UnparsableError("several equals signs")
    if _FUNCTION_NAME.fullmatch(left.strip()):
        left = "y"
    return Equation(parse(left), parse(right))


def _quantity(text: str) -> Quantity:
    percent = text.endswith("%")
    number, unit = split_unit(text)
    if unit is not None:
        return Quantity(parse(_mixed(number)), unit)
    return Quantity(parse(_mixed(text)), percent=percent)


def _mixed(text: str) -> str:
    """`1 1/2` is a mixed number."""
    return re.sub(r"^([0-9]+) ([0-9]+)/([0-9]+)$", r"(\1+\2/\3)", text.strip())


def number(value: float | str) -> Quantity:
    """A JSON number as a quantity, by its decimal form."""
    return Quantity(parse(str(value)))


def is_zero(node: Expression) -> bool:
    """True for a written zero."""
    return isinstance(node, Number) and node.value == Fraction(0)
