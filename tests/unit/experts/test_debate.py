from __future__ import annotations

import asyncio
import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.experts.bench_making import (
    RUBRIC,
    SEATS,
    Cage,
    Coins,
    HandClock,
    Models,
    PlainDefence,
    bench,
    case,
    issue,
    licence,
    said,
)
from validator.domain.reviews import (
    Ask,
    Criterion,
    CriterionScore,
    Fault,
    JudgeError,
    Outcome,
    Quote,
    Rubric,
    Seat,
    SeatVerdict,
    Tier,
)
from validator.experts.debate import (
    Standing,
    first_standings,
    heard,
    issues_of,
    moved,
    roles_of,
    settle_issue,
)
from validator.experts.record import DebateRecord, decode
from validator.experts.replay import compare
from validator.experts.review import review


def quote(start: int = 0, end: int = 4, piece: str = "content") -> Quote:
    return Quote(piece, start, end, "x" * (end - start))


def verdict(**scores: int) -> SeatVerdict:
    return SeatVerdict(
        0,
        tuple(CriterionScore(name, score, (quote(),)) for name, score in scores.items()),
        False,
        "",
    )


def standing(score: int, **changes: Any) -> Standing:
    return Standing(score, changes.pop("quotes", (quote(),)), **changes)


def test_issues_are_criteria_over_ten_points_apart_the_weightiest_first() -> None:
    verdicts = {"ant": verdict(right=50, clear=90), "bee": verdict(right=61, clear=60)}

    assert [found.criterion for found in issues_of(verdicts, RUBRIC)] == ["right", "clear"]
    near = {"ant": verdict(right=50), "bee": verdict(right=60)}
    assert issues_of(near, RUBRIC) == ()


def test_there_are_five_issues_at_most() -> None:
    names = [f"c{number}" for number in range(9)]
    rubric = Rubric("r", 1, tuple(Criterion(name, "?", 1) for name in names), "", "sha256:0")
    verdicts = {
        "ant": verdict(**dict.fromkeys(names, 0)),
        "bee": verdict(**dict.fromkeys(names, 90)),
    }

    assert [found.criterion for found in issues_of(verdicts, rubric)] == names[:5]


def test_a_criterion_whose_evidence_did_not_exist_is_no_position() -> None:
    verdicts = {"ant": verdict(right=10), "bee": verdict(clear=90)}

    assert issues_of(verdicts, RUBRIC) == ()
    assert first_standings(verdicts, [issue("clear")]) == {"clear": {"bee": standing(90)}}


def test_sides_change_with_every_issue() -> None:
    roles = roles_of([issue("a"), issue("b")], ["x", "y", "z"])

    assert roles["x"] == {"a": "advocate", "b": "sceptic"}
    assert roles["y"] == {"a": "sceptic", "b": "advocate"}
    assert roles["z"] == {"a": "juror", "b": "juror"}


@pytest.mark.parametrize(
    ("asked", "quotes", "settled", "after", "why"),
    [
        (90, (), [], 20, "drift"),
        (90, (quote(),), [], 20, "drift"),
        (90, (quote(2, 9),), [], 20, "drift"),  # overlaps what was cited
        (90, (quote(4, 9),), [], 90, "changed"),
        (90, (quote(0, 4, "code"),), [], 90, "changed"),
        (90, (), [True], 90, "changed"),
        (90, (), [None], 20, "drift"),
        (90, (quote(4, 9),), [False], 20, "refuted"),
        (90, (quote(4, 9),), [True, False], 20, "refuted"),
        (20, (), [], 20, "kept"),
    ],
)
def test_a_score_changes_with_new_evidence_only(
    asked: int, quotes: tuple[Quote, ...], settled: list[bool | None], after: int, why: str
) -> None:
    found, told = heard(standing(20), CriterionScore("right", asked, quotes), settled)

    assert (found.score, told) == (after, why)
    assert found.refuted == (why == "refuted")


def test_silence_keeps_a_position() -> None:
    assert heard(standing(20), None, [])[0] == standing(20)
    assert heard(standing(20), None, [True])[0].confirmed


@pytest.mark.parametrize(
    ("standings", "chair", "found"),
    [
        ([standing(50), standing(60), standing(65)], None, (60, "median")),
        ([standing(50), standing(90, quotes=())], None, (50, "evidence")),
        ([standing(50, refuted=True), standing(90)], None, (90, "median")),
        ([standing(50, refuted=True)], None, (None, "refuted")),
        ([standing(20), standing(90)], None, (None, "open")),
        ([standing(20), standing(90)], 80, (90, "chair")),
        ([standing(20), standing(90)], 55, (None, "open")),
        ([standing(20, quotes=()), standing(90, quotes=())], 88, (None, "open")),
        ([standing(20, quotes=(), confirmed=True), standing(90, quotes=())], 1, (20, "evidence")),
    ],
)
def test_how_an_issue_ends(
    standings: list[Standing], chair: int | None, found: tuple[int | None, str]
) -> None:
    assert settle_issue({str(place): one for place, one in enumerate(standings)}, chair) == found


