"""A scenario from its first month to its last, and what each strategy made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from validator.simulation.market import Economy
from validator.simulation.scenario import STRATEGIES, Strategy, tos

if TYPE_CHECKING:
    from collections.abc import Callable

    from validator.simulation.ledger import Ledger
    from validator.simulation.market import Month
    from validator.simulation.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Row:
    """What one strategy made of it, in TOS for each account and month.

    `earned`: after stakes lost, effort and new accounts. `from_votes`: of that, what votes brought
    after their effort, bribes among it: chance moves it far less than the rare large rewards.
    `against_honest`: by how much an honest account earned more. `lost`: deducted stakes. `banned`:
    share of 0-1 of the accounts that a ban held at the end of a month, mean of the months.
    `opened`: accounts that each place has had.
    """

    strategy: Strategy
    accounts: int
    earned: float
    from_votes: float
    against_honest: float
    lost: float
    banned: float
    opened: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """A run: rows by strategy, months, the books, and how well the votes were sampled."""

    scenario: Scenario
    rows: tuple[Row, ...]
    months: tuple[Month, ...]
    ledger: Ledger
    balances: int
    sampled: int
    error: float

    def row(self, strategy: Strategy) -> Row | None:
        """The row of a strategy, None where nobody follows it."""
        return next((each for each in self.rows if each.strategy is strategy), None)


def simulate(scenario: Scenario, tell: Callable[[Month], None] | None = None) -> Outcome:
    """Run all months; `tell` hears of each when it is over."""
    economy = Economy(scenario)
    months = []
    for number in range(scenario.months):
        months.append(economy.month(number))
        if tell is not None:
            tell(months[-1])
    assert economy.rates is not None  # noqa: S101 - there was at least one month
    return Outcome(
        scenario=scenario,
        rows=_rows(economy, months),
        months=tuple(months),
        ledger=economy.ledger,
        balances=int(economy.accounts.balance.sum()),
        sampled=economy.rates.sampled,
        error=economy.rates.error,
    )


def _rows(economy: Economy, months: list[Month]) -> tuple[Row, ...]:
    accounts, found = economy.accounts, []
    honest = 0.0
    for place, strategy in enumerate(STRATEGIES):
        mine = accounts.of(strategy)
        size = int(mine.sum())
        if not size:
            continue
        each = size * len(months)
        earned = tos(float(accounts.balance[mine].sum())) / each
        honest = earned if strategy is Strategy.HONEST else honest
        found.append(
            Row(
                strategy=strategy,
                accounts=size,
                earned=earned,
                from_votes=tos(float(accounts.from_votes[mine].sum())) / each,
                against_honest=honest - earned,
                lost=tos(float(accounts.deducted[mine].sum())) / each,
                banned=sum(month.banned[place] for month in months) / each,
                opened=float(accounts.opened[mine].mean()),
            )
        )
    return tuple(found)
