"""Statistics of plain lists, written from their definitions; sums by `math.fsum`."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from checkers.claims import own_tails
from checkers.claims.numbers import QueryError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MAX_EXACT: Final = 60
"""Largest group of an exact Mann-Whitney test: the count of orders grows with the fourth power."""

MAX_TABLE: Final = 100_000
"""Cells up to which a table of two columns is looked at one by one."""

MAX_PAIRS: Final = 3000
"""Rows up to which Kendall's pairs are counted one by one."""


def total(values: Sequence[float]) -> float:
    """Exactly rounded sum; of whole numbers the whole number."""
    return sum(values) if all(isinstance(value, int) for value in values) else math.fsum(values)


def mean(values: Sequence[float]) -> float | None:
    """Arithmetic mean; None of nothing."""
    return float(Fraction(total(values)) / len(values)) if values else None


def median(values: Sequence[float]) -> float | None:
    """Middle value, or the mean of the two in the middle."""
    return quantile(values, 0.5, "linear")


def quantile(values: Sequence[float], q: float, method: str) -> float | None:
    """Quantile by one of the thirteen methods; None of nothing. `q` is taken as it is printed."""
    if not values:
        return None
    ordered = sorted(values)
    low, high, share = _PLACES[method](len(ordered), Fraction(repr(q)))
    last = len(ordered) - 1
    left, right = (ordered[min(max(place, 0), last)] for place in (low, high))
    return float(
        left if share == 0 else Fraction(left) + share * (Fraction(right) - Fraction(left))
    )


# Each returns two places, counted from 0, and how far the quantile lies between their values.
Place = tuple[int, int, Fraction]


def _between(position: Fraction) -> Place:
    low = math.floor(position)
    return low, low + 1, position - low


def _plotting(shift: Callable[[Fraction], Fraction]) -> Callable[[int, Fraction], Place]:
    """Hyndman and Fan's types 4 to 9: position n q + shift, counted from 1."""

    def place(n: int, q: Fraction) -> Place:
        return _between(min(max(n * q + shift(q), Fraction(1)), Fraction(n)) - 1)

    return place


def _at(position: int) -> Place:
    return position, position, Fraction(0)


def _averaged(n: int, q: Fraction) -> Place:
    position = n * q
    if position.denominator == 1:
        return int(position) - 1, int(position), Fraction(1, 2)
    return _at(math.floor(position))


_PLACES: Final[dict[str, Callable[[int, Fraction], Place]]] = {
    "linear": lambda n, q: _between((n - 1) * q),
    "lower": lambda n, q: _at(math.floor((n - 1) * q)),
    "higher": lambda n, q: _at(math.ceil((n - 1) * q)),
    "nearest": lambda n, q: _at(round((n - 1) * q)),
    "midpoint": lambda n, q: (math.floor((n - 1) * q), math.ceil((n - 1) * q), Fraction(1, 2)),
    "inverted_cdf": lambda n, q: _at(math.ceil(n * q) - 1),
    "averaged_inverted_cdf": _averaged,
    "closest_observation": lambda n, q: _at(round(n * q) - 1),
    "interpolated_inverted_cdf": _plotting(lambda _: Fraction(0)),
    "hazen": _plotting(lambda _: Fraction(1, 2)),
    "weibull": _plotting(lambda q: q),
    "median_unbiased": _plotting(lambda q: (q + 1) / 3),
    "normal_unbiased": _plotting(lambda q: q / 4 + Fraction(3, 8)),
}


def variance(values: Sequence[float], ddof: int) -> float | None:
    """Sum of squares about the mean, over n - ddof; None where that is not positive."""
    if len(values) <= ddof:
        return None
    return _squares(values) / (len(values) - ddof)


def _squares(values: Sequence[float]) -> float:
    return _products(values, values)


