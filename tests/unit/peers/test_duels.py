from __future__ import annotations

import numpy as np
import pytest

from validator.errors import InvalidVotesError
from validator.peers.duels import Choice, Duel, rank_answers


def contest(seed: int, honest: int = 8, leaning: int = 0) -> list[Duel]:
    """Three answers of worth 2, 0, -2; honest voters by worth, leaning ones always to the left."""
    dice = np.random.default_rng(seed)
    worth = {"best": 2.0, "fair": 0.0, "poor": -2.0}
    duels = []
    for voter in range(honest + leaning):
        for left, right in (("best", "fair"), ("poor", "best"), ("fair", "poor")):
            likely = 1 / (1 + np.exp(worth[right] - worth[left]))
            says = Choice.LEFT if voter >= honest or dice.random() < likely else Choice.RIGHT
            duels.append(Duel("t", f"v{voter}", left, right, says))
    return duels


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_answers_are_ranked_by_their_worth(seed: int) -> None:
    (ranking,) = rank_answers(contest(seed)).rankings

    assert ranking.answers == ("best", "fair", "poor")
    assert ranking.votes == 24
    assert 0.5 < ranking.confidence <= 1


def test_voters_who_lean_to_the_left_are_told_from_those_who_read() -> None:
    found = rank_answers(contest(4, honest=8, leaning=4))

    assert found.rankings[0].answers[0] == "best"
    assert min(found.lean[f"v{n}"] for n in range(8, 12)) > max(
        found.lean[f"v{n}"] for n in range(8)
    )


def test_a_tie_is_half_a_choice_for_either() -> None:
    duels = [Duel("t", f"v{n}", "a", "b", Choice.TIE) for n in range(5)]
    (ranking,) = rank_answers(duels).rankings

    assert ranking.wins == (0.5, 0.5)
    assert ranking.confidence == pytest.approx(0.5)


def test_the_order_of_choices_leaves_no_trace() -> None:
    duels = contest(5)

    assert rank_answers(duels) == rank_answers(duels[::-1])


@pytest.mark.parametrize(
    ("duels", "told"),
    [
        ([], "there is not one"),
        ([Duel("t", "", "a", "b", Choice.LEFT)], "has no name"),
        ([Duel("t", "v", "a", "a", Choice.LEFT)], "answer a of task t meets itself"),
        (
            [Duel("t", "v", "a", "b", Choice.LEFT), Duel("t", "v", "b", "a", Choice.LEFT)],
            "worker v chooses twice between b and a",
        ),
    ],
)
def test_choices_that_cannot_be_counted_are_refused(duels: list[Duel], told: str) -> None:
    with pytest.raises(InvalidVotesError, match=told):
        rank_answers(duels)
