"""Rows of a polars frame that belong together, and accurate sums over their columns."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cache, partial
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from checkers.claims.codes import different_codes

if TYPE_CHECKING:
    from collections.abc import Callable

CONDITION: Final = 100.0
"""Sum of sizes over size of sum up to which polars' pairwise sum keeps 13 digits."""

PRODUCT_CONDITION: Final = 10_000.0
"""As `CONDITION`, for sums of products: of unrelated columns they cancel by nature. 11 digits."""

CODED: Final = "\1"
"""What the name of a column's codes starts with, before the column's; no other name holds it."""

FEW: Final = 2000
"""Values up to which sorting them is quicker than any detour."""

SAMPLES: Final = ((100_000, 4096, 128), (4000, 1024, 64))
"""From how many values on not all are sorted to find a few by their place, but so many of them.

The last is a margin of four standard deviations of a place in the sample (whose deviation is half
the root of its size).
"""

STEADY: Final = 1e6
"""Square of the mean over the variance up to which one pass by polars keeps 12 digits of it."""

TINY: Final = 1e-280
"""Variances from which no square of a difference was lost below the least float."""

WHOLE_BITS: Final = 62
MAX_SHIFT: Final = 1000

SMALL: Final = 2**63


class Part:
    """Some rows of a frame; columns are cut out when they are first asked for."""

    def __init__(self, column: Callable[[str], pl.Series], height: int) -> None:
        self.height = height
        self._column = column
        self._cut: dict[str, pl.Series] = {}

    def series(self, name: str) -> pl.Series:
        """The column in these rows, missing values included."""
        if name not in self._cut:
            self._cut[name] = self._column(name)
        return self._cut[name]

    def known(self, name: str) -> pl.Series:
        """Values of the column that are not missing; of booleans 0 and 1."""
        series = self.series(name)
        return numeric(series.drop_nulls() if series.null_count() else series)

    def different(self, name: str) -> int:
        """How many different known values the column has."""
        values = self.known(name)
        if len(values) > FEW:
            coded = self.series(CODED + name)
            found = None if coded.dtype == pl.Null else different_codes(coded.drop_nulls())
            if found is not None:
                return found
        return different(values)

    def both(self, x: str, y: str) -> tuple[pl.Series, pl.Series]:
        """Two columns in the rows where neither is missing."""
        xs, ys = self.series(x), self.series(y)
        if xs.null_count() or ys.null_count():
            kept = xs.is_not_null() & ys.is_not_null()
            xs, ys = xs.filter(kept), ys.filter(kept)
        return numeric(xs), numeric(ys)

    def filtered(self, mask: pl.Series) -> Part:
        """The rows where the mask is true."""
        return Part(lambda name: self.series(name).filter(mask), int(mask.sum()))

    def split(self, labels: list[str | None]) -> dict[str, Part]:
        """Parts by label, `labels` being those of these rows; rows without one are left out."""
        rows = pl.DataFrame({"name": pl.Series(labels, dtype=pl.String)}).with_row_index("row")
        split = rows.drop_nulls("name").group_by("name", maintain_order=True).agg("row")
        places = split["row"].explode()
        ordered = cache(lambda column: self.series(column).gather(places))  # group after group
        lengths = split["row"].list.len().to_list()
        starts = accumulate(lengths, initial=0)
        return {
            name: Part(partial(_slice, ordered, start, length), length)
            for name, start, length in zip(split["name"].to_list(), starts, lengths, strict=False)
        }


def _slice(ordered: Callable[[str], pl.Series], start: int, length: int, name: str) -> pl.Series:
    return ordered(name).slice(start, length)


def true_only(mask: pl.Series) -> pl.Series:
    """The mask, with false where it is missing."""
    return mask.fill_null(value=False) if mask.null_count() else mask


def numeric(series: pl.Series) -> pl.Series:
    """Booleans as 0 and 1; all else as it is."""
    return series.cast(pl.Int64) if series.dtype == pl.Boolean else series


def total(values: pl.Series) -> float:
    """Sum at the accuracy of `math.fsum`; of whole numbers exact."""
    if values.is_empty():
        return 0
    low: Any = values.min()
    if low >= 0 and values.dtype.is_float():
        return float(values.sum())
    high: Any = values.max()
    reach = max(abs(low), abs(high))
    if values.dtype.is_integer():
        if reach * len(values) >= SMALL:
            return sum(int(value) for value in values.to_list())
        return int(values.sum())
    quick = float(values.sum())
    allowed = CONDITION * abs(quick)
    if reach * len(values) <= allowed or float(values.abs().sum()) <= allowed:
        return quick
    return exact_sum(values)


