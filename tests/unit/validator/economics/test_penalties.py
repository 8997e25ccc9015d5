from __future__ import annotations

import pytest

from validator.domain.economics import TOS
from validator.domain.penalties import Offence, PenaltySettings
from validator.economics.penalties import POINT, Case, Penalty, Ruling, penalty, points_in_force
from validator.errors import EconomicsError

SETTINGS = PenaltySettings()
TODAY = 1000
STAKE = 10 * TOS


def upheld(offence: Offence, day: int = TODAY) -> Case:
    return Case(offence, day, Ruling.UPHELD)


def test_a_first_offence_costs_its_rule() -> None:
    assert penalty(Offence.COPIED_ANSWER, STAKE, [], TODAY, SETTINGS) == Penalty(
        deducted=2_500_000_000,
        returned=7_500_000_000,
        banned_until=TODAY + 7,
        points=5 * POINT,
        appeal_until=TODAY + 14,
    )


def test_a_second_one_costs_more_and_longer() -> None:
    found = penalty(Offence.FALSE_FINDINGS, STAKE, [upheld(Offence.COPIED_ANSWER)], TODAY, SETTINGS)

    assert found.deducted == 2 * TOS  # 10 % doubled: five points of 20 % each
    assert (found.points, found.banned_until) == (8 * POINT, None)


def test_points_bring_a_ban_for_what_has_none_by_itself() -> None:
    history = [upheld(Offence.FALSE_FINDINGS)] * 3

    assert penalty(Offence.NO_REVEAL, STAKE, history, TODAY, SETTINGS).banned_until == TODAY + 7


def test_old_points_fade() -> None:
    history = [upheld(Offence.COLLUSION, TODAY - 90), upheld(Offence.COLLUSION, TODAY - 180)]

    assert points_in_force(history, TODAY, SETTINGS) == 7_500_000


def test_deduction_and_ban_have_a_ceiling() -> None:
    history = [upheld(Offence.ATTACK_ON_CAGE)] * 50

    found = penalty(Offence.ATTACK_ON_CAGE, STAKE, history, TODAY, SETTINGS)

    assert (found.deducted, found.returned) == (STAKE // 2, STAKE // 2)
    assert found.banned_until == TODAY + 365


def test_a_mild_offence_stays_five_times_its_rule_at_most() -> None:
    history = [upheld(Offence.COLLUSION)] * 50

    assert penalty(Offence.NO_REVEAL, STAKE, history, TODAY, SETTINGS).deducted == STAKE // 4


def test_an_error_of_an_honest_peer_makes_nothing_dearer() -> None:
    history = [upheld(Offence.WRONG_VOTE)] * 100

    assert penalty(Offence.WRONG_VOTE, STAKE, history, TODAY, SETTINGS) == penalty(
        Offence.WRONG_VOTE, STAKE, [], TODAY, SETTINGS
    )


@pytest.mark.parametrize("ruling", [Ruling.OPEN, Ruling.OVERTURNED])
def test_a_case_under_appeal_and_one_won_count_for_nothing(ruling: Ruling) -> None:
    assert points_in_force([Case(Offence.COLLUSION, TODAY, ruling)], TODAY, SETTINGS) == 0


@pytest.mark.parametrize("offence", list(Offence))
def test_every_offence_has_its_rule(offence: Offence) -> None:
    assert SETTINGS.rule(offence).deduction_ppm > 0


@pytest.mark.parametrize(
    ("stake", "day", "today", "sentence"),
    [
        (-1, 1, TODAY, "stake: must be at least 0"),
        (1, TODAY + 1, TODAY, "history.day: must not be later than today"),
        (1, -1, TODAY, "history.day: must be at least 0"),
        (1, 1, 10**7, "today: must be at most 1000000"),
    ],
)
def test_what_cannot_be_punished_is_refused_by_name(
    stake: int, day: int, today: int, sentence: str
) -> None:
    with pytest.raises(EconomicsError) as caught:
        penalty(Offence.COLLUSION, stake, [upheld(Offence.COLLUSION, day)], today, SETTINGS)

    assert caught.value.detail == sentence
