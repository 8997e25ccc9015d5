"""Scores of 0-100 by voters who each see them through a line of their own.

Voter w says of task t: level + offset_w + slope_w * quality_t + noise, noise with a variance of the
voter's own and Student's tails. Weighting by closeness to the crowd would reward who never leaves
the middle of the scale; a slope takes that away, since a voter who always says 60 has slope 0 and
so no weight (design, votes, section 3). A voter whose votes are told as well without any quality at
all is taken for noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import expit, ndtr

from validator.peers.incidence import summed
from validator.peers.pool import TOP_SCORE, Floats, Pool

# Deviations of the priors and degrees of freedom: design, votes, section 3.
SLOPE_SPREAD: Final = 0.3
OFFSET_SPREAD: Final = 5.0
FREEDOM: Final = 4.0
NOISE_VOTES: Final = 16.0
"""How many votes the common noise is worth in a voter's own variance."""
EARNEST: Final = 0.9
"""How likely a voter is, before any vote, to look at the task at all."""
ENOUGH_KNOWN: Final = 10
"""From so many known tasks on the fit begins at the voters' record on them."""
_RECORD_VOTES: Final = 2.0
_OWN_LEVEL_VOTES: Final = 5.0
_SURE: Final = 0.01
"""The standard deviation, in points, of a truth that is held fixed."""


@dataclass(frozen=True, slots=True)
class ScoreFit:
    """What the model believes: T tasks, V voters.

    `score`: T scores of 0-100. `voiced`: T scores as the mean of the earnest voters would give
    them, which is as much as votes alone can tell. `quality`, `spread`: T deviations from `level`
    and their variances.
    `offset`, `slope`, `noise`: V points, V slopes, V variances in points squared. `earnest`: V
    probabilities that a voter's votes hang on the tasks at all.
    """

    score: Floats
    voiced: Floats
    level: float
    quality: Floats
    spread: Floats
    offset: Floats
    slope: Floats
    noise: Floats
    earnest: Floats

    def expected(self, pool: Pool) -> Floats:
        """N scores that the voters of these votes were expected to give."""
        return (
            self.level + self.offset[pool.voter] + self.slope[pool.voter] * self.quality[pool.task]
        )


@dataclass(slots=True)
class _State:
    """What one round of the fit hands to the next; see `ScoreFit`."""

    level: float
    quality: Floats
    spread: Floats
    offset: Floats
    slope: Floats
    noise: Floats
    earnest: Floats
    scale: float
    centre: float = 0.0


def linear_voters(
    pool: Pool, weight: Floats | None = None, rounds: int = 60, tolerance: float = 0.01
) -> ScoreFit:
    """Fit the model by mean-field updates.

    Args:
        pool: scores; known tasks are held fixed.
        weight: N weights of the votes of 0-1; 1 without.
        rounds: the most rounds.
        tolerance: the fit ends when no quality moves by more points.

    """
    counts = np.ones(len(pool.value)) if weight is None else weight
    state = _start(pool, counts)
    for _ in range(rounds):
        slope_variance, covariance = _fit_voters(pool, counts, state)
        quality = _fit_tasks(pool, counts, state, slope_variance, covariance)
        step = np.abs(quality - state.quality).max()
        state.quality = quality
        # Told by the tasks: the votes' own mean leans to who votes without looking.
        state.centre = float(quality.mean())
        state.scale = max(float(((quality - state.centre) ** 2 + state.spread).mean()), 1.0)
        if step < tolerance:
            break
    return _fit(pool, counts, state)


def _start(pool: Pool, counts: Floats) -> _State:
    """Begin at the mean, or at the voters' record on known tasks where there are enough."""
    tasks, voters = len(pool.tasks), len(pool.voters)
    known = pool.is_certain
    level = float(np.average(pool.value, weights=counts))
    trusted = counts
    noise = np.zeros(voters)
    if known.sum() >= ENOUGH_KNOWN:
        noise = _record(pool, counts)
        trusted = counts / noise[pool.voter] ** 1.5
    total = summed(pool.task, trusted, tasks)
    mean = np.divide(
        summed(pool.task, trusted * pool.value, tasks), total,
        out=np.full(tasks, level), where=total > 0,
    )  # fmt: skip
    mean[known] = pool.known[known]
    quality = mean - level
    if not noise.any():
        noise += np.average((pool.value - mean[pool.task]) ** 2, weights=counts) + 1
    return _State(
        level=level,
        quality=quality,
        spread=np.where(known, 0.0, 25.0),
        offset=np.zeros(voters),
        slope=np.ones(voters),
        noise=noise,
        earnest=np.ones(voters),
        scale=max(float(quality.var()), 1.0),
    )


def _record(pool: Pool, counts: Floats) -> Floats:
    """V mean squared errors on known tasks, drawn to the common one."""
    on = counts * pool.is_certain[pool.task]
    error = on * (pool.value - np.nan_to_num(pool.known)[pool.task]) ** 2
    count = summed(pool.voter, on, len(pool.voters))
    sums = summed(pool.voter, error, len(pool.voters))
    common = sums.sum() / max(count.sum(), 1.0) + 1e-6
    error_on_record: Floats = (sums + _RECORD_VOTES * common) / (count + _RECORD_VOTES)
    return error_on_record


def _precision(pool: Pool, counts: Floats, state: _State) -> tuple[Floats, Floats]:
    """N weights for Student's tails, and N precisions of the votes."""
    error = pool.value - state.level - state.offset[pool.voter]
    error -= state.slope[pool.voter] * state.quality[pool.task]
    noise = state.noise[pool.voter]
    tails = counts * (FREEDOM + 1) / (FREEDOM + error**2 / noise)
    return tails, tails / noise


