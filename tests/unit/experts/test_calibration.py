from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tests.unit.experts.bench_making import (
    GOOD,
    RUBRIC,
    SEATS,
    Coins,
    HandClock,
    Models,
    PlainDefence,
    bench,
    case,
    licence,
    said,
    seat,
)
from validator.domain.reviews import Ask, Reply, Seat, Tier, Usage
from validator.errors import InvalidDocumentError
from validator.experts.bench import CallLimits
from validator.experts.calibration import (
    GoldItem,
    Trial,
    accuracy_bound,
    calibrate,
    read_gold,
)
from validator.experts.isotonic import ScoreMap, fit, rounded
from validator.experts.licence import (
    Floor,
    Licence,
    SeatLicence,
    covers,
    covers_call,
    covers_reply,
    licences_from_json,
    licences_to_json,
    open_tiers,
    refusal,
)
from validator.experts.review import review
from validator.experts.seating import Vacant
from validator.experts.trial import Gauge, Tried, seat_licences, try_item

SCORES = st.integers(0, 100)
PAIRS = st.lists(st.tuples(SCORES, SCORES), max_size=60)
TOLD = SeatLicence("ant-1", "ant", ScoreMap(), ("grade/1",), (RUBRIC.digest,), ("ant-1|fp",))


@given(PAIRS)
def test_a_fitted_map_never_falls_and_stays_in_range(pairs: list[tuple[int, int]]) -> None:
    found = [fit(pairs)(raw) for raw in range(101)]

    assert found == sorted(found)
    assert all(0 <= value <= 100 for value in found)


def _squares(pairs: list[tuple[int, int]], values: dict[int, float]) -> float:
    return sum((values[raw] - gold) ** 2 for raw, gold in pairs)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=9))
def test_no_other_map_that_never_falls_is_nearer(pairs: list[tuple[int, int]]) -> None:
    """Against every monotone map with values in quarters of a point; a map's own are rounded."""
    fitted = fit([(raw, gold * 20) for raw, gold in pairs])
    best = min(
        _squares([(raw, gold * 20) for raw, gold in pairs], dict(enumerate(values)))
        for values in _rising(4, [5 * step for step in range(13)])
    )

    own = _squares(
        [(raw, gold * 20) for raw, gold in pairs], {raw: fitted(raw) for raw in range(4)}
    )
    # Rounding moves a value by half a point, and in squares that is a quarter for each pair.
    assert own <= best + len(pairs) / 4


def _rising(length: int, values: list[int]) -> list[tuple[int, ...]]:
    if length == 0:
        return [()]
    return [
        (value, *rest)
        for place, value in enumerate(values)
        for rest in _rising(length - 1, values[place:])
    ]


def test_a_map_is_straight_between_knots_and_level_outside() -> None:
    found = ScoreMap(((20, 10), (60, 90)))

    assert [found(raw) for raw in (0, 20, 30, 40, 60, 100)] == [10, 10, 30, 50, 90, 90]
    assert ScoreMap()(37) == 37
    assert [rounded(Fraction(*pair)) for pair in ((1, 2), (3, 2), (1, 3))] == [1, 2, 0]


@pytest.mark.parametrize(
    "knots", [((2, 1), (1, 2)), ((1, 1), (1, 2)), ((1, 9), (2, 3)), ((0, 0), (101, 5)), ((0, -1),)]
)
def test_a_map_that_falls_or_leaves_the_scale_is_refused(knots: Any) -> None:
    with pytest.raises(ValueError, match="knots"):
        ScoreMap(knots)


@given(st.integers(1, 300), st.data())
def test_a_bound_is_clopper_and_pearsons(trials: int, data: Any) -> None:
    right = data.draw(st.integers(0, trials))

    truth = stats.binomtest(right, trials).proportion_ci(0.9, method="exact").low

    assert accuracy_bound(right, trials) == pytest.approx(truth, abs=1e-9)


def test_gold_lines_are_read() -> None:
    lines = [
        (1, {"submission": {"answer": {"id": "a"}}, "gold": 100}),
        (3, {"submission": {}, "gold": 0, "attack": True}),
    ]

    assert read_gold(lines) == [
        GoldItem("a", {"answer": {"id": "a"}}, 100, attack=False),
        GoldItem("line 3", {}, 0, attack=True),
    ]


