from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.experts.bench_making import SEATS, finding, seat
from validator.domain.economics import TOS
from validator.domain.reviews import Tier
from validator.experts import interval, tiers
from validator.experts.seating import Panel, Vacant, replacement, seat_panel
from validator.experts.seed import Seed
from validator.experts.tiers import Action, Signals

SCORES = st.integers(0, 100)


@pytest.mark.parametrize(
    ("signals", "tier"),
    [
        (Signals("general", decisive=True), None),
        (Signals("general", decisive=True, reward=500 * TOS), None),
        (Signals("general", peers=(60, 70, 80)), None),
        (Signals("general", peers=(60, 70, 81)), Tier.STANDARD),
        (Signals("general", peers=(60, 70)), Tier.STANDARD),
        (Signals("general", peers=(60, 70, 80), linked=True), Tier.STANDARD),
        (Signals("general", reward=50 * TOS - 1), Tier.STANDARD),
        (Signals("general", reward=50 * TOS), Tier.ADVANCED),
        (Signals("general", reward=100 * TOS), Tier.ADVANCED),
        (Signals("general", reward=100 * TOS + 1), Tier.SPECIALIST),
        (Signals("general", reward=200 * TOS), Tier.SPECIALIST),
        (Signals("general", reward=200 * TOS + 1), Tier.MASTER),
        (Signals("general", reward=75 * TOS, peers=(60, 70, 80)), Tier.ADVANCED),
        (Signals("general", flagged=True, peers=(60, 70, 80)), Tier.ADVANCED),
        (Signals("general", flagged=True, decisive=True), Tier.ADVANCED),
        (Signals("security_audit", peers=(60, 70, 80)), Tier.SPECIALIST),
        (Signals("algorithm_optimization"), Tier.SPECIALIST),
        (Signals("math", "Proof"), Tier.SPECIALIST),
        (Signals("math", "algebra"), Tier.STANDARD),
        (Signals("general", challenged=True, decisive=True), Tier.MASTER),
        (Signals("general", audit=True, decisive=True), Tier.STANDARD),
    ],
)
def test_who_is_asked_first(signals: Signals, tier: Tier | None) -> None:
    assert tiers.first_tier(signals) is tier


