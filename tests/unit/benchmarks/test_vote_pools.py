"""Pools, stops, probes and peers of `bench votes`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks.report import groups
from benchmarks.votes import PARTS, attacks, crowd_kit, public_sets
from benchmarks.votes.public_sets import Attacked, sets
from benchmarks.votes.speed import joined, more_votes
from benchmarks.votes.stopping import evidence, stopped
from benchmarks.votes.synthetic import PER_TASK, large_pool
from validator.peers.camps import Search
from validator.peers.confusion import STRENGTH
from validator.peers.pool import Kind, Pool, Votes, pool_of

if TYPE_CHECKING:
    from pathlib import Path


def _pool(said: dict[str, str]) -> Pool:
    """Votes by task, one letter for each voter in turn; a point is no vote."""
    rows = [
        (task, f"v{number}", label)
        for task, labels in said.items()
        for number, label in enumerate(labels)
        if label != "."
    ]
    task, voter, label = zip(*rows, strict=True)
    return pool_of(Kind.CLASS, Votes(task, voter, label))


def test_votes_stop_at_the_third_when_it_makes_the_class_sure() -> None:
    pool = _pool({"t0": "aaaaa", "t1": "ab", "t2": "aabb"})
    weight = np.where(pool.label[:, None] == np.arange(2), np.log(0.9), np.log(0.1))

    used, belief = stopped(pool, weight, np.log([0.5, 0.5]), np.random.default_rng(0))

    assert used.tolist() == [3, 2, 4]
    assert belief[0] == pytest.approx([0.9**3 / (0.9**3 + 0.1**3), 0.1**3 / (0.9**3 + 0.1**3)])
    assert belief[1] == pytest.approx([0.5, 0.5])
    assert belief[2] == pytest.approx([0.5, 0.5])


def test_a_vote_is_weighed_by_what_its_voter_said_of_other_tasks() -> None:
    pool = _pool({"t0": "ab", "t1": "aa", "t2": "bb"})
    belief = np.array([[0.7, 0.3], [0.9, 0.1], [0.2, 0.8]])

    weight = evidence(pool, belief)

    # The prior that all share is drawn from all votes; v1 said b of t2 besides t0.
    pooled = np.array([[0.7 + 0.9 * 2, 0.3 + 0.1 * 2], [0.7 + 0.2 * 2, 0.3 + 0.8 * 2]]) + 0.5
    prior = STRENGTH * pooled / pooled.sum(axis=0) + 0.01
    seen = np.array([belief[1], belief[2]]) + prior
    assert pool.voters[pool.voter[1]] == "v1"
    assert weight[1] == pytest.approx(np.log(seen[1] / seen.sum(axis=0)))


def test_a_large_pool_is_in_order_and_nobody_votes_twice_on_a_task() -> None:
    pool = large_pool(4_000)

    assert len(pool.task) == 4_000
    assert (np.bincount(pool.task) == PER_TASK).all()
    order = np.lexsort((pool.voter, pool.task))
    assert (order == np.arange(4_000)).all()
    assert len(set(zip(pool.task.tolist(), pool.voter.tolist(), strict=True))) == 4_000


def test_added_votes_are_new_and_the_joined_pool_stays_in_order() -> None:
    pool = large_pool(4_000)

    task, voter, label = more_votes(pool, 50)
    grown = joined(pool, task, voter, label)

    pairs = list(zip(grown.task.tolist(), grown.voter.tolist(), strict=True))
    assert pairs == sorted(set(pairs))
    assert len(pairs) == 4_050
    said = dict(zip(pairs, grown.label.tolist(), strict=True))
    assert [
        said[pair] for pair in zip(task.tolist(), voter.tolist(), strict=True)
    ] == label.tolist()


def test_probes_are_told_until_none_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = _pool({"t0": "aab", "t1": "abb", "t2": "bbb"})
    seen: list[list[bool]] = []

    def seek(asked: Pool) -> Search:
        seen.append(asked.is_known.tolist())
        wanted = np.flatnonzero(~asked.is_known)[:1] if len(seen) < 3 else np.zeros(0, np.int64)
        return Search(np.array([True, False, True]), (), 1.5, wanted)

    monkeypatch.setattr(attacks, "seek_camps", seek)
    every = np.ones(3, bool)
    made = Attacked(pool, np.array([0.0, 1.0, 1.0]), every, np.array([False, True, False]))

    told, search, probes = attacks.probed(made)

    assert probes == 2
    assert seen == [[False] * 3, [True, False, False], [True, True, False]]
    assert told.truth.tolist() == [0, 1, -1]
    assert search.trusted.tolist() == [True, False, True]


def test_a_public_set_is_read_with_some_truths_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / "votes.csv").write_text("task,worker,label\n2,a,y\n1,a,x\n1,b,y\n", encoding="utf-8")
    (folder / "truth.csv").write_text("task,truth\n1,y\n", encoding="utf-8")
    monkeypatch.setattr(public_sets, "FOLDER", tmp_path)

    (tiny,) = sets(["tiny"], Kind.CLASS)
    pool = tiny.pool(["1", "2"])

    assert pool.tasks == ("1", "2")
    assert pool.is_known.tolist() == [True, False]
    assert tiny.codes(pool).tolist() == [1, -1]


def test_without_crowd_kit_its_lines_are_said_to_be_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(crowd_kit, "find_spec", lambda _name: None)

    assert not crowd_kit.there()
    assert "crowd-kit is not installed" in capsys.readouterr().err


def test_every_part_can_be_measured_alone() -> None:
    assert {f"votes.{part}" for part in PARTS} < set(groups(short=True))
