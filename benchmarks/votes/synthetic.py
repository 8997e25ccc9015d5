"""Large pools from a seed: ten votes a task, a hundred a voter, two classes."""

from __future__ import annotations

from typing import Final

import numpy as np

from validator.peers.pool import Ints, Kind, Pool

PER_TASK: Final = 10
PER_VOTER: Final = 100
SEED: Final = 11


def large_pool(votes: int) -> Pool:
    """Make a pool of about so many votes, as `pool_of` would, without its detour by text."""
    dice = np.random.default_rng(SEED)
    tasks, voters = votes // PER_TASK, votes // PER_VOTER
    task = np.repeat(np.arange(tasks), PER_TASK)
    voter = drawn(tasks, voters, dice).ravel()
    truth = dice.integers(0, 2, tasks)[task]
    right = dice.random(votes) < dice.beta(6, 2.5, voters)[voter]
    return Pool(
        kind=Kind.CLASS,
        tasks=tuple(f"{code:07d}" for code in range(tasks)),
        voters=tuple(f"{code:06d}" for code in range(voters)),
        classes=("no", "yes"),
        task=task,
        voter=voter,
        value=np.where(right, truth, 1 - truth).astype(np.float64),
        known=np.full(tasks, np.nan),
        doubt=np.zeros(tasks),
        stake=np.ones(voters),
    )


def drawn(tasks: int, voters: int, dice: np.random.Generator) -> Ints:
    """Voters of each task, all different, in order: tasks x `PER_TASK` codes."""
    chosen = np.sort(dice.integers(0, voters, (tasks, PER_TASK)), axis=1)
    while len(again := np.flatnonzero((np.diff(chosen, axis=1) == 0).any(axis=1))):
        chosen[again] = np.sort(dice.integers(0, voters, (len(again), PER_TASK)), axis=1)
    return chosen
