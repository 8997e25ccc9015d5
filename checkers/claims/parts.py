"""Rows of a polars frame that belong together, and accurate sums over their columns."""

from __future__ import annotations

import math
from functools import cache, partial
from itertools import accumulate
from typing import TYPE_CHECKING, Final

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Callable

CONDITION: Final = 100.0
"""Sum of sizes over size of sum up to which polars' pairwise sum keeps 13 digits."""

PRODUCT_CONDITION: Final = 10_000.0
"""As `CONDITION`, for sums of products: of unrelated columns they cancel by nature. 11 digits."""

LARGE: Final = 10_000
"""Rows from which a column is sorted once for all parts that hold much of it."""

MUCH: Final = 0.1
"""Share of all rows from which cutting a part from the sorted column is quicker than sorting it."""

SMALL: Final = 2**63


class Part:
    """Some rows of a frame; columns are cut out when they are first asked for."""

    def __init__(
        self,
        column: Callable[[str], pl.Series],
        mask: pl.Series | None,
        height: int,
        ordered: Callable[[str], tuple[pl.Series, pl.Series]] | None = None,
    ) -> None:
        self._column = column
        self._sorted = ordered
        self._whole = height
        self.mask = mask
        self.height = height if mask is None else int(mask.sum())
        self._cut: dict[str, pl.Series] = {}

    def series(self, name: str) -> pl.Series:
        """The column in these rows, missing values included."""
        if name not in self._cut:
            whole = self._column(name)
            self._cut[name] = whole if self.mask is None else whole.filter(self.mask)
        return self._cut[name]

    def known(self, name: str) -> pl.Series:
        """Values of the column that are not missing; of booleans 0 and 1."""
        series = self.series(name)
        return numeric(series.drop_nulls() if series.null_count() else series)

    def ordered(self, name: str) -> pl.Series:
        """Known values of the column in rising order."""
        if self._sorted is not None and self.height >= max(LARGE, MUCH * self._whole):
            places, values = self._sorted(name)
            return values if self.mask is None else values.filter(self.mask.gather(places))
        return self.known(name).sort()

    def both(self, x: str, y: str) -> tuple[pl.Series, pl.Series]:
        """Two columns in the rows where neither is missing."""
        xs, ys = self.series(x), self.series(y)
        if xs.null_count() or ys.null_count():
            kept = xs.is_not_null() & ys.is_not_null()
            xs, ys = xs.filter(kept), ys.filter(kept)
        return numeric(xs), numeric(ys)

    def split(self, labels: list[str | None]) -> dict[str, Part]:
        """Parts by label, `labels` being those of these rows; rows without one are left out."""
        rows = pl.DataFrame({"name": pl.Series(labels, dtype=pl.String)}).with_row_index("row")
        split = rows.drop_nulls("name").group_by("name", maintain_order=True).agg("row")
        places = split["row"].explode()
        ordered = cache(lambda column: self.series(column).gather(places))  # group after group
        lengths = split["row"].list.len().to_list()
        starts = accumulate(lengths, initial=0)
        return {
            name: Part(partial(_slice, ordered, start, length), None, length)
            for name, start, length in zip(split["name"].to_list(), starts, lengths, strict=False)
        }


def _slice(ordered: Callable[[str], pl.Series], start: int, length: int, name: str) -> pl.Series:
    return ordered(name).slice(start, length)


def numeric(series: pl.Series) -> pl.Series:
    """Booleans as 0 and 1; all else as it is."""
    return series.cast(pl.Int64) if series.dtype == pl.Boolean else series


def total(values: pl.Series) -> float:
    """Sum at the accuracy of `math.fsum`; of whole numbers exact."""
    if values.is_empty():
        return 0
    if values.dtype.is_integer():
        reach = max(abs(int(values.min() or 0)), abs(int(values.max() or 0)))  # type: ignore[arg-type]
        if reach * len(values) >= SMALL:
            return sum(int(value) for value in values.to_list())
        return int(values.sum())
    quick = float(values.sum())
    size = quick if float(values.min() or 0) >= 0 else float(values.abs().sum())  # type: ignore[arg-type]
    if size <= CONDITION * abs(quick) or size == 0:
        return quick
    return math.fsum(values.to_list())


def mean(values: pl.Series) -> float | None:
    """Arithmetic mean; None of nothing."""
    return total(values) / len(values) if len(values) else None


def centred(values: pl.Series) -> pl.Series:
    """Differences from the mean."""
    return values.cast(pl.Float64) - (mean(values) or 0.0)


def products(first: pl.Series, second: pl.Series, size: float = 0.0) -> float:
    """Sum of products of two centred columns, corrected for the rounding of their means.

    `size` is what the sum could be at most (Cauchy-Schwarz); far below it, the products cancel and
    are summed by `math.fsum`.
    """
    drift = float(first.sum()) * float(second.sum()) / len(first)
    each = first * second
    quick = float(each.sum())
    if size > PRODUCT_CONDITION * abs(quick):
        quick = math.fsum(each.to_list())
    return quick - drift


def squares(values: pl.Series) -> float:
    """Sum of squares about the mean."""
    rest = centred(values)
    return products(rest, rest)


def at(values: pl.Series, place: int) -> float:
    """The value at a place (from 0) of a sorted column; places outside are the nearest inside."""
    return float(values[min(max(place, 0), len(values) - 1)])


def different(values: pl.Series) -> int:
    """How many different values a sorted column holds."""
    if values.is_empty():
        return 0
    return 1 + int((values.slice(1) != values.slice(0, len(values) - 1)).sum())
