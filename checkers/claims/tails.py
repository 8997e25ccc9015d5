"""Tail probabilities of test statistics at 30 digits, by mpmath and the fraction of DLMF 8.17.22.

All are upper tails: P(X >= statistic). Two-sided values are the caller's. Degrees of freedom are
positive; Welch's need not be whole.
"""

from __future__ import annotations

import mpmath

DIGITS = 30
MAX_STEPS = 100_000
LOG_ZERO = -1000
"""Natural logarithm of what is nothing in a 64-bit float (whose least is e^-744)."""


def t_upper(t: float, df: float) -> float:
    """Return Student's P(T >= t)."""
    with mpmath.workdps(DIGITS):
        square = mpmath.mpf(t) ** 2
        half = _beta(mpmath.mpf(df) / 2, mpmath.mpf(1) / 2, df / (df + square)) / 2
        return float(half if t >= 0 else 1 - half)


def f_upper(f: float, df1: float, df2: float) -> float:
    """Return Fisher's P(F >= f)."""
    if f <= 0:
        return 1.0
    with mpmath.workdps(DIGITS):
        ratio = mpmath.mpf(df2) / (df2 + df1 * mpmath.mpf(f))
        return float(_beta(mpmath.mpf(df2) / 2, mpmath.mpf(df1) / 2, ratio))


def chi2_upper(chi2: float, df: float) -> float:
    """Return P(chi-square >= chi2)."""
    if chi2 <= 0:
        return 1.0
    with mpmath.workdps(DIGITS):
        half = mpmath.mpf(df) / 2
        return float(mpmath.gammainc(half, mpmath.mpf(chi2) / 2, regularized=True))


def normal_upper(z: float) -> float:
    """Return P(Z >= z) of the standard normal distribution."""
    with mpmath.workdps(DIGITS):
        return float(mpmath.erfc(mpmath.mpf(z) / mpmath.sqrt(2)) / 2)


def _beta(a: mpmath.mpf, b: mpmath.mpf, x: mpmath.mpf) -> mpmath.mpf:
    """Regularised incomplete beta function I_x(a, b), from its quickly converging side."""
    if x <= 0 or x >= 1:
        return mpmath.mpf(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - _beta_fraction(b, a, 1 - x)
    return _beta_fraction(a, b, x)


def _beta_fraction(a: mpmath.mpf, b: mpmath.mpf, x: mpmath.mpf) -> mpmath.mpf:
    """I_x(a, b), its even part two convergents at a time (Wallis), O(sqrt(max(a, b))) steps."""
    log_beta = mpmath.loggamma(a) + mpmath.loggamma(b) - mpmath.loggamma(a + b)
    log_front = a * mpmath.log(x) + b * mpmath.log(1 - x) - log_beta - mpmath.log(a)
    if log_front < LOG_ZERO:
        return mpmath.mpf(0)
    one = mpmath.mpf(1)
    older_above, older_below = mpmath.mpf(0), one
    above, below = one, one
    last, close = mpmath.mpf(0), mpmath.mpf(10) ** -DIGITS
    for m in range(MAX_STEPS):
        if m:
            even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
            above, older_above = above + even * older_above, above
            below, older_below = below + even * older_below, below
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        above, older_above = above + odd * older_above, above
        below, older_below = below + odd * older_below, below
        older_above, older_below, above = older_above / below, older_below / below, above / below
        below = one
        if abs(above - last) <= abs(above) * close:
            break
        last = above
    return above * mpmath.exp(log_front)
