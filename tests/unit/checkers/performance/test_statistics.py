from __future__ import annotations

import math
import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkers.performance.statistics import (
    LOOKS,
    Pair,
    Run,
    Speed,
    Trio,
    interval,
    judge,
    weigh,
)
from tests.unit.checkers.performance.simulated import Busy

ORDERS = ((0, 1, 2), (1, 2, 0), (2, 0, 1), (0, 2, 1), (2, 1, 0), (1, 0, 2))


def race(busy: Busy, speedup: float, min_speedup: float = 1.0, most: int = LOOKS[-1]) -> Speed:
    trios: list[Trio] = []
    while len(trios) < most:
        runs = [Run(0, 0)] * 3
        for who in ORDERS[len(trios) % 6]:
            runs[who] = busy.run(1 / speedup if who == 2 else 1.0)
        trios.append(Trio(*runs))
        if len(trios) in LOOKS:
            measured = judge(trios, min_speedup)
            if measured.speed is not Speed.UNDECIDED:
                return measured.speed
    return Speed.UNDECIDED


def share(speed: Speed, runs: int, speedup: float, **how: float) -> float:
    kept = {name: how.pop(name) for name in ("min_speedup", "most") if name in how}
    found = [
        race(Busy(seed, **how), speedup, kept.get("min_speedup", 1.0), int(kept.get("most", 60)))
        for seed in range(runs)
    ]
    return found.count(speed) / runs


def test_equal_programs_under_bursty_load_are_confirmed_in_less_than_1_of_100_runs() -> None:
    assert share(Speed.CONFIRMED, 2000, 1.0, spread=0.1) <= 0.01


def test_equal_programs_under_heavy_load_are_confirmed_in_less_than_1_of_100_runs() -> None:
    assert share(Speed.CONFIRMED, 500, 1.0, chance=0.4, stay=0.9, spread=0.15) <= 0.01


def test_a_gain_just_at_what_was_asked_is_confirmed_in_less_than_1_of_100_runs() -> None:
    assert share(Speed.CONFIRMED, 500, 1.5, min_speedup=1.5) <= 0.01


def test_a_true_gain_of_half_is_confirmed_in_95_of_100_runs_with_30_pairs() -> None:
    assert share(Speed.CONFIRMED, 500, 1.5, most=30, chance=0.4, spread=0.1) >= 0.95


def test_a_slower_program_is_refuted() -> None:
    assert share(Speed.REFUTED, 200, 0.8) >= 0.95
    assert share(Speed.CONFIRMED, 200, 0.8) == 0


def test_a_copy_of_the_baseline_is_refuted_on_a_quiet_machine() -> None:
    assert share(Speed.REFUTED, 200, 1.0, chance=0.0) >= 0.95


def test_a_gain_smaller_than_asked_is_refuted() -> None:
    assert share(Speed.REFUTED, 200, 1.2, min_speedup=1.5) >= 0.9


def test_a_gain_that_noise_hides_stays_undecided() -> None:
    assert share(Speed.UNDECIDED, 100, 1.06, spread=0.4) >= 0.9


def test_blocks_see_a_change_where_there_is_none_and_pairs_do_not() -> None:
    busy = Busy(3, chance=0.02, stay=0.98)
    blocks = [
        statistics.median(busy.run(1).wall_s for _ in range(30))
        / statistics.median(busy.run(1).wall_s for _ in range(30))
        for _ in range(100)
    ]
    assert sum(ratio > 1.1 for ratio in blocks) > 10
    assert share(Speed.CONFIRMED, 100, 1.0, chance=0.02, stay=0.98) == 0


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=60))
def test_an_interval_holds_its_median_and_no_more_than_its_values(values: list[float]) -> None:
    found = interval(values)
    assert min(values) <= found.low <= found.median <= found.high <= max(values)


def test_the_closed_form_is_what_drawing_again_comes_to() -> None:
    rng = random.Random(1)
    values = [rng.gauss(0, 1) for _ in range(31)]
    medians = sorted(statistics.median(rng.choices(values, k=31)) for _ in range(4000))
    found = interval(values)
    assert found.low == pytest.approx(medians[100], abs=0.15)
    assert found.high == pytest.approx(medians[-101], abs=0.15)


def test_an_interval_covers_the_true_median_in_95_of_100_samples() -> None:
    rng = random.Random(2)
    found = [interval([rng.gauss(0, 1) for _ in range(30)]) for _ in range(1000)]
    assert sum(each.low <= 0 <= each.high for each in found) / 1000 >= 0.93


def spoken(baseline: Run, answer: Run, claim: float = 1.0) -> Speed:
    return judge([Trio(baseline, baseline, answer)] * 20, claim).speed


def test_threads_gain_nothing_since_their_processor_time_is_added() -> None:
    assert spoken(Run(1.0, 1.0), Run(0.5, 1.0)) is Speed.REFUTED


def test_sleeping_in_place_of_computing_gains_nothing() -> None:
    assert spoken(Run(1.0, 1.0), Run(1.0, 0.1)) is not Speed.CONFIRMED
    assert spoken(Run(1.0, 1.0), Run(1.5, 0.1)) is not Speed.CONFIRMED
    assert spoken(Run(1.0, 1.0), Run(0.8, 0.1), 1.5) is not Speed.CONFIRMED


def test_two_processes_on_a_busy_machine_gain_nothing() -> None:
    # Two of them get more of the processors than one, so the wall clock shows a gain.
    noisy = [Trio(Run(2.0, 1.0), Run(2.0, 1.0), Run(1.6, 1.02)) for _ in range(30)]

    assert judge(noisy, 1.0).speed is not Speed.CONFIRMED


def test_waiting_less_is_a_gain_too() -> None:
    assert spoken(Run(1.0, 0.1), Run(0.5, 0.1)) is Speed.CONFIRMED


def test_processor_time_decides_where_wall_time_only_waits() -> None:
    rng = random.Random(4)

    def starved(seconds: float) -> Run:
        cpu = seconds * math.exp(rng.gauss(0, 0.05))
        return Run(cpu * (1 + 4 * rng.random()), cpu)

    trios = [Trio(starved(1.0), starved(1.0), starved(0.66)) for _ in range(30)]
    costs = [Pair(one.baseline.cost_s, one.again.cost_s, one.answer.cost_s) for one in trios]
    assert weigh(costs, 0.0).speed is Speed.UNDECIDED
    assert judge(trios, 1.0).speed is Speed.CONFIRMED


def test_gain_and_drift_are_logarithms_of_ratios() -> None:
    pair = Pair(4.0, 1.0, 1.0)
    assert pair.gain == pytest.approx(math.log(2))
    assert pair.drift == pytest.approx(math.log(4))
