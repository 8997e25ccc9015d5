"""Do reported tests and means agree with themselves: p-values as statcheck does it, GRIM, GRIMMER.

Nuijten et al., "The prevalence of statistical reporting errors in psychology" (2016); Brown and
Heathers, "The GRIM Test" (2017); Anaya, "The GRIMMER test" (2016).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from checkers.claims.tails import chi2_upper, f_upper, normal_upper, t_upper

if TYPE_CHECKING:
    from collections.abc import Iterator

ALPHA: Final = Fraction(1, 20)
MAX_TESTS: Final = 500
MAX_N: Final = 1_000_000

_NUMBER: Final = r"[-+\u2212\u2013]?\s?(?:\d{1,12}(?:,\d{3})*)?\.?\d{1,12}(?:\s?[eE][-+]?\d{1,3})?"
_DEGREES: Final = r"\d{1,3}(?:,\d{3})+(?:\.\d{1,6})?|\d{1,9}(?:\.\d{1,6})?"
_TENS: Final = r"\s?[eE]-\d{1,3}|\s?[x\u00d7]\s?10\^?[({]?[-\u2212]\d{1,3}[)}]?"
_EFFECT: Final = (
    r"(?:M|SD|SE|SEM|MSE|CI|df|n|N|d|g|V|power"
    r"|[\u03b7\u03c9\u03b5](?:_?[pG])?(?:\u00b2|\^2|2)?(?:_?[pG])?)"
)
_BESIDE: Final = rf"""[,;]\s{{0,2}}(?:
    (?:(?:partial|adjusted|Cohen's|Hedges')\s)?{_EFFECT}\s?=\s?{_NUMBER}
    |\d\d?%\s?CI\s?=?\s?\[[^\[\]\n]{{1,40}}\])"""
"""What may stand between a statistic and its p: a description, an effect's size, an interval.

