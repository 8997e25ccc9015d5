"""Models of voters: what they do on made crowds, and that they keep their rank on public sets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.stats import spearmanr

from tests.fakes.votes import accuracy, public_set
from validator.peers.averages import weighted_average
from validator.peers.baselines import STAKE_CAP, baselines_of, capped, majority
from validator.peers.confusion import dawid_skene, pooled_confusion, wins
from validator.peers.ensemble import LARGE, blend
from validator.peers.linear_voter import linear_voters
from validator.peers.pool import Kind, Pool, Votes, pool_of
from validator.peers.subtypes import subtype_model

if TYPE_CHECKING:
    from collections.abc import Callable


def crowd(
    seed: int, tasks: int = 200, right: tuple[float, ...] = (0.9, 0.9, 0.6, 0.6, 0.6)
) -> Pool:
    """A crowd of yes and no, where yes is true of the first half; `right`: rates of being right."""
    dice = np.random.default_rng(seed)
    votes: tuple[list[str], list[str], list[str | float]] = ([], [], [])
    for task in range(tasks):
        truth = "yes" if task < tasks // 2 else "no"
        for voter, rate in enumerate(right):
            other = "no" if truth == "yes" else "yes"
            votes[0].append(f"{task:04d}")
            votes[1].append(f"v{voter}")
            votes[2].append(truth if dice.random() < rate else other)
    return pool_of(Kind.CLASS, Votes(*votes))


def rightness(pool: Pool, codes: np.ndarray) -> float:
    yes = pool.classes.index("yes")
    truth = np.where(np.arange(len(pool.tasks)) < len(pool.tasks) // 2, yes, 1 - yes)
    return float((codes == truth).mean())


@pytest.mark.parametrize(
    "model",
    [
        lambda pool: dawid_skene(pool).belief,
        lambda pool: pooled_confusion(pool).belief,
        subtype_model,
        weighted_average,
        lambda pool: blend(pool).belief,
    ],
    ids=["dawid_skene", "pooled", "subtypes", "average", "blend"],
)
def test_every_model_beats_the_majority_where_skills_differ(
    model: Callable[[Pool], np.ndarray],
) -> None:
    pools = [crowd(seed) for seed in (1, 2, 3)]
    plain = np.mean([rightness(pool, majority(pool).argmax(axis=1)) for pool in pools])

    beliefs = [model(pool) for pool in pools]

    right = [rightness(pool, wins(belief)) for pool, belief in zip(pools, beliefs, strict=True)]
    assert np.mean(right) > plain + 0.02
    for belief in beliefs:
        assert np.allclose(belief.sum(axis=1), 1)


def test_a_known_truth_is_held_against_all_votes() -> None:
    votes = Votes(["a", "a", "a", "b"], ["x", "y", "z", "x"], ["1", "1", "1", "0"])
    pool = pool_of(Kind.CLASS, votes, {"a": "0"})

    for belief in (pooled_confusion(pool).belief, subtype_model(pool), weighted_average(pool)):
        assert belief[0].tolist() == pytest.approx([1, 0])


def test_a_doubted_truth_gives_way_to_many_votes() -> None:
    voters = [f"v{n:02d}" for n in range(30)]
    votes = Votes(["a"] * 30, voters, ["1"] * 30)

    held = pooled_confusion(pool_of(Kind.CLASS, votes, {"a": "0"}))
    doubted = pooled_confusion(pool_of(Kind.CLASS, votes, {"a": "0"}, {"a": 0.2}))

    assert held.belief[0].tolist() == pytest.approx([1, 0])
    assert doubted.belief[0, 1] > 0.5


def test_votes_of_one_class_alone_are_agreed_on() -> None:
    pool = pool_of(Kind.CLASS, Votes(["a", "b"], ["x", "y"], ["1", "1"]))

    assert blend(pool).belief == pytest.approx(np.ones((2, 1)))


def test_a_large_pool_is_fitted_by_one_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("validator.peers.ensemble.LARGE", 10)

    assert LARGE > 10
    assert set(blend(crowd(1)).weights) == {"confusion"}


@pytest.mark.parametrize(("name", "least"), [("bluebird", 0.86), ("rte", 0.925), ("dog", 0.838)])
def test_the_blend_keeps_its_rank_on_public_sets(name: str, least: float) -> None:
    pool, truths = public_set(name)

    assert accuracy(blend(pool).belief, pool, truths) >= least


@pytest.mark.parametrize(
    ("name", "most", "rank"), [("affect_a", 10.98, 0.68), ("peer_r", 6.2, 0.62)]
)
def test_linear_voters_keep_their_rank_on_public_scores(
    name: str, most: float, rank: float
) -> None:
    pool, truths = public_set(name, Kind.SCORE)
    at = [code for code, task in enumerate(pool.tasks) if task in truths]
    truth = np.array([float(truths[pool.tasks[code]]) for code in at])
    score = linear_voters(pool).score[at]

    assert np.abs(score - truth).mean() <= most
    assert spearmanr(score, truth).statistic >= rank


def test_a_voter_who_always_says_the_same_moves_nothing() -> None:
    dice = np.random.default_rng(7)
    truth = dice.uniform(10, 90, 60)
    votes: tuple[list[str], list[str], list[str | float]] = ([], [], [])
    for task, score in enumerate(truth):
        for voter in range(4):
            votes[0].append(f"{task:03d}")
            votes[1].append(f"v{voter}")
            said = 60.0 if voter == 3 else float(np.clip(score + dice.normal(0, 6), 0, 100))
            votes[2].append(said)
    fit = linear_voters(pool_of(Kind.SCORE, Votes(*votes)))

    assert abs(fit.slope[3]) < 0.2
    assert np.corrcoef(fit.score, truth)[0, 1] > 0.95


def test_stake_is_capped_at_its_share() -> None:
    weight = capped(np.array([1e9] + [1.0] * 99))

    assert weight[0] / weight.sum() == pytest.approx(STAKE_CAP)
    assert capped(np.array([1e9, 1.0, 1.0])).tolist() == [1, 1, 1]
    assert capped(np.zeros(30)).tolist() == [1] * 30


def test_baselines_of_scores_are_mean_and_medians() -> None:
    votes = Votes(["a"] * 4, ["v", "w", "x", "y"], [0, 10, 20, 90])
    plain = baselines_of(pool_of(Kind.SCORE, votes))

    assert (plain.first[0], plain.median[0], plain.stake[0]) == (30, 15, 15)
