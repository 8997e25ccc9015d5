"""Starting polars so that it works behind the jail's limits."""

from __future__ import annotations

import io
import os
from typing import Final

import polars as pl

THREADS: Final = "2"
"""Each thread reserves address space, of which the jail gives little."""


def warm() -> None:
    """Start the engine's threads; call once in the jailed process, before `confine`.

    Afterwards no thread may be started, and polars waits for ever where it needs one. Threads do
    not survive a fork, so a parent that is forked for its requests must not call this; its
    children must.
    """
    os.putenv("POLARS_MAX_THREADS", THREADS)  # read when the first thread starts
    buffer = io.BytesIO()
    pl.read_csv(b"a,b\n1,x\n", infer_schema=False).write_parquet(buffer)
    pl.read_parquet(io.BytesIO(buffer.getvalue()))
    pl.scan_parquet(io.BytesIO(buffer.getvalue())).select(pl.len()).collect()
