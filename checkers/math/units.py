"""Units by pint, read by a grammar of our own: pint's own reader sees no hostile text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any, Final

import pint

_MAX_POWER: Final = 9
_MAX_PARTS: Final = 8
MIN_WORD: Final = 3

_ALIASES: Final = {
    "sec": "s", "secs": "s", "hr": "h", "hrs": "h", "mins": "min", "kph": "km/h", "kmh": "km/h",
    "kmph": "km/h", "mps": "m/s", "ft": "foot", "in": "inch", "feet": "foot", "inches": "inch",
    "lb": "pound", "lbs": "pound", "tonnes": "tonne", "litre": "liter", "litres": "liter",
    "metre": "meter", "metres": "meter", "centimetre": "cm", "centimetres": "cm",
    "millimetre": "mm", "millimetres": "mm", "kilometre": "km", "kilometres": "km", "cc": "cm^3",
    "L": "liter", "l": "liter", "mL": "ml", "ohms": "ohm", "Ω": "ohm", "kΩ": "kohm",
    "MΩ": "Mohm", "mΩ": "mohm", "Ohm": "ohm", "Ohms": "ohm", "degrees": "degree",
    "deg": "degree", "radians": "radian", "rad": "radian", "rads": "radian", "yr": "year",
    "yrs": "year", "wk": "week", "t": "tonne", "Celsius": "°C", "Fahrenheit": "°F",
    "celsius": "°C", "fahrenheit": "°F", "kelvins": "K", "kelvin": "K", "Kelvin": "K",
    "°": "degree",
    "u": "unified_atomic_mass_unit", "amu": "unified_atomic_mass_unit", "nos": "", "sq": "square",
    "cu": "cubic", "dollars": "dollar", "USD": "dollar", "usd": "dollar", "bucks": "dollar",
    "euros": "euro", "EUR": "euro", "€": "euro", "£": "pound_sterling", "GBP": "pound_sterling",
    "¢": "cent", "cents": "cent", "¥": "yen", "₹": "rupee", "rupees": "rupee", "Rs": "rupee",
    "mpg": "mile/gallon",
    "percent": "%", "pct": "%", "percentage": "%", "C": "coulomb", "Angstrom": "angstrom",
}  # fmt: skip

_SHORT: Final = frozenset(
    """m cm mm km nm um μm s ms ns us μs min h g kg mg μg ug N kN J kJ MJ GJ W kW MW GW V kV mV A mA
    K Pa kPa MPa GPa hPa Hz kHz MHz GHz mol mmol ml dl cl eV keV MeV GeV cal kcal atm bar mbar psi
    mmHg torr yd mi oz lbf kWh Wh F μF nF pF H mH T mT Wb C Ω ohm rad mph rpm day B kB MB GB
    bit byte acre ha au pc ly mile dB cd lm lx Bq Gy Sv dm hm L l t ft in lb R mN μN MN mW μW mJ
    μJ μV MV μA nA mPa kohm Mohm mohm μL fs fm TeV THz TW TJ μT nT mF μH mC μC nC pC mK kmol
    μmol nmol TB""".split()  # noqa: SIM905
)
"""Symbols of units that count as such. Longer words are looked up by name."""

_MONEY: Final = {
    "dollar": Fraction(100), "cent": Fraction(1), "euro": None, "pound_sterling": None, "yen": None,
    "rupee": None,
}  # fmt: skip

LOGARITHMIC: Final = (("decibel", 1),)
"""Base of a unit whose numbers are logarithms: without it they say something else."""

_NO_UNITS: Final = frozenset({"unit", "units", "points", "point", "dots", "sheets", "ways"})
"""Words that pint would read as units (`units` as a millionth of a nit)."""

_OFFSETS: Final = {
    "°C": (Fraction(1), Fraction(27315, 100)),
    "°F": (Fraction(5, 9), Fraction(45967, 180)),
}
"""Scale and zero on the kelvin scale: the exact definitions of the two temperature scales."""

_TOKEN: Final = re.compile(r"\s*(?:([°]?[A-Za-zμΩ€£¥¢₹]+|°)|(\^|\*\*)|(-?[0-9]+)|([*/()]))")
_WORD_POWERS: Final = {"square": 2, "squared": 2, "cubic": 3, "cubed": 3}


@dataclass(frozen=True, slots=True)
class Unit:
    """Dimension as base units and powers, exact size in them, and the zero of a temperature."""

    base: tuple[tuple[str, int], ...]
    size: Fraction
    zero: Fraction = Fraction(0)


@cache
def registry() -> Any:  # noqa: ANN401 - pint's own type is generic over its numbers
    """Return pint's table of units with exact sizes."""
    return pint.UnitRegistry(non_int_type=Fraction, cache_folder=None)