@given(
    st.lists(st.builds(standing, st.integers(0, 100)), min_size=1, max_size=4), st.integers(0, 100)
)
def test_no_ruling_lies_outside_the_positions(standings: list[Standing], chair: int) -> None:
    found, _ = settle_issue({str(place): one for place, one in enumerate(standings)}, chair)

    scores = [one.score for one in standings]
    assert found is None or min(scores) <= found <= max(scores)


def test_a_round_that_moves_less_than_three_points_is_the_last() -> None:
    assert not moved({"a": standing(20)}, {"a": standing(22)})
    assert moved({"a": standing(20)}, {"a": standing(23)})
    assert moved({"a": standing(20)}, {"a": standing(20, refuted=True)})


MASTERS = SEATS[-4:]


def master(models: Models, **ports: Any) -> Outcome:
    on = ports.pop("on", bench(MASTERS))
    answer = ports.pop("answer", "17 * 24 = 408, for 17 * 20 is 340 and 17 * 4 is 68")
    return asyncio.run(
        review(
            case(answer),
            Tier.MASTER,
            on,
            models,
            Coins(),
            defence=PlainDefence(),
            randomness=random.Random(5),
            clock=HandClock(),
            **ports,
        )
    )


def debate_of(outcome: Outcome) -> DebateRecord:
    found = decode(outcome.record).steps[-1].debate
    assert found is not None
    return found


def panel_of(outcome: Outcome) -> list[str]:
    return sorted(one.seat for one in decode(outcome.record).steps[-1].judged)


PANEL = panel_of(master(Models(lambda seat, ask: said(90))))
LOW, HIGH, THIRD = PANEL
CHAIR = next(one.name for one in MASTERS if one.name not in PANEL)
SEALED = {LOW: 30, HIGH: 90, THIRD: 92}


def disputing(later: Any) -> Models:
    """Sealed verdicts that are apart; `later` gives what seats say in the debate."""

    def answer(seat: Seat, ask: Ask) -> str:
        if ask.purpose in {"grade", "control"}:
            return said(SEALED[seat.name])
        return str(later(seat, ask))

    return Models(answer)


def test_a_minority_that_finds_new_evidence_against_itself_comes_round() -> None:
    def later(seat: Seat, ask: Ask) -> str:
        return said(88, quote=(10, 14)) if seat.name == LOW else said(SEALED[seat.name])

    outcome = master(disputing(later))

    debate = debate_of(outcome)
    assert outcome.score == 90
    assert debate.plain_median == 90
    assert debate.settled == {LOW: 90, HIGH: 90, THIRD: 90}
    assert [turn.why for turn in debate.turns if turn.seat == LOW] == ["changed", "changed"]
    assert debate.chair is None
    assert compare(outcome.record, PlainDefence()).differences == ()


def test_drift_is_recorded_and_does_not_count() -> None:
    outcome = master(disputing(lambda seat, ask: said(90 if seat.name != CHAIR else 60)))

    debate = debate_of(outcome)
    drifted = [turn for turn in debate.turns if turn.seat == LOW]
    assert [(turn.asked, turn.after, turn.why) for turn in drifted] == [(90, 30, "drift")] * 2
    assert outcome.score is None  # and the chair sided with nobody


def test_a_round_without_a_move_is_the_last_and_the_chair_speaks() -> None:
    models = disputing(lambda seat, ask: said(SEALED.get(seat.name, 85)))

    outcome = master(models)

    debate = debate_of(outcome)
    assert {turn.round for turn in debate.turns} == {1}
    assert (outcome.score, debate.chair) == (90, CHAIR)
    assert {ruling.rule for ruling in debate.rulings} == {"chair"}
    assert len(models.asked) == 3 * 2 + 1 + 3 + 1  # grade, control, one round, chair
    assert 11 <= len(models.asked) <= 15


def test_a_chair_without_evidence_settles_nothing() -> None:
    outcome = master(
        disputing(
            lambda seat, ask: said(
                SEALED.get(seat.name, 85), quote=None if seat.name == CHAIR else (0, 2)
            )
        )
    )

    assert outcome.score is None
    assert {ruling.rule for ruling in debate_of(outcome).rulings} == {"open"}


def test_a_chair_that_fails_leaves_an_abstention() -> None:
    def later(seat: Seat, ask: Ask) -> str:
        if seat.name == CHAIR:
            raise JudgeError(Fault.TIMEOUT, "late")
        return said(SEALED[seat.name])

    outcome = master(disputing(later))

    assert (outcome.score, debate_of(outcome).chair) == (None, None)


