"""Whole numbers in place of a column's values: quicker to tell apart than floats are.

Most columns are whole numbers or have a few decimals, so that a power of ten makes small whole
numbers of them. That is proven, value for value, before a code is used.
"""

from __future__ import annotations

from typing import Any, Final

import polars as pl

DECIMALS: Final = 6
SPREAD: Final = 8
"""Codes of a column are at most so many times its rows, and `LEAST` more: one byte for each."""
LEAST: Final = 4096
SPARSE: Final = 16
"""Times more codes than rows from which few rows are better sorted."""
HEAD: Final = 1000
_EXACT: Final = 2.0**53


def codes(values: pl.Series) -> pl.Series | None:
    """Numbers from 0 up, equal where the values are; missing ones stay. None where none are small.

    A float v gets round(v * 10^d), where dividing that by 10^d again gives v: one code cannot
    stand for two values then, whatever the rounding.
    """
    if values.dtype.is_float():
        scales = (10.0**digits for digits in range(DECIMALS + 1))
        scale = next((one for one in scales if _whole(values.head(HEAD), one) is not None), None)
        whole = None if scale is None else _whole(values, scale)
    else:
        whole = values if values.dtype == pl.Int64 else None
    if whole is None or whole.null_count() == len(whole):
        return None
    low: Any = whole.min()
    high: Any = whole.max()
    if int(high) - int(low) >= SPREAD * len(values) + LEAST:
        return None
    coded: pl.Series = (whole - low).cast(pl.UInt32)
    return coded


def _whole(values: pl.Series, scale: float) -> pl.Series | None:
    scaled = (values * scale).round()
    # By a column: by a single number, polars multiplies by its reciprocal, which is rounded.
    back = scaled / pl.repeat(scale, len(values), dtype=pl.Float64, eager=True)
    if not (back == values).all() or not (scaled.abs() < _EXACT).all():
        return None
    return scaled.cast(pl.Int64)


def different_codes(coded: pl.Series) -> int | None:
    """How many different codes there are, none missing; None where sorting is quicker."""
    if coded.is_empty():
        return 0
    highest: Any = coded.max()
    size = int(highest) + 1
    if size > SPARSE * len(coded):
        return None
    seen = pl.zeros(size, dtype=pl.UInt8, eager=True)
    return int(seen.scatter(coded, 1).sum())
