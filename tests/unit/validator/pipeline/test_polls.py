"""A round's votes come to an opinion; what is torn is never final."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from validator.domain.voting import Ruling
from validator.pipeline.polls import judge_poll
from validator.rounds.counting import Poll, Vote

if TYPE_CHECKING:
    from validator.domain.voting import Round

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def poll(*scores: int, most: int = 15) -> Poll:
    round_ = cast("Round", SimpleNamespace(rules=SimpleNamespace(max_votes=most)))
    votes = tuple(
        Vote("rnd", f"{at:064x}", score, 100, NOON, NOON, None) for at, score in enumerate(scores)
    )
    return Poll(round_, votes)


def test_votes_that_agree_are_final() -> None:
    opinion = judge_poll(poll(80, 82, 81, 79, 80))

    assert (opinion.ruling, opinion.score) == (Ruling.FINAL, 80)
    assert opinion.document["baselines"] == {"mean": 80, "median": 80, "stake": 80}


@pytest.mark.parametrize("scores", [(100, 100, 100, 0, 0), (80, 82, 85, 10), (50, 90)])
def test_votes_that_stand_apart_are_not_final(scores: tuple[int, ...]) -> None:
    assert judge_poll(poll(*scores)).ruling is not Ruling.FINAL


def test_torn_votes_go_to_an_expert_when_no_more_may_be_had() -> None:
    assert judge_poll(poll(100, 100, 0, 0, most=4)).ruling is Ruling.EXPERT


def test_one_vote_is_never_enough() -> None:
    opinion = judge_poll(poll(100))

    assert opinion.ruling is Ruling.MORE_VOTES
    assert opinion.document["interval"] == [50, 100]


def test_of_a_voter_in_two_rounds_the_later_vote_counts() -> None:
    first = poll(20, 80, 81, 82)
    later = Vote("rnd2", f"{0:064x}", 80, 100, NOON, NOON + timedelta(hours=1), None)

    opinion = judge_poll(Poll(first.round, (*first.votes, later)))

    assert opinion.ruling is Ruling.FINAL
    assert opinion.score is not None
    assert 79 <= opinion.score <= 82
