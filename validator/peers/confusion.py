"""Models of voters who confuse classes: Dawid-Skene, and the same with a prior that all share.

Sources: A. Dawid and A. Skene, "Maximum likelihood estimation of observer error-rates using the EM
algorithm", Applied Statistics 28 (1979); the prior from the pooled confusion is ours (design,
votes, section 2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import digamma, logsumexp

from validator.peers.incidence import Incidence, believed, counted, hint_of, shares, softmax

if TYPE_CHECKING:
    from validator.peers.pool import Floats, Ints, Pool

STRENGTH: Final = 2.0
"""How many votes of its own the pooled confusion is worth in each row of a voter's table."""
ENOUGH_KNOWN: Final = 10
"""From so many known tasks on the fit begins at them instead of at the majority.

Expectation maximisation ends where it begins: from the majority it turns over all at once when a
ring holds 40 % of the votes (0.99 right to 0.01), from 5 % known tasks it does not.
"""
_FLOOR: Final = 1e-10


@dataclass(frozen=True, slots=True)
class ClassFit:
    """What a model believes: `belief` T x K; `said` V x K x K (voter, said, true)."""

    belief: Floats
    said: Floats


def start_of(pool: Pool, votes: Incidence) -> Floats:
    """T x K first beliefs: from the voters' record on known tasks, else from the majority."""
    hint = hint_of(pool)
    known = pool.is_certain
    if known.sum() < ENOUGH_KNOWN:
        return believed(shares(counted(pool)), hint)
    seen = votes.over_tasks(softmax(hint.copy()) * known[:, None])
    classes = seen.shape[1]
    pooled = seen.sum(axis=0) + 1 + np.eye(classes)
    # Twice the usual strength: a voter has only a few known tasks to show.
    table = seen + 2 * STRENGTH * pooled / pooled.sum(axis=0)
    return softmax(votes.over_voters(np.log(table / table.sum(axis=1, keepdims=True))) + hint)


def dawid_skene(pool: Pool, rounds: int = 100, tolerance: float = 1e-5) -> ClassFit:
    """Fit Dawid-Skene by expectation maximisation, begun at the majority.

    The textbook model, without a prior: kept as a baseline and for comparison with others.

    Args:
        pool: classes.
        rounds: the most rounds.
        tolerance: the fit ends when the mean log-likelihood of a task gains less.

    """
    votes = Incidence(pool)
    hint = hint_of(pool)
    belief = believed(shares(counted(pool)), hint)
    said = belief
    last = -np.inf
    for _ in range(rounds):
        said = votes.over_tasks(belief)
        said /= np.maximum(said.sum(axis=1, keepdims=True), _FLOOR)
        prior = belief.mean(axis=0)
        joint = votes.over_voters(np.log(np.maximum(said, _FLOOR)))
        joint += np.log(np.maximum(prior, _FLOOR)) + hint
        level = logsumexp(joint, axis=1, keepdims=True)
        joint -= level
        belief = np.exp(joint, out=joint)
        gain = level.mean() - last
        last = level.mean()
        if gain < tolerance:
            break
    return ClassFit(belief, said)


def pooled_confusion(
    pool: Pool, start: Floats | None = None, rounds: int = 100, tolerance: float = 1e-4
) -> ClassFit:
    """Fit Dawid-Skene whose voters share the pooled confusion as their prior (variational).

    Args:
        pool: classes; known tasks are held fixed.
        start: T x K beliefs to begin with; `start_of` without.
        rounds: the most rounds.
        tolerance: the fit ends when no belief moves by more.

    """
    votes = Incidence(pool)
    hint = hint_of(pool)
    belief = start_of(pool, votes) if start is None else start
    for _ in range(rounds):
        table = confusion_of(votes, belief)
        joint = votes.over_voters(expected_log(table, axis=1))
        joint += expected_log(belief.sum(axis=0) + 1, axis=0) + hint
        moved = softmax(joint)
        step = np.abs(moved - belief).max()
        belief = moved
        if step < tolerance:
            break
    table = confusion_of(votes, belief)
    return ClassFit(belief, table / table.sum(axis=1, keepdims=True))


def confusion_of(votes: Incidence, belief: Floats) -> Floats:
    """Dirichlet counts of each voter's confusion, with the pooled prior: V x K x K (said, true)."""
    seen = votes.over_tasks(belief)
    pooled = seen.sum(axis=0) + 0.5
    counts: Floats = seen + STRENGTH * pooled / pooled.sum(axis=0) + 1e-2
    return counts


def expected_log(counts: Floats, axis: int) -> Floats:
    """E[log p] of Dirichlet distributions with these counts, along `axis`."""
    logs: Floats = digamma(counts)
    logs -= digamma(counts.sum(axis=axis, keepdims=True))
    return logs


def wins(belief: Floats) -> Ints:
    """The likeliest class of each task; the first of equal ones."""
    first: Ints = belief.argmax(axis=1).astype(np.int64)
    return first
