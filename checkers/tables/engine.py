"""Starting polars so that it works behind the jail's limits. Import it before polars."""

from __future__ import annotations

import ctypes
import io
import os
from typing import Final

THREADS: Final = "2"
"""Each thread reserves address space, of which the jail gives little."""

_M_ARENA_MAX: Final = -8  # mallopt(3): at most so many arenas, of 64 MiB address space each


def warm() -> None:
    """Load the engine and start its threads; call once in the jailed process, before `confine`.

    Afterwards no thread may be started, and polars waits for ever where it needs one. Threads do
    not survive a fork, so a parent that is forked for its requests must not call this; its
    children must.
    """
    os.putenv("POLARS_MAX_THREADS", THREADS)  # read when the first thread starts
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:  # glibc's; musl has neither the call nor the arenas
        mallopt(_M_ARENA_MAX, 1)
    import polars as pl

    buffer = io.BytesIO()
    pl.read_csv(b"a,b\n1,x\n", infer_schema=False).write_parquet(buffer)
    pl.read_parquet(io.BytesIO(buffer.getvalue()))
    pl.scan_parquet(io.BytesIO(buffer.getvalue())).select(pl.len()).collect()
