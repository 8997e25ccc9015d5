from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tests.unit.validator.fraud.making import act
from validator.fraud.bounds import deviation, lower_bound, median, poisson_tail
from validator.fraud.history import abnormal_success, counted, experts_reach, missing_reasoning


def test_a_lower_bound_is_wilsons() -> None:
    # Wilson 1927, one-sided 95 %: checked against scipy's two-sided 90 % interval.
    interval = stats.binomtest(47, 50).proportion_ci(0.9, method="wilson")

    assert lower_bound(47, 50) == pytest.approx(interval.low, abs=1e-12)
    assert lower_bound(0, 0) == 0


@given(st.integers(1, 60), st.floats(0.001, 50))
def test_the_tail_of_a_poisson_is_never_under_the_truth(number: int, mean: float) -> None:
    truth = float(stats.poisson.sf(number - 1, mean))

    found = poisson_tail(number, mean)

    assert found == 1 if number <= mean else found == pytest.approx(truth, rel=1e-6)


def test_medians_of_odd_even_and_no_values() -> None:
    assert (median([3, 1, 2]), median([4, 1, 2, 3]), deviation([1, 1, 5])) == (2, 2.5, 0)
    with pytest.raises(ValueError, match="median of nothing"):
        median([])


def test_a_publisher_who_feeds_an_account_counts_ten_times_and_a_linked_one_never() -> None:
    fed = [act("x", number, publisher="friend") for number in range(500)]
    linked = [act("x", number, publisher="own") for number in range(500)]
    other = [act("x", 900, publisher="p"), act("x", 901, publisher="p", accepted=None)]

    found = counted(fed + linked + other, linked={"own"})

    assert len(found) == 11
    assert [one.submitted_at for one in found][:2] == [490_000, 491_000]


def test_what_experts_reach_needs_experts() -> None:
    assert experts_reach([(30, 30)] * 4) is None
    assert experts_reach([(29, 29)] * 50) is None
    assert experts_reach([(27, 30)] * 5 + [(15, 30)] * 20) == pytest.approx(0.9)


def test_success_above_the_best_experts_is_flagged_only_with_enough_answers() -> None:
    few = [act("x", number) for number in range(10)]
    many = [act("x", number) for number in range(100)]

    assert abnormal_success("x", few, 0.9) == []
    assert abnormal_success("x", many, 1.0) == []
    assert abnormal_success("x", many, 0.9)[0].weight == 0.4


def test_honest_accounts_as_good_as_the_best_are_rarely_flagged() -> None:
    rng = random.Random(5)
    flagged = 0
    for _ in range(400):
        acts = [act("x", number, accepted=rng.random() < 0.9) for number in range(80)]
        flagged += len(abnormal_success("x", acts, 0.9))

    assert flagged <= 0.08 * 400


def test_reasoning_left_out_once_is_nothing_and_always_is_a_flag() -> None:
    once = [act("a", 1, has_reasoning=False)] + [act("a", number) for number in range(5)]
    always = [act("b", number, has_reasoning=False) for number in range(6)]

    found = missing_reasoning(once + always)

    assert [flag.account for flag in found] == ["b"]
    assert len(found[0].evidence) == 6
