from __future__ import annotations

import numpy as np
import pytest

from tests.fakes.votes import public_set
from validator.errors import InvalidVotesError
from validator.peers.confusion import pooled_confusion
from validator.peers.pool import Kind, Votes, pool_of
from validator.peers.standing import Standing


def test_votes_taken_one_by_one_come_to_what_a_new_fit_says() -> None:
    whole, _ = public_set("rte")
    dice = np.random.default_rng(5)
    later = np.sort(dice.permutation(len(whole.task))[:400])
    early = np.ones(len(whole.task), bool)
    early[later] = False

    def votes(kept: np.ndarray) -> Votes:
        return Votes(
            [whole.tasks[code] for code in whole.task[kept]],
            [whole.voters[code] for code in whole.voter[kept]],
            [whole.classes[code] for code in whole.label[kept]],
        )

    pool = pool_of(Kind.CLASS, votes(early))
    standing = Standing(pool, pooled_confusion(pool))
    for at in later:
        name = whole.voters[whole.voter[at]]
        if name in pool.voters:
            label = whole.classes[whole.label[at]]
            standing.add(whole.tasks[whole.task[at]], name, label)

    anew = pooled_confusion(whole).belief.argmax(axis=1)
    same = [
        standing.consensus(task) == whole.classes[code]
        for task, code in zip(whole.tasks, anew, strict=True)
    ]
    assert np.mean(same) >= 0.99


def test_a_vote_moves_its_task_towards_what_it_says() -> None:
    agreed = [(f"t{n:02d}", voter, str(n % 2)) for n in range(20) for voter in "wxyz"]
    rows = [*agreed, ("open", "w", "0"), ("open", "x", "1")]
    task, voter, label = zip(*rows, strict=True)
    pool = pool_of(Kind.CLASS, Votes(task, voter, label))
    standing = Standing(pool, pooled_confusion(pool))
    before = standing.belief("open")

    standing.add("open", "z", "1")

    assert standing.belief("open")["1"] > before["1"]
    assert standing.consensus("open") == "1"
    assert sum(standing.belief("open").values()) == pytest.approx(1)


@pytest.mark.parametrize(
    ("vote", "told"),
    [
        (("a", "x", "1"), "worker x votes twice on task a"),
        (("c", "x", "1"), "task: 'c' is not in the pool"),
        (("a", "q", "1"), "worker: 'q' is not in the pool"),
        (("a", "z", "7"), "label: '7' is not in the pool"),
    ],
)
def test_a_vote_that_does_not_fit_is_refused(vote: tuple[str, str, str], told: str) -> None:
    pool = pool_of(Kind.CLASS, Votes(["a", "a", "b"], ["x", "y", "z"], ["0", "1", "1"]))
    standing = Standing(pool, pooled_confusion(pool))

    with pytest.raises(InvalidVotesError, match=told):
        standing.add(*vote)
