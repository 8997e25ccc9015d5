"""A month of the market: verdicts, payments, penalties, levels, prices."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from validator.domain.economics import PPM, TOS
from validator.domain.penalties import Offence
from validator.economics.controller import Observed, adjust
from validator.economics.split import Part, Parties, shares
from validator.simulation import work
from validator.simulation.accounts import MONTH_DAYS, Accounts
from validator.simulation.crowd import Rates, measure
from validator.simulation.ledger import Ledger
from validator.simulation.scenario import STRATEGIES, Strategy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from validator.simulation.accounts import Floats, Ints
    from validator.simulation.scenario import Scenario
    from validator.simulation.work import Block

    Flags = NDArray[np.bool_]

BLOCK: Final = 100_000
"""Tasks worked on at a time: what they need stays below 300 MB."""
POOLS: Final = 3
REMEASURED: Final = 3
"""Months after which the votes of the market's new mix are sampled again."""
_IN_RINGS: Final = [
    STRATEGIES.index(each) for each in (Strategy.RING, Strategy.SYBIL, Strategy.BRIBED)
]
_RIGHT_IS_BETTER: Final = 20.0
"""How many times likelier the best of several accepted answers is a right one."""


@dataclass(frozen=True, slots=True)
class Month:
    """What a month came to. `balances`: of all accounts of each strategy, in units, to its end."""

    number: int
    adjustment_ppm: int
    completed_ppm: int
    wrong_accepted_ppm: int
    balances: tuple[int, ...]
    banned: tuple[int, ...]


@dataclass(slots=True)
class _Tally:
    """Counts of one month: what is judged, and the acts for which somebody may be punished."""

    size: int
    tasks: int = 0
    completed: int = 0
    accepted: int = 0
    wrong_accepted: int = 0
    stakes: dict[Offence, Ints] = field(default_factory=dict)
    counts: dict[Offence, Ints] = field(default_factory=dict)

    def note(self, offence: Offence, accounts: Ints, stakes: Ints) -> None:
        """Count acts of accounts, which may come several times."""
        for table, each in ((self.stakes, stakes), (self.counts, np.ones_like(stakes))):
            found = np.zeros(self.size, np.int64)
            np.add.at(found, accounts, each)
            table[offence] = table.get(offence, np.zeros(self.size, np.int64)) + found