Not another statistic: the p would be of that one.
"""
_TEST: Final = re.compile(
    rf"""(?<![A-Za-z0-9])(?<![A-Za-z0-9]_)
    (?P<name>[tTFfrRzZ]|\u03c7\s?(?:2|\u00b2|\^2|\^\{{2\}})|(?:chi|X)\s?-?(?:\^2|\u00b2|2|squared?|\s?square))
    [*_]{{0,3}}\s{{0,2}}(?:\(\s?(?P<one>\d{{1,9}}(?:\.\d{{1,6}})?)\s?
        (?:,\s?(?P<n>[nN]\s?=\s?)?(?P<two>{_DEGREES})\s?)?\))?
    \s{{0,2}}(?P<is>[=<>])\s{{0,2}}(?P<value>{_NUMBER})
    (?:{_BESIDE}){{0,3}}
    [\s,;(\[]{{1,3}}
    (?P<p>[*_]{{0,3}}p[*_]{{0,3}}(?:-value|\svalue)?\s{{0,2}}(?P<sign>[=<>\u2264\u2265])\s{{0,2}}
        (?P<stated>\d?\.\d{{1,12}}(?:{_TENS})?|\d(?:\.\d{{1,12}})?(?:{_TENS})|[01](?![.\d]))
        (?!\d|\s?[eE\u00d7x]\s?[-\d])
        |(?P<ns>n\.?s\.?(?![a-z])))""",
    re.VERBOSE,
)
_ONE_SIDED: Final = re.compile(r"one[- ](?:sided|tailed|tail)|directional", re.IGNORECASE)
_NEAR: Final = 120
"""Characters around a test in which it may be called one-sided."""


@dataclass(frozen=True, slots=True)
class Reported:
    """A test as a report states it, and what its own numbers say.

    `p_low` and `p_high` are the p-values that the rounding of the statistic leaves open. A
    `decision_error` turns significant (0.05) into not significant, or the other way round.
    """

    text: str
    start: int
    test: str
    p: float
    p_low: float
    p_high: float
    consistent: bool
    decision_error: bool


def reported_tests(text: str) -> list[Reported]:
    """Find tests in APA style and check each against its own statistic and degrees of freedom."""
    return list(_found(text))


def _found(text: str) -> Iterator[Reported]:
    for count, match in enumerate(_TEST.finditer(text)):
        if count >= MAX_TESTS:
            return
        near = text[max(0, match.start() - _NEAR) : match.end() + _NEAR]
        one = _checked(match, sides=1 if _ONE_SIDED.search(near) else 2)
        if one is not None:
            yield one


def _checked(match: re.Match[str], sides: int) -> Reported | None:
    kind = _kind(match)
    if kind is None or match["is"] != "=":
        return None
    value, half = _rounded(match["value"])
    written = [match[name] for name in ("one", "two") if match[name] is not None]
    degrees = tuple(float(one.replace(",", "")) for one in written)
    size = abs(value)
    both = sides if kind in ("t", "r", "z") else 1
    try:
        p = _p(kind, float(size), degrees) * both
        p_low = _p(kind, float(size + half), degrees) * both
        p_high = _p(kind, max(0.0, float(size - half)), degrees) * both
    except (ValueError, ZeroDivisionError, OverflowError):
        return None
    p, p_low, p_high = (min(1.0, found) for found in (p, p_low, p_high))
    consistent, significant = _agrees(match, p_low, p_high)
    turned = not consistent and significant is not None and significant != (p <= ALPHA)
    return Reported(match[0].strip(), match.start(), kind, p, p_low, p_high, consistent, turned)


def _kind(match: re.Match[str]) -> str | None:
    """Name of the test where it has the degrees of freedom that it needs; else None."""
    name = match["name"][0]
    kind = {"t": "t", "T": "t", "F": "F", "f": "F", "r": "r", "R": "r", "z": "z", "Z": "z"}.get(
        name, "chi2"
    )
    counted = (match["one"] is not None) + (match["two"] is not None)
    sample = match["n"] is not None
    fits = {
        "t": counted == 1,
        "r": counted == 1,
        "z": counted == 0,
        "F": counted == 2 and not sample,  # noqa: PLR2004
        "chi2": counted == 1 or sample,
    }
    return kind if fits[kind] else None


def _p(kind: str, size: float, degrees: tuple[float, ...]) -> float:
    """Upper tail of the size of a statistic; raises ValueError for what cannot be."""
    if any(df <= 0 for df in degrees):
        raise ValueError("degrees of freedom must be positive")
    match kind:
        case "t":
            return t_upper(size, degrees[0])
        case "F":
            return f_upper(size, *degrees)
        case "z":
            return normal_upper(size)
        case "r":
            if size >= 1:
                return 0.0
            return t_upper(size * math.sqrt(degrees[0] / (1 - size * size)), degrees[0])
    return chi2_upper(size, degrees[0])


def _rounded(text: str) -> tuple[Fraction, Fraction]:
    """A printed number and half a unit of its last digit."""
    cleaned = re.sub(r"[,\s+]", "", text).replace("\u2212", "-").replace("\u2013", "-")
    cleaned = re.sub(r"[x\u00d7]10\^?[({]?(-\d+)[)}]?", r"e\1", cleaned)
    mantissa, _, exponent = cleaned.lower().partition("e")
    decimals = len(mantissa.partition(".")[2])
    return Fraction(cleaned), Fraction(10) ** (int(exponent or 0) - decimals) / 2


def _agrees(match: re.Match[str], low: float, high: float) -> tuple[bool, bool | None]:
    """Does the stated p fit the range, and does it claim significance (None: cannot tell)."""
    if match["ns"]:
        return high > ALPHA, False
    stated, half = _rounded(match["stated"])
    sign = match["sign"]
    if sign == "=":
        if stated == 0:
            return low < half, True
        return low <= stated + half and high >= stated - half, stated <= ALPHA
    if sign in "<\u2264":
        return low < stated, True if stated <= ALPHA else None
    return high > stated, False if stated >= ALPHA else None


def grim(mean: str, n: int, items: int = 1) -> bool:
    """Can whole numbers have this mean. `n` values of `items` parts each; `mean` as printed."""
    printed, half = _rounded(mean)
    parts = n * items
    _check_size(parts)
    nearest = math.floor(printed * parts)
    return any(abs(Fraction(whole, parts) - printed) <= half for whole in (nearest, nearest + 1))


def grimmer(mean: str, deviation: str, n: int, items: int = 1) -> bool:
    """Can whole numbers have this mean and sample standard deviation, both as printed.

    The sum S and the sum of squares Q are whole, Q has the parity of S, and Q >= S^2 / n. With
    `items` parts the values are whole numbers over `items`.
    """
    if not grim(mean, n, items):
        return False
    _check_size(n * items)
    if n < 2:  # noqa: PLR2004
        return True
    printed, half = _rounded(mean)
    spread, spread_half = _rounded(deviation)
    if spread < 0:
        return False
    parts = n * items
    lowest, highest = math.ceil((printed - half) * parts), math.floor((printed + half) * parts)
    low_squares = max(Fraction(0), spread - spread_half) ** 2 * (n - 1)
    high_squares = (spread + spread_half) ** 2 * (n - 1)
    for total in range(lowest, min(highest, lowest + MAX_SUMS) + 1):
        about = Fraction(total, items) ** 2 / n
        low = math.ceil((low_squares + about) * items**2)
        high = math.floor((high_squares + about) * items**2)
        even = low + (low - total) % 2  # squares and their roots are odd together
        if even <= high and even >= Fraction(total**2, n):
            return True
    return False


MAX_SUMS: Final = 100_000
"""Sums of values that fit a mean: more than that fit only where nothing can be impossible."""


def _check_size(parts: int) -> None:
    if not 1 <= parts <= MAX_N:
        raise ValueError(f"n must be from 1 to {MAX_N}")


_MEAN: Final = re.compile(
    r"(?<![A-Za-z])M\s?=\s?(?P<mean>\d{1,9}\.\d{1,6})\)?"
    r"(?:[,;]?\s{0,2}\(?SD\s?=\s?(?P<sd>\d{1,9}\.\d{1,6})\)?)?"
    r"[,;]?\s{0,2}\(?[nN]\s?=\s?(?P<n>\d{1,6})",
)
_COUNTED: Final = re.compile(
    r"Likert|integer|whole[- ]number|scale of \d|\d-point|\bcounts?\b|\bages? in years\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean (and deviation) of whole numbers as a report states it, and whether it can be."""

    text: str
    start: int
    possible: bool


def reported_means(text: str) -> list[Mean]:
    """Find `M = 3.45, SD = 1.02, n = 20` near words that say that the values are whole numbers."""
    found: list[Mean] = []
    for match in _MEAN.finditer(text):
        near = text[max(0, match.start() - _NEAR) : match.end() + _NEAR]
        n = int(match["n"])
        if len(found) >= MAX_TESTS or n < 1 or not _COUNTED.search(near):
            continue
        possible = grim(match["mean"], n) and (
            match["sd"] is None or grimmer(match["mean"], match["sd"], n)
        )
        found.append(Mean(match[0], match.start(), possible))
    return found