def _products(xs: Sequence[float], ys: Sequence[float]) -> float:
    """Sum of products about the means, corrected for the rounding of those."""
    x_mean, y_mean = mean(xs) or 0.0, mean(ys) or 0.0
    x_rest, y_rest = [x - x_mean for x in xs], [y - y_mean for y in ys]
    drift = math.fsum(x_rest) * math.fsum(y_rest) / len(xs)
    return math.fsum(x * y for x, y in zip(x_rest, y_rest, strict=True)) - drift


def correlation(xs: Sequence[float], ys: Sequence[float], method: str) -> float | None:
    """Pearson's r, Spearman's rho (ranks of ties averaged) or Kendall's tau-b."""
    if len(xs) < 2:  # noqa: PLR2004
        return None
    if method == "kendall":
        return _kendall(xs, ys)
    if method == "spearman":
        xs, ys = ranks(xs), ranks(ys)
    spread = _squares(xs) * _squares(ys)
    return _products(xs, ys) / math.sqrt(spread) if spread > 0 else None


def _kendall(xs: Sequence[float], ys: Sequence[float]) -> float | None:
    if len(xs) > MAX_PAIRS:
        raise OverflowError
    balance = x_open = y_open = 0
    for (x1, y1), (x2, y2) in itertools.combinations(zip(xs, ys, strict=True), 2):
        x_sign, y_sign = (x1 > x2) - (x1 < x2), (y1 > y2) - (y1 < y2)
        balance += x_sign * y_sign
        x_open += x_sign != 0
        y_open += y_sign != 0
    return balance / math.sqrt(x_open * y_open) if x_open and y_open else None


def ranks(values: Sequence[float]) -> list[float]:
    """Ranks from 1, ties sharing the mean of theirs."""
    order = sorted(range(len(values)), key=values.__getitem__)
    found = [0.0] * len(values)
    start = 0
    for end in range(1, len(order) + 1):
        if end == len(order) or values[order[end]] != values[order[start]]:
            for place in order[start:end]:
                found[place] = (start + end + 1) / 2
            start = end
    return found


def line(xs: Sequence[float], ys: Sequence[float]) -> tuple[float, float] | None:
    """Slope and intercept of least squares; None without spread in x."""
    if len(xs) < 2:  # noqa: PLR2004
        return None
    spread = _squares(xs)
    if spread <= 0:
        return None
    slope = _products(xs, ys) / spread
    return slope, (mean(ys) or 0.0) - slope * (mean(xs) or 0.0)


def t_test(
    first: Sequence[float], second: Sequence[float], *, equal_var: bool
) -> tuple[float, float] | None:
    """T and degrees of freedom of two samples, Student's or Welch's."""
    n, m = len(first), len(second)
    if min(n, m) < 2:  # noqa: PLR2004
        return None
    difference = (mean(first) or 0.0) - (mean(second) or 0.0)
    a, b = (variance(first, 1) or 0.0) / n, (variance(second, 1) or 0.0) / m
    if equal_var:
        pooled = (_squares(first) + _squares(second)) / (n + m - 2)
        error, df = pooled * (1 / n + 1 / m), float(n + m - 2)
    else:
        error = a + b
        df = error**2 / (a**2 / (n - 1) + b**2 / (m - 1)) if error > 0 else 0.0
    return (difference / math.sqrt(error), df) if error > 0 else None


def paired_t(first: Sequence[float], second: Sequence[float]) -> tuple[float, float] | None:
    """T and degrees of freedom of the differences of pairs."""
    rest = [x - y for x, y in zip(first, second, strict=True)]
    spread = variance(rest, 1)
    if not spread:
        return None
    return (mean(rest) or 0.0) / math.sqrt(spread / len(rest)), float(len(rest) - 1)


def sided(statistic: float, upper: Callable[[float], float], sides: str) -> float:
    """p-value of a statistic whose distribution is symmetric about 0."""
    if sides == "two":
        return min(1.0, 2 * upper(abs(statistic)))
    return upper(statistic if sides == "greater" else -statistic)


