"""Who belongs to a ring that lies about some tasks only: membership for scores.

As in `class_camps`: on a target the members say the camp's own level of that task, whatever its
quality; elsewhere, and everybody else everywhere, each votes by the own line.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.special import expit

from validator.peers.incidence import summed
from validator.peers.linear_voter import FREEDOM, ScoreFit, linear_voters
from validator.peers.pool import TOP_SCORE, Floats, Pool

SPREAD: Final = 7.0
"""How far, in points, members stray from the camp's level."""
_STRAYS: Final = 0.05
"""How often a member does not follow at all."""
_STILL: Final = 1e-3
_HEARD: Final = 0.5
"""From so many members' votes on a task on the camp has a level there."""
_FIRST_TARGETS: Final = 0.3
_FIRST_MEMBERS: Final = 0.2


def score_members(pool: Pool, first: Floats, rounds: int = 30) -> Floats:
    """Fit who belongs to the camp.

    Args:
        pool: scores, the votes of all who may belong.
        first: V first guesses of 0-1.
        rounds: the most rounds.

    Returns:
        V probabilities of membership.

    """
    tasks, voters = len(pool.tasks), len(pool.voters)
    member = first.copy()
    targets, members = _FIRST_TARGETS, _FIRST_MEMBERS
    fit = linear_voters(pool, 1 - member[pool.voter], rounds=25)
    for _ in range(rounds):
        before = member
        own = _own(pool, fit)
        camp = _camp(pool, member)
        belongs = member[pool.voter]
        mixed = np.logaddexp(np.log1p(-belongs + 1e-12) + own, np.log(belongs + 1e-12) + camp)
        aimed = summed(pool.task, mixed, tasks) + np.log(targets)
        # The camp's level is fitted to the same votes: it costs what a free level costs.
        aimed -= np.log(TOP_SCORE / (SPREAD * 2.5)) * (summed(pool.task, belongs, tasks) > _HEARD)
        target = expit(aimed - summed(pool.task, own, tasks) - np.log1p(-targets))
        targets = float(np.clip(target.mean(), 0.02, 0.95))
        gain = summed(pool.voter, target[pool.task] * (camp - own), voters)
        odds = np.log(members / (1 - members))
        member = (member + expit(np.clip(odds + gain, -30, 30))) / 2
        members = float(np.clip(member.mean(), 0.02, 0.5))
        if np.abs(member - before).max() < _STILL:
            break
        fit = linear_voters(pool, 1 - member[pool.voter] * target[pool.task], rounds=6)
    return member


def _own(pool: Pool, fit: ScoreFit) -> Floats:
    """N log densities of the votes by each voter's own line."""
    variance = fit.noise[pool.voter] + fit.slope[pool.voter] ** 2 * fit.spread[pool.task]
    error = pool.value - fit.expected(pool)
    tails = (FREEDOM + 1) / 2 * np.log1p(error**2 / (FREEDOM * variance))
    density: Floats = -0.5 * np.log(2 * np.pi * variance) - tails
    return density


def _camp(pool: Pool, member: Floats) -> Floats:
    """N log densities of the votes by the camp's level of each task."""
    tasks = len(pool.tasks)
    weight = member[pool.voter] + 1e-6
    pull = summed(pool.task, weight * pool.value, tasks) + TOP_SCORE / 2 * 0.02
    level = pull / (summed(pool.task, weight, tasks) + 0.02)
    apart = (pool.value - level[pool.task]) / SPREAD
    near = -0.5 * (np.log(2 * np.pi * SPREAD**2) + apart**2)
    density: Floats = np.logaddexp(np.log(1 - _STRAYS) + near, np.log(_STRAYS / TOP_SCORE))
    return density
