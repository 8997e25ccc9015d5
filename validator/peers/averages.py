"""Votes weighed by each voter's distance from the consensus: the Bayesian weighted average (BWA).

Source: Y. Li, B. Rubinstein, T. Cohn, "Truth inference at scale: a Bayesian model for adjudicating
highly redundant crowd annotations", WWW 2019; lambda and a_v are that paper's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from validator.peers.incidence import Incidence, believed, counted, hint_of, shares, summed

if TYPE_CHECKING:
    from validator.peers.pool import Floats, Pool

_TASK_WEIGHT: Final = 1.0
_VOTER_COUNT: Final = 15.0


def weighted_average(pool: Pool, rounds: int = 100, tolerance: float = 1e-4) -> Floats:
    """Fit BWA, one class against the rest for each class.

    Args:
        pool: classes; known tasks are held fixed.
        rounds: the most rounds.
        tolerance: the fit ends when no belief moves by more.

    Returns:
        T x K beliefs.

    """
    votes = Incidence(pool)
    hint = hint_of(pool)
    counts = counted(pool)
    base = shares(counts.sum(axis=0))
    size = summed(pool.voter, np.ones(len(pool.voter)), len(pool.voters))[:, None]
    belief = believed(shares(counts), hint)
    eye = np.eye(len(pool.classes))
    for _ in range(rounds):
        # Squared distance of what was said (said class x class) from the belief, by voter.
        seen = votes.over_tasks(np.ones((len(belief), 1)))
        first = votes.over_tasks(belief)
        second = votes.over_tasks(belief**2)
        apart = np.einsum("vsx,sk->vk", seen, eye) - 2 * np.einsum("vsk,sk->vk", first, eye)
        apart += second.sum(axis=1)
        weight = (_VOTER_COUNT + size) / (_VOTER_COUNT * base * (1 - base) + apart + 1e-9)
        said = votes.over_voters(weight[:, None, :] * eye[None])
        total = votes.over_voters(np.broadcast_to(weight[:, None, :], (*seen.shape[:2], len(eye))))
        moved = believed((_TASK_WEIGHT * base + said) / (_TASK_WEIGHT + total), hint)
        step = np.abs(moved - belief).max()
        belief = moved
        if step < tolerance:
            break
    return belief
