"""What the real aggregation makes of votes, measured on sampled pools.

A million tasks are not aggregated one by one: pools with the market's mix of voters are, by
`validator.peers`, and what they show (how often an answer of each kind is accepted, who is taken
for one of a ring) is what happens to all. The error of that is told beside it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from validator.peers.consensus import consensus_of
from validator.peers.pool import Kind, Votes, pool_of
from validator.peers.rules import Decision
from validator.simulation.scenario import STRATEGIES, Strategy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from validator.simulation.scenario import Assumptions

ACCEPT_FROM: Final = 70
VOTERS: Final = 60
ANSWERS: Final = 240
SEATS: Final = 7
ROUNDS_OF_PROBES: Final = 4
"""Size of a pool and votes on an answer, as in the design's measured attacks (votes, section 5)."""

_GOOD: Final = (86.0, 6.0)
_BAD: Final = (28.0, 12.0)
"""Mean and spread of the worth of right and of wrong answers, in points; ours."""
_NOISE: Final = (6.0, 14.0)
"""Spread of an honest voter's error, from the best to the worst of them, in points."""
NEAR: Final = 20.0
"""Points from the consensus up to which a vote counts as a review that is paid; ours."""
_UP: Final = 96.0
_DOWN: Final = 8.0
"""Votes of a ring: for its own, and against the others."""


@dataclass(frozen=True, slots=True)
class Rates:
    """S strategies by (wrong, right): chances of 0-1, and how many sampled answers they rest on.

    `accepted`: an answer of the strategy is accepted. `flagged`: a voter of it is taken for one of
    a ring in a pool. `counted`: a vote of it lies within `NEAR` of the consensus. `error`: the
    standard error of the acceptance of wrong answers of all.
    """

    accepted: NDArray[np.float64]
    flagged: NDArray[np.float64]
    counted: NDArray[np.float64]
    sampled: int
    error: float


def measure(
    shares: Mapping[Strategy, float], assumptions: Assumptions, pools: int, seed: int
) -> Rates:
    """Aggregate so many pools of voters with these shares (their sum > 0) and count."""
    rng = np.random.default_rng(seed)
    weights = np.array([max(shares.get(each, 0.0), 0.0) for each in STRATEGIES])
    weights = weights / weights.sum()
    hits = np.zeros((len(STRATEGIES), 2))
    seen = np.zeros((len(STRATEGIES), 2))
    # Voters, those flagged, their votes, those near the consensus.
    crowd = np.zeros((4, len(STRATEGIES)))
    for _ in range(pools):
        _count(_Pool(rng, weights, assumptions), hits, seen, crowd)
    # Where a kind was never sampled it fares like all of its truth together.
    base = (hits.sum(axis=0) + 1) / (seen.sum(axis=0) + 2)
    accepted = (hits + base) / (seen + 1)
    wrong = seen[:, 0].sum()
    return Rates(
        accepted=accepted,
        flagged=crowd[1] / np.maximum(crowd[0], 1),
        counted=crowd[3] / np.maximum(crowd[2], 1),
        sampled=int(seen.sum()),
        error=math.sqrt(base[0] * (1 - base[0]) / max(wrong, 1)),
    )


