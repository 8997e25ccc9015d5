from __future__ import annotations

import random
from dataclasses import replace

import pytest

from tests.unit.experts.bench_making import GOOD, licence
from validator.domain.reviews import Tier
from validator.experts.calibration import Trial
from validator.experts.probes import Drift, after, demoted, is_mistake, mistakes, probe_for, start


def length(wrong: float, really: float, rng: random.Random, most: int = 5000) -> int:
    drift = Drift(wrong)
    while not drift.alarmed and drift.probes < most:
        drift = after(drift, mistake=rng.random() < really)
    return drift.probes


def test_a_judge_that_stays_as_it_was_rarely_calls_the_alarm() -> None:
    rng = random.Random(1)

    runs = [length(0.08, 0.08, rng) for _ in range(80)]

    assert sum(runs) / len(runs) > 1200


@pytest.mark.parametrize(("really", "most"), [(0.18, 90), (0.38, 22), (0.9, 8)])
def test_a_judge_that_got_worse_is_found(really: float, most: int) -> None:
    rng = random.Random(2)

    runs = [length(0.08, really, rng) for _ in range(200)]

    assert sum(runs) / len(runs) < most


def test_an_alarm_stays_until_calibration() -> None:
    drift = Drift(0.08, total=3.9)

    rung = after(drift, mistake=True)
    later = rung
    for _ in range(500):
        later = after(later, mistake=False)

    assert rung.alarmed
    assert later.alarmed
    assert (later.total, later.probes, later.mistakes) == (0, 501, 1)
    assert demoted([("bee", later), ("ant", rung), ("cat", drift)]) == ("ant", "bee")


def test_a_sum_never_falls_below_zero() -> None:
    drift = start(licence(Tier.STANDARD))

    assert after(drift, mistake=False).total == 0
    assert after(drift, mistake=True).total > 0


@pytest.mark.parametrize("accuracy", [0.0, 0.5, 0.97, 1.0])
def test_any_accuracy_gives_finite_steps(accuracy: float) -> None:
    drift = start(licence(Tier.STANDARD, measured=replace(GOOD, accuracy=accuracy)))

    assert 0 < drift.wrong < 0.9
    assert after(after(drift, mistake=True), mistake=False).probes == 2


def test_three_percent_of_reviews_carry_a_probe_and_only_we_know_which() -> None:
    gold = [f"g{number}" for number in range(10)]
    found = [probe_for(b"secret", f"rev_{number}", gold) for number in range(20_000)]
    sent = [one for one in found if one is not None]

    assert 0.02 < len(sent) / len(found) < 0.05
    assert all(sent.count(name) > len(sent) / 20 for name in gold)
    assert found == [probe_for(b"secret", f"rev_{number}", gold) for number in range(20_000)]
    assert found != [probe_for(b"other", f"rev_{number}", gold) for number in range(20_000)]
    assert probe_for(b"secret", "rev_1", [], per_mille=1000) is None


def test_a_mistake_is_the_wrong_side_of_the_line() -> None:
    assert is_mistake(70, 69)
    assert is_mistake(0, 100)
    assert not is_mistake(70, 100)
    assert not is_mistake(69, 0)


def test_each_seat_of_a_probe_is_held_to_its_own_map() -> None:
    held = licence(Tier.ADVANCED)
    trial = Trial("g", 0, 90, False, {"bee": 95, "cat": 10, "stranger": 0})

    assert mistakes(trial, held) == {"bee": False, "cat": True}
