from __future__ import annotations

import pytest

from validator.domain.economics import TOS, SplitSettings
from validator.economics.amounts import apportion
from validator.economics.split import Part, Parties, Payment, shares, split
from validator.errors import EconomicsError

SETTINGS = SplitSettings()
PEERS = {"p1": 1, "p2": 1, "p3": 1}
ALL_TIERS = Parties(winners={"w": 1}, peers=PEERS, experts={"e": 1})


@pytest.mark.parametrize(
    ("reward", "parties", "winner"),
    [
        pytest.param(100, ALL_TIERS, 70, id="audit of a contract by peers and experts"),
        pytest.param(50, Parties(winners={"w": 1}), 45, id="report by automatic checks alone"),
        pytest.param(200, ALL_TIERS, 140, id="optimisation by peers and experts"),
    ],
)
def test_the_design_s_three_tasks_pay_what_it_says(
    reward: int, parties: Parties, winner: int
) -> None:
    division = split(reward * TOS, parties, SETTINGS)

    assert division.of(Part.WINNERS) == winner * TOS
    assert division.network == reward * TOS // 10
    assert division.publisher == 0
    assert division.total == reward * TOS


def test_no_other_default_in_the_design_s_ranges_pays_the_three_tasks() -> None:
    step = 5_000
    fitting = [
        (winners, peers, experts)
        for winners in range(600_000, 700_001, step)
        for peers in range(150_000, 200_001, step)
        for experts in range(50_000, 100_001, step)
        if 50_000 <= 1_000_000 - winners - peers - experts <= 100_000
        and winners * 100 == 70_000_000
        and (winners + peers + experts) * 50 == 45_000_000
    ]

    assert fitting == [(SETTINGS.winners_ppm, SETTINGS.peers_ppm, SETTINGS.experts_ppm)]


def test_several_winners_of_the_audit_share_the_seventy() -> None:
    parties = Parties(winners={"b": 1, "a": 1, "c": 1}, peers=PEERS, experts={"e": 1})

    division = split(100 * TOS, parties, SETTINGS)

    paid = [item.amount for item in division.payments if item.part is Part.WINNERS]
    assert division.of(Part.WINNERS) == sum(paid) == 70 * TOS
    assert paid == [23_333_333_334, 23_333_333_333, 23_333_333_333]


def test_a_tenth_of_an_unused_tier_goes_to_accepted_answers_that_did_not_win() -> None:
    parties = Parties(winners={"w": 1}, accepted={"a": 1, "b": 1})

    division = split(50 * TOS, parties, SETTINGS)

    assert (division.of(Part.WINNERS), division.of(Part.ACCEPTED)) == (44 * TOS, 1 * TOS)


def test_where_every_tier_worked_nothing_is_unused() -> None:
    parties = Parties(winners={"w": 1}, accepted={"a": 1}, peers=PEERS, experts={"e": 1})

    division = split(100 * TOS, parties, SETTINGS)

    assert division.of(Part.ACCEPTED) == 0
    assert Payment("a", Part.ACCEPTED, 0) in division.payments


def test_without_a_winner_reviewers_are_paid_and_the_publisher_gets_the_rest() -> None:
    division = split(100 * TOS, Parties(peers=PEERS), SETTINGS)

    assert division.of(Part.PEERS) == 15 * TOS
    assert division.network == 10 * TOS
    assert division.of(Part.PUBLISHER) == 75 * TOS
    assert division.of(Part.NETWORK) == 10 * TOS


def test_a_single_unit_goes_to_the_winner() -> None:
    division = split(1, ALL_TIERS, SETTINGS)

    assert [item.amount for item in division.payments] == [1, 0, 0, 0, 0]


def test_of_equal_remainders_the_earlier_place_is_served() -> None:
    assert apportion(5, [1, 1, 1]) == (2, 2, 1)
    assert apportion(10, [0, 3, 7]) == (0, 3, 7)
    assert apportion(0, [1, 2]) == (0, 0)


def test_a_bonus_is_a_weight_and_makes_no_money() -> None:
    parties = Parties(winners={"w": 1}, peers={"beginner": 1_000_000, "master": 1_300_000})

    paid = {item.account: item.amount for item in split(100 * TOS, parties, SETTINGS).payments}

    assert paid["master"] * 10 == pytest.approx(paid["beginner"] * 13, abs=20)
    assert paid["master"] + paid["beginner"] == 15 * TOS


@pytest.mark.parametrize(
    ("reward", "parties", "field", "message"),
    [
        (-1, ALL_TIERS, "reward", "must be at least 0"),
        (2**64, ALL_TIERS, "reward", "must be at most 18446744073709551615"),
        (1.5, ALL_TIERS, "reward", "must be a whole number"),
        (True, ALL_TIERS, "reward", "must be a whole number"),
        ("100", ALL_TIERS, "reward", "must be a whole number"),
        (1, Parties(winners={"w": 0}), "winners[w]", "must be at least 1"),
        (1, Parties(winners={"w": -5}), "winners[w]", "must be at least 1"),
        (1, Parties(winners={"w": 10**13}), "winners[w]", "must be at most 1000000000000"),
        (1, Parties(winners={"w": 1}, peers={"w": 1}), "peers[w]", "is among the winners, too"),
        (1, Parties(accepted={"a": 1}), "accepted", "needs a winner: the best accepted answer is"),
    ],
)
def test_what_cannot_be_divided_is_refused_by_name(
    reward: int, parties: Parties, field: str, message: str
) -> None:
    with pytest.raises(EconomicsError) as caught:
        split(reward, parties, SETTINGS)

    assert caught.value.detail.startswith(f"{field}: {message}")
    assert caught.value.errors[0].field == field


@pytest.mark.parametrize("weights", [[], [0, 0], [2, -1]])
def test_weights_that_divide_nothing_are_refused(weights: list[int]) -> None:
    with pytest.raises(EconomicsError, match="weights: must not be negative"):
        apportion(1, weights)


def test_an_empty_party_list_leaves_everything_but_the_network_s_part_to_the_publisher() -> None:
    assert shares(Parties(), SETTINGS)[Part.PUBLISHER] == 900_000
