"""Units that can be converted exactly; all others are compared as text."""

from __future__ import annotations

import re
from fractions import Fraction

_LENGTH = {
    "m": "1", "cm": "1/100", "mm": "1/1000", "km": "1000", "in": "127/5000", "ft": "381/1250",
    "mi": "1609344/1000",
}  # fmt: skip
_MASS = {"g": "1", "kg": "1000", "mg": "1/1000", "t": "1000000"}
_TIME = {"s": "1", "ms": "1/1000", "min": "60", "h": "3600", "day": "86400"}
_VOLUME = {"l": "1", "ml": "1/1000"}
_SPEED = {"m/s": "1", "km/h": "5/18", "mph": "1397/3125"}
_PRESSURE = {"Pa": "1", "kPa": "1000", "MPa": "1000000"}
_ENERGY = {"J": "1", "kJ": "1000", "MJ": "1000000"}
_POWER = {"W": "1", "kW": "1000", "MW": "1000000"}

UNITS = {
    name: (dimension, Fraction(factor))
    for dimension, table in (
        ("length", _LENGTH),
        ("mass", _MASS),
        ("time", _TIME),
        ("volume", _VOLUME),
        ("speed", _SPEED),
        ("pressure", _PRESSURE),
        ("energy", _ENERGY),
        ("power", _POWER),
    )
    for name, factor in table.items()
}

_ALIASES = {
    "meter": "m", "meters": "m", "metre": "m", "metres": "m", "centimeters": "cm",
    "kilometers": "km", "inch": "in", "inches": "in", "foot": "ft", "feet": "ft", "mile": "mi",
    "miles": "mi", "gram": "g", "grams": "g", "kilograms": "kg", "second": "s", "seconds": "s",
    "sec": "s", "minute": "min", "minutes": "min", "hour": "h", "hours": "h", "hr": "h",
    "hrs": "h", "days": "day", "liters": "l", "litres": "l", "L": "l", "mL": "ml",
    "kph": "km/h", "degrees": "degree", "dollars": "dollar", "units": "unit",
}  # fmt: skip
_NAMED_ONLY = frozenset({"degree", "dollar", "unit", "mol", "Hz", "C", "F", "K", "N", "V"})
_TRAILING = re.compile(r"(?P<number>.*[0-9)}]) ?(?P<unit>[A-Za-z]{1,12}(?:/[A-Za-z]{1,4})?)")


def split_unit(text: str) -> tuple[str, str | None]:
    """Number and unit of `12.5 km/h`; the unit is None where the end is no unit that we know."""
    match = _TRAILING.fullmatch(text.strip())
    if match is None:
        return text, None
    unit = _ALIASES.get(match["unit"], match["unit"])
    known = unit in UNITS or unit in _NAMED_ONLY
    return (match["number"], unit) if known else (text, None)


def conversion(unit: str, other: str) -> Fraction | None:
    """Factor from `unit` to `other`; 0 where they measure different things, None if unknown."""
    if unit == other:
        return Fraction(1)
    one, two = UNITS.get(unit), UNITS.get(other)
    if one is None or two is None:
        return None
    return one[1] / two[1] if one[0] == two[0] else Fraction(0)
