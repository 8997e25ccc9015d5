"""Runs of a small market: the books close, the same seed repeats, honesty pays, attacks do not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from validator.domain.economics import PPM, TOS
from validator.domain.penalties import Offence
from validator.economics.penalties import Case, Ruling, penalty
from validator.economics.split import Part
from validator.errors import SimulationError
from validator.simulation import work
from validator.simulation.accounts import Accounts
from validator.simulation.crowd import measure
from validator.simulation.market import Economy
from validator.simulation.run import simulate
from validator.simulation.scenario import (
    MARKETS,
    Assumptions,
    Market,
    Scenario,
    Shares,
    Strategy,
)

TINY = Scenario(market=Market(50, 400, 2_000), months=3)


def test_no_unit_is_made_or_lost() -> None:
    outcome = simulate(TINY)

    assert outcome.ledger.total(outcome.balances) == 0
    assert outcome.ledger.publishers < 0
    for part in ("network", "experts", "treasury", "effort"):
        assert getattr(outcome.ledger, part) > 0, part
    assert outcome.ledger.bribes < 0


def test_a_seed_repeats_to_the_last_unit_and_another_does_not() -> None:
    one, again, other = (simulate(replace(TINY, seed=seed)) for seed in (5, 5, 6))

    assert one.months == again.months
    assert one.ledger == again.ledger
    assert one.ledger != other.ledger


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_at_the_defaults_honest_accounts_earn_more_than_any_attack(seed: int) -> None:
    outcome = simulate(Scenario(market=Market(100, 1_000, 6_000), months=4, seed=seed))
    honest = outcome.row(Strategy.HONEST)

    assert honest is not None
    assert len(outcome.rows) == 6
    for row in outcome.rows[1:]:
        # Whoever sells votes works as honestly as others: what differs is what votes bring.
        if row.strategy is Strategy.BRIBED:
            assert row.from_votes < honest.from_votes, row
        else:
            assert row.earned < honest.earned, row
    worthless = [outcome.row(each) for each in (Strategy.LAZY, Strategy.RING, Strategy.SYBIL)]
    assert all(row is not None and row.earned < honest.earned / 4 for row in worthless)


def test_nobody_follows_what_nobody_was_given_to() -> None:
    outcome = simulate(replace(TINY, shares=Shares(0.0, 0.0, 0.0, 0.0, 0.0), months=1))

    assert [row.strategy for row in outcome.rows] == [Strategy.HONEST]
    assert outcome.rows[0].accounts == 400
    assert outcome.ledger.bribes == 0


def test_a_copy_is_worth_more_the_less_it_is_found() -> None:
    earned = []
    for found in (1.0, 0.0):
        told = replace(Assumptions(), copy_found=found)
        row = simulate(replace(TINY, assumptions=told)).row(Strategy.COPY)
        assert row is not None
        earned.append(row.earned)

    assert earned[0] < earned[1] - 10


def test_banned_sybils_come_back_at_a_price_and_others_do_not() -> None:
    told = replace(Assumptions(), proven_many=1.0)
    outcome = simulate(replace(TINY, assumptions=told))
    sybil, honest = outcome.row(Strategy.SYBIL), outcome.row(Strategy.HONEST)

    assert sybil is not None
    assert honest is not None
    assert sybil.opened == 1 + TINY.months
    assert honest.opened == 1
    dear = replace(told, account_cost=100.0)
    poorer = simulate(replace(TINY, assumptions=dear)).row(Strategy.SYBIL)
    assert poorer is not None
    assert poorer.earned == pytest.approx(sybil.earned - 99, abs=1e-6)


@pytest.mark.parametrize("before", [0, 1, 2, 6])
@pytest.mark.parametrize("offence", list(Offence))
def test_a_first_ruling_costs_what_the_rules_say(offence: Offence, before: int) -> None:
    accounts = Accounts(TINY, np.random.default_rng(1))
    settings = TINY.economics.penalties
    accounts.points[0] = before * settings.rule(Offence.COPIED_ANSWER).points * 1_000_000
    stakes, counts = np.zeros(400, np.int64), np.zeros(400, np.int64)
    stakes[0], counts[0] = 7 * TOS + 3, 1
    history = [Case(Offence.COPIED_ANSWER, 100, Ruling.UPHELD)] * before
    wanted = penalty(offence, 7 * TOS + 3, history, 100, settings)

    taken = accounts.punish(offence, stakes, counts, 100, settings)

    assert abs(taken - wanted.deducted) <= 1
    assert accounts.points[0] == wanted.points
    until = int(accounts.free_at[0]) - 1
    assert until == (wanted.banned_until or -1)
    assert not accounts.deducted[1:].any()


def test_tasks_are_priced_by_the_table_and_votes_can_be_paid() -> None:
    table = work.prices(TINY.economics, PPM)

    assert table.reward.shape == (8, 4)
    assert table.reward[1, 0] == 5 * TOS  # code for beginners
    assert table.reward[5, 2] == 100 * TOS  # an advanced audit
    assert (table.seats <= work.SEATS).all()
    paid = table.seats > 0
    assert (table.voted_reward[paid] * 15 // 100 >= 3 * table.fee[paid]).all()
    assert not paid[:, 0].any()  # 15 TOS are too few for three peers


def test_nobody_answers_twice_or_votes_on_its_own() -> None:
    table = work.prices(TINY.economics, PPM)
    weights = np.where(np.arange(30) % 3 == 0, 0, PPM)
    found = work.block(3_000, weights, table, 4.0, np.random.default_rng(3))

    for row in range(3_000):
        miners = [each for each in found.miner[row].tolist() if each >= 0]
        voters = [each for each in found.seat[row].tolist() if each >= 0]
        assert len({*miners, *voters}) == len(miners) + len(voters)
        assert all(each % 3 for each in (*miners, *voters)), "a banned account worked"
        if voters:
            assert found.tier[row] == work.PEERS


def test_every_case_of_a_reward_is_whole() -> None:
    economy = Economy(TINY)
    parts = economy._splits

    for case in range(16):
        assert sum(int(parts[part][case]) for part in Part) == PPM
    assert parts[Part.WINNERS][1] == 900_000  # no reviewers: both tiers go to the winner
    assert parts[Part.PUBLISHER][0] == 900_000


def test_the_sampled_crowd_accepts_the_right_and_not_the_worthless() -> None:
    shares = {each: TINY.shares.of(each) for each in Strategy}
    rates = measure(shares, Assumptions(), 2, seed=4)

    assert rates.sampled == 480
    assert rates.accepted[0, 1] > 0.9
    assert rates.accepted[3, 0] < 0.1
    assert rates.flagged[0] < 0.05
    assert 0 < rates.error < 0.05
    assert rates.counted[0] > 0.8
    assert rates.counted[1] < 0.5
    assert rates.counted[4] == pytest.approx(0.8 * rates.counted[0], abs=0.1)


def test_a_large_ring_is_taken_for_one() -> None:
    shares = {Strategy.HONEST: 0.6, Strategy.RING: 0.4}
    rates = measure(shares, Assumptions(), 2, seed=2)

    assert rates.flagged[3] > 0.8
    assert rates.flagged[0] < 0.05


@pytest.mark.parametrize(
    ("made", "field"),
    [
        (lambda: Scenario(months=0), "months"),
        (lambda: Scenario(months=61), "months"),
        (lambda: Scenario(seed=-1), "seed"),
        (lambda: Scenario(market=Market(1, 10, 1_000)), "market.miners"),
        (lambda: Scenario(shares=Shares(ring=0.6)), "shares.ring"),
        (lambda: Scenario(shares=Shares(ring=float("nan"))), "shares.ring"),
        (lambda: Scenario(shares=Shares(ring=0.4, sybil=0.3)), "shares"),
        (lambda: Assumptions(guess_right=1.5), "guess_right"),
        (lambda: Assumptions(bribe=float("nan")), "bribe"),
        (lambda: Assumptions(bribe=float("inf")), "bribe"),
    ],
    ids=range(10),
)
def test_what_cannot_be_is_refused_by_name(made: object, field: str) -> None:
    with pytest.raises(SimulationError, match=field):
        made()  # type: ignore[operator]


def test_markets_are_those_of_the_design() -> None:
    assert MARKETS["optimistic"] == Market(50_000, 200_000, 1_000_000)