def exact_sum(values: pl.Series) -> float:
    """Sum of finite numbers as `math.fsum` has it, in whole columns.

    Each value is cut in two: whole multiples of a power of two, whose sum is exact in 64 bits, and
    a rest that is too small for the rounding of its sum to show (after Demmel and Nguyen, "Fast
    reproducible floating-point summation", 2013).
    """
    low: Any = values.min()
    high: Any = values.max()
    reach = max(abs(low), abs(high))
    shift = WHOLE_BITS - math.frexp(reach)[1] - len(values).bit_length()
    if reach == 0 or abs(shift) > MAX_SHIFT:  # powers of two beyond those of 64-bit floats
        return math.fsum(values.to_list())
    whole = (values * 2.0**shift).round()
    rest = values - whole * 2.0**-shift
    summed = Fraction(int(whole.cast(pl.Int64).sum())) / Fraction(2) ** shift
    return float(summed + Fraction(float(rest.sum())))


def mean(values: pl.Series) -> float | None:
    """Arithmetic mean; None of nothing."""
    return total(values) / len(values) if len(values) else None


def centred(values: pl.Series) -> pl.Series:
    """Differences from the mean, as near as it goes; `products` makes up for the rest."""
    middle = values.mean()
    return values.cast(pl.Float64) - (middle if isinstance(middle, float) else 0.0)


def products(
    first: pl.Series, second: pl.Series, size: float = 0.0, drift: float | None = None
) -> float:
    """Sum of products of two centred columns, corrected for the rounding of their means.

    `size` is what the sum could be at most (Cauchy-Schwarz); far below it, the products cancel and
    are summed by `exact_sum`. `drift` is the product of both sums, where it is known.
    """
    if drift is None:
        one = float(first.sum())
        drift = one * (one if second is first else float(second.sum()))
    each = first * second
    quick = float(each.sum())
    if size > PRODUCT_CONDITION * abs(quick):
        quick = exact_sum(each)
    return quick - drift / len(first)


def variance(values: pl.Series) -> float | None:
    """Population variance in one pass; None where that might not keep its digits."""
    spread, middle = values.var(ddof=0), values.mean()
    if not isinstance(spread, float) or not isinstance(middle, float):
        return None
    steady = TINY < spread < math.inf and middle * middle <= STEADY * spread
    return spread if steady else None


def squares(values: pl.Series) -> float:
    """Sum of squares about the mean."""
    quick = variance(values)
    if quick is not None:
        return quick * len(values)
    rest = centred(values)
    return products(rest, rest)


def pearson(xs: pl.Series, ys: pl.Series) -> float | None:
    """Pearson's r in one pass; None where that might not keep its digits, as where r is small."""
    if variance(xs) is None or variance(ys) is None:
        return None
    both = pl.DataFrame({"x": xs.cast(pl.Float64), "y": ys.cast(pl.Float64)})
    found = both.select(pl.corr("x", "y")).item()
    kept = isinstance(found, float) and 1 / PRODUCT_CONDITION <= abs(found) <= 1
    return found if kept else None


class Ranked:
    """The values of a column in rising order, as far as they are asked for.

    Few values are sorted. Of many, those near a place are found as by Floyd and Rivest ("Expected
    time bounds for selection", 1975): a sample tells between which two values they lie, and only
    what lies there is sorted. Counting proves it; where the sample misled, all are sorted.
    """

    def __init__(self, values: pl.Series) -> None:
        self._values = values
        self._sample = next((one[1:] for one in SAMPLES if len(values) >= one[0]), None)
        self._sorted = values.sort() if self._sample is None else None
        self._near: tuple[int, pl.Series] = (0, values.head(0))

    def __len__(self) -> int:
        """How many values there are."""
        return len(self._values)

    def at(self, place: int) -> float:
        """The value at a place (from 0); places outside are the nearest inside."""
        place = min(max(place, 0), len(self) - 1)
        if self._sorted is None:
            start, near = self._near
            if not start <= place < start + len(near):
                start, near = self._near = self._around(place)
            if start <= place < start + len(near):
                return float(near[place - start])
            self._sorted = self._values.sort()
        return float(self._sorted[place])

    def _around(self, place: int) -> tuple[int, pl.Series]:
        """Values that should be about the place, sorted, and how many are less than all those."""
        size, margin = self._sample or (1, 1)
        step = len(self) // size
        sample = self._values.gather_every(step).sort()
        middle = place // step
        start, kept = 0, self._values
        if middle + margin < len(sample):
            kept = kept.filter(kept <= sample[middle + margin])
        if middle >= margin:
            inside = kept >= sample[middle - margin]
            start = len(kept) - int(inside.sum())
            kept = kept.filter(inside)
        return start, kept.sort()


def different(values: pl.Series) -> int:
    """How many different values a column without missing ones holds."""
    if values.is_empty():
        return 0
    ordered = values.sort()
    return 1 + int((ordered.slice(1) != ordered.slice(0, len(ordered) - 1)).sum())
