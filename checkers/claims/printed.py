"""A number as a report prints it: its digits say how exactly it is meant.

Rule: right iff |value - printed| is at most half a unit of the last digit printed, with a slack of
1e-7 of it (so that rounding half to even and half up are both right). Trailing zeros are digits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

MAX_CHARS: Final = 100
MAX_EXPONENT: Final = 400
"""Beyond the range of 64-bit floats nothing is printed that could be right."""

SLACK: Final = Fraction(10_000_001, 10_000_000)
FLOAT_SLACK: Final = Fraction(1, 10**12)
"""Relative: what two careful programs may differ by in a float; far below 15 printed digits."""

PERCENT_UNITS: Final = frozenset({"%", "percent", "per cent", "pct"})
_MINUS: Final = str.maketrans(
    {
        "\N{MINUS SIGN}": "-",
        "\N{EN DASH}": "-",
        "\N{NO-BREAK SPACE}": " ",
        "\N{NARROW NO-BREAK SPACE}": " ",
        "\N{THIN SPACE}": " ",
    }
)
# The three ways to write thousands; each must be used throughout.
_WHOLE: Final = r"\d{1,3}(?:,\d{3})+|\d{1,3}(?: \d{3})+|\d{1,3}(?:'\d{3})+|\d+"
_NUMBER: Final = re.compile(
    rf"(?P<sign>[+-]?) ?(?P<whole>{_WHOLE})?(?P<rest>\.\d*)?"
    r"(?:(?:[eE]|(?: ?[x*\N{MULTIPLICATION SIGN}] ?10(?:\^|\*\*)))\(?\{?"
    r"(?P<exponent>[+-]?\d{1,4})\)?\}?)?",
    re.ASCII,
)
_BOUND: Final = re.compile(r"(?:[pP] ?)?(<=|>=|<|>|=)? ?")
_CURRENCY: Final = "$\N{EURO SIGN}\N{POUND SIGN}\N{YEN SIGN}"


@dataclass(frozen=True, slots=True)
class Printed:
    """A printed number.

    `value` is exact; `step` is one unit of its last digit; `bound` is `<`, `>` or None; `unit` is
    what stands beside the number, `%` for every spelling of percent.
    """

    value: Fraction
    step: Fraction
    bound: str | None = None
    unit: str | None = None
    scientific: bool = False

    @property
    def decimals(self) -> bool:
        """True when digits behind the point are printed (or the number is in powers of ten)."""
        return self.step < 1

    @property
    def is_percent(self) -> bool:
        """True when it carries a percent sign."""
        return self.unit == "%"


def read_printed(text: str) -> Printed:
    """Read a number; raises ValueError with a sentence about the text (which it does not repeat).

    Decimal point; thousands by commas, (thin) spaces or apostrophes; `1.2e-5` and `1.2 x 10^-5`; a
    sign; `<` or `>` before it, as p-values have; one unit before (currency) or behind.
    """
    cleaned = text.translate(_MINUS).strip()
    if not cleaned or len(cleaned) > MAX_CHARS:
        raise ValueError(f"must be a number of 1 to {MAX_CHARS} characters")
    if cleaned.lstrip("+-").lower() in ("nan", "inf", "infinity"):
        raise ValueError("is no number: NaN and infinity are never right")
    start = _BOUND.match(cleaned)
    bound = start[1] if start is not None else None
    rest = cleaned[start.end() :] if start is not None else cleaned
    currency = next((sign for sign in _CURRENCY if sign in rest[:2]), None)
    if currency is not None:
        rest = rest.replace(currency, "", 1).lstrip()
    found = _NUMBER.match(rest)
    if found is None or not (found["whole"] or (found["rest"] or "").strip(".")):
        raise ValueError('is no number (write it as "1234.5", "1,234.5", "12.3%" or "1.2e-5")')
    unit = _unit(rest[found.end() :].strip(), currency)
    value, step = _exact(found)
    bound = None if bound == "=" else bound
    return Printed(value, step, bound and bound[0], unit, found["exponent"] is not None)


def _unit(behind: str, currency: str | None) -> str | None:
    if not behind:
        return currency
    if currency is not None or re.match(r"[\d.,+\-<>=]", behind):
        raise ValueError("holds more than one number and its unit")
    return unit_name(behind)


def unit_name(text: str | None) -> str | None:
    """One spelling of a unit: `%` for percent, white space trimmed; None for nothing."""
    cleaned = (text or "").strip()
    return "%" if cleaned.lower() in PERCENT_UNITS else cleaned or None


def _exact(found: re.Match[str]) -> tuple[Fraction, Fraction]:
    whole = re.sub(r"[, ']", "", found["whole"] or "0")
    decimals = (found["rest"] or ".")[1:]
    exponent = int(found["exponent"] or 0)
    if abs(exponent) > MAX_EXPONENT:
        raise ValueError("has an exponent beyond what data can hold")
    digits = int(whole + decimals)
    if digits == 0:
        exponent = min(exponent, 0)  # 0e9 is no way to be right about everything below 5e8
    power = Fraction(10) ** (exponent - len(decimals))
    return (-digits if found["sign"] == "-" else digits) * power, power


def agrees(printed: Printed, value: Fraction, *, exact: bool) -> bool:
    """Return True when the printed digits are those of the value.

    `exact` says that the value has no rounding error of its own (counts, least values).
    """
    error = abs(value - printed.value)
    allowed = printed.step / 2 * SLACK
    return error <= (allowed if exact else allowed + abs(value) * FLOAT_SLACK)


def is_near(value: Fraction, printed: Printed, absolute: float, relative: float) -> bool:
    """Return True when a task's own tolerance, which goes before the digits, is kept."""
    allowed = max(Fraction(absolute), Fraction(relative) * abs(value))
    return abs(value - printed.value) <= allowed