def chi_square(xs: Sequence[Any], ys: Sequence[Any], *, yates: bool) -> tuple[float, float] | None:
    """Pearson's chi-square of two columns and its degrees of freedom.

    Yates' correction is for tables of one degree of freedom; elsewhere it changes nothing. Raises
    OverflowError where there are too many cells to be slow with.
    """
    cells, rows, columns = Counter(zip(xs, ys, strict=True)), Counter(xs), Counter(ys)
    if len(rows) * len(columns) > MAX_TABLE:
        raise OverflowError("too many cells")
    df = (len(rows) - 1) * (len(columns) - 1)
    if len(rows) < 2 or len(columns) < 2:  # noqa: PLR2004
        return None
    terms = []
    for row, column in itertools.product(rows, columns):
        expected = rows[row] * columns[column] / len(xs)
        gap = abs(cells[row, column] - expected)
        terms.append((gap - (min(0.5, gap) if yates and df == 1 else 0)) ** 2 / expected)
    return math.fsum(terms), float(df)


def anova(samples: Sequence[Sequence[float]]) -> tuple[float, float, float] | None:
    """F of a one-way analysis of variance and its two degrees of freedom."""
    samples = [sample for sample in samples if sample]
    everything = [value for sample in samples for value in sample]
    between, within = len(samples) - 1, len(everything) - len(samples)
    if between < 1 or within < 1:
        return None
    whole = mean(everything) or 0.0
    explained = math.fsum(len(sample) * ((mean(sample) or 0.0) - whole) ** 2 for sample in samples)
    rest = math.fsum(_squares(sample) for sample in samples)
    return (explained / between / (rest / within), between, within) if rest > 0 else None


def mann_whitney_u(first: Sequence[float], second: Sequence[float]) -> float | None:
    """U of the first sample: pairs in which it is the larger, ties for half."""
    if not first or not second:
        return None
    placed = ranks([*first, *second])
    return math.fsum(placed[: len(first)]) - len(first) * (len(first) + 1) / 2


def mann_whitney_p(
    first: Sequence[float], second: Sequence[float], sides: str, *, exact: bool, continuity: bool
) -> float | None:
    """p-value of the Mann-Whitney test, exact or by the normal distribution with ties."""
    u = mann_whitney_u(first, second)
    if u is None:
        return None
    if exact:
        return _exact_p(first, second, u, sides)
    n, m = len(first), len(second)
    ties = math.fsum(count**3 - count for count in Counter([*first, *second]).values())
    spread = n * m / 12 * (n + m + 1 - ties / ((n + m) * (n + m - 1)))
    if spread <= 0:
        return None
    gap = {"two": abs(u - n * m / 2), "greater": u - n * m / 2, "less": n * m / 2 - u}[sides]
    z = (gap - (0.5 if continuity else 0.0)) / math.sqrt(spread)
    return min(1.0, (2 if sides == "two" else 1) * own_tails.normal_upper(z))


def _exact_p(first: Sequence[float], second: Sequence[float], u: float, sides: str) -> float | None:
    n, m = len(first), len(second)
    if len({*first, *second}) < n + m:
        raise QueryError("the exact Mann-Whitney test is for values without ties")
    if max(n, m) > MAX_EXACT:
        raise QueryError(f"the exact Mann-Whitney test is for groups of at most {MAX_EXACT} values")
    counts = _orders(n, m)
    reached = {"less": n * m - u, "greater": u, "two": max(u, n * m - u)}[sides]
    tail = Fraction(sum(counts[int(reached) :]), math.comb(n + m, n))
    return float(min(Fraction(1), tail * (2 if sides == "two" else 1)))


def _orders(n: int, m: int) -> list[int]:
    """How many orders of n and m values have each U: the Gaussian binomial's coefficients."""
    counts = [1] + [0] * (n * m)
    for k in range(1, n + 1):
        for place in range(n * m, m + k - 1, -1):
            counts[place] -= counts[place - m - k]
        for place in range(k, n * m + 1):
            counts[place] += counts[place - k]
    return counts
