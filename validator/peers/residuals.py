"""What the votes leave over once skill and difficulty are told, and who leaves over the same.

Honest voters err each in their own way; a ring errs together. With the model's expectation taken
from each vote, two voters' leftovers on the tasks they share are compared, and the largest
eigenvector of that table of voters is the group that most moves as one. Whether it does so more
than chance is asked of the pool itself: each voter's leftovers are dealt out anew over that voter's
own tasks, which keeps everybody's skill and breaks every agreement. A constant threshold would not
do: at the edge of random matrices 54 of 60 honest pools raised an alarm (design, votes, section 5).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import ArpackError, eigsh

from validator.peers.incidence import summed

if TYPE_CHECKING:
    from validator.peers.confusion import ClassFit
    from validator.peers.linear_voter import ScoreFit
    from validator.peers.pool import Flags, Floats, Ints, Pool

ALARM: Final = 1.2
"""How far the pool must stand above its own dealt-out copies; clean pools were seen up to 1.12."""
_DEALS: Final = 9
_SEED: Final = 20_040_229
_DENSE: Final = 64
"""Up to so many voters the whole table is solved; above, only its largest eigenvector."""
LOOKED_AT: Final = 2_000
"""In a larger crowd the voters of most votes are looked at: all pairs cost the square."""
CROWDED: Final = 200
"""Tasks of more votes than this are passed over, for the same reason."""
_VARIANCE_VOTES: Final = 10.0
_CLIP: Final = 3.0
_GROUP: Final = 3
"""Of fewer voters none can be a group among others."""


@dataclass(frozen=True, slots=True)
class Spectrum:
    """The group that most moves as one: `strength` an eigenvalue, `direction` V signed weights."""

    strength: float
    direction: Floats


@dataclass(frozen=True, slots=True)
class Suspicion:
    """How much stronger the pool's group is than in dealt-out copies of the pool itself."""

    ratio: float
    direction: Floats

    @property
    def alarming(self) -> bool:
        """The group is stronger than chance."""
        return self.ratio >= ALARM


def class_leftovers(pool: Pool, fit: ClassFit) -> Floats:
    """N x K leftovers: what was said, less what this voter was expected to say."""
    expected = np.einsum("nt,nst->ns", fit.belief[pool.task], fit.said[pool.voter])
    said = np.zeros_like(expected)
    said[np.arange(len(said)), pool.label] = 1.0
    left: Floats = said - expected
    return left


def score_leftovers(pool: Pool, fit: ScoreFit) -> Floats:
    """N x 1 leftovers in points, far ones drawn in to three deviations."""
    reach = np.sqrt(fit.noise)[pool.voter]
    apart = (pool.value - fit.expected(pool)) / reach
    return (np.clip(apart, -_CLIP, _CLIP) * reach)[:, None]


def suspicion_of(pool: Pool, leftovers: Floats, active: Flags) -> Suspicion:
    """Compare the pool's strongest group with those of its dealt-out copies.

    Args:
        pool: votes of the active voters alone.
        leftovers: N x D.
        active: V flags; the direction is 0 for the others.

    """
    active, kept = _looked_at(pool, active)
    task, leftovers = pool.task[kept], leftovers[kept]
    index = np.cumsum(active) - 1
    voter = index[pool.voter[kept]]
    count = int(active.sum())
    direction = np.zeros(len(active))
    if count < _GROUP or not leftovers.any():
        return Suspicion(0.0, direction)
    found = _spectrum(task, voter, leftovers, count, len(pool.tasks))
    direction[active] = found.direction
    dice = np.random.default_rng(_SEED)
    chance = max(
        _spectrum(task, voter, _dealt(voter, leftovers, dice), count, len(pool.tasks)).strength
        for _ in range(_DEALS)
    )
    return Suspicion(found.strength / max(chance, 1e-12), direction)


def _looked_at(pool: Pool, active: Flags) -> tuple[Flags, Flags]:
    """V flags of the voters that are compared, and N flags of the votes that tell of them."""
    calm = np.bincount(pool.task, minlength=len(pool.tasks)) <= CROWDED
    kept = calm[pool.task]
    if active.sum() > LOOKED_AT:
        votes = np.bincount(pool.voter[kept], minlength=len(active)) * active
        busiest = np.argsort(-votes, kind="stable")[:LOOKED_AT]
        active = np.zeros(len(active), bool)
        active[busiest] = True
    return active, kept & active[pool.voter]


def _dealt(voter: Ints, leftovers: Floats, dice: np.random.Generator) -> Floats:
    """Each voter's leftovers in a new order over that voter's own tasks."""
    order = np.argsort(voter, kind="stable")
    shuffled = np.lexsort((dice.random(len(voter)), voter))
    dealt = np.empty_like(leftovers)
    dealt[order] = leftovers[shuffled]
    return dealt


def unity(pool: Pool, leftovers: Floats, group: Flags) -> float:
    """How much a group agrees beyond skill and tasks: the sum over its pairs by its size.

    Largest for the whole of a ring and nobody else: a stranger adds to the size and to no pair, a
    member left out takes its pairs along.

    Args:
        pool: votes of the group and of others.
        leftovers: N x D, best against what the others alone hold for true.
        group: V flags.

    """
    active, kept = _looked_at(pool, np.ones(len(group), bool))
    voter = (np.cumsum(active) - 1)[pool.voter[kept]]
    inside = group[active].astype(np.float64)
    table = _agreement(pool.task[kept], voter, leftovers[kept], len(inside), len(pool.tasks))
    return float(inside @ (table @ inside) / max(inside.sum(), 1.0))


def _spectrum(task: Ints, voter: Ints, leftovers: Floats, voters: int, tasks: int) -> Spectrum:
    """The largest eigenvalue of the table of voters' agreement, and its vector."""
    table = _agreement(task, voter, leftovers, voters, tasks)
    if not table.count_nonzero():
        return Spectrum(0.0, np.zeros(voters))
    if voters <= _DENSE:
        values, vectors = np.linalg.eigh(table.toarray())
        return Spectrum(float(values[-1]), vectors[:, -1])
    start = np.random.default_rng(_SEED).standard_normal(voters)
    try:
        values, vectors = eigsh(table, k=1, which="LA", v0=start, tol=1e-6)
    except ArpackError:  # it did not settle: the whole table does, for at most LOOKED_AT voters
        values, vectors = np.linalg.eigh(table.toarray())
        values, vectors = values[-1:], vectors[:, -1:]
    return Spectrum(float(values[0]), vectors[:, 0])


def _agreement(
    task: Ints, voter: Ints, leftovers: Floats, voters: int, tasks: int
) -> sparse.csr_array:
    """V x V: the sum of products of leftovers on shared tasks, a standard normal if honest.

    By both voters' deviations and by the square root of the number of tasks shared.
    """
    count = summed(voter, np.ones(len(voter)), voters)
    square = summed(voter, (leftovers**2).sum(axis=1), voters)
    common = square.sum() / max(count.sum(), 1.0)
    reach = np.sqrt((square + _VARIANCE_VOTES * common) / (count + _VARIANCE_VOTES))[voter]
    shape = (voters, tasks)
    table = sparse.csr_array((voters, voters))
    for column in leftovers.T:
        rows = sparse.csr_array((column / reach, (voter, task)), shape=shape)
        table = table + rows @ rows.T
    seen = sparse.csr_array((np.ones(len(voter)), (voter, task)), shape=shape)
    shared = seen @ seen.T
    shared.data = 1 / np.sqrt(shared.data)
    table = sparse.csr_array(table.multiply(shared))
    table.setdiag(0)
    return table
