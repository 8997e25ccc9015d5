"""The arithmetic behind the tables of `bench votes`."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.votes import percent, points
from benchmarks.votes.attacks import from_share
from benchmarks.votes.figures import calibration_error, found_shares, right_share


def test_a_tie_counts_by_share_and_an_unknown_truth_not_at_all() -> None:
    belief = np.array([[0.9, 0.1, 0.0], [0.4, 0.4, 0.2], [0.2, 0.2, 0.6], [1.0, 0.0, 0.0]])
    truth = np.array([0, 1, 0, -1])

    assert right_share(belief, truth) == pytest.approx((1 + 0.5 + 0) / 3)


def test_a_claim_that_holds_as_often_as_it_says_has_no_error() -> None:
    confidence = np.full(10, 0.85)
    right = np.array([True] * 8 + [False] * 2)

    assert calibration_error(confidence, right) == pytest.approx(0.05)
    assert calibration_error(np.full(10, 0.8), right) == pytest.approx(0)


def test_errors_of_opposite_sign_do_not_cancel_between_bins() -> None:
    confidence = np.array([0.55, 0.55, 1.0, 1.0])
    right = np.array([True, True, False, True])

    assert calibration_error(confidence, right) == pytest.approx((0.45 + 0.5) / 2)


def test_precision_and_recall_of_voters_found() -> None:
    bad = np.array([True, True, True, False])

    assert found_shares(np.array([True, False, False, True]), bad) == (0.5, pytest.approx(1 / 3))
    assert found_shares(np.zeros(4, bool), bad) == (1.0, 0.0)


@pytest.mark.parametrize(("share", "goal"), [(0.1, None), (0.2, 0.82), (0.3, 0.84), (0.49, 0.84)])
def test_the_goal_of_a_share_is_that_of_the_largest_one_reached(
    share: float, goal: float | None
) -> None:
    assert from_share(((0.3, 0.84), (0.2, 0.82)), share) == goal


def test_shares_are_shown_in_percent_with_their_goals() -> None:
    enough = percent("right", 0.85, 0.84)
    lacking = percent("used", 0.56, 0.55, at_most=True)
    error = points("error", 6.6, 6.5)

    assert (enough.value, enough.goal, enough.met) == (85.0, 84.0, True)
    assert (lacking.goal, lacking.met) == (55.0, False)
    assert error.met is False
    assert points("seen", 3.0).met is None
