from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validator.domain.reviews import SeatVerdict
from validator.experts.isotonic import ScoreMap
from validator.experts.panel import Judged, middle, settle

SCORES = st.integers(0, 100)


def judged(
    score: int,
    name: str = "ant",
    *,
    control: int | None = None,
    stripped: bool = False,
    manipulation: bool = False,
    score_map: ScoreMap | None = None,
) -> Judged:
    verdict = SeatVerdict(score, (), manipulation, "")
    own = score_map or ScoreMap()
    return Judged(name, name, score, verdict, own, control, stripped)


@pytest.mark.parametrize(
    ("scores", "found"), [([7], 7), ([1, 9], 5), ([1, 2], 1), ([9, 0, 5], 5), ([4, 1, 3, 2], 2)]
)
def test_the_median_of_an_even_number_is_rounded_down(scores: list[int], found: int) -> None:
    assert middle(scores) == found


def test_an_error_of_gold_items_widens_the_interval() -> None:
    found = settle([judged(80), judged(84, "bee")], 6, (0, 100))

    assert (found.score, found.interval, found.spread) == (82, (74, 90), 4)
    assert (found.flags, found.suspect) == ((), None)


def test_scores_are_calibrated_before_anything_else() -> None:
    lower = ScoreMap(((0, 0), (100, 50)))

    found = settle([judged(80, score_map=lower), judged(40, "bee")], 0, (0, 100))

    assert (found.score, found.interval, found.spread) == (40, (40, 40), 0)


def test_a_control_that_is_apart_replaces_a_score_that_text_raised() -> None:
    found = settle([judged(95, control=20, stripped=True)], 3, (0, 100))

    assert (found.score, found.interval) == (20, (17, 23))
    assert found.flags[0].detail == (
        "ant gave 95, and 20 without the suspicious spans; the lower one counts"
    )
    assert found.suspect == found.flags[0].detail


def test_five_points_apart_are_noise() -> None:
    near = settle([judged(95, control=90, stripped=True)], 0, (0, 100))
    far = settle([judged(95, control=89, stripped=True)], 0, (0, 100))

    assert (near.score, near.interval, near.flags) == (95, (90, 95), ())
    assert (far.score, len(far.flags)) == (89, 1)


def test_a_control_without_suspicion_is_a_sample_more() -> None:
    found = settle([judged(95, control=60)], 0, (0, 100))

    assert (found.score, found.interval, found.flags) == (95, (60, 95), ())


def test_a_score_that_text_lowered_keeps_both_samples() -> None:
    found = settle([judged(0, control=95, stripped=True)], 0, (0, 100))

    assert (found.score, found.interval, len(found.flags)) == (0, (0, 95), 1)


def test_the_one_that_was_moved_most_is_named() -> None:
    seats = [
        judged(50, "ant", control=40, stripped=True),
        judged(99, "bee", control=10, stripped=True),
    ]

    assert settle(seats, 0, (0, 100)).flags[0].detail.startswith("bee gave 99")


def test_two_families_confirm_a_report() -> None:
    both = [judged(9, "ant", manipulation=True), judged(9, "bee", manipulation=True)]

    assert settle(both[:1], 0, (0, 100)).flags == ()
    assert settle(both[:1], 0, (0, 100)).suspect == "ant alone reports an attempt to sway it"
    assert len(settle(both, 0, (0, 100)).flags) == 1
    assert len(settle([both[0], both[0]], 0, (0, 100)).flags) == 0


@given(st.lists(SCORES, min_size=1, max_size=4), st.integers(0, 30), SCORES, SCORES)
def test_score_and_interval_stay_inside_what_checks_allow(
    scores: list[int], error: int, one: int, other: int
) -> None:
    low, high = min(one, other), max(one, other)

    found = settle([judged(score) for score in scores], error, (low, high))

    assert low <= found.interval[0] <= found.score <= found.interval[1] <= high


def test_a_panel_of_honest_noisy_seats_is_better_than_one() -> None:
    """Seats that are wrong in 20 % of cases, independently (design, section 9: +5 points)."""
    rng = random.Random(11)
    rounds = 4000
    alone = together = 0
    for _ in range(rounds):
        right = rng.random() < 0.5

        def score(right: bool = right) -> int:
            honest = right if rng.random() >= 0.2 else not right
            return rng.randrange(75, 101) if honest else rng.randrange(60)

        seats = [judged(score(), name) for name in ("ant", "bee", "cat")]
        alone += (seats[0].score >= 70) == right
        together += (settle(seats, 6, (0, 100)).score >= 70) == right

    assert together / rounds - alone / rounds >= 0.08
