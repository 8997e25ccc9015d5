from __future__ import annotations

import math

import numpy as np
import pytest

from validator.errors import InvalidVotesError
from validator.peers.pool import Kind, Votes, pool_of

THREE = Votes(["b", "a", "a"], ["y", "y", "x"], ["0", "1", "1"])


def test_votes_are_sorted_by_task_and_voter() -> None:
    pool = pool_of(Kind.CLASS, THREE)

    assert (pool.tasks, pool.voters, pool.classes) == (("a", "b"), ("x", "y"), ("0", "1"))
    assert pool.task.tolist() == [0, 0, 1]
    assert pool.voter.tolist() == [0, 1, 1]
    assert pool.label.tolist() == [1, 1, 0]


def test_a_known_class_that_nobody_says_is_a_class_all_the_same() -> None:
    pool = pool_of(Kind.CLASS, THREE, {"a": "2", "elsewhere": "3"})

    assert pool.classes == ("0", "1", "2")
    assert pool.truth.tolist() == [2, -1]


def test_scores_keep_their_numbers() -> None:
    pool = pool_of(Kind.SCORE, Votes(["a", "b"], ["x", "x"], ["7.5", 100]), {"b": 99})

    assert pool.value.tolist() == [7.5, 100.0]
    assert math.isnan(pool.known[0])
    assert pool.known[1] == 99.0


@pytest.mark.parametrize("label", [101, -0.5, "NaN", "inf", "much", ""])
def test_what_is_no_score_is_refused_by_name(label: str | float) -> None:
    with pytest.raises(InvalidVotesError, match="of worker x on task a is no score"):
        pool_of(Kind.SCORE, Votes(["a"], ["x"], [label]))


def test_a_second_vote_on_a_task_is_refused() -> None:
    votes = Votes(["a", "b", "a"], ["x", "x", "x"], ["1", "1", "0"])

    with pytest.raises(InvalidVotesError, match="worker x votes twice on task a"):
        pool_of(Kind.CLASS, votes)


@pytest.mark.parametrize(
    ("votes", "told"),
    [
        (Votes([], [], []), "there is not one"),
        (Votes([""], ["x"], ["1"]), "task: a vote names none"),
        (Votes(["a"], [""], ["1"]), "worker: a vote names none"),
        (Votes(["a"], ["x"], [""]), "label: a vote is empty"),
        (Votes(["a"], ["x"], ["1"], [-1.0]), "stake: -1.0 of worker x"),
        (Votes(["a"], ["x"], ["1"], [math.nan]), "stake: nan of worker x"),
    ],
)
def test_votes_that_cannot_be_counted_are_refused(votes: Votes, told: str) -> None:
    with pytest.raises(InvalidVotesError, match=told):
        pool_of(Kind.CLASS, votes)


def test_a_voter_left_out_leaves_the_codes_of_the_others() -> None:
    pool = pool_of(Kind.CLASS, THREE).keeping(np.array([False, True]))

    assert pool.voters == ("x", "y")
    assert pool.voter.tolist() == [1, 1]


def test_too_many_classes_are_refused_before_they_fill_the_memory() -> None:
    names = [f"{n:04d}" for n in range(201)]

    with pytest.raises(InvalidVotesError, match="there are 201 different ones"):
        pool_of(Kind.CLASS, Votes(names, ["x"] * 201, names))