def test_tiers_cost_and_take_more_the_higher_they_are() -> None:
    rules = [tiers.RULES[tier] for tier in Tier]

    assert [rule.fee // TOS for rule in rules] == [5, 8, 12, 20]
    assert [rule.time_s // 60 for rule in rules] == [5, 10, 20, 60]
    assert all(low.seats <= high.seats for low, high in pairwise(rules))


def test_above_is_the_next_open_tier_and_never_a_lower_one() -> None:
    assert tiers.above(Tier.STANDARD, [Tier.STANDARD, Tier.MASTER]) is Tier.MASTER
    assert tiers.above(Tier.MASTER, list(Tier)) is None
    assert tiers.above(Tier.SPECIALIST, [Tier.STANDARD]) is None
    assert tiers.at_least(Tier.ADVANCED, [Tier.ADVANCED]) is Tier.ADVANCED


@pytest.mark.parametrize(
    ("reach", "line"), [((70, 80), None), ((69, 80), 70), ((60, 70), 70), ((60, 69), None)]
)
def test_a_line_is_the_least_score_of_its_upper_side(
    reach: tuple[int, int], line: int | None
) -> None:
    assert interval.crossed(reach, (70,)) == line


@pytest.mark.parametrize(
    ("reach", "spread", "suspect", "higher", "action", "rule"),
    [
        ((80, 90), 5, None, True, Action.DECIDE, "clear"),
        ((20, 60), 40, None, True, Action.DECIDE, "clear"),
        ((60, 90), 5, None, True, Action.UP, "interval"),
        ((60, 90), 16, None, True, Action.UP, "split"),
        ((60, 90), 5, None, False, Action.ABSTAIN, "interval"),
        ((60, 90), 16, "x", False, Action.ABSTAIN, "split"),
        ((80, 90), 5, "x", True, Action.UP, "flag"),
        ((80, 90), 5, "x", False, Action.DECIDE, "clear"),
    ],
)
def test_what_follows_from_a_tier(
    reach: tuple[int, int],
    spread: int,
    suspect: str | None,
    higher: bool,
    action: Action,
    rule: str,
) -> None:
    step = tiers.next_step(reach, spread, lines=(70,), suspect=suspect, higher=higher)

    assert (step.action, step.rule) == (action, rule)


@given(st.lists(SCORES, min_size=1, max_size=5), st.integers(0, 100))
def test_an_interval_holds_every_score_and_its_error(scores: list[int], error: int) -> None:
    low, high = interval.of_scores(scores, error)

    assert 0 <= low <= min(scores) <= max(scores) <= high <= 100
    assert low in {0, min(scores) - error}
    assert high in {100, max(scores) + error}


def test_there_is_no_interval_of_nothing_and_none_that_narrows() -> None:
    with pytest.raises(ValueError, match="of nothing"):
        interval.of_scores([], 3)
    with pytest.raises(ValueError, match="narrower"):
        interval.of_scores([3], -1)


def test_executed_truths_bound_judges() -> None:
    assert tiers.bounds([]) == (0, 100)
    assert tiers.bounds([finding("fail", 0, decisive=False)]) == (0, 100)
    assert tiers.bounds([finding("fail", 35)]) == (0, 20)
    assert tiers.bounds([finding("pass", 95)]) == (80, 100)
    assert tiers.bounds([finding("error", None), finding("pass", 50)]) == (35, 65)
    assert tiers.bounds([finding("pass", 100), finding("fail", 0)]) == (20, 20)


def test_a_budget_is_the_tiers_time_or_what_the_chain_leaves() -> None:
    assert tiers.budget_s(Tier.STANDARD, None) == 300
    assert tiers.budget_s(Tier.STANDARD, 10_000) == 300
    assert tiers.budget_s(Tier.MASTER, 100) == 40
    assert tiers.budget_s(Tier.MASTER, 30) == 0


def test_the_expected_cost_is_the_designs() -> None:
    """Design, section 8: about 0.04 dollars, of 0.007, 0.03, 0.10 and 0.55 for the tiers."""
    costs = {
        Tier.STANDARD: 7_000,
        Tier.ADVANCED: 30_000,
        Tier.SPECIALIST: 100_000,
        Tier.MASTER: 550_000,
    }

    assert tiers.expected_cost(Tier.STANDARD, costs) == 42_500
    assert tiers.expected_cost(Tier.MASTER, costs) == 550_000
    assert tiers.expected_cost(Tier.ADVANCED, costs) == 30_000 + 33_334 + 55_000
    assert tiers.expected_cost(Tier.STANDARD, {Tier.STANDARD: 1}) == 1


def test_five_percent_are_audited_by_a_secret_draw() -> None:
    drawn = [tiers.audited(b"secret", f"sub_{number}") for number in range(20_000)]
    other = [tiers.audited(b"other", f"sub_{number}") for number in range(20_000)]

    assert 0.045 < sum(drawn) / len(drawn) < 0.055
    assert drawn == [tiers.audited(b"secret", f"sub_{number}") for number in range(20_000)]
    assert sum(a and b for a, b in zip(drawn, other, strict=True)) < 100  # 50 by chance
    assert not tiers.audited(b"secret", "x", per_mille=0)
    assert tiers.audited(b"secret", "x", per_mille=1000)


def draws(number: int) -> Seed:
    return Seed(number.to_bytes(32, "big"))


@given(st.integers(0, 10**6), st.sampled_from(list(Tier)), st.sampled_from([None, "bee", "FOX"]))
def test_a_panel_has_one_seat_of_each_family_and_none_of_the_miners(
    number: int, tier: Tier, miner: str | None
) -> None:
    panel = seat_panel(tier, SEATS, miner, draws(number).number)

    assert isinstance(panel, Panel)
    sitting = [*panel.seats, *([panel.chair] if panel.chair else [])]
    families = [one.family for one in sitting]
    assert len(set(families)) == len(families)
    assert (miner or "").lower() not in families
    assert all(tiers.ORDER.index(one.tier) >= tiers.ORDER.index(tier) for one in sitting)
    assert not set(panel.reserves) & set(sitting)
    assert (panel.chair is None) == (tier is not Tier.MASTER)


def test_a_panel_is_drawn() -> None:
    many = tuple(seat(f"m{number}", Tier.MASTER) for number in range(8))

    found = {
        seat_panel(Tier.MASTER, many, None, draws(number).number).seats  # type: ignore[union-attr]
        for number in range(50)
    }

    assert len(found) > 20


def test_too_few_families_leave_a_tier_vacant() -> None:
    twins = (seat("a", Tier.MASTER, "x"), seat("b", Tier.MASTER, "X"), seat("c", Tier.MASTER, "y"))

    found = seat_panel(Tier.SPECIALIST, twins, None, draws(1).number)
    mine = seat_panel(Tier.ADVANCED, twins, "y", draws(1).number)

    assert found == Vacant("specialist needs judges of 3 families; 2 can sit")
    assert mine == Vacant(
        "advanced needs judges of 2 families besides the miner's own, y; 1 can sit"
    )


def test_a_weaker_seat_never_fills_a_higher_place() -> None:
    low = (seat("a"), seat("b"))

    assert isinstance(seat_panel(Tier.ADVANCED, low, None, draws(1).number), Vacant)
    assert isinstance(seat_panel(Tier.STANDARD, low, None, draws(1).number), Panel)


def test_a_reserve_keeps_families_apart() -> None:
    first, second = seat("a", family="x"), seat("b", family="y")
    same, twin, new = seat("c", family="y"), seat("d", family="X"), seat("e", family="z")

    assert replacement((first, second), first, (same, twin, new), None) is twin
    assert replacement((first, second), first, (same, new), None) is new
    assert replacement((first, second), first, (same, new), seat("f", family="Z")) is None


def test_a_seed_draws_the_same_for_a_label_and_nothing_alike_for_two() -> None:
    seed = draws(7)

    assert seed.token("a") == seed.token("a") != seed.token("b")
    assert len(bytes.fromhex(seed.token("a"))) == 16
    assert seed.token("a") != draws(8).token("a")
    assert 0 <= seed.model_seed("a") < 2**31
    hits = sum(seed.chance(f"x{number}", 50) for number in range(20_000))
    assert 900 < hits < 1100
    with pytest.raises(ValueError, match="32 bytes"):
        Seed(b"short")


def test_a_shuffle_is_fair() -> None:
    firsts = [draws(number).shuffled("x", "abc")[0] for number in range(3000)]

    assert all(900 < firsts.count(letter) < 1100 for letter in "abc")
    assert sorted(draws(1).shuffled("x", "abc")) == list("abc")
