"""Votes that need not be asked for: in random order, until the class is sure.

What a voter is worth is known from the other tasks alone, as it is when a vote comes in; all votes
are weighed by the same skills. A fit to all votes knows more: it learns from the judged task too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from benchmarks.votes import percent, points
from benchmarks.votes.figures import right_share
from benchmarks.votes.public_sets import CLASSES, sets, there
from validator.peers.confusion import confusion_of, pooled_confusion
from validator.peers.incidence import Incidence
from validator.peers.pool import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.timing import Ratio
    from validator.peers.pool import Floats, Ints, Pool

SURE: Final = 0.99
LEAST: Final = 3
LOSS: Final = -0.5
"""Points of accuracy that may be lost against all votes."""
USED, USED_OF_MANY, MANY = 0.55, 0.3, 20
"""The share of votes that may be used, where `MANY` are collected for a task less."""


def measure(short: bool) -> Iterator[Ratio]:
    """Measure over random orders of the votes."""
    if not there():
        return
    orders = 4 if short else 20
    for each in sets(CLASSES, Kind.CLASS):
        pool = each.pool()
        truth = each.codes(pool)
        fit = pooled_confusion(pool)
        weight = evidence(pool, fit.belief)
        prior = np.log(fit.belief.mean(axis=0))
        all_votes = right_share(joined(pool, weight) + prior, truth)
        used, right = [], []
        for seed in range(orders):
            count, belief = stopped(pool, weight, prior, np.random.default_rng(seed))
            used.append(count.sum() / len(pool.task))
            right.append(right_share(belief, truth))
        mean = float(np.mean(right))
        many = len(pool.task) >= MANY * len(pool.tasks)
        yield percent(f"stopping: right on {each.name} by all votes", all_votes)
        name = f"stopping: right on {each.name}, stopped less all votes, points"
        yield points(name, 100 * (mean - all_votes), LOSS, at_most=False)
        fitted = 100 * (mean - right_share(fit.belief, truth))
        yield points(f"stopping: right on {each.name}, stopped less a fit to all, points", fitted)
        share = float(np.mean(used))
        bound = USED_OF_MANY if many else USED
        yield percent(f"stopping: votes used on {each.name}", share, bound, at_most=True)


def evidence(pool: Pool, belief: Floats) -> Floats:
    """N x K log-likelihoods of the votes by what their voters said of all other tasks.

    Args:
        pool: classes.
        belief: T x K of a fit to all votes.

    """
    counts = confusion_of(Incidence(pool), belief)
    own = belief[pool.task]
    said = counts[pool.voter, pool.label] - own
    logs: Floats = np.log(said / (counts.sum(axis=1)[pool.voter] - own))
    return logs


def joined(pool: Pool, weight: Floats) -> Floats:
    """T x K sums of the votes' log-likelihoods."""
    columns = [np.bincount(pool.task, column, len(pool.tasks)) for column in weight.T]
    return np.stack(columns, axis=1)


def stopped(
    pool: Pool, weight: Floats, prior: Floats, dice: np.random.Generator
) -> tuple[Ints, Floats]:
    """Ask for votes in random order, at least `LEAST`, until one class has a chance of `SURE`.

    Args:
        pool: classes.
        weight: N x K log-likelihoods of the votes.
        prior: K log-chances.
        dice: draws the order.

    Returns:
        T counts of votes used, and the T x K beliefs at the stop.

    """
    order = np.lexsort((dice.random(len(pool.task)), pool.task))
    task, weight = pool.task[order], weight[order]
    first = np.searchsorted(task, np.arange(len(pool.tasks)))
    running = np.cumsum(weight, axis=0)
    before = np.vstack([np.zeros(weight.shape[1]), running])[first]
    joint = prior + running - before[task]
    joint -= np.logaddexp.reduce(joint, axis=1, keepdims=True)
    place = np.arange(len(task)) - first[task] + 1
    last = np.append(task[1:] != task[:-1], True)
    ends = last | ((place >= LEAST) & (joint.max(axis=1) >= np.log(SURE)))
    at = np.flatnonzero(ends)
    _, stop = np.unique(task[at], return_index=True)
    return place[at[stop]], np.exp(joint[at[stop]])
