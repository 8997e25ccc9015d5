"""Test statistics of polars columns, and their p-values."""

from __future__ import annotations

import bisect
import math
from fractions import Fraction
from functools import cache
from typing import Final

import polars as pl

from checkers.claims.numbers import MAX_CELLS, QueryError
from checkers.claims.parts import mean, squares, total
from checkers.claims.tails import chi2_upper, f_upper, normal_upper, t_upper

__all__ = [
    "anova",
    "chi2_upper",
    "chi_square",
    "f_upper",
    "kendall",
    "mann_whitney_p",
    "mann_whitney_u",
    "paired_t",
    "t_probability",
    "t_test",
]

MAX_EXACT: Final = 60
"""Largest group of an exact Mann-Whitney test: the count of orders grows with the fourth power."""

MAX_PAIRED: Final = 100_000
"""Rows up to which Kendall's tau is counted: moving values grows with their square."""

YATES: Final = 0.5


def t_test(first: pl.Series, second: pl.Series, *, equal_var: bool) -> tuple[float, float] | None:
    """T and degrees of freedom of two samples: Student's, or Welch's with Satterthwaite's df."""
    n, m = len(first), len(second)
    if n < 2 or m < 2:  # noqa: PLR2004
        return None
    gap = (mean(first) or 0.0) - (mean(second) or 0.0)
    first_squares, second_squares = squares(first), squares(second)
    if equal_var:
        df = float(n + m - 2)
        error = (first_squares + second_squares) / df * (n + m) / (n * m)
        return (gap / math.sqrt(error), df) if error > 0 else None
    a, b = first_squares / (n * (n - 1)), second_squares / (m * (m - 1))
    if a + b <= 0:
        return None
    df = (a + b) ** 2 / (a * a / (n - 1) + b * b / (m - 1))
    return gap / math.sqrt(a + b), df


def paired_t(first: pl.Series, second: pl.Series) -> tuple[float, float] | None:
    """T and degrees of freedom of the differences of pairs."""
    rest = first.cast(pl.Float64) - second.cast(pl.Float64)
    if len(rest) < 2:  # noqa: PLR2004
        return None
    error = squares(rest) / (len(rest) * (len(rest) - 1))
    return ((mean(rest) or 0.0) / math.sqrt(error), float(len(rest) - 1)) if error > 0 else None


def t_probability(t: float, df: float, sides: str) -> float:
    """p-value of t: `two`-sided, or that the first is `greater` or `less`."""
    if sides == "two":
        return 2 * t_upper(abs(t), df)
    return t_upper(t if sides == "greater" else -t, df)


def chi_square(x: pl.Series, y: pl.Series, *, yates: bool) -> tuple[float, float] | None:
    """Pearson's chi-square of two columns and its degrees of freedom.

    Yates' correction (at most the gap itself) is for tables of one degree of freedom only.
    """
    frame = pl.DataFrame({"x": x, "y": y}).drop_nulls()
    n = frame.height
    rows = frame.group_by("x").len("in_row")
    columns = frame.group_by("y").len("in_column")
    df = (rows.height - 1) * (columns.height - 1)
    if rows.height < 2 or columns.height < 2:  # noqa: PLR2004
        return None
    if rows.height * columns.height > MAX_CELLS:
        raise QueryError(f"the chi-square test is for at most {MAX_CELLS:,} cells")
    cells = (
        rows.join(columns, how="cross")
        .join(frame.group_by("x", "y").len("seen"), on=["x", "y"], how="left")
        .with_columns(
            (pl.col("in_row").cast(pl.Float64) * pl.col("in_column") / n).alias("expected"),
            pl.col("seen").fill_null(0).cast(pl.Float64),
        )
    )
    gaps = (cells["seen"] - cells["expected"]).abs()
    if yates and df == 1:
        gaps = gaps - gaps.clip(upper_bound=YATES)
    return total(gaps * gaps / cells["expected"]), float(df)


