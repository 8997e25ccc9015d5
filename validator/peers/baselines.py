"""The plain aggregates that stand beside every model, and the cap on stake."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from validator.peers.incidence import counted, shares, summed
from validator.peers.pool import Flags, Floats, Ints, Kind, Pool

STAKE_CAP: Final = 0.05
"""The largest share of all stake that one voter may weigh.

A bribed tenth of the voters with 49 % of the stake turns a plain stake median over; stake belongs
in quorum and slashing (design, votes, section 5).
"""


@dataclass(frozen=True, slots=True)
class Baselines:
    """T plain answers for each task: for classes codes, for scores values of 0-100.

    `first` is the majority or the mean, `median` the median of the votes (for classes again the
    majority), `stake` the majority or median by capped stake.
    """

    first: Floats
    median: Floats
    stake: Floats


def baselines_of(pool: Pool) -> Baselines:
    """The plain aggregates of a pool."""
    weight = capped(pool.stake)[pool.voter]
    if pool.kind is Kind.CLASS:
        most = counted(pool).argmax(axis=1).astype(np.float64)
        return Baselines(most, most, counted(pool, weight).argmax(axis=1).astype(np.float64))
    size = len(pool.tasks)
    count = summed(pool.task, np.ones(len(pool.task)), size)
    mean = np.divide(
        summed(pool.task, pool.value, size), count, out=np.full(size, np.nan), where=count > 0
    )
    return Baselines(
        mean, weighted_median(pool, np.ones(len(pool.task))), weighted_median(pool, weight)
    )


def majority(pool: Pool) -> Floats:
    """The share of votes for each class: T x K."""
    return shares(counted(pool))


def capped(stake: Floats) -> Floats:
    """V weights: the square root of each stake, nobody above `STAKE_CAP` of all.

    The cap is the largest c such that min(weight, c) is at most the share of the sum of the
    capped weights; with fewer voters than 1 / `STAKE_CAP` everybody weighs alike.
    """
    weight = np.sqrt(np.maximum(stake, 0.0))
    if len(weight) * STAKE_CAP <= 1 or not weight.any():
        return np.ones(len(weight))
    ranked = np.sort(weight)[::-1]
    below = np.append(np.cumsum(ranked[::-1])[::-1], 0.0)
    for above in range(len(ranked)):
        # With `above` voters at the cap c: c = cap * (above * c + sum of the rest).
        room = 1 - STAKE_CAP * above
        if room <= 0:
            break
        cap = STAKE_CAP * below[above] / room
        if ranked[above] <= cap:
            return np.minimum(weight, cap) if above else weight
    return np.ones(len(weight))


def weighted_median(pool: Pool, weight: Floats) -> Floats:
    """The weighted median of each task's scores, NaN without a vote.

    The lower and the upper median are averaged where half of the weight lies on either side.

    Args:
        pool: scores.
        weight: N weights of votes, not below 0.

    """
    order = np.lexsort((pool.value, pool.task))
    task, value, weight = pool.task[order], pool.value[order], weight[order]
    size = len(pool.tasks)
    total = summed(task, weight, size)
    running = np.cumsum(weight)
    before = np.cumsum(total) - total
    inside = running - before[task]
    half = total[task] / 2
    slack = 1e-9 * np.maximum(half, 1.0)
    out = np.full(size, np.nan)
    lower = _first(task, inside >= half - slack, value, size)
    upper = _first(task, inside > half + slack, value, size)
    seen = total > 0
    out[seen] = (lower[seen] + np.where(np.isnan(upper), lower, upper)[seen]) / 2
    return out


def _first(task: Ints, holds: Flags, value: Floats, size: int) -> Floats:
    """The value of each task's first vote for which `holds`, NaN without one."""
    at = np.flatnonzero(holds)[::-1]
    out = np.full(size, np.nan)
    out[task[at]] = value[at]
    return out
