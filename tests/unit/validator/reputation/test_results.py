from __future__ import annotations

from random import Random

import pytest

from validator.domain.reputation import ReputationSettings, Role
from validator.errors import ReputationError
from validator.reputation.results import (
    Basis,
    Counts,
    Result,
    agrees_with_others,
    by_specialization,
    counted,
)

SETTINGS = ReputationSettings()
TODAY = 1000


def result(
    *,
    success: bool = True,
    publisher: str = "p",
    day: int = TODAY,
    basis: Basis = Basis.KNOWN,
    linked: bool = False,
    role: Role = Role.MINER,
    task_type: str = "code",
) -> Result:
    return Result(role, task_type, publisher, day, success, basis, linked)


def test_fresh_results_weigh_one_each() -> None:
    given = [result(), result(publisher="q"), result(publisher="r", success=False)]

    assert counted(given, TODAY, SETTINGS) == Counts(2.0, 1.0)
    assert counted(given, TODAY, SETTINGS).weight == 3


@pytest.mark.parametrize(("age", "weight"), [(0, 1.0), (90, 0.5), (180, 0.25), (45, 2**-0.5)])
def test_the_weight_of_a_result_halves_every_ninety_days(age: int, weight: float) -> None:
    assert counted([result(day=TODAY - age)], TODAY, SETTINGS).successes == pytest.approx(weight)


def test_what_the_own_vote_decided_proves_nothing() -> None:
    given = [result(basis=Basis.WITH_OWN), result(success=False, basis=Basis.WITH_OWN)]

    assert counted(given, TODAY, SETTINGS) == Counts()
    assert counted([result(basis=Basis.WITHOUT_OWN)], TODAY, SETTINGS) == Counts(1.0, 0.0)


def test_one_publisher_s_successes_are_capped() -> None:
    assert counted([result()] * 1000, TODAY, SETTINGS) == Counts(10.0, 0.0)


def test_beyond_the_cap_the_rate_with_a_publisher_stays() -> None:
    given = [result()] * 90 + [result(success=False)] * 10

    found = counted(given, TODAY, SETTINGS)

    assert (found.successes, found.failures) == pytest.approx((9.0, 1.0))


def test_many_publishers_are_not_capped() -> None:
    given = [result(publisher=f"p{n}") for n in range(100)]

    assert counted(given, TODAY, SETTINGS).successes == 100


def test_a_success_with_a_linked_publisher_counts_for_nothing_a_failure_does() -> None:
    given = [result(linked=True), result(linked=True, success=False)]

    assert counted(given, TODAY, SETTINGS) == Counts(0.0, 1.0)


def test_the_order_of_results_changes_not_one_bit() -> None:
    random = Random(5)
    given = [
        result(
            publisher=f"p{random.randrange(7)}",
            day=random.randrange(TODAY),
            success=random.random() < 0.7,
        )
        for _ in range(400)
    ]
    expected = counted(given, TODAY, SETTINGS)
    for _ in range(5):
        random.shuffle(given)
        assert counted(given, TODAY, SETTINGS) == expected


def test_roles_and_task_types_stand_for_themselves() -> None:
    given = [
        result(),
        result(task_type="math", success=False),
        result(role=Role.PEER),
        result(role=Role.EXPERT, task_type="math"),
    ]

    assert by_specialization(given, TODAY, SETTINGS) == {
        (Role.MINER, "code"): Counts(1.0, 0.0),
        (Role.MINER, "math"): Counts(0.0, 1.0),
        (Role.MINER, None): Counts(1.0, 1.0),
        (Role.PEER, "code"): Counts(1.0, 0.0),
        (Role.PEER, None): Counts(1.0, 0.0),
        (Role.EXPERT, "math"): Counts(1.0, 0.0),
        (Role.EXPERT, None): Counts(1.0, 0.0),
    }


@pytest.mark.parametrize(
    ("own", "others", "agrees"),
    [
        (70, [80, 90, 10], True),
        (69, [80, 90, 10], False),
        (0, [10, 20, 90], True),
        (90, [10, 20, 90], False),
        (90, [10, 90], None),
        (90, [], None),
    ],
)
def test_a_vote_is_measured_by_the_majority_of_the_others(
    own: int, others: list[int], agrees: bool | None
) -> None:
    assert agrees_with_others(own, others, 70) is agrees


@pytest.mark.parametrize(
    ("day", "sentence"),
    [(TODAY + 1, "day: must not be later than today"), (-1, "day: must be 0 to 1000000")],
)
def test_a_day_that_cannot_be_is_refused(day: int, sentence: str) -> None:
    with pytest.raises(ReputationError) as caught:
        counted([result(day=day)], TODAY, SETTINGS)

    assert caught.value.detail == sentence
    assert caught.value.errors[0].field == "day"