def read_unit(text: str) -> Unit | None:
    """Read `km/h`, `m s^-2`, `square meters`, `meters per second squared`; None if it is none."""
    text = re.sub(r"\bper\b", "/", text.strip())
    text = re.sub(r"\\mu(?![a-z]) ?", "μ", re.sub(r"\\Omega(?![a-z])", "Ω", text))
    text = re.sub(r"[{}]", "", text).replace(r"\cdot", "*").replace("·", "*")
    text = re.sub(r"\bdegrees? ?(?=[CF]\b|Celsius|Fahrenheit)", "°", text)
    text = re.sub(r"°\s+(?=[CF])", "°", text)
    whole = (
        _ALIASES.get(text.strip("° ")) if text.strip("° ") in ("Celsius", "Fahrenheit") else None
    )
    parts = _parts(whole or text)
    if parts is None:
        return None
    return _product(parts)


def _parts(text: str) -> list[tuple[str, int]] | None:  # noqa: C901 - a small automaton
    """Names and powers, in order; None where the text is no product of names."""
    parts: list[tuple[str, int]] = []
    sign, place, ahead, raised = 1, 0, 1, False
    while place < len(text.rstrip()):
        match = _TOKEN.match(text, place)
        if match is None:
            return None
        name, caret, number, mark = match.groups()
        place = match.end()
        if name in _WORD_POWERS and name.endswith("d"):
            if not parts:
                return None
            parts[-1] = (parts[-1][0], parts[-1][1] * _WORD_POWERS[name])
        elif _ALIASES.get(name or "", name) in ("square", "cubic"):
            ahead = _WORD_POWERS[_ALIASES.get(name, name)]
        elif name:
            # All behind the stroke is below it: `J/kg*K` is meant as J/(kg*K).
            parts.append((name, sign * ahead))
            ahead = 1
        elif number and parts and _is_power(match[0], number, raised):
            parts[-1] = (parts[-1][0], parts[-1][1] * int(number))
        elif mark == "/":
            sign = -1
        elif not (caret or mark in ("*", "(", ")")):
            return None
        raised = bool(caret)
    return parts if 0 < len(parts) <= _MAX_PARTS else None


def _is_power(token: str, number: str, raised: bool) -> bool:
    """`m2`, `s-1`, `s -1` and `m^ 2` have one; in `3 ft 6 in` another value begins."""
    return abs(int(number)) <= _MAX_POWER and (raised or number[0] == "-" or token == number)


def _product(parts: list[tuple[str, int]]) -> Unit | None:
    base: dict[str, int] = {}
    size = Fraction(1)
    for name, power in parts:
        unit = _named(name)
        if unit is None or abs(power) > _MAX_POWER or (unit.zero and len(parts) > 1):
            return None
        if unit.zero:
            return unit if power == 1 else None
        size *= unit.size**power
        for dimension, times in unit.base:
            base[dimension] = base.get(dimension, 0) + times * power
    kept = tuple(sorted((name, times) for name, times in base.items() if times))
    return Unit(kept, size)


@cache
def _named(name: str) -> Unit | None:
    """One unit by its name or symbol."""
    name = _ALIASES.get(name, name)
    if name in _OFFSETS:
        return Unit((("kelvin", 1),), *_OFFSETS[name])
    if name in ("dozen", "dozens"):
        return Unit((), Fraction(12))
    if name in _MONEY:
        size = _MONEY[name]
        return Unit((("money" if size else name, 1),), size or Fraction(1))
    if any(mark in name for mark in "/^"):
        return read_unit(name)
    name = "dB" if name in ("decibel", "decibels") else name
    word = len(name) >= MIN_WORD and name.isalpha()
    if name in _NO_UNITS or not (word or name in _SHORT or name == "%"):
        return None
    return _by_pint(name)


def _by_pint(name: str) -> Unit | None:
    if name == "dB":  # to pint a number without dimension
        return Unit(LOGARITHMIC, Fraction(1))
    known = registry()
    for spelling in (name, name.lower()):
        if spelling not in _SHORT and spelling != name and len(spelling) < 4:  # noqa: PLR2004
            continue
        try:
            size, units = known.get_base_units(known.Unit(known.UnitsContainer({spelling: 1})))
        except (pint.PintError, AttributeError, KeyError, ValueError, TypeError):
            continue
        powers = dict(units._units)  # noqa: SLF001 - pint has no public way to walk a unit
        if any(Fraction(power).denominator != 1 for power in powers.values()):
            return None
        base = tuple(sorted((str(each), int(power)) for each, power in powers.items()))
        return Unit(base, Fraction(size))
    return None
