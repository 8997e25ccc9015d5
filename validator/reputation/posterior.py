"""Success rates as Beta posteriors over a prior that is the population.

With a prior Beta(a, b) and s successes and f failures the rate is Beta(a + s, b + f) (Gelman et
al., Bayesian Data Analysis, 2.4). Counts may be fractions, because old results weigh less.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import betaincinv

from validator.domain.reputation import PPM
from validator.errors import ReputationError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from validator.domain.reputation import PriorSettings

    Floats = NDArray[np.float64]

THOUSANDTHS = 1_000


@dataclass(frozen=True, slots=True)
class Prior:
    """Beta(a, b): as if a + b tasks had been seen, a of them successes."""

    a: float
    b: float

    @property
    def mean(self) -> float:
        """Success rate of the population, 0-1."""
        return self.a / (self.a + self.b)

    @property
    def strength(self) -> float:
        """How many tasks it is worth."""
        return self.a + self.b


def quantile(prior: Prior, successes: ArrayLike, failures: ArrayLike, point: float) -> Floats:
    """Return the rate that the true one is below with probability `point`, 0-1.

    Shapes of `successes` and `failures` are broadcast, and the result has theirs. Raises
    ReputationError where a count is negative or not finite.
    """
    good = _counts("successes", successes)
    bad = _counts("failures", failures)
    return np.asarray(betaincinv(prior.a + good, prior.b + bad, point), dtype=np.float64)


def start_prior(settings: PriorSettings) -> Prior:
    """Return the prior of a young market: Beta(6, 2.2) by default."""
    return Prior(settings.a_thousandths / THOUSANDTHS, settings.b_thousandths / THOUSANDTHS)


def fit_prior(successes: ArrayLike, tasks: ArrayLike, settings: PriorSettings) -> Prior:
    """Return the prior of a population by moments, the start prior below `refit_from` accounts.

    `successes`, `tasks`: one number for each account; accounts with fewer than `least_tasks` are
    left out. With rates p = s/n the variance between accounts is
    V = m (1 - m) (r + (1 - r) mean(1/n)), where m is the mean of p and r = 1 / (a + b + 1)
    (beta-binomial by moments, Kleinman 1973, equal weights). Mean and strength are kept in their
    bounds, and a population without any spread has the greatest strength.
    """
    good, all_tasks = _counts("successes", successes), _counts("tasks", tasks)
    if good.shape != all_tasks.shape:
        raise ReputationError("tasks", "must hold one number for each of successes")
    if np.any(good > all_tasks):
        raise ReputationError("successes", "must be at most the account's tasks")
    known = all_tasks >= settings.least_tasks
    if int(known.sum()) < settings.refit_from:
        return start_prior(settings)
    rates = good[known] / all_tasks[known]
    mean = float(rates.mean())
    bounded = min(max(mean, settings.least_mean_ppm / PPM), settings.most_mean_ppm / PPM)
    strength = _strength(rates, all_tasks[known], settings)
    return Prior(bounded * strength, (1 - bounded) * strength)


def _strength(rates: Floats, tasks: Floats, settings: PriorSettings) -> float:
    least = settings.least_strength_thousandths / THOUSANDTHS
    most = settings.most_strength_thousandths / THOUSANDTHS
    mean = float(rates.mean())
    whole = mean * (1 - mean)
    noise = float((1 / tasks).mean())
    if whole <= 0:
        return most
    between = (float(rates.var()) / whole - noise) / (1 - noise)
    if between <= 0:
        return most
    return min(max(1 / between - 1, least), most)


def _counts(field: str, values: ArrayLike) -> Floats:
    found: NDArray[Any] = np.asarray(values, dtype=np.float64)
    if not np.all(np.isfinite(found)) or np.any(found < 0):
        raise ReputationError(field, "must be finite numbers that are not negative")
    return found
