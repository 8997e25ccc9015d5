"""How often one byte stands in a file, at the speed of polars' own counting of lines."""

from __future__ import annotations

import io
from typing import Final

import polars as pl

LARGE: Final = 100_000
"""Bytes up to which Python's counting, a nanosecond a byte, takes no time."""

_ABSENT: Final = "\x01"


def times(data: bytes, mark: str) -> int:
    """How often the ASCII character `mark` stands in `data`.

    polars counts the pieces that it ends or leaves at the end, as lines are counted, ten times as
    fast as `bytes.count` does before Python 3.13.
    """
    if len(data) < LARGE:
        return data.count(mark.encode())
    pieces = pl.scan_csv(
        io.BytesIO(data),
        separator=_ABSENT,
        eol_char=mark,
        quote_char=None,
        has_header=False,
        schema={"piece": pl.String},
    )
    ended = data.endswith(mark.encode())
    return int(pieces.select(pl.len()).collect().item()) - (not ended)