class Economy:
    """The state of a market from month to month."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self._rng = np.random.default_rng(scenario.seed)
        self.accounts = Accounts(scenario, self._rng)
        self.ledger = Ledger()
        self.adjustment_ppm = PPM
        self.rates: Rates | None = None
        self._splits = _splits(scenario)

    def month(self, number: int) -> Month:
        """Run one month; `number` counts from 0."""
        scenario, accounts, day = self.scenario, self.accounts, number * MONTH_DAYS
        if self.rates is None or number % REMEASURED == 0:
            mix, seed = accounts.active(day), scenario.seed + 1000 * number
            self.rates = measure(mix, scenario.assumptions, POOLS, seed)
        tally = _Tally(scenario.market.miners)
        weights = accounts.weights(day, scenario.reputation)
        table = work.prices(scenario.economics, self.adjustment_ppm)
        mean = work.answers_a_task(scenario.assumptions, self.adjustment_ppm)
        left = scenario.market.tasks_a_month
        while left and weights.any():
            size = min(left, BLOCK)
            self._settle(work.block(size, weights, table, mean, self._rng), tally)
            left -= size
        banned = self._punish(tally, weights > 0, day)
        accounts.rise(scenario.reputation)
        found = self._report(number, tally, banned)
        accounts.fade(scenario.economics.penalties, scenario.reputation.half_life_days)
        seen = Observed(tally.tasks, tally.completed * PPM // max(tally.tasks, 1))
        self.adjustment_ppm = adjust(self.adjustment_ppm, seen, scenario.economics.controller)
        return found

    def _settle(self, block: Block, tally: _Tally) -> None:
        """Judge the answers of a block, and move the money."""
        rng, told = self._rng, self.scenario.assumptions
        there = block.miner >= 0
        kind = np.where(there, self.accounts.kind[block.miner], 0)
        copied = there & (kind == STRATEGIES.index(Strategy.COPY))
        right = there & (rng.random(there.shape) < self.accounts.ability[block.miner])
        # A copy is as right as what it is taken from; the first answer of a task has no model.
        others: Flags = np.any(right & ~copied, axis=1, keepdims=True)
        right = np.where(copied, others, right)
        caught = copied & others & (rng.random(there.shape) < told.copy_found)
        accepted = there & ~caught & self._verdicts(block, kind, right)
        winner = _winners(accepted, right, self._weight(block), rng)
        self._pay(block, there, accepted, winner)
        self._work_costs(block, there, kind)
        self._results(block, there & (block.tier[:, None] != work.OPEN), accepted)
        self._acts(block, kind, right, caught, tally)
        decided = block.tier != work.OPEN
        tally.tasks += int((decided & there.any(axis=1)).sum() + (~there.any(axis=1)).sum())
        tally.completed += int((winner >= 0).sum())
        tally.accepted += int(accepted.sum())
        tally.wrong_accepted += int((accepted & ~right).sum())

    def _verdicts(self, block: Block, kind: Ints, right: Flags) -> Flags:
        """Chances of the tier that decides; of peers as the aggregation was measured to decide."""
        assert self.rates is not None  # noqa: S101 - measured at the month's start
        told = self.scenario.assumptions
        turn = self._rng.random(kind.shape)
        voted = self.rates.accepted[kind, right.astype(np.int64)]
        checks = np.where(right, 1 - told.check_error, told.check_error)
        experts = np.where(right, 1 - told.expert_error, told.expert_error)
        tier = block.tier[:, None]
        chance = np.select(
            [tier == work.AUTOMATIC, tier == work.PEERS, tier == work.EXPERTS],
            [checks, voted, experts], 0.0,
        )  # fmt: skip
        return np.asarray(turn < chance)

    def _weight(self, block: Block) -> Floats:
        levels = self.scenario.reputation.levels
        bonus = np.array([0, levels.skilled_bonus_ppm, levels.expert_bonus_ppm,
                          levels.master_bonus_ppm]) / PPM  # fmt: skip
        return np.asarray(1.0 + bonus[self.accounts.level[block.miner]])

    def _pay(self, block: Block, there: Flags, accepted: Flags, winner: Ints) -> None:
        """Divide every reward as `economics.split` does; what rounding leaves is the network's."""
        rows = np.arange(len(winner))
        others = accepted.copy()
        others[rows[winner >= 0], winner[winner >= 0]] = False
        # An open task is nobody's: the publisher has all of it back but the fee.
        live: Flags = np.any(there, axis=1) & (block.tier != work.OPEN)
        seats = self._counted(block) & live.reshape(-1, 1)
        case = (
            (winner >= 0) * 1 + others.any(axis=1) * 2 + seats.any(axis=1) * 4
            + (block.tier == work.EXPERTS) * 8
        )  # fmt: skip
        part = {name: block.reward * self._splits[name][case] // PPM * live for name in Part}
        paid = np.zeros(len(rows), np.int64)
        won = np.flatnonzero(winner >= 0)
        paid[won] += self._credit(block.miner[won, winner[won]], part[Part.WINNERS][won])
        balance, votes = self.accounts.balance, self.accounts.from_votes
        paid += _share(block.miner, others, part[Part.ACCEPTED], balance)
        paid += _share(block.seat, seats, part[Part.PEERS], balance, votes)
        refund = np.where(live, part[Part.PUBLISHER], block.reward)
        left = block.reward - paid - part[Part.EXPERTS] - refund
        ledger = self.ledger
        ledger.experts += int(part[Part.EXPERTS].sum())
        ledger.network += int(left.sum()) + int(block.publication.sum())
        ledger.publishers -= int((block.reward - refund).sum()) + int(block.publication.sum())

    def _counted(self, block: Block) -> Flags:
        """Seats whose vote counts, and is paid: as often as such voters meet the consensus."""
        assert self.rates is not None  # noqa: S101 - measured at the month's start
        chance = self.rates.counted[self.accounts.kind[block.seat]]
        return np.asarray((block.seat >= 0) & (self._rng.random(chance.shape) < chance))

    def _credit(self, accounts: Ints, amounts: Ints) -> Ints:
        np.add.at(self.accounts.balance, accounts, amounts)
        return amounts

    def _work_costs(self, block: Block, there: Flags, kind: Ints) -> None:
        """What the work itself costs leaves the market; bribes come into it."""
        told, balance = self.scenario.assumptions, self.accounts.balance
        costs = {Strategy.HONEST: told.effort_honest, Strategy.BRIBED: told.effort_honest,
                 Strategy.COPY: told.effort_copy}  # fmt: skip
        ppm = np.array([int(costs.get(each, told.effort_worthless) * PPM) for each in STRATEGIES])
        rows, places = np.nonzero(there)
        spent = block.reward[rows] * ppm[kind[rows, places]] // PPM
        np.add.at(balance, block.miner[rows, places], -spent)
        rows, places = np.nonzero(block.seat >= 0)
        voter = block.seat[rows, places]
        reads = np.isin(self.accounts.kind[voter], [0, STRATEGIES.index(Strategy.BRIBED)])
        cost = np.where(reads, block.fee[rows] * int(told.effort_vote * PPM) // PPM, 0)
        self.ledger.effort += int(spent.sum()) + int(cost.sum())
        sold = (self.accounts.kind[voter] == STRATEGIES.index(Strategy.BRIBED)) & (
            self._rng.random(len(voter)) < told.sold
        )
        bribe = np.where(sold, block.fee[rows] * int(told.bribe * PPM) // PPM, 0)
        for table in (balance, self.accounts.from_votes):
            np.add.at(table, voter, bribe - cost)
        self.ledger.bribes -= int(bribe.sum())

    def _results(self, block: Block, decided: Flags, accepted: Flags) -> None:
        np.add.at(self.accounts.good, block.miner[decided & accepted], 1.0)
        np.add.at(self.accounts.bad, block.miner[decided & ~accepted], 1.0)

    def _acts(self, block: Block, kind: Ints, right: Flags, caught: Flags, tally: _Tally) -> None:
        """Note the copies that were found, and the worthless answers that a ruling confirmed."""
        told, fees = self.scenario.assumptions, self.scenario.economics.fees
        stake = block.reward * fees.miner_stake_least_ppm // PPM
        rows, places = np.nonzero(caught)
        tally.note(Offence.COPIED_ANSWER, block.miner[rows, places], stake[rows])
        empty = [STRATEGIES.index(each) for each in (Strategy.LAZY, Strategy.RING, Strategy.SYBIL)]
        worthless = (block.miner >= 0) & np.isin(kind, empty) & ~right
        worthless &= self._rng.random(kind.shape) < told.proven_worthless
        rows, places = np.nonzero(worthless)
        tally.note(Offence.WORTHLESS_ANSWER, block.miner[rows, places], stake[rows])

    def _punish(self, tally: _Tally, worked: Flags, day: int) -> tuple[int, ...]:
        """Rule on the month's offences; return how many of each strategy are then banned."""
        assert self.rates is not None  # noqa: S101 - measured at the month's start
        told, accounts, rng = self.scenario.assumptions, self.accounts, self._rng
        penalties = self.scenario.economics.penalties
        for offence in (Offence.WORTHLESS_ANSWER, Offence.COPIED_ANSWER):
            if offence in tally.counts:
                self.ledger.treasury += accounts.punish(
                    offence, tally.stakes[offence], tally.counts[offence], day, penalties
                )
        stake = self._standing_stake()
        flagged = worked & (rng.random(len(worked)) < self.rates.flagged[accounts.kind])
        guilty = np.isin(accounts.kind, _IN_RINGS)
        proven = np.where(guilty, told.proven_collusion, told.proven_false)
        ruled = (flagged & (rng.random(len(worked)) < proven)).astype(np.int64)
        many = worked & accounts.of(Strategy.SYBIL) & (rng.random(len(worked)) < told.proven_many)
        for offence, counts in (
            (Offence.COLLUSION, ruled), (Offence.MANY_ACCOUNTS, many.astype(np.int64)),
        ):  # fmt: skip
            self.ledger.treasury += accounts.punish(offence, counts * stake, counts, day, penalties)
        banned = accounts.free_at > day + MONTH_DAYS
        found = tuple(int((banned & accounts.of(each)).sum()) for each in STRATEGIES)
        self.ledger.treasury += accounts.reopen(day + MONTH_DAYS, int(told.account_cost * TOS))
        return found

    def _standing_stake(self) -> int:
        """What a collusion is punished by: the stake of one answer of the commonest dear task."""
        economics = self.scenario.economics
        return economics.rewards.bands.advanced.low * economics.fees.miner_stake_least_ppm // PPM

    def _report(self, number: int, tally: _Tally, banned: tuple[int, ...]) -> Month:
        accounts = self.accounts
        return Month(
            number=number,
            adjustment_ppm=self.adjustment_ppm,
            completed_ppm=tally.completed * PPM // max(tally.tasks, 1),
            wrong_accepted_ppm=tally.wrong_accepted * PPM // max(tally.accepted, 1),
            balances=tuple(int(accounts.balance[accounts.of(each)].sum()) for each in STRATEGIES),
            banned=banned,
        )


def _share(accounts: Ints, flags: Flags, amounts: Ints, *tables: Ints) -> Ints:
    """Pay each flagged account of a row an equal part; return what was paid of each row."""
    count = flags.sum(axis=1)
    each = amounts // np.maximum(count, 1)
    rows, places = np.nonzero(flags)
    for table in tables:
        np.add.at(table, accounts[rows, places], each[rows])
    return np.asarray(each * count)


def _splits(scenario: Scenario) -> dict[Part, Ints]:
    """The ppm of each part for the 16 cases: winner 1, accepted others 2, peers 4, experts 8."""
    found = {part: np.zeros(16, np.int64) for part in Part}
    for case in range(16):
        someone = {"x": 1}
        parties = Parties(
            winners=someone if case & 1 else {},
            accepted=someone if case & 2 and case & 1 else {},
            peers=someone if case & 4 else {},
            experts=someone if case & 8 else {},
        )
        for part, ppm in shares(parties, scenario.economics.split).items():
            found[part][case] = ppm
    return found


def _winners(accepted: Flags, right: Flags, weight: Floats, rng: np.random.Generator) -> Ints:
    """Place of the best accepted answer of each task, -1 where none was accepted."""
    race = rng.exponential(size=accepted.shape) / (weight * np.where(right, _RIGHT_IS_BETTER, 1.0))
    race = np.where(accepted, race, np.inf)
    place = race.argmin(axis=1)
    return np.where(accepted.any(axis=1), place, -1)
