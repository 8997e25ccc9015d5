from __future__ import annotations

import random

import pytest

from tests.unit.validator.fraud.making import act
from validator.fraud.records import FraudKind
from validator.fraud.rhythm import implausible_rhythm
from validator.fraud.thinking import learn_floors, too_fast

HOUR = 3600


def crowd(number: int = 300, seed: int = 1) -> list[float]:
    rng = random.Random(seed)
    return [rng.lognormvariate(6, 0.8) for _ in range(number)]


def test_the_floor_is_the_one_percent_point_of_accepted_times() -> None:
    times = crowd()
    acts = [act(f"a{number}", value) for number, value in enumerate(times)]

    assert learn_floors(acts)["code"] == pytest.approx(sorted(times)[2], abs=0.001)


def test_rejected_and_undecided_answers_teach_nothing() -> None:
    acts = [act(f"a{number}", 1, accepted=None) for number in range(200)]
    acts += [act(f"b{number}", 1, accepted=False) for number in range(200)]

    assert learn_floors(acts) == {}


def test_one_bot_of_ten_thousand_answers_does_not_make_fast_usual() -> None:
    honest = [act(f"a{number}", value) for number, value in enumerate(crowd())]
    bot = [act("bot", 1.5) for _ in range(10_000)]

    assert learn_floors(honest + bot)["code"] > 20


def test_too_few_accounts_make_no_floor_and_no_flag() -> None:
    acts = [act(f"a{number}", 100) for number in range(99)]

    assert learn_floors(acts) == {}
    assert too_fast([act("x", 0.001)], {}) == []


def test_an_answer_under_the_floor_is_flagged_the_heavier_the_faster() -> None:
    slow, close, fast = act("x", 61), act("x", 59), act("x", 0.5)

    found = too_fast([slow, close, fast], {"code": 60.0})

    assert [flag.evidence for flag in found] == [(close.answer_id,), (fast.answer_id,)]
    assert 0.2 <= found[0].weight < found[1].weight <= 0.6
    assert found[0].as_flag().kind == "too_fast"


def test_an_answer_before_its_task_is_flagged_once_with_the_most_weight() -> None:
    assert too_fast([act("x", 5, seen_s=900)], {"code": 60.0})[0].weight == 0.6


def person(account: str, days: int, seed: int) -> list[float]:
    """Seconds of a person's answers: sessions in the daytime, pauses of random length."""
    rng = random.Random(seed)
    found = []
    for day in range(days):
        now = day * 24 * HOUR + rng.uniform(7, 10) * HOUR
        while now < (day * 24 + 23) * HOUR:
            found.append(now)
            now += rng.lognormvariate(6.5, 1.0)
    return found


def test_people_have_no_implausible_rhythm() -> None:
    acts = [act(f"p{seed}", value) for seed in range(100) for value in person(f"p{seed}", 5, seed)]

    assert implausible_rhythm(acts) == []


def test_a_metronome_is_flagged_even_when_it_jitters() -> None:
    rng = random.Random(2)
    acts = [act("bot", 600 * number + rng.uniform(0, 10)) for number in range(30)]

    found = implausible_rhythm(acts)

    assert [flag.kind for flag in found] == [FraudKind.RHYTHM]
    assert "gaps of 599" in found[0].detail
    assert len(found[0].evidence) == 30


def test_three_days_awake_are_flagged_and_two_are_not() -> None:
    rng = random.Random(3)

    def awake(hours: int) -> list[str]:
        now, acts = 0.0, []
        while now < hours * HOUR:
            acts.append(act("bot", now))
            now += rng.uniform(0.2, 3.9) * HOUR
        return [flag.detail for flag in implausible_rhythm(acts)]

    assert any("without a pause" in detail for detail in awake(96))
    assert not any("without a pause" in detail for detail in awake(60))


def test_a_burst_is_flagged_with_the_answers_in_it() -> None:
    usual = [act("x", value) for value in person("x", 3, 4)]
    burst = [act("x", 30 * HOUR + 5 * number) for number in range(12)]

    found = [flag for flag in implausible_rhythm(usual + burst) if "within 60 s" in flag.detail]

    assert len(found) == 1
    assert set(found[0].evidence) >= {one.answer_id for one in burst}


def test_equal_times_and_few_answers_are_no_crash_and_no_rhythm() -> None:
    assert implausible_rhythm([act("x", 5) for _ in range(19)]) == []
    assert implausible_rhythm([]) == []
    assert len(implausible_rhythm([act("x", 5) for _ in range(50)])) == 1