def _fit_voters(pool: Pool, counts: Floats, state: _State) -> tuple[Floats, Floats]:
    """Regress each voter's votes on the qualities; returns variance of slopes and covariance."""
    voters = len(pool.voters)
    tails, precision = _precision(pool, counts, state)
    quality = state.quality[pool.task]
    said = pool.value - state.level
    a = summed(pool.voter, precision, voters) + OFFSET_SPREAD**-2
    b = summed(pool.voter, precision * quality, voters)
    c = summed(pool.voter, precision * (quality**2 + state.spread[pool.task]), voters)
    c += SLOPE_SPREAD**-2
    y = summed(pool.voter, precision * said, voters)
    z = summed(pool.voter, precision * said * quality, voters) + SLOPE_SPREAD**-2
    determinant = a * c - b**2
    state.offset = (c * y - b * z) / determinant
    state.slope = (a * z - b * y) / determinant
    _fit_noise(pool, counts, state, tails, c / determinant, a / determinant)
    return a / determinant, -b / determinant


def _fit_noise(
    pool: Pool, counts: Floats, state: _State, tails: Floats, offset: Floats, slope: Floats
) -> None:
    """Each voter's variance, and how earnest the voter is."""
    voters = len(pool.voters)
    who = pool.voter
    quality = state.quality[pool.task]
    error = pool.value - state.level - state.offset[who] - state.slope[who] * quality
    square = error**2 + state.slope[who] ** 2 * state.spread[pool.task]
    square += offset[who] + slope[who] * quality**2
    count = summed(who, counts, voters)
    trust = tails * state.earnest[who]
    common = np.average(square, weights=trust + 1e-9)
    own = summed(who, tails * square, voters)
    state.noise = (own + NOISE_VOTES * common) / (count + NOISE_VOTES)
    told = _student(error, state.noise[who] + state.slope[who] ** 2 * state.spread[pool.task])
    gain = summed(who, counts * told, voters) - _blind(pool, counts, state.level)
    gain += _occam(state.slope - 1, slope, SLOPE_SPREAD**2)
    gain += _occam(state.offset, offset, OFFSET_SPREAD**2)
    # Who says low where others say high is no mirror to read by; it is taken for noise.
    upright = ndtr(state.slope / np.sqrt(slope))
    state.earnest = upright * expit(np.clip(gain + np.log(EARNEST / (1 - EARNEST)), -30, 30))


def _occam(fitted: Floats, variance: Floats, prior: float) -> Floats:
    """What a parameter fitted at this distance from its prior costs, by Laplace's approximation."""
    return 0.5 * (np.log(variance / prior) - fitted**2 / prior)


def _student(error: Floats, variance: Floats) -> Floats:
    """Logarithms of Student's density, without the constant that all models share."""
    return -0.5 * np.log(variance) - (FREEDOM + 1) / 2 * np.log1p(error**2 / (FREEDOM * variance))


def _blind(pool: Pool, counts: Floats, level: float) -> Floats:
    """V log densities of a voter's votes, were the voter not to look at the tasks at all."""
    voters = len(pool.voters)
    who = pool.voter
    count = summed(who, counts, voters)
    wide = np.average((pool.value - level) ** 2, weights=counts) + 1
    own = summed(who, counts * pool.value, voters) + _OWN_LEVEL_VOTES * level
    mean = own / (count + _OWN_LEVEL_VOTES)
    square = summed(who, counts * (pool.value - mean[who]) ** 2, voters) + _OWN_LEVEL_VOTES * wide
    variance = square / (count + _OWN_LEVEL_VOTES)
    density = summed(who, counts * _student(pool.value - mean[who], variance[who]), voters)
    return density + _occam(mean - level, variance / (count + _OWN_LEVEL_VOTES), float(wide))


def _fit_tasks(
    pool: Pool, counts: Floats, state: _State, slope_variance: Floats, covariance: Floats
) -> Floats:
    """T qualities from what the voters said; their variances go into the state."""
    tasks = len(pool.tasks)
    who = pool.voter
    _, precision = _precision(pool, counts, state)
    precision = precision * state.earnest[who]
    slope = state.slope[who]
    said = pool.value - state.level - state.offset[who]
    pull = summed(pool.task, precision * (slope * said - covariance[who]), tasks)
    hold = summed(pool.task, precision * (slope**2 + slope_variance[who]), tasks) + 1 / state.scale
    sure = np.where(pool.is_known, 1 / np.maximum(pool.doubt, _SURE) ** 2, 0.0)
    hold += sure
    pull += state.centre / state.scale + sure * (np.nan_to_num(pool.known) - state.level)
    state.spread = 1 / hold
    return pull / hold


def _fit(pool: Pool, counts: Floats, state: _State) -> ScoreFit:
    """The last state as a fit.

    Level, slope and offset can be traded against each other; where too few truths are known to say
    which, a score is what the mean of the votes' own voters would give (`voiced`).
    """
    trust = counts * state.earnest[pool.voter] + 1e-9
    offset = np.average(state.offset[pool.voter], weights=trust)
    slope = np.average(state.slope[pool.voter], weights=trust)
    absolute = state.level + state.quality
    voiced = np.where(pool.is_known, absolute, state.level + offset + slope * state.quality)
    score = absolute if pool.is_certain.sum() >= ENOUGH_KNOWN else voiced
    return ScoreFit(
        score=np.clip(score, 0.0, TOP_SCORE),
        voiced=np.clip(voiced, 0.0, TOP_SCORE),
        level=state.level,
        quality=state.quality,
        spread=state.spread,
        offset=state.offset,
        slope=state.slope,
        noise=state.noise,
        earnest=state.earnest,
    )
