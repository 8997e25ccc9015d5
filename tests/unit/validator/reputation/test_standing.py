from __future__ import annotations

import numpy as np
import pytest

from benchmarks.votes.reputation import reputation_table
from validator.domain.reputation import Level, ReputationSettings
from validator.reputation.posterior import Prior, quantile
from validator.reputation.results import Counts
from validator.reputation.standing import (
    abnormal_success,
    assess,
    bonus_weight,
    next_levels,
    posted,
)

SETTINGS = ReputationSettings()
PRIOR = Prior(6, 2.2)


def level(successes: float, failures: float, held: Level = Level.BEGINNER) -> Level:
    return assess(Counts(successes, failures), PRIOR, held, SETTINGS).level


@pytest.mark.parametrize(
    ("perfect", "found"),
    [
        (14, Level.BEGINNER),
        (15, Level.SKILLED),
        (24, Level.SKILLED),
        (25, Level.EXPERT),
        (92, Level.EXPERT),
        (93, Level.MASTER),
    ],
)
def test_a_perfect_record_rises_when_it_is_long_enough(perfect: int, found: Level) -> None:
    assert level(perfect, 0) is found


def test_the_bound_alone_would_make_eight_of_eight_skilled() -> None:
    settings = ReputationSettings(rise_weight=0)

    found = [assess(Counts(n, 0), PRIOR, Level.BEGINNER, settings).level for n in (7, 8)]

    assert found == [Level.BEGINNER, Level.SKILLED]


def test_a_level_is_held_until_the_median_is_under_it() -> None:
    assert level(80, 20) is Level.SKILLED
    assert level(80, 20, Level.EXPERT) is Level.SKILLED  # median .79 < .85
    assert level(88, 12, Level.EXPERT) is Level.EXPERT  # lower .81, median .87
    assert level(88, 12) is Level.SKILLED


def test_who_falls_falls_to_the_level_that_the_median_still_holds() -> None:
    assert level(90, 10, Level.MASTER) is Level.EXPERT
    assert level(50, 50, Level.MASTER) is Level.BEGINNER


def test_few_results_lift_nobody_and_take_nothing_away() -> None:
    assert level(14, 0, Level.EXPERT) is Level.EXPERT
    assert level(0, 0, Level.SKILLED) is Level.SKILLED
    assert level(0, 0, Level.EXPERT) is Level.SKILLED


def test_a_level_begins_above_its_rate_and_is_kept_at_it() -> None:
    at = np.array([0.7, 0.85, 0.95])
    held = np.array([0, 1, 2])

    found = next_levels(at, at, np.full(3, 50.0), held, SETTINGS)
    kept = next_levels(at, at, np.full(3, 50.0), held + 1, SETTINGS)

    assert found.tolist() == [0, 1, 2]
    assert kept.tolist() == [1, 2, 3]


def test_levels_of_many_are_those_of_each() -> None:
    random = np.random.default_rng(3)
    good, bad = random.integers(0, 200, 300), random.integers(0, 40, 300)
    held = random.integers(0, 4, 300)

    many = next_levels(
        quantile(PRIOR, good, bad, 0.05),
        quantile(PRIOR, good, bad, 0.5),
        (good + bad).astype(float),
        held,
        SETTINGS,
    )

    each = [level(float(g), float(b), Level(h)) for g, b, h in zip(good, bad, held, strict=True)]
    assert many.tolist() == each


def test_at_a_threshold_a_level_does_not_flicker() -> None:
    """A true rate of .85 exactly: 40 accounts, 1,000 tasks each, looked at after each."""
    random = np.random.default_rng(11)
    wins = (random.random((40, 1000)) < 0.85).cumsum(axis=1)
    held = np.zeros(40, dtype=np.int64)
    changes = np.zeros(40, dtype=np.int64)
    for done in range(1, 1001):
        good, bad = wins[:, done - 1], done - wins[:, done - 1]
        lower, median = quantile(PRIOR, good, bad, 0.05), quantile(PRIOR, good, bad, 0.5)
        after = next_levels(lower, median, np.full(40, float(done)), held, SETTINGS)
        changes += after != held
        held = after

    assert changes.mean() <= 3
    assert changes.max() <= 9


def test_the_posted_integer_is_the_proven_rate_rounded_down() -> None:
    found = assess(Counts(93, 0), PRIOR, Level.BEGINNER, SETTINGS)

    assert found.lower < found.median
    assert found.posted == int(found.lower * 10_000) == 9504
    assert found.weight == 93
    assert (posted(0.0), posted(1.0), posted(0.7 - 1e-12)) == (0, 10_000, 7_000)


def test_who_is_asked_first_is_of_the_higher_level_then_of_the_higher_rate() -> None:
    master, good, fair = (
        assess(Counts(*counts), PRIOR, Level.BEGINNER, SETTINGS)
        for counts in ((93, 0), (84, 4), (80, 10))
    )

    assert sorted([fair, master, good], key=lambda item: item.rank, reverse=True) == [
        master,
        good,
        fair,
    ]


def test_the_bonuses_are_the_design_s() -> None:
    weights = [bonus_weight(one, SETTINGS.levels) for one in Level]

    assert weights == [1_000_000, 1_100_000, 1_200_000, 1_300_000]


def test_success_is_abnormal_only_above_what_the_best_experts_reach() -> None:
    experts = [Counts(95, 5), Counts(180, 20), Counts(3, 0)]

    assert not abnormal_success(Counts(40, 0), experts, PRIOR, SETTINGS)
    assert abnormal_success(Counts(400, 0), experts, PRIOR, SETTINGS)
    assert not abnormal_success(Counts(400, 0), [], PRIOR, SETTINGS)


def test_where_experts_are_perfect_too_nothing_is_abnormal() -> None:
    assert not abnormal_success(Counts(400, 0), [Counts(500, 0)], PRIOR, SETTINGS)


@pytest.mark.parametrize("seed", [1, 2026])
def test_reputation_flatters_as_seldom_as_is_asked(seed: int) -> None:
    rows = list(reputation_table(seed, accounts=10_000))
    bars = [row for row in rows if row.required is not None]

    assert len(bars) == 2
    for row in bars:
        assert row.value <= row.required, row
    raw = {row.measure: row.value for row in rows if row.method == "raw k/n" and row.tasks == 20}
    ours = {row.measure: row.value for row in rows if row.method == "ours" and row.tasks == 20}
    above = "shown above the true level, looked at after each"
    assert ours[above] * 10 < raw[above]


def test_a_table_of_one_seed_is_always_the_same() -> None:
    assert list(reputation_table(4, accounts=500)) == list(reputation_table(4, accounts=500))
