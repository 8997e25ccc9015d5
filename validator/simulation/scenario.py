"""What is assumed: the size of the market, who is in it, and how each of them behaves."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Final

from validator.domain.economics import TOS, EconomicsSettings
from validator.domain.reputation import ReputationSettings
from validator.errors import SimulationError

MAX_MONTHS: Final = 60
MAX_ACCOUNTS: Final = 1_000_000
MAX_TASKS: Final = 5_000_000
MOST_HOSTILE: Final = 0.49
"""From half on no vote can tell who is right (design of votes, section 5)."""


class Strategy(StrEnum):
    """How an account behaves, in the order of the rows."""

    HONEST = "honest"
    LAZY = "lazy"  # guesses, and votes without looking
    COPY = "copy"  # hands in what another one wrote
    RING = "ring"  # worthless answers, lifted by the votes of the others of the ring
    BRIBED = "bribed"  # works honestly and sells some votes
    SYBIL = "sybil"  # one hand, many accounts, a new one for each that is banned


STRATEGIES: Final = tuple(Strategy)


@dataclass(frozen=True, slots=True)
class Market:
    """Its size. Sources: the design's optimistic market; `small` is a hundredth of it."""

    publishers: int
    miners: int
    tasks_a_month: int


MARKETS: Final = {
    "small": Market(500, 2_000, 10_000),
    "medium": Market(5_000, 20_000, 100_000),
    "optimistic": Market(50_000, 200_000, 1_000_000),
}


@dataclass(frozen=True, slots=True)
class Shares:
    """Which part of the accounts follows each strategy; the rest is honest."""

    lazy: float = 0.08
    copy: float = 0.06
    ring: float = 0.08
    bribed: float = 0.04
    sybil: float = 0.06

    @property
    def honest(self) -> float:
        """What is left, 0-1."""
        return 1.0 - self.hostile

    @property
    def hostile(self) -> float:
        """All that is not honest, 0-1."""
        return self.lazy + self.copy + self.ring + self.bribed + self.sybil

    def of(self, strategy: Strategy) -> float:
        """The share of one strategy, 0-1."""
        return float(getattr(self, strategy.value))


@dataclass(frozen=True, slots=True)
class Assumptions:
    """How people behave and how often an offence is proven: rates of 0-1 unless a line says else.

    None of these is measured on a market, since there is none yet. `guess_right`: a worthless
    answer is right by luck. `effort_*`: cost of the work behind an answer, in parts of the reward.
    `proven_*`: an offence is noticed and upheld; of the flags of honest voters `proven_false` is.
    `copy_found` is below the .90 to .99 that near copies on the public sets were found with, for
    copiers who reword. `bribe`: what a sold vote brings, in parts of the peer's fee, for
    `sold` of the votes. `account_cost`: of a new account, in TOS.
    """

    answers: float = 3.0  # on a task, mean
    elasticity: float = 1.0  # by how much more answers come for a reward e times as great
    guess_right: float = 0.05
    effort_honest: float = 0.10
    effort_worthless: float = 0.005
    effort_copy: float = 0.01
    effort_vote: float = 0.20  # of the peer's fee, where the answer is read
    proven_worthless: float = 0.5
    proven_collusion: float = (
        0.5  # a month, of a voter whom the aggregation takes for one of a ring
    )
    proven_many: float = 0.2  # a month and account
    proven_false: float = 0.01
    copy_found: float = 0.8
    bribe: float = 0.5
    sold: float = 0.2
    account_cost: float = 1.0
    check_error: float = 0.002  # an executed check accepts what is wrong
    expert_error: float = 0.05
    known: float = 0.05  # of the voted tasks have a truth from a check or a human

    def __post_init__(self) -> None:
        most = {"answers": 10.0, "elasticity": 4.0, "bribe": 1000.0, "account_cost": 1e6}
        for each in fields(self):
            value, top = getattr(self, each.name), most.get(each.name, 1.0)
            if not 0 <= value <= top:
                raise SimulationError(each.name, f"must be 0 to {top:g}, not {value!r}")


@dataclass(frozen=True, slots=True)
class Scenario:
    """One run. The same scenario gives the same result, to the last unit."""

    market: Market = MARKETS["small"]
    months: int = 12
    seed: int = 1
    shares: Shares = field(default_factory=Shares)
    assumptions: Assumptions = field(default_factory=Assumptions)
    economics: EconomicsSettings = field(default_factory=EconomicsSettings)
    reputation: ReputationSettings = field(default_factory=ReputationSettings)

    def __post_init__(self) -> None:
        _range("months", self.months, 1, MAX_MONTHS)
        _range("seed", self.seed, 0, 2**32 - 1)
        _range("market.publishers", self.market.publishers, 1, MAX_ACCOUNTS)
        _range("market.miners", self.market.miners, 200, MAX_ACCOUNTS)
        _range("market.tasks_a_month", self.market.tasks_a_month, 100, MAX_TASKS)
        for strategy in STRATEGIES[1:]:
            share = self.shares.of(strategy)
            if not 0 <= share <= MOST_HOSTILE:
                raise SimulationError(
                    f"shares.{strategy}", f"must be 0 to {MOST_HOSTILE}, not {share!r}"
                )
        if self.shares.hostile > MOST_HOSTILE + 1e-9:
            raise SimulationError(
                "shares", f"must be {MOST_HOSTILE} together at most, not {self.shares.hostile:.2f}"
            )


def _range(name: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise SimulationError(name, f"must be {least:,} to {most:,}, not {value:,}")


def tos(units: float) -> float:
    """Return an amount of units in TOS of the design."""
    return units / TOS
