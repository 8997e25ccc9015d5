"""One month's tasks and who answers them, a block at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, get_args

import numpy as np

from validator.domain.economics import PPM
from validator.domain.tasks import Difficulty, TaskType
from validator.economics.fees import afforded, peer_fee, publication_fee
from validator.economics.rewards import band, base_reward

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from validator.domain.economics import EconomicsSettings
    from validator.simulation.accounts import Ints
    from validator.simulation.scenario import Assumptions

AUTOMATIC, PEERS, EXPERTS, OPEN = 0, 1, 2, 3
"""Which tier decides; `OPEN`: nobody whom the reward could pay, so nobody does."""

MOST_ANSWERS: Final = 5
SEATS: Final = 7
_TYPES: Final = {
    # share of tasks, and of these how many checks decide alone, peers, the rest experts
    "code_syntax": (0.10, 1.00, 0.00),
    "code": (0.30, 0.90, 0.08),
    "math": (0.10, 0.90, 0.07),
    "structured_data": (0.10, 0.95, 0.04),
    "data_analysis": (0.15, 0.85, 0.12),
    "security_audit": (0.08, 0.60, 0.25),
    "algorithm_optimization": (0.07, 0.85, 0.10),
    "general": (0.10, 0.00, 0.85),
}
"""What tasks are about: ours to assume, since no market has run yet."""
_DIFFICULTIES: Final = (0.45, 0.35, 0.15, 0.05)


@dataclass(frozen=True, slots=True)
class Prices:
    """By type and difficulty (8 x 4): what a task offers by tier, seats of peers, their fee."""

    reward: Ints
    voted_reward: Ints
    seats: Ints
    fee: Ints
    publication: Ints


@dataclass(frozen=True, slots=True)
class Block:
    """N tasks with up to `MOST_ANSWERS` answers each. Money in units.

    `miner`: N x M accounts, -1 where there is no answer. `seat`: N x S voters, -1 where none.
    """

    tier: Ints
    reward: Ints
    publication: Ints
    fee: Ints
    seats: Ints
    miner: Ints
    seat: Ints


def prices(settings: EconomicsSettings, adjustment_ppm: int) -> Prices:
    """Price every kind of task with the engine's own table.

    Who knows that a task needs votes offers enough to pay three peers where its band allows it.
    """
    kinds, levels = get_args(TaskType), get_args(Difficulty)
    table = np.zeros((5, len(kinds), len(levels)), np.int64)
    for row, kind in enumerate(kinds):
        for column, level in enumerate(levels):
            offered = base_reward(kind, level, settings.rewards, adjustment_ppm)
            fee = peer_fee(level, settings.fees)
            needed = -(-3 * fee * PPM // settings.split.peers_ppm)
            voted = min(max(offered, needed), band(level, settings.rewards).high)
            seats = min(afforded(voted, level, settings).peers, SEATS)
            table[:, row, column] = (
                offered, voted, seats, fee, publication_fee(level, settings.fees)
            )  # fmt: skip
    return Prices(*table)


def block(
    size: int,
    weights: Ints,
    table: Prices,
    mean_answers: float,
    rng: np.random.Generator,
) -> Block:
    """Draw tasks, answers and voters; nobody answers a task twice, or votes on its own."""
    shares = np.array([each[0] for each in _TYPES.values()])
    kind = rng.choice(len(_TYPES), size, p=shares / shares.sum())
    level = rng.choice(len(_DIFFICULTIES), size, p=_DIFFICULTIES)
    parts = np.cumsum([each[1:] for each in _TYPES.values()], axis=1)[kind]
    turn = rng.random(size)
    tier = (turn >= parts[:, 0]).astype(np.int64) + (turn >= parts[:, 1])
    seats = table.seats[kind, level]
    tier[(tier == PEERS) & (seats == 0)] = OPEN
    reward = np.where(tier == PEERS, table.voted_reward[kind, level], table.reward[kind, level])
    ladder = np.cumsum(weights)
    count = np.minimum(rng.poisson(mean_answers, size), MOST_ANSWERS)
    miner = _drawn(ladder, (size, MOST_ANSWERS), rng)
    miner[np.arange(MOST_ANSWERS) >= count[:, None]] = -1
    miner[_again(miner)] = -1
    seat = np.full((size, SEATS), -1, np.int64)
    voted = np.flatnonzero(tier == PEERS)
    seat[voted] = _drawn(ladder, (len(voted), SEATS), rng)
    seat[np.arange(SEATS) >= seats[:, None]] = -1
    seat[_again(seat)] = -1
    seat[(seat[:, :, None] == miner[:, None, :]).any(axis=2)] = -1
    return Block(
        tier, reward, table.publication[kind, level], table.fee[kind, level], seats, miner, seat
    )


def answers_a_task(assumptions: Assumptions, adjustment_ppm: int) -> float:
    """Mean number of answers: more come for more, by the assumed elasticity."""
    return float(assumptions.answers * (1 + assumptions.elasticity * np.log(adjustment_ppm / PPM)))


def _drawn(ladder: Ints, shape: tuple[int, int], rng: np.random.Generator) -> Ints:
    turn = rng.integers(0, ladder[-1], shape)
    return np.asarray(np.searchsorted(ladder, turn, side="right"), np.int64)


def _again(rows: Ints) -> NDArray[np.bool_]:
    """Flags of what stands further left in its row already."""
    twice = np.zeros(rows.shape, bool)
    for place in range(1, rows.shape[1]):
        twice[:, place] = (rows[:, :place] == rows[:, place, None]).any(axis=1)
    return twice & (rows >= 0)