GOLD = {"submission": {"answer": {"id": "a"}}, "gold": 50}


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([], "has no line"),
        ([(1, [])], "line 1: must be a JSON object"),
        ([(2, GOLD | {"gold": 101})], "line 2, gold: must be a whole number of 0-100"),
        ([(2, GOLD | {"gold": True})], "line 2, gold"),
        ([(2, GOLD | {"gold": 7.0})], "line 2, gold"),
        ([(2, {"submission": {}})], "line 2, gold"),
        ([(2, GOLD | {"submission": "x"})], "line 2, submission"),
        ([(2, GOLD | {"attack": 1})], "line 2, attack"),
        ([(2, GOLD | {"weight": 1})], "line 2, weight: unknown field"),
        ([(1, GOLD), (2, GOLD)], "line 2, submission.answer.id: a was there before"),
    ],
)
def test_a_bad_gold_line_is_named(lines: Any, told: str) -> None:
    with pytest.raises(InvalidDocumentError, match=told):
        read_gold(lines)


def trials(
    right: float, *, count: int = 200, runs: int = 1, noise: int = 5, seed: int = 3
) -> list[Trial]:
    """Trials of two seats that are both wrong together in a share of the items."""
    rng = random.Random(seed)
    made = []
    for number in range(count):
        gold = rng.choice((0, 10, 90, 100))
        for run in range(runs):
            told = gold if rng.random() < right else 100 - gold
            raw = {
                name: min(max(told + rng.randint(-noise, noise), 0), 100) for name in ("ant", "bee")
            }
            made.append(Trial(f"i{number}", run, gold, number % 4 == 0, raw))
    return made


SEATED = {"ant": TOLD, "bee": replace(TOLD, model="bee-1", family="bee")}


def made(own: list[Trial], tier: Tier = Tier.ADVANCED) -> Licence:
    return calibrate(tier, "general", "gold-1", own, SEATED)


def test_a_good_panel_earns_its_licence() -> None:
    found = made(trials(0.99))

    assert refusal(found.measured, Floor()) is None
    assert found.measured.items == 200
    assert found.measured.attacks == 50
    assert found.measured.bound < found.measured.accuracy
    assert found.error <= 12
    assert sorted(found.seats) == ["ant", "bee"]
    assert found.seats["ant"].templates == ("grade/1",)


@pytest.mark.parametrize("right", [0.5, 0.75, 0.85])
def test_a_poor_panel_earns_none(right: float) -> None:
    assert refusal(made(trials(right)).measured, Floor()) is not None


def test_a_judge_that_always_says_the_same_decides_nothing() -> None:
    same = [replace(trial, sealed={"ant": 80, "bee": 80}) for trial in trials(1)]

    found = made(same)

    assert found.measured.coverage == 0
    assert refusal(found.measured, Floor()) is not None


def test_a_licence_is_open_only_over_the_floor() -> None:
    floor = Floor(accuracy=0.9, coverage=0.65, items=100, attacks=30)

    at = replace(GOOD, bound=0.9)
    assert refusal(at, floor) == "accuracy is surely over 0.900 only; the floor is 0.9"
    assert refusal(replace(at, bound=0.9001), floor) is None
    assert "were decided" in str(refusal(replace(GOOD, coverage=0.65), floor))
    assert refusal(replace(GOOD, items=99), floor) == (
        "99 of 100 gold items; add some and calibrate again"
    )
    assert refusal(replace(GOOD, attacks=29), floor) == "29 of 30 attacks among the gold items"