class _Pool:
    """One sampled pool: who votes, whose answers they are, and what was voted."""

    def __init__(
        self, rng: np.random.Generator, weights: NDArray[np.float64], assumptions: Assumptions
    ) -> None:
        self.voter = _spread(rng, weights, VOTERS)
        self.owner = rng.choice(len(STRATEGIES), ANSWERS, p=weights)
        chance = _ability(self.owner, rng, assumptions)
        self.right = rng.random(ANSWERS) < chance
        mean = np.where(self.right, _GOOD[0], _BAD[0])
        self.worth = mean + rng.standard_normal(ANSWERS) * np.where(self.right, _GOOD[1], _BAD[1])
        self.known = rng.random(ANSWERS) < assumptions.known
        # Paid for: a vote for what is wrong, or against what is right.
        self.bought = rng.random(ANSWERS) < assumptions.sold
        self.seats = np.array([rng.choice(VOTERS, SEATS, replace=False) for _ in range(ANSWERS)])
        self.votes = self._votes(rng)

    def _votes(self, rng: np.random.Generator) -> NDArray[np.float64]:
        """ANSWERS x SEATS scores of 0-100, whole numbers."""
        kind = self.voter[self.seats]
        noise = np.linspace(*_NOISE, VOTERS)[self.seats] * rng.standard_normal(kind.shape)
        said = self.worth[:, None] + noise
        own = self.owner[:, None] == kind
        is_ring = (kind == _at(Strategy.RING)) | (kind == _at(Strategy.SYBIL))
        said = np.where(is_ring, np.where(own, _UP, _DOWN), said)
        is_bribed = (kind == _at(Strategy.BRIBED)) & self.bought[:, None]
        said = np.where(is_bribed, np.where(self.right, _DOWN, _UP)[:, None], said)
        blind = (kind == _at(Strategy.LAZY)) | (kind == _at(Strategy.COPY))
        said = np.where(blind, rng.uniform(0, 100, kind.shape), said)
        return np.floor(np.clip(said, 0, 100) + 0.5)


def _count(
    pool: _Pool,
    hits: NDArray[np.float64],
    seen: NDArray[np.float64],
    crowd: NDArray[np.float64],
) -> None:
    rows, seats = pool.votes.shape
    names = [f"a{row:04}" for row in range(rows)]
    votes = Votes(
        task=[names[row] for row in range(rows) for _ in range(seats)],
        voter=[f"v{code:03}" for code in pool.seats.ravel()],
        label=[float(score) for score in pool.votes.ravel()],
    )
    truth = np.clip(pool.worth, 0, 100)
    known = {names[row]: float(truth[row]) for row in np.flatnonzero(pool.known)}
    found = consensus_of(pool_of(Kind.SCORE, votes, known))
    for _ in range(ROUNDS_OF_PROBES):  # what would tell who lies goes to an expert first
        asked = {name: float(truth[int(name[1:])]) for name in found.probes}
        if not asked:
            break
        known |= asked
        found = consensus_of(pool_of(Kind.SCORE, votes, known))
    for task in found.tasks:
        row = int(task.task[1:])
        right = int(pool.right[row])
        seen[pool.owner[row], right] += 1
        # What goes to an expert is settled there; `market` counts their error.
        if task.decision is Decision.EXPERT:
            hits[pool.owner[row], right] += right
        else:
            hits[pool.owner[row], right] += int(task.consensus) >= ACCEPT_FROM
        kinds = pool.voter[pool.seats[row]]
        np.add.at(crowd[2], kinds, 1)
        near = np.abs(pool.votes[row] - int(task.consensus)) <= NEAR
        np.add.at(crowd[3], kinds[near], 1)
    for voter in found.voters:
        kind = pool.voter[int(voter.worker[1:])]
        crowd[0, kind] += 1
        crowd[1, kind] += "camp" in voter.flags


def _at(strategy: Strategy) -> int:
    return STRATEGIES.index(strategy)


def _spread(rng: np.random.Generator, weights: NDArray[np.float64], size: int) -> NDArray[np.int64]:
    """Codes of strategies in these shares, as even as whole numbers allow, in random order."""
    exact = weights * size
    count = np.floor(exact).astype(np.int64)
    rest = np.argsort(-(exact - count), kind="stable")[: size - int(count.sum())]
    count[rest] += 1
    return rng.permutation(np.repeat(np.arange(len(weights)), count))


def _ability(
    owner: NDArray[np.int64], rng: np.random.Generator, assumptions: Assumptions
) -> NDArray[np.float64]:
    """The chance of each answer to be right; honest rates are the design's Beta(6, 2.2)."""
    honest = rng.beta(6.0, 2.2, len(owner))
    worthless = np.isin(owner, [_at(Strategy.LAZY), _at(Strategy.RING), _at(Strategy.SYBIL)])
    return np.where(worthless, assumptions.guess_right, honest)
