"""What the one call returns: decisions with reasons, intervals that hold, whatever the order."""

from __future__ import annotations

import numpy as np
import pytest

from tests.fakes.votes import attacked, public_set
from validator.peers.consensus import Consensus, consensus_of
from validator.peers.pool import Kind, Votes, pool_of
from validator.peers.rules import Decision, Rules, Standpoint, decide


def test_a_clear_vote_is_final_and_a_single_one_is_not() -> None:
    voters = [f"v{n}" for n in range(12)]
    sure = [f"t{n:02d}" for n in range(40)]
    task = [name for name in sure for _ in voters] + ["lone"]
    found = consensus_of(
        pool_of(Kind.CLASS, Votes(task, voters * 40 + ["v0"], ["yes", "no"] * 240 + ["yes"]))
    )
    lone = found.tasks[0]

    assert (lone.task, lone.decision) == ("lone", Decision.MORE_VOTES)
    assert lone.reason == "1 of at least 3 votes are in"


def test_a_known_task_is_final_and_certain() -> None:
    votes = Votes(["a", "a", "a"], ["x", "y", "z"], [10, 20, 30])
    (task,) = consensus_of(pool_of(Kind.SCORE, votes, {"a": 80})).tasks

    assert (task.consensus, task.interval, task.confidence) == (80, (80, 80), 1.0)
    assert task.decision is Decision.FINAL
    assert task.baselines == {"mean": 20, "median": 20, "stake": 20}


def test_unanimous_scores_are_whole_numbers_within_their_interval() -> None:
    names = [f"t{n}" for n in range(10)]
    votes = Votes(
        [name for name in names for _ in range(5)],
        [f"v{n}" for _ in names for n in range(5)],
        [float(10 * at) for at in range(10) for _ in range(5)],
    )
    for at, task in enumerate(consensus_of(pool_of(Kind.SCORE, votes)).tasks):
        assert isinstance(task.consensus, int)
        assert task.interval is not None
        assert task.interval[0] <= task.consensus <= task.interval[1]
        assert abs(task.consensus - 10 * at) <= 3


@pytest.mark.parametrize("kind", list(Kind))
def test_the_order_of_votes_leaves_no_trace(kind: Kind) -> None:
    dice = np.random.default_rng(3)
    rows = [(f"t{t}", f"v{v}", float(dice.integers(0, 101))) for t in range(15) for v in range(6)]
    ways = [rows, rows[::-1], [rows[at] for at in dice.permutation(len(rows))]]
    found: list[Consensus] = []
    for way in ways:
        task, voter, label = zip(*way, strict=True)
        found.append(consensus_of(pool_of(kind, Votes(task, voter, label))))

    assert found[0] == found[1] == found[2]


def test_intervals_of_scores_hold_the_truth_as_often_as_they_say() -> None:
    truths = public_set("peer_r", Kind.SCORE)[1]
    dice = np.random.default_rng(0)
    covered = []
    for _ in range(4):
        names = sorted(truths)
        known = {names[at]: truths[names[at]] for at in dice.permutation(len(names))[:30]}
        pool, _ = public_set("peer_r", Kind.SCORE, known)
        for task in consensus_of(pool).tasks:
            if task.task not in known and task.interval is not None:
                low, high = task.interval
                covered.append(low <= float(truths[task.task]) <= high)

    assert 0.7 <= np.mean(covered) <= 0.92


def test_confidence_after_thirty_known_tasks_is_as_high_as_it_is_right() -> None:
    truths = public_set("rte")[1]
    names = sorted(truths)
    known = {name: truths[name] for name in names[::20]}
    pool, _ = public_set("rte", known=known)
    rest = [task for task in consensus_of(pool).tasks if task.task not in known]
    right = np.array([task.consensus == truths[task.task] for task in rest])
    sure = np.array([task.confidence for task in rest])

    bins = np.minimum((sure * 10).astype(int), 9)
    error = sum(
        abs(right[bins == at].mean() - sure[bins == at].mean()) * (bins == at).mean()
        for at in np.unique(bins)
    )
    assert error <= 0.06


def test_a_suspected_ring_sends_its_tasks_to_an_expert() -> None:
    pool, _ = attacked(Kind.CLASS, "camo", 0.4, 0)
    found = consensus_of(pool)
    by_task = {task.task: task for task in found.tasks}

    assert found.probes
    for name in found.probes:
        assert by_task[name].decision is Decision.EXPERT
        assert "two groups" in by_task[name].reason


@pytest.mark.parametrize(
    ("point", "decision"),
    [
        (Standpoint(9, certain=True), Decision.FINAL),
        (Standpoint(9, certain=False), Decision.MORE_VOTES),
        (Standpoint(15, certain=False), Decision.EXPERT),
        (Standpoint(2, certain=True), Decision.MORE_VOTES),
        (Standpoint(0, certain=True, settled=True), Decision.FINAL),
        (Standpoint(9, certain=True, torn=True), Decision.EXPERT),
        (Standpoint(9, certain=False, apart=True), Decision.EXPERT),
        (Standpoint(9, certain=True, apart=True), Decision.FINAL),
        (Standpoint(2, certain=False, probed=True), Decision.EXPERT),
        (Standpoint(9, certain=True, shaken=True), Decision.EXPERT),
    ],
)
def test_the_first_ground_that_holds_decides(point: Standpoint, decision: Decision) -> None:
    found, reason = decide(point, Rules())

    assert found is decision
    assert reason