def test_the_interval_holds_what_it_says_on_new_items() -> None:
    found = made(trials(0.95, noise=20))
    fresh = trials(0.95, noise=20, count=2000, seed=99)

    held = 0
    for trial in fresh:
        scores = sorted(found.seats[name].score_map(raw) for name, raw in trial.sealed.items())
        held += abs(sum(scores) // 2 - trial.gold) <= found.error
    assert held / len(fresh) >= 0.76  # 0.8 less what 200 items can miss by


def test_figures_are_not_tried_on_what_made_them() -> None:
    """A map on noise looks good on its own items alone."""
    rng = random.Random(8)
    noise = [
        Trial(f"i{number}", 0, rng.choice((0, 100)), False, {"ant": rng.randrange(101)})
        for number in range(60)
    ]

    found = calibrate(Tier.STANDARD, "general", "v", noise, {"ant": TOLD})

    assert found.measured.coverage < 0.2
    assert found.error > 40


def test_false_accepts_flips_and_spread_are_counted() -> None:
    steady = made(trials(1, runs=3, noise=0)).measured
    shaky = made(trials(0.8, runs=3)).measured

    assert (steady.flips, steady.repeat_spread, steady.false_accepts) == (0, 0, 0)
    assert (steady.accuracy, steady.coverage, steady.calibration_error) == (1, 1, 0)
    assert shaky.flips > 0.2 or shaky.coverage == 0
    assert shaky.repeat_spread > 10


def test_faults_count_against_coverage() -> None:
    own = [
        replace(trial, sealed={}) if number % 2 else trial
        for number, trial in enumerate(trials(1, noise=0))
    ]

    assert made(own).measured.coverage == 0.5


def test_what_ended_before_a_call_is_decided() -> None:
    own = [
        replace(trial, sealed={}, early=0) if trial.gold < 70 else trial
        for trial in trials(1, noise=0)
    ]

    found = made(own).measured

    assert (found.accuracy, found.coverage) == (1, 1)


def test_a_seat_that_judged_little_gets_no_licence() -> None:
    own = [
        replace(trial, sealed={"bee": trial.sealed["bee"], "cat": 9}) if number < 29 else trial
        for number, trial in enumerate(trials(1))
    ]

    found = calibrate(Tier.ADVANCED, "general", "v", own, SEATED | {"cat": TOLD})

    assert sorted(found.seats) == ["ant", "bee"]
    assert found.measured.coverage <= 171 / 200


def test_no_trial_is_no_licence() -> None:
    with pytest.raises(ValueError, match="without a trial"):
        made([])


def test_debates_must_beat_the_median_or_stay_off() -> None:
    good = [replace(trial, settled={"ant": trial.gold, "bee": trial.gold}) for trial in trials(0.9)]
    bad = [
        replace(trial, settled={"ant": 100 - trial.gold, "bee": 100 - trial.gold})
        for trial in trials(0.9)
    ]

    helped, harmed, never = made(good), made(bad), made(trials(0.9))

    assert (helped.debate, helped.measured.spoiled) == (True, 0)
    assert helped.measured.overruled > 5
    assert (harmed.debate, harmed.measured.overruled) == (False, 0)
    assert not never.debate


def test_the_same_trials_give_the_same_licence_in_any_order() -> None:
    own = trials(0.9, runs=2)

    assert made(own) == made(random.Random(1).sample(own, len(own)))


def test_a_licence_is_for_one_task_type_and_the_newest_counts() -> None:
    poor = licence(Tier.STANDARD, measured=replace(GOOD, bound=0.5))
    good = licence(Tier.STANDARD, version="gold-2")

    assert open_tiers([good], "math", Floor())[0] == {}
    assert open_tiers([poor, good], "general", Floor())[0] == {Tier.STANDARD: good}
    opened, closed = open_tiers([good, poor], "general", Floor())
    assert opened == {}
    assert closed[Tier.STANDARD].startswith("accuracy is surely over 0.500")


def test_a_change_of_model_prompt_rubric_or_fingerprint_ends_it() -> None:
    held = licence(Tier.STANDARD, (seat("ant"),))

    assert covers(held, seat("ant")) is None
    assert "was not there" in str(covers(held, seat("bee")))
    assert "another model" in str(covers(held, seat("ant", model="ant-2")))
    assert "another model" in str(covers(held, seat("ant", family="bee")))
    assert covers_call(TOLD, "grade/1", RUBRIC) is None
    assert "prompt has changed" in str(covers_call(TOLD, "grade/2", RUBRIC))
    other = replace(RUBRIC, digest="sha256:00")
    assert "rubric has changed" in str(covers_call(TOLD, "grade/1", other))
    assert covers_call(TOLD, "grade/1", replace(other, trusted=False)) is None
    reply = Reply(b"", "", "ant-1", "fp", None, Usage(0, 0), 0.0)
    assert covers_reply(TOLD, reply) is None
    assert "ant-1 answered" in str(covers_reply(TOLD, replace(reply, fingerprint=None)))


def gauge(tier: Tier, models: Models, seats: tuple[Seat, ...] = SEATS) -> Gauge:
    return Gauge(
        tier,
        seats,
        CallLimits(),
        models,
        Coins(10**9),
        PlainDefence(),
        random.Random(2),
        HandClock(),
    )


def knowing(seat: Seat, ask: Ask) -> str:
    """A judge that reads the gold score out of the answer, and is unsure by a point or two."""
    truth = int(ask.user.rsplit(" ", 1)[1])
    return said(min(100, max(0, truth + random.Random(seat.name + ask.user).randint(-2, 2))))


async def measured(tier: Tier, models: Models, items: list[tuple[str, int]]) -> list[Tried]:
    own = gauge(tier, models)
    found = []
    for number, (answer, gold) in enumerate(items):
        item = GoldItem(f"i{number}", {}, gold, attack=number % 3 == 0)
        tried = await try_item(case(answer), item, 0, own)
        assert isinstance(tried, Tried)
        found.append(tried)
    return found


def test_a_calibrated_tier_judges_under_its_own_licence() -> None:
    items = [(f"worth {gold}", gold) for gold in (0, 20, 40, 90, 100) * 40]
    models = Models(knowing)

    tried = asyncio.run(measured(Tier.STANDARD, models, items))
    found = calibrate(
        Tier.STANDARD,
        "general",
        "gold-1",
        [item.trial for item in tried],
        seat_licences(SEATS, tried),
    )
    outcome = asyncio.run(
        review(
            case("worth 90"),
            Tier.STANDARD,
            bench(SEATS, licences=(found,)),
            models,
            Coins(),
            defence=PlainDefence(),
            randomness=random.Random(4),
            clock=HandClock(),
        )
    )

    assert refusal(found.measured, Floor()) is None
    assert tried[0].cost == 20
    assert outcome.score == 90


def test_a_trial_holds_a_debate_wherever_there_is_an_issue() -> None:
    def apart(seat: Seat, ask: Ask) -> str:
        low = ask.purpose in {"grade", "control"} and seat.name in {"gnu", "hen"}
        return said(20 if low else 95, quote=(4, 6) if ask.purpose == "debate" else (0, 2))

    tried = asyncio.run(measured(Tier.MASTER, Models(apart), [("worth 95 and more", 95)] * 5))

    settled = [item.trial.settled for item in tried]
    assert all(own is not None and set(own.values()) == {95} for own in settled)
    assert {"commit/1", "grade/1", "debate/1"} == {
        template for item in tried for own in item.templates.values() for template in own
    }


def test_trials_that_end_early_or_cannot_sit_say_so() -> None:
    item = GoldItem("i", {}, 0, attack=False)
    models = Models(knowing)

    early = asyncio.run(try_item(case(" "), item, 0, gauge(Tier.STANDARD, models)))
    vacant = asyncio.run(try_item(case(), item, 0, gauge(Tier.MASTER, models, SEATS[:3])))

    assert isinstance(early, Tried)
    assert early.trial.early == 0
    assert isinstance(vacant, Vacant)
    assert models.asked == []


def test_licences_are_read_back_as_they_were_written() -> None:
    held = (made(trials(0.9)), licence(Tier.MASTER))

    assert licences_from_json(licences_to_json(held)) == held


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"nothing", "not JSON"),
        (b"[]", "schema: must be tosv.licences/1"),
        (b'{"schema":"tosv.licences/2"}', "schema: must be"),
        (b'{"schema":"tosv.licences/1"}', "licences: "),
        (licences_to_json([licence(Tier.MASTER)]).replace(b'"error":6', b'"error":"6"'), "error"),
        (licences_to_json([licence(Tier.MASTER)]).replace(b"master", b"grand"), "tier"),
    ],
)
def test_what_is_no_licence_file_is_refused_in_a_sentence(data: bytes, told: str) -> None:
    with pytest.raises(InvalidDocumentError, match=told):
        licences_from_json(data)
