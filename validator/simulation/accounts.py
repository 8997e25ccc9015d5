"""The accounts of a market as arrays: standing, points, bans and money of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import betaincinv

from validator.domain.economics import PPM
from validator.domain.reputation import Level
from validator.reputation.posterior import quantile, start_prior
from validator.reputation.standing import MEDIAN, bonus_weight, next_levels
from validator.simulation.scenario import STRATEGIES, Strategy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from validator.domain.penalties import Offence, PenaltySettings
    from validator.domain.reputation import ReputationSettings
    from validator.simulation.scenario import Scenario

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

MONTH_DAYS: Final = 30
POINT: Final = 1_000_000


class Accounts:
    """A accounts of miners, who vote as well. Money is whole units, points millionths.

    `kind`: codes into `STRATEGIES`. `ability`: chance of 0-1 that an answer is right. `free_at`:
    the day from which on the account may work again. `opened`: how many accounts its owner has had.
    """

    def __init__(self, scenario: Scenario, rng: np.random.Generator) -> None:
        size = scenario.market.miners
        shares = np.array([scenario.shares.of(each) for each in STRATEGIES])
        edges = np.floor(np.cumsum(shares)[:-1] * size + 0.5).astype(np.int64)
        self.kind: Ints = np.searchsorted(edges, np.arange(size), side="right").astype(np.int64)
        self.ability = _abilities(self.kind, rng, scenario.assumptions.guess_right)
        self.balance: Ints = np.zeros(size, np.int64)
        self.from_votes: Ints = np.zeros(size, np.int64)  # of the balance: pay, bribes, effort
        self.deducted: Ints = np.zeros(size, np.int64)
        self.points: Ints = np.zeros(size, np.int64)
        self.free_at: Ints = np.zeros(size, np.int64)
        self.opened: Ints = np.ones(size, np.int64)
        self.offences: Ints = np.zeros(size, np.int64)
        self.good: Floats = np.zeros(size)
        self.bad: Floats = np.zeros(size)
        self.level: Ints = np.zeros(size, np.int64)

    def of(self, strategy: Strategy) -> NDArray[np.bool_]:
        """Flags of the accounts that follow a strategy."""
        return np.asarray(self.kind == STRATEGIES.index(strategy))

    def weights(self, day: int, settings: ReputationSettings) -> Ints:
        """How likely each is to get work: by its level's bonus, 0 for a banned one."""
        bonus = np.array([bonus_weight(level, settings.levels) for level in Level], np.int64)
        return np.where(self.free_at <= day, bonus[self.level], 0)

    def active(self, day: int) -> dict[Strategy, float]:
        """The shares of the strategies among those who may work."""
        free = self.free_at <= day
        count = np.bincount(self.kind[free], minlength=len(STRATEGIES))
        return {each: float(n) for each, n in zip(STRATEGIES, count, strict=True)}

    def fade(self, settings: PenaltySettings, half_life_days: int) -> None:
        """Let a month pass: points and results lose weight."""
        half = settings.half_life_days
        # The line of `penalties.faded` over one month; halvings first where the half-life is short.
        halvings, rest = divmod(MONTH_DAYS, half)
        self.points = self.points * (2 * half - rest) // (2 * half << halvings)
        kept = 2.0 ** (-MONTH_DAYS / half_life_days)
        self.good, self.bad = self.good * kept, self.bad * kept

    def punish(
        self,
        offence: Offence,
        stakes: Ints,
        counts: Ints,
        day: int,
        settings: PenaltySettings,
    ) -> int:
        """Deduct for a month's upheld offences of one kind; return what was deducted in all.

        `stakes`: of the punished acts, summed for each account; `counts`: how many there were. The
        multiple is that of the month's start, as if one ruling came for all of them; rules as in
        `penalties.penalty`.
        """
        rule = settings.rule(offence)
        multiple = PPM + settings.escalation_ppm * self.points // POINT
        multiple = np.minimum(multiple, settings.most_multiple * PPM)
        share = np.minimum(rule.deduction_ppm * multiple // PPM, settings.most_ppm)
        taken = np.where(counts > 0, stakes // PPM * share + stakes % PPM * share // PPM, 0)
        self.balance -= taken
        self.deducted += taken
        self.offences += counts
        self.points += counts * rule.points * POINT
        days = np.where(counts > 0, rule.ban_days * multiple // PPM, 0)
        over = (counts > 0) & (self.points >= settings.ban_points * POINT)
        days = np.minimum(np.where(over, np.maximum(days, settings.ban_days), days),
                          settings.most_ban_days)  # fmt: skip
        self.free_at = np.where(days > 0, np.maximum(self.free_at, day + days + 1), self.free_at)
        return int(taken.sum())

    def reopen(self, day: int, cost: int) -> int:
        """Give every banned Sybil a new account at its price; return what was paid in all."""
        fresh = self.of(Strategy.SYBIL) & (self.free_at > day)
        self.balance[fresh] -= cost
        self.opened[fresh] += 1
        for each in (self.points, self.free_at, self.level):
            each[fresh] = 0
        self.good[fresh] = self.bad[fresh] = 0.0
        return int(fresh.sum()) * cost

    def rise(self, settings: ReputationSettings) -> None:
        """Set the levels by the results so far."""
        prior = start_prior(settings.prior)
        lower = quantile(prior, self.good, self.bad, settings.bound_ppm / PPM)
        median = quantile(prior, self.good, self.bad, MEDIAN)
        self.level = next_levels(lower, median, self.good + self.bad, self.level, settings)


def _abilities(kind: Ints, rng: np.random.Generator, guess_right: float) -> Floats:
    """Honest workers (and sellers of votes) as the design's population, Beta(6, 2.2).

    Each strategy has the quantiles of it, so that none is better by the luck of a small draw.
    """
    skilled = np.zeros(len(kind))
    for code in range(len(STRATEGIES)):
        mine = np.flatnonzero(kind == code)
        even = (np.arange(len(mine)) + 0.5) / max(len(mine), 1)
        skilled[rng.permutation(mine)] = betaincinv(6.0, 2.2, even)
    works = np.isin(kind, [STRATEGIES.index(Strategy.HONEST), STRATEGIES.index(Strategy.BRIBED)])
    return np.where(works, skilled, guess_right)
