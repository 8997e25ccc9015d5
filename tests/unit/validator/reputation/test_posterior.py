from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from validator.domain.reputation import Level, PriorSettings, ReputationSettings
from validator.errors import ReputationError
from validator.reputation.posterior import Prior, fit_prior, quantile, start_prior
from validator.reputation.results import Counts
from validator.reputation.standing import assess

SETTINGS = PriorSettings()


def population(prior: Prior, accounts: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    tasks = random.integers(10, 200, accounts)
    return random.binomial(tasks, random.beta(prior.a, prior.b, accounts)), tasks


@pytest.mark.parametrize("point", [0.05, 0.5, 0.95])
def test_a_quantile_is_that_of_the_beta_posterior(point: float) -> None:
    good, bad = np.array([0.0, 3.5, 400.0]), np.array([0.0, 1.25, 20.0])

    found = quantile(Prior(6, 2.2), good, bad, point)

    assert found == pytest.approx(stats.beta.ppf(point, 6 + good, 2.2 + bad), rel=1e-9)


def test_a_young_market_starts_with_the_known_population() -> None:
    start = start_prior(SETTINGS)
    good, tasks = population(Prior(9, 1), 999, 1)

    assert (start.a, start.b) == (6.0, 2.2)
    assert fit_prior(good, tasks, SETTINGS) == start


def test_accounts_with_few_tasks_do_not_count_towards_a_refit() -> None:
    assert fit_prior(np.full(5000, 9), np.full(5000, 9), SETTINGS) == start_prior(SETTINGS)


@pytest.mark.parametrize("true", [Prior(6, 2.2), Prior(4, 4), Prior(3.6, 2.4), Prior(7.5, 2.5)])
def test_a_refit_finds_the_population(true: Prior) -> None:
    found = fit_prior(*population(true, 20_000, 7), SETTINGS)

    assert found.mean == pytest.approx(true.mean, abs=0.01)
    assert found.strength == pytest.approx(true.strength, rel=0.08)


def test_a_refit_sees_through_the_noise_of_ten_tasks() -> None:
    random = np.random.default_rng(8)
    good = random.binomial(10, random.beta(6, 2.2, 40_000))

    assert fit_prior(good, np.full(40_000, 10), SETTINGS).strength == pytest.approx(8.2, rel=0.06)


@pytest.mark.parametrize(
    ("good", "mean", "strength"), [(1.0, 0.8, 12.0), (0.0, 0.5, 12.0), (0.65, 0.65, 12.0)]
)
def test_a_crowd_of_bought_successes_moves_the_prior_to_its_bound_only(
    good: float, mean: float, strength: float
) -> None:
    found = fit_prior(np.full(100_000, good * 100), np.full(100_000, 100), SETTINGS)

    assert (found.mean, found.strength) == pytest.approx((mean, strength))


def test_a_population_of_two_camps_has_the_least_strength() -> None:
    good = np.repeat([0.0, 100.0], 1000)

    assert fit_prior(good, np.full(2000, 100), SETTINGS).strength == pytest.approx(4.0)


@pytest.mark.parametrize("mean", [0.5, 0.8])
@pytest.mark.parametrize("strength", [4.0, 12.0])
def test_no_prior_lifts_anybody_who_has_done_nothing(mean: float, strength: float) -> None:
    prior = Prior(mean * strength, (1 - mean) * strength)
    settings = ReputationSettings(rise_weight=0)

    assert assess(Counts(), prior, Level.BEGINNER, settings).level is Level.BEGINNER


@pytest.mark.parametrize(
    ("good", "tasks", "sentence"),
    [
        ([1.0], [1.0, 2.0], "tasks: must hold one number for each of successes"),
        ([3.0], [2.0], "successes: must be at most the account's tasks"),
        ([float("nan")], [2.0], "successes: must be finite numbers that are not negative"),
        ([1.0], [float("inf")], "tasks: must be finite numbers that are not negative"),
        ([-1.0], [2.0], "successes: must be finite numbers that are not negative"),
    ],
)
def test_counts_that_cannot_be_are_refused(
    good: list[float], tasks: list[float], sentence: str
) -> None:
    with pytest.raises(ReputationError) as caught:
        fit_prior(good, tasks, SETTINGS)

    assert caught.value.detail == sentence
