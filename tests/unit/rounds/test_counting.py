"""Quorum, penalties and what becomes of an aggregator's opinion."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.rounds import GENESIS, PUBLISHER, SUBMITTER, VOTERS, capped_median, new_round
from tests.fakes.store import START
from validator.domain.submission import Origin
from validator.domain.voting import (
    WORST_VOTE,
    Ballot,
    Conduct,
    Parties,
    Round,
    Ruling,
    Seat,
    Stage,
)
from validator.rounds.counting import Before, Opinion, Poll, count, quorum
from validator.wire.canonical import canonical_json, sha256_digest


def round_of(number: int = 1, **rules: int) -> Round:
    new = new_round(rules=rules)
    return Round(
        "rnd_1", "local", Origin.API, Stage.COUNTING, new.task_id, new.answer_id, "general", None,
        number, "sha256:", Parties(PUBLISHER, SUBMITTER), new.rules, 9, "sha256:", GENESIS, 5,
        START,
    )  # fmt: skip


def ballot(place: int, score: int | None, stake: int = 100, *, committed: bool = True) -> Ballot:
    seat = Seat(VOTERS[place], place, stake, None)
    if not committed:
        return Ballot("rnd_1", seat)
    late = None if score is None else START + timedelta(hours=2)
    return Ballot("rnd_1", seat, "cc" * 32, "dd" * 64, START, score, "5a" * 16, "ab" * 32, late)


def counted(ballots: list[Ballot], round_: Round | None = None, **more: Any) -> dict[str, Any]:
    given = {"earlier": [], "aggregate": capped_median} | more
    return count(round_ or round_of(), ballots, **given)


def test_a_vote_costs_its_distance_and_hiding_one_costs_more_than_any() -> None:
    ballots = [
        ballot(0, 80), ballot(1, 84), ballot(2, 76), ballot(3, 0),
        ballot(4, None), ballot(5, None, committed=False),
    ]  # fmt: skip

    found = counted(ballots)

    assert (found["decision"], found["score"], found["votes_used"]) == ("final", 76, 4)
    paid = {one["voter"]: (one["conduct"], one["penalty"]) for one in found["voters"]}
    assert paid == {
        VOTERS[0]: ("voted", 4), VOTERS[1]: ("voted", 8), VOTERS[2]: ("voted", 0),
        VOTERS[3]: ("voted", 76), VOTERS[4]: ("unrevealed", 150), VOTERS[5]: ("absent", 50),
    }  # fmt: skip


def test_no_setting_makes_hiding_a_vote_cheap() -> None:
    from pydantic import ValidationError

    from validator.settings import VoteSettings

    assert VoteSettings().unrevealed_penalty > WORST_VOTE
    with pytest.raises(ValidationError):
        VoteSettings(unrevealed_penalty=WORST_VOTE)


def test_an_unrevealed_commit_is_no_vote() -> None:
    found = counted([ballot(0, 80), ballot(1, 80), ballot(2, None)])

    assert ballot(2, None).conduct is Conduct.UNREVEALED
    assert found["quorum"]["heads"] == {"voted": 2, "needed": 3}
    assert (found["decision"], found["score"]) == ("more_votes", None)
    assert found["reason"] == "No quorum: 2 of 3 votes."


def test_heads_without_stake_make_no_quorum() -> None:
    voted = [ballot(n, 80, stake=1) for n in range(4)]
    away = [ballot(n, None, 1000, committed=False) for n in range(4, 7)]

    found = counted([*voted, *away])

    assert found["quorum"]["met"] is False
    assert found["reason"].startswith("No quorum: 4 of ")
    assert "capped stake" in found["reason"]


def test_one_great_stake_alone_can_neither_make_nor_break_a_quorum() -> None:
    whale = 10**19
    # 30 % of what was drawn is the most that one counts for.
    others = [ballot(n, 80, stake=whale // 6) for n in range(1, 7)]
    without = quorum(round_of(), [ballot(0, None, whale), *others])
    alone = quorum(
        round_of(heads=1),
        [ballot(0, 80, whale), *(ballot(n, None, whale // 6) for n in range(1, 7))],
    )

    assert without.met
    assert not alone.met


def test_a_pool_without_stake_is_judged_by_heads() -> None:
    assert counted([ballot(n, 80, stake=0) for n in range(3)])["decision"] == "final"


def test_nobody_voted_asks_for_more_until_the_last_round() -> None:
    silent = [ballot(n, None, committed=False) for n in range(3)]

    first, last = counted(silent, round_of(1)), counted(silent, round_of(3))

    assert (first["decision"], first["reason"]) == ("more_votes", "Nobody voted.")
    assert first["aggregation"] is None
    assert last["decision"] == "expert"
    assert last["reason"] == "Nobody voted. No more: this was round 3 of 3."


def test_a_spent_budget_goes_to_an_expert() -> None:
    found = counted([ballot(n, n * 15) for n in range(7)], round_of(max_votes=7))

    assert found["decision"] == "expert"
    assert "the budget of 7 votes is spent" in found["reason"]


def test_votes_of_the_rounds_before_count_on_and_are_not_paid_for_twice() -> None:
    before = [Before(round_of(), [ballot(n, 80) for n in (7, 8)])]
    seen: list[Poll] = []

    def aggregate(poll: Poll) -> Opinion:
        seen.append(poll)
        return capped_median(poll)

    found = counted(
        [ballot(n, 82) for n in range(3)], round_of(2), earlier=before, aggregate=aggregate
    )

    assert found["votes_used"] == len(seen[0].votes) == 5
    assert len(found["voters"]) == len(found["ballots"]) == 3


def test_a_vote_of_an_earlier_round_is_paid_for_once_there_is_a_final_score() -> None:
    ballots = [ballot(7, 70), ballot(8, 90), ballot(9, None), ballot(10, None, committed=False)]
    first = round_of()
    undecided = counted(ballots, first)
    before = [Before(replace(first, result=undecided), ballots)]

    open_still = counted([ballot(n, 20 * n) for n in range(3)], round_of(2), earlier=before)
    final = counted([ballot(n, 82) for n in range(3)], round_of(3), earlier=before)

    assert (open_still["decision"], final["decision"], final["score"]) == (
        "more_votes",
        "final",
        82,
    )
    assert {one["penalty"] for one in open_still["earlier"][0]["voters"]} == {None}
    # The two that hid or stayed away were charged in their own round.
    paid = {one["voter"]: one["penalty"] for one in final["earlier"][0]["voters"]}
    assert paid == {VOTERS[7]: 12, VOTERS[8]: 8}
    assert [one["penalty"] for one in undecided["voters"] if one["penalty"]] == [150, 50]


def test_a_result_names_chain_draw_rules_and_the_rounds_before() -> None:
    first = replace(round_of(), round_id="rnd_0")
    first = replace(first, result=counted([ballot(7, 10)], first))
    second = replace(round_of(2), follows="rnd_0", seed_hash="ab" * 32)

    found = counted([ballot(0, 80)], second, earlier=[Before(first, [ballot(7, 10)])])

    assert (found["genesis"], found["number"], found["follows"]) == (GENESIS, 2, "rnd_0")
    assert found["draw"]["seed"] == {"topoheight": 5, "hash": "ab" * 32}
    assert found["rules"]["stake_cap_percent"] == second.rules.stake_cap_percent
    (before,) = found["earlier"]
    assert before["evidence"] == first.result["evidence"]  # type: ignore[index]
    assert before["result"] == sha256_digest(canonical_json(dict(first.result)))  # type: ignore[arg-type]


def test_an_aggregator_that_asks_for_an_expert_is_heard() -> None:
    said = Opinion(Ruling.EXPERT, "Two camps.", None, {"camps": 2})

    found = counted([ballot(n, 80) for n in range(3)], aggregate=lambda _: said)

    assert (found["decision"], found["reason"]) == ("expert", "Two camps.")
    assert found["aggregation"] == {"camps": 2}
    assert {one["penalty"] for one in found["voters"]} == {None}


@pytest.mark.parametrize(("ruling", "score"), [(Ruling.FINAL, None), (Ruling.FINAL, 101)])
def test_an_opinion_that_makes_no_sense_is_a_defect(ruling: Ruling, score: int | None) -> None:
    with pytest.raises(ValueError, match="score"):
        Opinion(ruling, "", score)


@given(st.lists(st.none() | st.integers(0, 100), min_size=1, max_size=9), st.randoms())
def test_the_same_ballots_give_the_same_bytes_in_any_order(
    scores: list[int | None], order: Any
) -> None:
    ballots = [ballot(place, score) for place, score in enumerate(scores)]
    first = counted(ballots)
    order.shuffle(ballots)

    assert json.dumps(counted(ballots)) == json.dumps(first)
