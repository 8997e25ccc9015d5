"""Intervals of scores that cover what they say."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import stdtrit

from validator.peers.folds import folds_of, hiding
from validator.peers.incidence import summed
from validator.peers.linear_voter import ScoreFit, linear_voters
from validator.peers.pool import TOP_SCORE
from validator.peers.temperature import RECORD

if TYPE_CHECKING:
    from validator.peers.pool import Floats, Ints, Pool

LEVEL: Final = 0.8
"""How often an interval holds the true score."""
_NORMAL_LEVEL: Final = 1.2816
"""Half the width, in deviations, of a normal distribution's interval at `LEVEL`."""
_UNTRIED_WIDTH: Final = 2.0
"""How much wider an interval is than the model's own where too few tasks are known: the model's own
covers 22 to 61 % instead of 80 (design, votes, section 4)."""


def calibrated(pool: Pool, fit: ScoreFit) -> tuple[Floats, Floats]:
    """Return T scores and the half widths, in points, of their intervals at `LEVEL`.

    With enough known tasks the scores are read on that scale, absolute or voiced, which was nearer
    on known tasks that their fit did not know, and the widths come from the same trial by split
    conformal prediction (Vovk et al., "Algorithmic learning in a random world", 2005). Else the
    widths are the model's own, widened. A task whose truth is held fixed has width 0.
    """
    counts = np.bincount(pool.task, minlength=len(pool.tasks))
    record = np.flatnonzero(pool.is_certain & (counts > 0))
    score = fit.score
    if len(record) < RECORD:
        width = np.maximum(_UNTRIED_WIDTH * _NORMAL_LEVEL * np.sqrt(fit.spread), _apart(pool))
    else:
        absolute, voiced = _held_out_errors(pool, record)
        if voiced.mean() < absolute.mean():
            absolute, score = voiced, fit.voiced
        rank = min(math.ceil((len(record) + 1) * LEVEL), len(record)) - 1
        width = np.full(len(score), np.sort(absolute)[rank])
    sure = pool.is_certain
    return np.where(sure, pool.known, score), np.where(sure, 0.0, width)


def _apart(pool: Pool) -> Floats:
    """T half widths of a mean at `LEVEL` from the votes on the task alone, by Student's t.

    A small pool teaches a model nothing of its voters: three who say 100 and two who say 0 are not
    60 for certain. One vote alone tells nothing.
    """
    size = len(pool.tasks)
    count = np.bincount(pool.task, minlength=size)
    mean = summed(pool.task, pool.value, size) / np.maximum(count, 1)
    square = summed(pool.task, (pool.value - mean[pool.task]) ** 2, size)
    several = count > 1
    freedom = np.where(several, count - 1, 1)
    error = np.sqrt(square / freedom / np.maximum(count, 1))
    width: Floats = np.where(several, stdtrit(freedom, (1 + LEVEL) / 2) * error, TOP_SCORE / 2)
    return width


def _held_out_errors(pool: Pool, record: Ints) -> tuple[Floats, Floats]:
    """R distances, in points, of scores and of voiced scores from truths hidden from their fit."""
    absolute, voiced = np.zeros(len(pool.tasks)), np.zeros(len(pool.tasks))
    for part in folds_of(record):
        fit = linear_voters(hiding(pool, part))
        absolute[part] = np.abs(fit.score[part] - pool.known[part])
        voiced[part] = np.abs(fit.voiced[part] - pool.known[part])
    return absolute[record], voiced[record]