def claiming(check: str, *, by: str) -> Any:
    def later(seat: Seat, ask: Ask) -> str:
        claims = [
            {"criterion": name, "check": check, "options": {"expected": "408"}}
            for name in ("right", "clear")
        ]
        return said(SEALED.get(seat.name, 60), claims=claims if seat.name == by else [])

    return later


def test_what_a_check_refutes_is_out() -> None:
    cage = Cage({"math": False})

    outcome = master(disputing(claiming("math", by=LOW)), court=cage)

    debate = debate_of(outcome)
    assert (outcome.score, {ruling.rule for ruling in debate.rulings}) == (
        91,
        {"median"},
    )  # of 90 and 92
    assert {claim.options["expected"] for claim in cage.settled} == {"408"}
    assert [claim.confirmed for claim in debate.claims] == [False, False]
    assert compare(outcome.record, PlainDefence()).differences == ()


def test_without_a_cage_or_with_a_broken_one_claims_settle_nothing() -> None:
    class Broken(Cage):
        async def settle(self, claim: Any) -> bool | None:
            raise OSError

    for court in (None, Broken({}), Cage({"math": None})):
        outcome = master(disputing(claiming("math", by=LOW)), court=court)

        assert outcome.score is None
        assert {claim.confirmed for claim in debate_of(outcome).claims} == {None}


def test_claims_on_other_criteria_and_ones_without_a_spelling_are_left_out() -> None:
    def later(seat: Seat, ask: Ask) -> str:
        odd = {"criterion": "right", "check": "math", "options": {"x": "\ud800"}}
        other = {"criterion": "price", "check": "math", "options": {}}
        good = {"criterion": "right", "check": "math", "options": {}}
        return said(SEALED.get(seat.name, 60), claims=[odd, other, *[good] * 9])

    cage = Cage({"math": None})
    outcome = master(disputing(later), court=cage)

    assert len(cage.settled) == 3 * 3
    assert len(debate_of(outcome).claims) == 9


def test_labels_hide_who_is_who_from_everybody() -> None:
    models = disputing(lambda seat, ask: said(SEALED.get(seat.name, 60)))

    outcome = master(models)

    asks = [ask for ask in models.asks if ask.purpose in {"debate", "chair"}]
    names = {one.name for one in MASTERS}
    assert asks
    assert all(not any(f'"{name}"' in ask.user for name in names) for ask in asks)
    told = json.loads(asks[-1].user)
    assert told["own"] is None
    assert {label for label, _ in told["positions"]} == {"judge 1", "judge 2", "judge 3"}
    assert set(debate_of(outcome).labels.values()) == {"judge 1", "judge 2", "judge 3"}


def test_no_disagreement_or_a_clear_interval_is_no_debate() -> None:
    agreed = Models(lambda seat, ask: said(68 + 4 * PANEL.index(seat.name)))
    clear = Models(lambda seat, ask: said(20 + 15 * PANEL.index(seat.name)))

    for models in (agreed, clear):
        outcome = master(models)

        assert decode(outcome.record).steps[-1].debate is None
        assert len(models.asked) == 7


def test_where_debates_did_not_beat_the_median_there_is_none() -> None:
    on = bench(MASTERS, licences=(licence(Tier.MASTER, MASTERS, debate=False),))
    models = disputing(lambda seat, ask: said(90, quote=(10, 14)))

    outcome = master(models, on=on)

    assert outcome.score is None
    assert decode(outcome.record).steps[-1].debate is None


def test_sealed_verdicts_are_fixed_in_the_record() -> None:
    first = master(disputing(lambda seat, ask: said(SEALED.get(seat.name, 60))))
    second = master(disputing(lambda seat, ask: said(90, quote=(10, 14))))

    sealed = [
        {one.seat: one.sealed for one in decode(outcome.record).steps[-1].judged}
        for outcome in (first, second)
    ]
    assert sealed[0] == sealed[1]
    assert len(set(sealed[0].values())) == 3


def test_a_canary_that_comes_back_in_a_debate_is_flagged() -> None:
    outcome = master(
        disputing(lambda seat, ask: said(SEALED.get(seat.name, 60), rationale=ask.system))
    )

    assert outcome.score is None
    assert [flag.detail for flag in outcome.flags] == [f"{MASTERS[0].name} repeated its canary"]
    assert debate_of(outcome).leaks == tuple(one.name for one in MASTERS)


@pytest.mark.parametrize("suspicious", [True, False])
def test_suspicious_spans_are_kept_out_of_a_debate(suspicious: bool) -> None:
    models = disputing(lambda seat, ask: said(SEALED.get(seat.name, 60)))
    text = "17 * 24 = 408 «note»" if suspicious else "17 * 24 = 408"

    master(models, answer=text)

    told = [json.loads(ask.user) for ask in models.asks if ask.purpose in {"debate", "chair"}]
    assert {one["without_spans"] for one in told} == {suspicious}
