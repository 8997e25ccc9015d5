"""Known tasks hidden part by part, so that a fit can be tried on what it does not know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from validator.peers.pool import Ints, Pool

FOLDS: Final = 5


def folds_of(record: Ints) -> list[Ints]:
    """Known tasks in `FOLDS` parts, every fifth in each."""
    return [record[part::FOLDS] for part in range(FOLDS)]


def hiding(pool: Pool, tasks: Ints) -> Pool:
    """The pool without what is known of these tasks."""
    known = pool.known.copy()
    known[tasks] = np.nan
    return pool.knowing(known, pool.doubt)
