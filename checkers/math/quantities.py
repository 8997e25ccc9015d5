"""A single value: an expression, its unit, its percent sign."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from checkers.math.nodes import Apply, Expression, Number, UnparsableError
from checkers.math.spelled import leading, spelled
from checkers.math.syntax import parse
from checkers.math.units import Unit, read_unit
from checkers.math.values import symbols


@dataclass(frozen=True, slots=True)
class Quantity:
    """An expression, maybe with a unit.

    `percent`: it was written with a percent sign (the value is the number before it). `noun` is
    what is counted where that is no unit. `text` is the value as written, without unit.
    """

    value: Expression
    unit: Unit | None = None
    percent: bool = False
    noun: str = ""


_COMPOUND = re.compile(r"(?<=[A-Za-z]),? (?:and )?(?=[0-9])")
MAX_COMPOUND = 4
MAX_UNITED = 300
"""Characters of a value with a unit."""

_ORDINAL = re.compile(r"(?:the )?([0-9]{1,9}) ?(?:\^ ?\{? ?)?(?:st|nd|rd|th)(?: ?\})?")
_NO_NOUN = re.compile(
    r"\b(?:not|no|wrong|incorrect|false|never|or|but|maybe|unless|than|at least|at most)\b",
    re.IGNORECASE,
)
"""Words that take back a number, or leave it open, and so are not what it counts."""

NUMERAL = re.compile(r"[-+]? ?[0-9]{1,3}(?:([, '_])[0-9]{3})(?:\1[0-9]{3})*(?:\.[0-9]+)?")
_PERCENT = re.compile(r"(.*[0-9)}.]) ?(?:%|percent(?:age)?|pct)", re.IGNORECASE)
_POINTS = re.compile(r"(?<=[0-9]) ?percentage points?$")
_TIMES_TEN = re.compile(
    r"(?<=[0-9]) ?(?:x|X|\*|\\times|\\cdot) ?10 ?(?:\^|\*\*) ?\{? ?([-+]?[0-9]+) ?\}?"
)
_CARET_TEN = re.compile(r"(?<=[0-9]) ?[xX] ?(?=[0-9])")
_MIXED = re.compile(r"^([-+]?)\s*([0-9]+) ([0-9]+) ?/ ?([0-9]+)$")
_MONEY_BEFORE = re.compile(r"^([-+]?) ?(dollar|[€£¥₹]|USD|EUR|GBP|Rs\.?) ?(.*)$")
_TRAILING = re.compile(
    r"(?P<number>.*?[0-9)}|!a-z]) ?(?P<unit>(?:degree ?)?[A-Za-zμΩ€£¥¢₹][A-Za-zμΩ ]*"
    r"(?:[ */^(){}-]*[A-Za-z0-9μΩ-]+)*\)?)"
)
_UNIT_FRACTION = re.compile(
    r"(?<=[0-9)} ])\\frac ?\{ ?([A-Za-zμΩ][A-Za-zμΩ *]*)\} ?"
    r"\{ ?([A-Za-zμΩ](?:[^{}]|\{[^{}]*\})*)\}"
)
"""`\\frac{m}{s^2}` behind a number."""
_TEMPERATURE = re.compile(r"(.*[0-9)}]) ?degrees? ?(?:([CFK])|[Cc]elsius|[Ff]ahrenheit)")
_OF_ANGLES = re.compile(r"(?<![a-z])(?:sin|cos|tan|cot|sec|csc|cis|tg|ctg)(?![a-z])")
_SEXAGESIMAL = re.compile(
    r"([0-9]+) ?degree ?([0-5]?[0-9]) ?'(?: ?([0-5]?[0-9](?:\.[0-9]+)?) ?'')?"
)
"""`22 degree 30'`: minutes and seconds of an angle."""

_DEGREE = re.compile(r"(.*[0-9)}a-z]) ?degree ?")
_HOW_MUCH = re.compile(
    r"^(?:about|approximately|approx\.?|exactly|roughly|circa|only|around) ", re.IGNORECASE
)
_MAGNITUDES = {"thousand": 3, "million": 6, "billion": 9, "trillion": 12, "lakh": 5, "crore": 7}
_MAGNITUDE = re.compile(rf"^(.*[0-9]) ?({'|'.join(_MAGNITUDES)})(?: (?!s\b)(.*))?$")
_BASE = re.compile(r"([0-9A-Z]+) ?_ ?(?:\{ ?([0-9]{1,2}) ?\}|([0-9]))")


def read_quantity(text: str) -> Quantity:
    """Read one value; raises `UnparsableError`."""
    text = _HOW_MUCH.sub("", text.strip())
    based = _BASE.fullmatch(text)
    if based is not None:
        return Quantity(_in_base(based[1], int(based[2] or based[3])))
    if (counted := in_words(text)) is not None:
        return counted
    text = _scientific(_unseparated(text))
    money = _MONEY_BEFORE.match(text)
    if money is not None and money[3]:
        rest = re.sub(r" ?dollars?$", "", money[3])
        inside = read_quantity(money[1] + rest)
        return Quantity(inside.value, read_unit(money[2].strip(".")))
    magnitude = _MAGNITUDE.match(text)
    if magnitude is not None:
        power = f"{magnitude[1]} * 10^{{{_MAGNITUDES[magnitude[2]]}}}"
        return read_quantity(f"{power} {magnitude[3] or ''}")
    percent = _PERCENT.fullmatch(text)
    if percent is not None:
        return Quantity(parse(mixed(percent[1])), percent=True)
    return _with_unit(text)


def in_words(text: str) -> Quantity | None:
    """`twenty-one`, `two and a half hours`, `half a liter`, `3rd`; None for all else."""
    ordinal = _ORDINAL.fullmatch(text)
    if ordinal is not None:
        return Quantity(Number(Fraction(ordinal[1])))
    if (alone := spelled(text)) is not None:
        return Quantity(Number(alone))
    counted = leading(text) if text[:1].isalpha() else None
    unit = read_unit(counted[1]) if counted is not None else None
    return Quantity(Number(counted[0]), unit) if counted is not None and unit is not None else None


def _with_unit(text: str) -> Quantity:
    """The longest value whose rest is a unit or, failing that, a noun."""
    temperature = _TEMPERATURE.fullmatch(text)
    if temperature is not None:
        scale = temperature[2] or ("C" if "elsius" in text else "F")
        return Quantity(
            parse(mixed(temperature[1])), read_unit(scale if scale == "K" else f"°{scale}")
        )
    parts = _SEXAGESIMAL.fullmatch(text)
    if parts is not None:
        small = Fraction(parts[2]) / 60 + Fraction(parts[3] or 0) / 3600
        return Quantity(Number(Fraction(parts[1]) + small), read_unit("degree"))
    degree = _DEGREE.fullmatch(text)
    if degree is not None and not _OF_ANGLES.search(text):
        return Quantity(parse(mixed(degree[1])), read_unit("degree"))
    try:
        return Quantity(parse(mixed(text)))
    except UnparsableError:
        return joined_units(text) or _cut(text)


def joined_units(text: str) -> Quantity | None:
    """`3 hours 30 minutes`: units of one kind, from the larger to the smaller; None for all else.

    A sign before the first is that of them all.
    """
    parts = _COMPOUND.split(text)
    if not 1 < len(parts) <= MAX_COMPOUND:
        return None
    found = [short_unit(part) for part in parts]
    kept = [each for each in found if each is not None and each.unit is not None]
    units = [each.unit for each in kept if each.unit is not None]
    falling = all(one.size > other.size for one, other in pairwise(units))
    if len(kept) < len(parts) or len({unit.base for unit in units}) > 1 or not falling:
        return None
    sign = -1 if parts[0].lstrip().startswith("-") else 1
    ratios = [
        Number((sign if n else 1) * unit.size / units[0].size) for n, unit in enumerate(units)
    ]
    terms = [Apply("mul", (each.value, ratio)) for each, ratio in zip(kept, ratios, strict=True)]
    return Quantity(Apply("add", tuple(terms)), units[0])


def _cut(text: str) -> Quantity:
    if len(text) > MAX_UNITED:
        raise UnparsableError("it is too long for a value with a unit")
    words = [
        place.start() for place in re.finditer(r"(?<=[0-9)}a-z!. ])(?=[A-Za-zμΩ€£¥¢₹°])", text)
    ]
    best: UnparsableError | None = None
    for place in sorted(words):
        number, rest = text[:place].strip(), text[place:].strip()
        if not number or not re.search(r"[0-9)}]$|\\pi$", number):
            continue
        unit = read_unit(rest.replace("degree ", "°"))
        plain = re.fullmatch(r"[A-Za-z][A-Za-z ]{2,40}", rest) and not _NO_NOUN.search(rest)
        if unit is None and not plain:
            continue
        try:
            value = parse(mixed(number))
        except UnparsableError as error:
            best = best or error
            continue
        return Quantity(value, unit, noun="" if unit else singular(rest))
    raise best or UnparsableError("it is no value, list or formula that can be read")


def short_unit(text: str) -> Quantity | None:
    """`25 m/s`, which is also a quotient: read with the unit where its number has no letters."""
    if len(text) > MAX_UNITED:
        return None
    text = _scientific(_unseparated(_HOW_MUCH.sub("", text.strip())))
    if _PERCENT.fullmatch(text):
        return None
    text = _UNIT_FRACTION.sub(r" \1/(\2)", _in_letters(text))
    for place in re.finditer(r"(?<=[0-9)} ])(?=[A-Za-zμΩ])(?!degree)", text):
        number, rest = text[: place.start()].strip(), text[place.start() :]
        unit = read_unit(rest) if re.search(r"[0-9)}]$|\\pi$", number) else None
        if unit is None:
            continue
        try:
            value = parse(mixed(number))
        except UnparsableError:
            continue
        return None if symbols(value) else Quantity(value, unit)
    return None


def _in_letters(text: str) -> str:
    r"""`50 \Omega` and `2 \mu F` with the letters of their units, where those end the text."""
    text = re.sub(r"\\Omega(?= *$)", "Ω", text)
    return re.sub(r"(?<=[0-9}]) ?\\mu ?(?=[A-ZΩa-z][A-Za-z]{0,3}$)", " μ", text)


def singular(noun: str) -> str:
    """A noun for comparing."""
    return noun.strip().casefold().rstrip("s")


def mixed(text: str) -> str:
    """`1 1/2` is a mixed number."""
    return _MIXED.sub(r"\1(\2+\3/\4)", text.strip())


def _unseparated(text: str) -> str:
    """Without the separators of thousands, all of one kind."""
    whole = re.compile(r"(?<![0-9.,_])([0-9]{1,3})(?:([, '])[0-9]{3})(?:\2[0-9]{3})*(?![0-9])")
    return whole.sub(lambda found: re.sub(r"[, ']", "", found[0]), text)


def _scientific(text: str) -> str:
    text = _TIMES_TEN.sub(r" * 10^{\1}", text)
    return _CARET_TEN.sub(" * ", text)


def _in_base(digits: str, base: int) -> Number:
    """`204_5`, a whole number written in another base than ten."""
    try:
        return Number(Fraction(int(digits, base)))
    except ValueError:
        raise UnparsableError(f"{digits[:20]!r} is no number in base {base}") from None
