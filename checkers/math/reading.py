"""From normal text to what it means: a value, several values, a set, a relation, words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from checkers.math.names import is_name, name_or_expression
from checkers.math.nodes import Apply, Expression, Number, Symbol, UnparsableError
from checkers.math.normal import ROW_END, SET_CLOSE, SET_OPEN
from checkers.math.quantities import NUMERAL, Quantity, read_quantity
from checkers.math.spelled import spelled
from checkers.math.splitting import closes_at_end, split, split_words
from checkers.math.syntax import parse

MAX_ITEMS = 200
MAX_ROWS = 20
INFINITY = Symbol("infty")
NOON = 12


@dataclass(frozen=True, slots=True)
class Several:
    """Values in brackets: `{}` a set, `,` a bare list, or the pair of brackets that was written."""

    brackets: str
    items: tuple[Reading, ...]


@dataclass(frozen=True, slots=True)
class Joined:
    """Sets put together by `cup`, `cap` or `setminus`, from left to right."""

    operation: str
    parts: tuple[Reading, ...]


@dataclass(frozen=True, slots=True)
class Equation:
    """Two sides; of a chain `a = b = c` the first and the last."""

    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Named:
    """A name for something else than an expression: `(x, y) = (1, 2)`, `D = [0, 1)`."""

    name: str
    value: Reading


@dataclass(frozen=True, slots=True)
class Relation:
    """A chain of inequalities, all turned to `<`, `<=` or `!=`."""

    sides: tuple[Expression, ...]
    signs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ratio:
    """`2:5`, or a time of day."""

    parts: tuple[Expression, ...]
    written: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """Text that is no formula, such as `true` or the letter of a choice."""

    text: str


Reading = Quantity | Several | Joined | Equation | Named | Relation | Ratio | Words

REALS = Several("()", (Quantity(Apply("neg", (INFINITY,))), Quantity(INFINITY)))
EMPTY = Several("{}", ())

NOT_A_NUMBER = "nan"
_FLOATING = re.compile(r"([-+]?) ?(nan|inf|infinity)", re.IGNORECASE)
_WORDS = {
    "true": "true", "false": "false", "yes": "yes", "no": "no", "undefined": "undefined",
    "none": "none", "odd": "odd", "even": "even", "dne": "does not exist",
    "divergent": "diverges", "diverge": "diverges", "converge": "converges",
    "convergent": "converges", "no real solution": "no solution", "no solutions": "no solution",
    "no real solutions": "no solution", "no real roots": "no solution",
    "there is no solution": "no solution", "infinitely many solutions": "infinitely many",
    "infinite": "infinitely many", "impossible": "impossible",
}  # fmt: skip
_ALL_REALS = re.compile(
    r"(?:all |the set of (?:all )?)(?:the )?(?:real numbers?|reals)|\\real ?R|any real number"
    r"|for all real (?:numbers?|x)"
)
_CLOCK = re.compile(r"[0-9]{1,2}(?::[0-9]{2})? ?[ap]\.?m\.?")
_DATE = re.compile(
    r"[0-9]{4}(?P<one>[-/.])[0-9]{1,2}(?P=one)[0-9]{1,2}|[0-9]{1,2}([-/.])[0-9]{1,2}\2[0-9]{4}"
)
ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MODULO = re.compile(r"\\p?b?mod(?![a-z])")
_CHOICE = re.compile(r"\(?([A-Z])\)?\.?")
_MATRIX = re.compile(
    r"[\[(|]? ?\\begin ?\{[pbvBV]?(?:small)?(?:matrix|array)\} ?(?:\{[lcr| ]*\})?(.*)"
    r"\\end ?\{[A-Za-z]+\} ?[\])|]?"
)
_MEMBER = re.compile(r"[A-Za-z](?:_\{?[A-Za-z0-9]+\}?)?(?:\([a-z]\))? ?\\in(?![a-z]) ?")
_DOMAIN = re.compile(
    r"(?:[,;]| where| with| for| and|(?<=[0-9a-z)}]) ?(?=\()) ?\(?(?<![A-Za-z\\])"
    r"(?:(?:any|all|some|integers?|real|every|an|natural) )*"
    r"(?:[a-zA-Z](?:_[0-9])?(?:, ?[a-zA-Z](?:_[0-9])?)* ?"
    r"(?:\\in ?\\real ?[ZNRQC](?:\^\{?[+*]\}?|_\{?[+>0-9]+\}?)?|is an?y? (?:integer|constant)"
    r"(?: number)?)|(?:all|any|every|each) [a-z])\)?$"
)
_BUILDER = re.compile(rf"[{{{SET_OPEN}] ?([a-zA-Z]) ?(\\in ?\\real ?R)? ?[:|] ?(.*)[}}{SET_CLOSE}]")
_FAMILY = re.compile(rf"{SET_OPEN}([^:|]+)[:|] ?[a-z] ?\\in ?\\real ?Z ?{SET_CLOSE}")
"""`\\{2k\\pi : k \\in Z\\}`: one formula for all its members."""

_RELATION = re.compile(r"<=|=<|>=|!=|<|>|\\le(?![a-z])|\\ge(?![a-z])|\\ne(?![a-z])")
_SIGNS = {"\\le": "<=", "\\ge": ">=", "=<": "<=", "\\ne": "!="}
_TURNED = {">": "<", ">=": "<=", "<": ">", "<=": ">="}
_TIME_OR_RATIO = re.compile(r"[^:]+(?::[^:=]+)+")
_TO = re.compile(r" to ")
_TO_RATIO = re.compile(r"[0-9.]+(?: to [0-9.]+)+")
_NAMES = re.compile(r"\([A-Za-z_0-9{}]+(?:, ?[A-Za-z_0-9{}]+)*\)|[A-Z]")
_APPROX = re.compile(r"\\approx(?![a-z])")


def read(text: str) -> Reading:  # noqa: PLR0911 - one line for each kind
    """Read normal text; raises `UnparsableError`."""
    text = text.strip()
    if _MODULO.search(text):
        raise UnparsableError("it is a congruence")
    if (words := _words(text)) is not None:
        return words
    if text.replace(" ", "") in (r"\emptyset", SET_OPEN + SET_CLOSE):
        return EMPTY
    if _is_all_reals(text) or _is_all_reals(_MEMBER.sub("", text, count=1)):
        return REALS
    text = _DOMAIN.sub("", text) or text
    text = _MEMBER.sub("", text, count=1) if _MEMBER.match(text) else text
    if (described := _described(text)) is not None:
        return read(described)
    if NUMERAL.fullmatch(text) or spelled(text) is not None:
        return read_quantity(text)
    found = _matrix(text) or _list(text)
    if found is not None:
        return found
    return _single(text)


def _is_all_reals(text: str) -> bool:
    lowered = text.strip().lower().replace("\\realr", "\\realR")
    return text.strip() == r"\realR" or _ALL_REALS.fullmatch(lowered) is not None


def _described(text: str) -> str | None:
    """What a set is described by: its condition, or the formula of its members."""
    builder = _BUILDER.fullmatch(text)
    if builder is not None:
        return builder[3]
    family = _FAMILY.fullmatch(text)
    return family[1] if family is not None and r"\pi" in family[1] else None


def _single(text: str) -> Reading:
    """What is not a list."""
    text = text.strip()
    if _MEMBER.match(text):
        return read(_MEMBER.sub("", text, count=1))
    for part in (_joined, _bracketed, _relation, _equation, _ratio):
        found = part(text)
        if found is not None:
            return found
    return read_quantity(text)


def _words(text: str) -> Reading | None:
    if floating := _FLOATING.fullmatch(text):
        if floating[2].lower() == NOT_A_NUMBER:
            return Words(NOT_A_NUMBER)
        return Quantity(Apply("neg", (INFINITY,)) if floating[1] == "-" else INFINITY)
    lowered = " ".join(text.lower().split()).strip(" .")
    if lowered in _WORDS or lowered in _WORDS.values():
        return Words(_WORDS.get(lowered, lowered))
    if _DATE.fullmatch(lowered):
        return Words(lowered)
    if _CLOCK.fullmatch(lowered):
        return _clock(re.sub("[ .]", "", lowered))
    choice = _CHOICE.fullmatch(text)
    return Words(choice[1].lower()) if choice else None


def _clock(text: str) -> Words:
    """A time of day as hours of 24 and minutes: `3 pm` as `15:00`."""
    hour, _, minute = text[:-2].partition(":")
    if not 1 <= int(hour) <= NOON or int(minute or 0) >= 60:  # noqa: PLR2004 - minutes of an hour
        return Words(text)
    return Words(f"{int(hour) % NOON + (NOON if text.endswith('pm') else 0):02}:{minute or '00'}")


def _scaled_matrix(text: str) -> Reading | None:
    r"""`\frac12 \begin{pmatrix}...`: every entry times what stands before."""
    place = text.find("\\begin")
    if place <= 0 or "=" in text or text[:place].rstrip().endswith(("(", "[", "|")):
        return None
    matrix = _matrix(text[place:])
    if not isinstance(matrix, Several):
        return None
    before = text[:place].strip()
    factor = Number(Fraction(-1)) if before == "-" else parse(before.rstrip("*"))
    rows = [
        Several("[]", tuple(_times(factor, item) for item in row.items))
        for row in matrix.items
        if isinstance(row, Several)
    ]
    return Several("[]", tuple(rows))


def _times(factor: Expression, item: Reading) -> Reading:
    if not isinstance(item, Quantity) or item.unit or item.percent or item.noun:
        raise UnparsableError("an entry of a matrix is no number")
    return Quantity(Apply("mul", (factor, item.value)))


def _matrix(text: str) -> Reading | None:
    match = _MATRIX.fullmatch(text)
    if match is None:
        return _scaled_matrix(text)
    if "\\begin" in match[1]:
        return None
    rows = [row for row in match[1].split(ROW_END) if row.strip()]
    if len(rows) > MAX_ROWS:
        raise UnparsableError("a matrix in it is too large")
    return Several("[]", tuple(Several("[]", _items(row.split("&"))) for row in rows))


def list_items(text: str) -> list[str]:
    """What stands between `and`, `or`, semicolons and commas outside all brackets."""
    items = [item.strip() for piece in _pieces(text) for item in split(piece, ",")]
    return [item for item in items if item]


def _pieces(text: str) -> list[str]:
    parts = [piece for part in split_words(text, "or") for piece in split_words(part, "and")]
    return [piece for part in parts for piece in split(part, ";")]


def _list(text: str) -> Reading | None:
    """`1, 2 and 3`; the pieces of an expression with one plus-minus are two."""
    items = list_items(text)
    if len(items) <= 1:
        return None
    alternatives = split_words(text, "or")
    groups = [split(piece, ",") for piece in _pieces(text)]
    if len(groups) > 1 and all(len(group) > 1 and all("=" in x for x in group) for group in groups):
        # `p=5, q=2; p=7, q=2`: two answers of two values each.
        return Several(",", tuple(Several("()", _items(group)) for group in groups))
    relations = [item for item in items if _RELATION.search(item)]
    if len(relations) == len(items):
        conjunction = len(alternatives) == 1 and " or " not in text
        return Joined("cap" if conjunction else "cup", tuple(map(_single, items)))
    return Several(",", _unnamed(_items(items)))


def _unnamed(items: tuple[Reading, ...]) -> tuple[Reading, ...]:
    """`x = 1, 2, 3`: the name is that of all."""
    first = items[0]
    named = isinstance(first, Equation) and is_name(first.left)
    if named and not any(isinstance(item, (Equation, Named)) for item in items[1:]):
        assert isinstance(first, Equation)  # noqa: S101 - for the type checker
        return (Quantity(first.right), *items[1:])
    return items


def _items(texts: list[str]) -> tuple[Reading, ...]:
    r"""Read what stands between separators. `a \pm b` among them is two items."""
    if len(texts) > MAX_ITEMS:
        raise UnparsableError("it has too many items")
    if any(not text.strip() or "..." in text for text in texts):
        raise UnparsableError("an item is missing")
    read_items: list[Reading] = []
    for text in texts:
        item = _single(text)
        signs = isinstance(item, Several) and item.brackets == "pm"
        read_items.extend(item.items if signs and isinstance(item, Several) else [item])
    return tuple(read_items)


def _joined(text: str) -> Reading | None:
    for operation, marks in (
        ("setminus", (r"\setminus",)), ("cup", (r"\cup", " U ")), ("cap", (r"\cap",)),
    ):  # fmt: skip
        parts = split(text, *marks)
        if len(parts) > 1:
            return Joined(operation, tuple(read(part) for part in parts))
    return None


def _bracketed(text: str) -> Reading | None:
    text = re.sub(r"^\\langle(.*)\\rangle$", r"(\1)", text)
    inner = text[1:-1]
    opening, end = text[:1], text[-1:]
    if (opening, end) == (SET_OPEN, SET_CLOSE) and closes_at_end(text):
        return Several("{}", _items(split(inner, ",", ";"))) if inner.strip() else EMPTY
    if (opening, end) in (("{", "}"), ("(", ")")) and closes_at_end(text):
        items = split(inner, ",", ";")
        if len(items) == 1 and not re.search(r"[=<>]", inner):
            return None if opening == "{" or not _is_set(inner) else read(inner)
        if len(items) == 1:
            return read(inner)
        brackets = "," if opening == "{" else "()"
        return Several(brackets, _items(items))
    if opening in "([]" and end in ")][" and len(text) > 2 and closes_at_end(text):  # noqa: PLR2004
        items = split(inner, ",", ";")
        if len(items) > 1 or inner.lstrip().startswith("["):
            return Several(opening + end, _items(items))
    return _plus_minus(text)


def _is_set(inner: str) -> bool:
    return any(mark in inner for mark in (r"\cup", r"\begin", r"\setminus", SET_OPEN))


def _plus_minus(text: str) -> Reading | None:
    count = text.count(r"\pm") + text.count(r"\mp")
    if not count or _RELATION.search(text):
        return None
    if count > 1:
        # One sign for all of them, or each its own? Only the former is certain for \pm and \mp.
        raise UnparsableError("it has several plus-minus signs")
    left, equals, right = text.partition("=")
    body = right if equals and r"\pm" not in left else text
    return Several("pm", tuple(_single(re.sub(r"\\[pm]{2}", sign, body)) for sign in "+-"))


def _relation(text: str) -> Reading | None:
    marks = _RELATION.findall(text)
    if not marks:
        return None
    sides = [_side(side) for side in _RELATION.split(text)]
    signs = [_SIGNS.get(mark, mark) for mark in marks]
    if any(sign[0] == ">" for sign in signs):
        if any(sign[0] == "<" for sign in signs):
            raise UnparsableError("it has an inequality in both directions")
        sides.reverse()
        signs = [_TURNED.get(sign, sign) for sign in reversed(signs)]
    return Relation(tuple(sides), tuple(signs))


def _side(text: str) -> Expression:
    if "=" in text:
        raise UnparsableError("it mixes equality and inequality")
    quantity = read_quantity(text)
    if quantity.percent:
        return Apply("div", (quantity.value, Number(Fraction(100))))
    return quantity.value


def _equation(  # noqa: C901, PLR0911 - one line for each kind of right side
    text: str,
) -> Reading | None:
    if "=" not in text and not _APPROX.search(text):
        return None
    if "=" in text:
        text = _APPROX.split(text)[0]
    sides = [side.strip() for side in re.split(r"=|\\approx(?![a-z])|\\equiv", text)]
    first, last = sides[0], sides[-1]
    if not last:
        raise UnparsableError("it breaks off")
    if not first:
        return _single(last)
    if ":" in first and ":" in last and re.sub(r"[A-Za-z_{}0-9: ]", "", first) == "":
        return Named(first, _single(last))
    if _NAMES.fullmatch(first) and not isinstance(_single(last), Quantity):
        return Named(first, _single(last))
    value = _single(last)
    if isinstance(value, Several | Joined | Ratio):
        return Named(first, value)
    if not isinstance(value, Quantity):
        raise UnparsableError("it is an equation of unknown kind")
    left = name_or_expression(first)
    if value.unit is not None or value.percent:
        return Named(first, value) if is_name(left) else _refuse()
    return Equation(left, value.value)


def _refuse() -> Reading:
    raise UnparsableError("it is an equation with units")


def _ratio(text: str) -> Reading | None:
    text = _TO.sub(":", text) if _TO_RATIO.fullmatch(text) else text
    if not _TIME_OR_RATIO.fullmatch(text):
        return None
    parts = [part.strip() for part in text.split(":")]
    return Ratio(tuple(parse(part) for part in parts), tuple(parts))
