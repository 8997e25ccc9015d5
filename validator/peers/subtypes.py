"""Voters who err together: the enhanced Bayesian classifier combination (EBCC).

Each class has hidden subtypes of task (easy, odd, misleading), and a voter has a table for each, so
errors that many share on one kind of task are not counted as so many independent witnesses.
Source: Y. Li, B. Rubinstein, T. Cohn, "Exploiting worker correlation for label aggregation in
crowdsourcing", ICML 2019; the hyperparameters are that paper's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import logsumexp

from validator.peers.confusion import expected_log, start_of
from validator.peers.incidence import Incidence, hint_of

if TYPE_CHECKING:
    from validator.peers.pool import Floats, Pool

SUBTYPES: Final = 10
_SUBTYPE_PRIOR: Final = 0.1
_CLASS_PRIOR: Final = 1.0
_RIGHT_PRIOR, _WRONG_PRIOR = 4.0, 1.0
_SEED: Final = 20_190_609
"""Breaks the tie between subtypes; any constant does, but it must stay one."""


def subtype_model(pool: Pool, rounds: int = 100, tolerance: float = 1e-4) -> Floats:
    """Fit EBCC by mean-field updates.

    Args:
        pool: classes; known tasks are held fixed.
        rounds: the most rounds.
        tolerance: the fit ends when no belief moves by more.

    Returns:
        T x K beliefs.

    """
    votes = Incidence(pool)
    hint = hint_of(pool)
    belief = start_of(pool, votes)
    classes = belief.shape[1]
    # Drawn for class after class of every task, so that a task's draw hangs on the pool alone.
    split = np.random.default_rng(_SEED).dirichlet(np.ones(SUBTYPES), belief.shape)
    parts = split * belief[:, :, None]
    prior = np.full((classes, classes), _WRONG_PRIOR) + (_RIGHT_PRIOR - _WRONG_PRIOR) * np.eye(
        classes
    )
    for _ in range(rounds):
        # V x K x K x M: voter, said, true, subtype
        table = votes.over_tasks(parts) + prior[None, :, :, None]
        joint = votes.over_voters(expected_log(table, axis=1))
        joint += expected_log(_SUBTYPE_PRIOR / SUBTYPES + parts.sum(axis=0), axis=1)
        joint += (expected_log(_CLASS_PRIOR + belief.sum(axis=0), axis=0) + hint)[:, :, None]
        parts = _shared(joint)
        moved = parts.sum(axis=2)
        step = np.abs(moved - belief).max()
        belief = moved
        if step < tolerance:
            break
    return belief


def _shared(joint: Floats) -> Floats:
    """T x K x M logarithms brought to probabilities, in place."""
    joint -= logsumexp(joint, axis=(1, 2), keepdims=True)
    return np.exp(joint, out=joint)