def anova(samples: list[pl.Series]) -> tuple[float, float, float] | None:
    """F of a one-way analysis of variance and its two degrees of freedom."""
    samples = [sample.cast(pl.Float64) for sample in samples if len(sample)]
    count = sum(map(len, samples))
    between, within = len(samples) - 1, count - len(samples)
    if between < 1 or within < 1:
        return None
    inner = math.fsum(squares(sample) for sample in samples)
    grand = math.fsum(total(sample) for sample in samples) / count
    outer = math.fsum(len(sample) * ((mean(sample) or 0.0) - grand) ** 2 for sample in samples)
    return (outer / between / (inner / within), between, within) if inner > 0 else None


def mann_whitney_u(first: pl.Series, second: pl.Series) -> float | None:
    """U of the first sample: pairs in which it is the larger, ties for half."""
    if first.is_empty() or second.is_empty():
        return None
    both = pl.concat([first.cast(pl.Float64), second.cast(pl.Float64)]).rank("average")
    n = len(first)
    return total(both.head(n)) - n * (n + 1) / 2


def mann_whitney_p(
    first: pl.Series, second: pl.Series, sides: str, *, exact: bool, continuity: bool
) -> float | None:
    """p-value of the Mann-Whitney test, exact or by the normal distribution with ties."""
    u = mann_whitney_u(first, second)
    if u is None:
        return None
    n, m = len(first), len(second)
    ties = pl.concat([first.cast(pl.Float64), second.cast(pl.Float64)]).value_counts()["count"]
    if exact:
        if len(ties) < n + m:
            raise QueryError("the exact Mann-Whitney test is for values without ties")
        if max(n, m) > MAX_EXACT:
            raise QueryError(
                f"the exact Mann-Whitney test takes at most {MAX_EXACT} values a group"
            )
        return _exact(n, m, u, sides)
    tied = math.fsum(float(count) ** 3 - count for count in ties.to_list() if count > 1)
    variance = n * m / 12 * ((n + m + 1) - tied / ((n + m) * (n + m - 1)))
    if variance <= 0:
        return None
    centre = u - n * m / 2
    gap = {"two": abs(centre), "greater": centre, "less": -centre}[sides]
    z = (gap - YATES * continuity) / math.sqrt(variance)
    return min(1.0, 2 * normal_upper(z)) if sides == "two" else normal_upper(z)


def _exact(n: int, m: int, u: float, sides: str) -> float:
    counts = orders(n, m)
    least = {"less": n * m - u, "greater": u, "two": max(u, n * m - u)}[sides]
    tail = Fraction(sum(counts[int(least) :]), sum(counts))
    return float(min(Fraction(1), tail * (2 if sides == "two" else 1)))


@cache
def orders(n: int, m: int) -> tuple[int, ...]:
    """How many orders of n and m distinct values have each U (Mann and Whitney's recurrence)."""
    table = [[1] for _ in range(m + 1)]
    for size in range(1, n + 1):
        row = [[1]]
        for other in range(1, m + 1):
            last_is_first, last_is_second = table[other], row[other - 1]
            merged = [0] * (size * other + 1)
            for place, count in enumerate(last_is_first):
                merged[place + other] += count
            for place, count in enumerate(last_is_second):
                merged[place] += count
            row.append(merged)
        table = row
    return tuple(table[m])


def kendall(x: pl.Series, y: pl.Series) -> float | None:
    """Kendall's tau-b, by counting how far each value must be moved back (insertion, bisect)."""
    frame = pl.DataFrame({"x": x, "y": y}).sort("x", "y")
    n = frame.height
    if n > MAX_PAIRED:
        raise QueryError(f"Kendall's tau is for at most {MAX_PAIRED} rows")
    pairs = n * (n - 1) // 2
    x_tied, y_tied = _tied(frame, ["x"]), _tied(frame, ["y"])
    both_tied = _tied(frame, ["x", "y"])
    if pairs in (x_tied, y_tied):
        return None
    against = 0
    placed: list[float] = []
    for value in frame["y"].to_list():
        place = bisect.bisect_right(placed, value)
        against += len(placed) - place
        placed.insert(place, value)
    agreeing = pairs - x_tied - y_tied + both_tied - 2 * against
    return agreeing / math.sqrt(pairs - x_tied) / math.sqrt(pairs - y_tied)


def _tied(frame: pl.DataFrame, names: list[str]) -> int:
    counts = frame.group_by(names).len()["len"].to_list()
    return sum(count * (count - 1) // 2 for count in counts)
