"""The controller in a market whose miners answer a reward late, and push it where they can."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest

from validator.domain.economics import PPM, ControllerSettings
from validator.economics.controller import Observed, Settled, adjust, observe
from validator.errors import EconomicsError

SETTINGS = ControllerSettings()
LOW = SETTINGS.target_ppm - SETTINGS.dead_band_ppm
HIGH = SETTINGS.target_ppm + SETTINGS.dead_band_ppm

Shock = Callable[[int], float]


def completion(adjustment: float, cost: float, elasticity: float) -> int:
    """Ppm of tasks that miners complete at a reward of `adjustment` where `cost` 1 means 80 %.

    Logistic in the logarithm of reward over cost: at a share r it rises by elasticity * r (1 - r).
    """
    odds = 4 * (adjustment / PPM / cost) ** elasticity
    return round(PPM * odds / (1 + odds))


def market(shock: Shock, epochs: int, elasticity: float, late: int) -> Iterator[tuple[int, int]]:
    """Yield adjustment and rate of each epoch; miners see the reward of `late` epochs before."""
    seen = [PPM] * (late + 1)
    for epoch in range(epochs):
        rate = completion(seen[-1 - late], shock(epoch), elasticity)
        yield seen[-1], rate
        seen.append(adjust(seen[-1], Observed(1000, rate), SETTINGS))


def turns(values: list[int]) -> int:
    """How often a series changes its direction."""
    steps = [b - a for a, b in itertools.pairwise(values) if a != b]
    return sum(a * b < 0 for a, b in itertools.pairwise(steps))


@pytest.mark.parametrize("late", [0, 1, 2])
@pytest.mark.parametrize("elasticity", [1.0, 2.0, 4.0, 6.0])
@pytest.mark.parametrize("cost", [0.6, 0.8, 1.3, 1.8])
def test_after_a_shock_the_rate_returns_without_overshoot_or_oscillation(
    cost: float, elasticity: float, late: int
) -> None:
    found = list(market(lambda _: cost, 120, elasticity, late))
    adjustments = [adjustment for adjustment, _ in found]
    # An integral controller comes near the edge of the dead band ever more slowly.
    near = 12_000

    assert turns(adjustments) == 0
    assert SETTINGS.floor_ppm <= min(adjustments) <= max(adjustments) <= SETTINGS.ceiling_ppm
    for _, rate in found[60:]:
        assert LOW - near <= rate <= HIGH + near


@pytest.mark.parametrize("late", [3, 4])
@pytest.mark.parametrize("cost", [0.6, 1.8])
def test_even_far_too_late_and_lively_miners_are_brought_to_rest(cost: float, late: int) -> None:
    found = list(market(lambda _: cost, 120, 12.0, late))

    assert turns([adjustment for adjustment, _ in found]) <= 2
    assert len({adjustment for adjustment, _ in found[60:]}) == 1


@pytest.mark.parametrize("elasticity", [1.0, 4.0])
def test_a_shock_that_ends_brings_the_rate_back_with_one_turn_at_most(elasticity: float) -> None:
    found = list(market(lambda epoch: 1.5 if epoch < 40 else 1.0, 160, elasticity, 1))

    assert turns([adjustment for adjustment, _ in found]) <= 1
    assert found[39][1] >= LOW - 12_000
    assert all(rate <= HIGH + 12_000 for _, rate in found[100:])


def test_in_a_market_at_its_target_nothing_moves() -> None:
    assert {adjustment for adjustment, _ in market(lambda _: 1.0, 50, 2.0, 1)} == {PPM}


def test_costs_that_go_up_and_down_each_epoch_do_not_run_away() -> None:
    found = list(market(lambda epoch: 1.4 if epoch % 2 else 0.7, 400, 3.0, 1))
    tail = [adjustment for adjustment, _ in found[200:]]

    assert max(tail) - min(tail) <= 2 * SETTINGS.step_ppm * max(tail) // PPM


@pytest.mark.parametrize(("cost", "bound"), [(50.0, "ceiling_ppm"), (0.01, "floor_ppm")])
def test_what_no_reward_can_mend_stops_at_the_bounds(cost: float, bound: str) -> None:
    found = [adjustment for adjustment, _ in market(lambda _: cost, 200, 2.0, 1)]

    assert found[-1] == getattr(SETTINGS, bound)
    assert turns(found) == 0


def epoch(honest_rate: int, attacker: int, *, completes: bool, accounts: int = 200) -> Observed:
    """An epoch of 1,000 honest tasks, and of an attacker's own, all completed or none."""
    honest = [
        Settled(f"h{task % accounts}", (task // accounts) * 200_000 < honest_rate)
        for task in range(1000)
    ]
    return observe([*honest, *[Settled("x", completes)] * attacker], SETTINGS)


@pytest.mark.parametrize("completes", [True, False])
@pytest.mark.parametrize("attacker", [10, 100, 10_000])
def test_one_account_cannot_move_a_market_at_its_target(attacker: int, *, completes: bool) -> None:
    observed = epoch(800_000, attacker, completes=completes)

    assert abs(observed.rate_ppm - 800_000) <= SETTINGS.account_ppm
    assert adjust(PPM, observed, SETTINGS) == PPM


@pytest.mark.parametrize("completes", [True, False])
def test_the_most_that_an_account_can_gain_is_its_share_of_the_rate(*, completes: bool) -> None:
    """Miners who strike for higher rewards, or a publisher who solves his own for lower ones."""

    def settled(push: bool) -> float:
        adjustment = PPM
        for _ in range(300):
            rate = completion(adjustment, 1.5, 2.0)
            if push:  # the cap lets the attacker have 5 % of what counts
                share = SETTINGS.account_ppm
                rate = (rate * (PPM - share) + PPM * completes * share) // PPM
            adjustment = adjust(adjustment, Observed(1000, rate), SETTINGS)
        return adjustment / PPM

    # d ln(reward) = d rate / (elasticity r (1 - r)) with 5 % of the rate, r = .75, elasticity 2.
    most = 0.05 * 0.8 / (2 * 0.75 * 0.25)
    assert abs(settled(push=True) / settled(push=False) - 1) <= most * 1.15


def test_a_crowd_of_linked_accounts_moves_a_step_an_epoch_and_never_past_the_bounds() -> None:
    adjustment, path = PPM, [PPM]
    for _ in range(100):
        adjustment = adjust(adjustment, Observed(10_000, 0), SETTINGS)
        path.append(adjustment)

    steps = [b / a for a, b in itertools.pairwise(path)]
    assert max(steps) <= 1 + SETTINGS.step_ppm / PPM
    assert path[-1] == SETTINGS.ceiling_ppm


def test_few_tasks_and_few_publishers_change_nothing() -> None:
    few = observe([Settled(f"p{n}", completed=False) for n in range(99)], SETTINGS)
    of_few = observe([Settled(f"p{n % 19}", completed=False) for n in range(5000)], SETTINGS)

    assert (few.counted, of_few.counted) == (99, 0)
    assert adjust(PPM, few, SETTINGS) == adjust(PPM, of_few, SETTINGS) == PPM
    assert observe([], SETTINGS) == Observed(0, 0)


def test_twenty_equal_publishers_all_count() -> None:
    tasks = [Settled(f"p{n % 20}", completed=n % 4 > 0) for n in range(2000)]

    assert observe(tasks, SETTINGS) == Observed(2000, 750_000)


@pytest.mark.parametrize(("rate", "after"), [(740_000, 1_002_500), (860_000, 997_500)])
def test_a_step_is_the_gain_times_the_error_outside_the_dead_band(rate: int, after: int) -> None:
    assert adjust(PPM, Observed(1000, rate), SETTINGS) == after


def test_an_adjustment_from_outside_the_bounds_is_brought_back() -> None:
    assert adjust(10 * PPM, Observed(0, 0), SETTINGS) == SETTINGS.ceiling_ppm
    assert adjust(1, Observed(0, 0), SETTINGS) == SETTINGS.floor_ppm


@pytest.mark.parametrize(
    ("adjustment", "rate", "sentence"),
    [
        (0, 1, "adjustment_ppm: must be at least 1"),
        (1, -1, "observed.rate_ppm: must be at least 0"),
        (1, PPM + 1, "observed.rate_ppm: must be at most 1000000"),
    ],
)
def test_what_cannot_be_observed_is_refused(adjustment: int, rate: int, sentence: str) -> None:
    with pytest.raises(EconomicsError) as caught:
        adjust(adjustment, Observed(1000, rate), SETTINGS)

    assert caught.value.detail == sentence
