"""No unit is made or lost: whatever the amounts, the shares and the parties."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from validator.domain.economics import MAX_AMOUNT, PPM, ControllerSettings, SplitSettings
from validator.domain.penalties import Offence, PenaltySettings
from validator.economics.amounts import apportion
from validator.economics.controller import Observed, Settled, adjust, observe
from validator.economics.penalties import Case, Ruling, faded, penalty
from validator.economics.split import Part, Parties, shares, split

amounts = st.integers(0, 10**6) | st.integers(0, MAX_AMOUNT)
weights = st.integers(1, 10**12) | st.integers(1, 5)
SETTINGS = SplitSettings()


@st.composite
def split_settings(draw: st.DrawFn) -> SplitSettings:
    """Any shares inside the design's ranges."""
    winners = draw(st.integers(600_000, 700_000))
    rest = PPM - winners
    peers = draw(st.integers(max(150_000, rest - 200_000), min(200_000, rest - 100_000)))
    left = rest - peers
    experts = draw(st.integers(max(50_000, left - 100_000), min(100_000, left - 50_000)))
    return SplitSettings(winners, peers, experts, left - experts, draw(st.integers(0, 500_000)))


@st.composite
def parties(draw: st.DrawFn) -> Parties:
    names = draw(st.lists(st.text(max_size=4), unique=True, max_size=12))
    groups: tuple[dict[str, int], ...] = ({}, {}, {}, {})
    for name in names:
        groups[draw(st.integers(0, 3))][name] = draw(weights)
    winners, accepted, peers, experts = groups
    return Parties(winners, accepted if winners else {}, peers, experts)


@given(amounts, parties(), split_settings())
def test_a_reward_is_divided_to_its_last_unit(
    reward: int, who: Parties, settings: SplitSettings
) -> None:
    division = split(reward, who, settings)

    assert division.total == reward
    assert sum(division.of(part) for part in Part) == reward
    assert min([division.network, division.publisher, *(p.amount for p in division.payments)]) >= 0
    assert sum(shares(who, settings).values()) == PPM


@given(amounts, parties(), st.randoms(use_true_random=False))
def test_the_order_of_the_parties_changes_nothing(
    reward: int, who: Parties, random: object
) -> None:
    def shuffled(group: dict[str, int]) -> dict[str, int]:
        items = list(group.items())
        random.shuffle(items)  # type: ignore[attr-defined]
        return dict(items)

    again = Parties(*(shuffled(dict(getattr(who, name))) for name in Parties.__slots__))

    assert split(reward, again, SETTINGS) == split(reward, who, SETTINGS)


@given(amounts, st.lists(st.integers(0, 10**12), min_size=1, max_size=20))
def test_no_part_is_off_by_a_unit(amount: int, shared: list[int]) -> None:
    total = sum(shared)
    if not total:
        return
    parts = apportion(amount, shared)

    assert sum(parts) == amount
    for part, weight in zip(parts, shared, strict=True):
        assert amount * weight // total <= part <= -(-amount * weight // total)


@given(amounts, parties(), split_settings())
def test_a_tier_that_worked_gets_its_share_and_winners_never_less_than_theirs(
    reward: int, who: Parties, settings: SplitSettings
) -> None:
    division = split(reward, who, settings)

    for part, members, ppm in (
        (Part.PEERS, who.peers, settings.peers_ppm),
        (Part.EXPERTS, who.experts, settings.experts_ppm),
    ):
        assert abs(division.of(part) * PPM - (reward * ppm if members else 0)) < PPM
    if who.winners:
        assert division.of(Part.WINNERS) * PPM > reward * settings.winners_ppm - PPM


@given(st.integers(0, 10**12), st.integers(0, 4000), st.integers(1, 365))
def test_points_fade_and_halve_with_each_half_life(points: int, days: int, half: int) -> None:
    assert 0 <= faded(points, days + 1, half) <= faded(points, days, half) <= points
    assert faded(points, half, half) == points // 2
    exact = points * 2 ** (-days / half)
    assert exact * 0.999999 - 1 <= faded(points, days, half) <= exact * 1.062


offences = st.sampled_from(list(Offence))
cases = st.lists(
    st.builds(Case, offences, st.integers(0, 1000), st.sampled_from(list(Ruling))), max_size=12
)


@given(offences, amounts, cases)
def test_a_deduction_is_partial_and_the_rest_returns(
    offence: Offence, stake: int, history: list[Case]
) -> None:
    settings = PenaltySettings()
    found = penalty(offence, stake, history, 1000, settings)

    assert found.deducted + found.returned == stake
    assert 0 <= found.deducted <= stake * settings.most_ppm // PPM
    first = penalty(offence, stake, [], 1000, settings)
    assert found.deducted >= first.deducted
    assert (found.banned_until or 0) >= (first.banned_until or 0)


@given(cases, st.integers(10**4, MAX_AMOUNT))
def test_a_missing_reveal_costs_more_than_the_worst_vote(history: list[Case], stake: int) -> None:
    settings = PenaltySettings()

    missing = penalty(Offence.NO_REVEAL, stake, history, 1000, settings)
    wrong = penalty(Offence.WRONG_VOTE, stake, history, 1000, settings)

    assert missing.deducted > wrong.deducted
    assert missing.points > wrong.points


@given(cases, cases)
def test_open_and_overturned_cases_cost_nothing(upheld: list[Case], others: list[Case]) -> None:
    settings = PenaltySettings()
    kept = [case for case in upheld if case.ruling is Ruling.UPHELD]
    innocent = [case for case in others if case.ruling is not Ruling.UPHELD]

    assert penalty(Offence.COLLUSION, 10**9, [*kept, *innocent], 1000, settings) == penalty(
        Offence.COLLUSION, 10**9, kept, 1000, settings
    )


CONTROL = ControllerSettings()
tasks = st.lists(
    st.builds(Settled, st.integers(0, 60).map(str), st.booleans()), min_size=0, max_size=300
)


@given(st.integers(1, 10**7), st.integers(0, 10**6), st.integers(0, PPM))
def test_an_adjustment_never_leaves_its_bounds_nor_jumps(now: int, counted: int, rate: int) -> None:
    after = adjust(now, Observed(counted, rate), CONTROL)

    assert CONTROL.floor_ppm <= after <= CONTROL.ceiling_ppm
    if CONTROL.floor_ppm <= now <= CONTROL.ceiling_ppm:
        assert abs(after - now) <= now * CONTROL.step_ppm // PPM + 1


@given(tasks, st.randoms(use_true_random=False))
def test_a_rate_does_not_depend_on_the_order_of_tasks(given: list[Settled], random: object) -> None:
    again = list(given)
    random.shuffle(again)  # type: ignore[attr-defined]

    assert observe(again, CONTROL) == observe(given, CONTROL)


@given(tasks, st.integers(1, 2000), st.booleans())
def test_one_account_moves_the_rate_by_its_cap_at_most(
    honest: list[Settled], flood: int, completed: bool
) -> None:
    settings = replace(CONTROL, least_settled=20)
    mine = observe([*honest, *[Settled("attacker", completed)] * flood], settings)
    other = observe([*honest, *[Settled("attacker", not completed)] * flood], settings)

    assert mine.counted == other.counted <= len(honest) + flood
    assert abs(mine.rate_ppm - other.rate_ppm) <= settings.account_ppm + 1
