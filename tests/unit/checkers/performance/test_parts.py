from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkers.options import CHECK_OPTIONS
from checkers.performance.growth import exponent, theil_sen
from checkers.performance.outputs import same_output
from checkers.performance.schedule import JITTER, Schedule

SIZES = st.lists(st.integers(0, 10**9), min_size=1, max_size=8).filter(lambda each: max(each) > 0)


@given(SIZES, st.integers(0, 2**63 - 1))
def test_every_size_lies_between_the_smallest_and_the_largest_listed(
    sizes: list[int], seed: int
) -> None:
    schedule = Schedule(sizes, seed, 5)
    lowest = min(sizes) if len(set(sizes)) > 1 else math.ceil(sizes[0] * (1 - JITTER))
    ladder = schedule.ladder()
    assert list(ladder) == sorted(set(ladder))
    assert all(lowest <= size <= max(sizes) for size in ladder)
    assert set(sizes) <= set(ladder) or len(set(sizes)) == 1
    assert lowest <= schedule.near(max(sizes)) <= max(sizes)


def test_sizes_climb_by_no_more_than_about_twice() -> None:
    ladder = Schedule([10, 1_000_000], 1, 1).ladder()
    assert all(after <= 2.3 * before for before, after in itertools.pairwise(ladder))


def test_inputs_are_the_same_for_one_answer_and_others_for_another() -> None:
    def asks(seed: int | None, answer: int) -> list[object]:
        schedule = Schedule([10, 1000], seed, answer)
        return [schedule.ladder(), *(schedule.ask(schedule.near(1000)) for _ in range(30))]

    assert asks(1, 2) == asks(1, 2)
    assert asks(1, 2) != asks(1, 3)
    assert asks(1, 2) != asks(2, 2)
    assert asks(None, 2) != asks(None, 3)


def test_no_two_measured_inputs_have_one_seed() -> None:
    schedule = Schedule([10, 1000], 1, 1)
    seeds = [schedule.ask(1000).seed for _ in range(60)]
    assert len(set(seeds)) == 60


def test_one_listed_size_is_jittered_too() -> None:
    schedule = Schedule([1000], 1, 1)
    assert len({schedule.near(1000) for _ in range(50)}) > 10


def test_each_program_takes_each_turn_as_often() -> None:
    orders = Schedule([10], 1, 1).orders()
    assert len(set(orders)) == 6
    assert all(sorted(order) == [0, 1, 2] for order in orders)


def test_halvings_start_with_the_smallest_size() -> None:
    assert Schedule([10, 1000], 1, 1).halvings(800, 4) == (10, 50, 100, 200, 400, 800)
    assert Schedule([300, 1000], 1, 1).halvings(800, 4) == (300, 400, 800)


@pytest.mark.parametrize("power", [1.0, 2.0, 3.0])
def test_the_exponent_of_a_power_law_is_found_beside_the_start(power: float) -> None:
    points = [(size, 0.001 + 1e-3 * size**power) for size in (50, 100, 200, 400, 800)]
    assert exponent(points, 0.001) == pytest.approx(power, abs=0.01)


def test_no_exponent_over_fewer_than_four_doublings() -> None:
    assert exponent([(size, size) for size in (100, 200, 400, 800)], 0.001) is None


def test_no_exponent_where_starting_hides_the_work() -> None:
    assert exponent([(size, 0.02 + size * 1e-9) for size in (50, 100, 200, 400, 800)], 0.02) is None


def test_one_point_far_off_moves_no_slope() -> None:
    points = [(float(x), 2.0 * x) for x in range(9)]
    points[4] = (4.0, 100.0)
    assert theil_sen(points) == pytest.approx(2.0)
    assert theil_sen([(1.0, 1.0)]) is None


def test_outputs_are_compared_without_white_space_at_ends_of_lines() -> None:
    assert same_output(b"1 2\n3\n", b"1 2  \r\n3")
    assert not same_output(b"1 2\n3\n", b"1 2 3")
    assert not same_output(b"1\n", b"")


def test_sums_in_another_order_are_the_same_and_integers_never() -> None:
    assert same_output(b"x 0.30000000000000004", b"x 0.3")
    assert same_output(b"1.5e10", b"1.50000000000001e10")
    assert not same_output(b"0.3000001", b"0.3")
    assert not same_output(b"12345678901234567890", b"12345678901234567891")
    assert not same_output(b"1.0", b"nan")
    assert not same_output(b"1.0 2.0", b"1.0")


def options(**changes: object) -> dict[str, object]:
    program = {"language": "python", "code": "pass"}
    return {
        "check": "performance",
        "baseline": program,
        "generator": program,
        "sizes": [1],
        **changes,
    }


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"measure": "instructions"}, "instructions are counted for c, cpp, rust only"),
        ({"sizes": [0]}, "sizes must hold one above 0"),
        ({"sizes": []}, "must hold at least one item"),
        ({"min_speedup": 0.5}, "greater than or equal to 1"),
        ({"seed": -1}, "greater than or equal to 0"),
    ],
)
def test_options_that_make_no_sense_are_refused(changes: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        CHECK_OPTIONS.validate_python(options(**changes))
