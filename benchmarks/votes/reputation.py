"""How often reputation flatters: measured beside the raw rate, which is what others show.

Accounts have true rates of Beta(6, 2.2), the population of the design of votes, section 9. Results
are fresh and of many publishers, so that decay and caps play no part.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from benchmarks.timing import Ratio
from validator.domain.reputation import PPM, Level, ReputationSettings
from validator.reputation.posterior import quantile, start_prior
from validator.reputation.standing import MEDIAN, next_levels

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]

POPULATION: Final = (6.0, 2.2)
ACCOUNTS: Final = 20_000
LOOKS: Final = (10, 20, 50, 100, 300)
FIRST_LOOK: Final = 10
OVER_PROMOTED_MOST: Final = 0.01
"""At 20 tasks (design of votes, section 11)."""
LUCKY_MASTERS_MOST: Final = 0.001
"""Within 300 tasks at a true rate of .85 (there)."""
LUCKY_RATE: Final = 0.85
_SETTINGS: Final = ReputationSettings()


@dataclass(frozen=True, slots=True)
class ReputationRow:
    """One figure: a share of accounts, 0-1. `required` is the most it may be, None for no bar."""

    measure: str
    method: str
    tasks: int
    value: float
    required: float | None = None


def measure(short: bool) -> Iterator[Ratio]:
    """Measure how often luck lifts an account, as shares beside those of the raw rate."""
    for row in reputation_table(1, ACCOUNTS // 10 if short else ACCOUNTS):
        name = f"reputation, {row.measure}, {row.method}, {row.tasks} tasks"
        yield Ratio("votes", name, row.value, 1.0, "", row.required, at_most=True)


def reputation_table(seed: int, accounts: int = ACCOUNTS) -> Iterator[ReputationRow]:
    """Yield the measured rows for a seed; the same seed yields the same figures.

    "Looked at after each": the level was renewed after every task, so that whoever was lifted by
    luck once stays up as long as hysteresis lets him.
    """
    random = np.random.default_rng(seed)
    rates = random.beta(*POPULATION, accounts)
    wins = _wins(random, rates)
    truth = np.searchsorted(_SETTINGS.levels.above, rates, side="left")
    held = _levels_after_each(wins)
    for tasks in LOOKS:
        bar = OVER_PROMOTED_MOST if tasks == 20 else None
        ours, raw = held[tasks], _raw_levels(wins[tasks], tasks)
        above = "shown above the true level, looked at after each"
        yield ReputationRow(above, "ours", tasks, float((ours > truth).mean()), bar)
        yield ReputationRow(above, "raw k/n", tasks, float((raw > truth).mean()))
        below = "shown below the true level"
        yield ReputationRow(below, "ours", tasks, float((ours < truth).mean()))
        yield ReputationRow(below, "raw k/n", tasks, float((raw < truth).mean()))
    yield from _lucky(random, accounts)


def _lucky(random: np.random.Generator, accounts: int) -> Iterator[ReputationRow]:
    wins = _wins(random, np.full(accounts, LUCKY_RATE))
    ours = _levels_after_each(wins)[FIRST_LOOK:].max(axis=0) == Level.MASTER
    looks = range(FIRST_LOOK, LOOKS[-1] + 1)
    raw = np.max([_raw_levels(wins[n], n) for n in looks], axis=0) == Level.MASTER
    measure = "Master at some time at a true rate of .85, looked at after each"
    yield ReputationRow(measure, "ours", LOOKS[-1], float(ours.mean()), LUCKY_MASTERS_MOST)
    yield ReputationRow(measure, "raw k/n", LOOKS[-1], float(raw.mean()))


def _wins(random: np.random.Generator, rates: NDArray[np.float64]) -> Numbers:
    """Return successes after 0..300 tasks, shape (301, accounts)."""
    drawn = random.random((LOOKS[-1], rates.size)) < rates
    return np.vstack([np.zeros(rates.size, dtype=np.int64), drawn.cumsum(axis=0)])


def _levels_after_each(wins: Numbers) -> Numbers:
    """Return the levels after 0..300 tasks, each renewed from the one before."""
    prior = start_prior(_SETTINGS.prior)
    levels = np.zeros_like(wins)
    for tasks in range(1, len(wins)):
        good = np.arange(tasks + 1)
        lower = quantile(prior, good, tasks - good, _SETTINGS.bound_ppm / PPM)
        median = quantile(prior, good, tasks - good, MEDIAN)
        seen = wins[tasks]
        weight = np.full(seen.shape, float(tasks))
        levels[tasks] = next_levels(lower[seen], median[seen], weight, levels[tasks - 1], _SETTINGS)
    return levels


def _raw_levels(wins: Numbers, tasks: int) -> Numbers:
    return np.searchsorted(_SETTINGS.levels.above, wins / tasks, side="left")
