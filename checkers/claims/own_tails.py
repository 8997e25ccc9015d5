"""The tail probabilities of `checkers.claims.tails` in plain floats, by other methods.

Continued fractions by Lentz's algorithm (DLMF 8.17.22 and 8.9.2) and the series of DLMF 8.11.4.
Relative errors stay below 1e-10 for up to a million degrees of freedom.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_TINY = 1e-300
_STEPS = 100_000
_CLOSE = 1e-15


def t_upper(t: float, df: float) -> float:
    """Return Student's P(T >= t)."""
    square = t * t
    half = _beta(df / 2, 0.5, df / (df + square), square / (df + square)) / 2
    return half if t >= 0 else 1 - half


def f_upper(f: float, df1: float, df2: float) -> float:
    """Return Fisher's P(F >= f)."""
    if f <= 0:
        return 1.0
    whole = df2 + df1 * f
    return _beta(df2 / 2, df1 / 2, df2 / whole, df1 * f / whole)


def chi2_upper(chi2: float, df: float) -> float:
    """Return P(chi-square >= chi2)."""
    if chi2 <= 0:
        return 1.0
    a, x = df / 2, chi2 / 2
    front = math.exp(a * math.log(x) - x - math.lgamma(a))
    return 1 - front * _lower_series(a, x) if x < a + 1 else front * _upper_fraction(a, x)


def normal_upper(z: float) -> float:
    """Return P(Z >= z) of the standard normal distribution."""
    return math.erfc(z / math.sqrt(2)) / 2


def _lower_series(a: float, x: float) -> float:
    term = total = 1 / a
    step = a
    while abs(term) > abs(total) * _CLOSE:
        step += 1
        term *= x / step
        total += term
    return total


def _upper_fraction(a: float, x: float) -> float:
    def terms() -> Iterator[tuple[float, float]]:
        yield 1.0, x + 1 - a
        for n in range(1, _STEPS):
            yield n * (a - n), x + 2 * n + 1 - a

    return _lentz(terms())


def _beta(a: float, b: float, x: float, rest: float) -> float:
    """I_x(a, b); `rest` is 1 - x, given because the subtraction would lose its digits."""
    if x <= 0 or rest <= 0:
        return float(rest <= 0)
    if x > (a + 1) / (a + b + 2):
        return 1 - _beta_fraction(b, a, rest, x)
    return _beta_fraction(a, b, x, rest)


def _beta_fraction(a: float, b: float, x: float, rest: float) -> float:
    log_beta = math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
    front = math.exp(a * math.log(x) + b * math.log(rest) - log_beta) / a

    def terms() -> Iterator[tuple[float, float]]:
        yield 1.0, 1.0
        for m in range(_STEPS):
            if m:
                yield m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)), 1.0
            yield -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)), 1.0

    return front * _lentz(terms())


def _lentz(terms: Iterator[tuple[float, float]]) -> float:
    """Value of a1/(b1 + a2/(b2 + ...)), modified Lentz algorithm."""
    value = c = _TINY
    d = 0.0
    for numerator, denominator in terms:
        d = 1 / (denominator + numerator * d or _TINY)
        c = denominator + numerator / c or _TINY
        value *= c * d
        if abs(c * d - 1) < _CLOSE:
            break
    return value
