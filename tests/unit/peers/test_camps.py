"""Rings that lie about some tasks are found, judged by probes and left out."""

from __future__ import annotations

import numpy as np
import pytest

from tests.components import SOAK
from tests.fakes.votes import attacked, searched
from validator.peers.camps import ENOUGH_EVIDENCE, PROBES, seek_camps
from validator.peers.confusion import pooled_confusion
from validator.peers.linear_voter import linear_voters
from validator.peers.pool import Kind, Votes, pool_of

SEEDS = range(10 if SOAK else 1)
CLEAN = range(60 if SOAK else 6)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("share", "least"), [(0.2, 0.82), (0.49, 0.74)])
def test_a_camouflaged_ring_is_left_out_once_probes_are_in(
    share: float, least: float, seed: int
) -> None:
    pool, made = attacked(Kind.CLASS, "camo", share, seed)
    blind = pooled_confusion(pool).belief.argmax(axis=1)

    known, search = searched(pool, made["code"])

    right = pooled_confusion(known.keeping(search.trusted)).belief.argmax(axis=1) == made["code"]
    assert right[made["judged"]].mean() >= least
    assert right[made["judged"]].mean() > (blind == made["code"])[made["judged"]].mean()
    assert (~search.trusted[made["bad"]]).mean() >= 0.8
    assert made["bad"][~search.trusted].mean() >= 0.94


@pytest.mark.parametrize("seed", SEEDS)
def test_a_camouflaged_ring_of_scores_is_left_out(seed: int) -> None:
    pool, made = attacked(Kind.SCORE, "camo", 0.49, seed)

    known, search = searched(pool, made["code"])

    apart = np.abs(linear_voters(known.keeping(search.trusted)).score - made["code"])
    assert apart[made["judged"]].mean() <= 6.5
    assert (search.trusted == ~made["bad"]).all()


@pytest.mark.parametrize("kind", list(Kind))
def test_honest_pools_raise_no_alarm(kind: Kind) -> None:
    for seed in CLEAN:
        pool, _ = attacked(kind, "none", 0, seed)
        search = seek_camps(pool)

        assert search.camps == ()
        assert len(search.wanted) == 0


def test_a_search_asks_for_what_would_tell_the_sides_apart() -> None:
    pool, made = attacked(Kind.CLASS, "camo", 0.4, 0)

    search = seek_camps(pool)

    assert 0 < len(search.wanted) <= PROBES
    assert not pool.is_known[search.wanted].any()
    assert search.trusted.all()
    # They are of the tasks that the ring lies about, mostly.
    unjudged = made["judged"][search.wanted].mean()
    assert unjudged >= 0.5


def test_without_answers_to_its_questions_nobody_is_left_out() -> None:
    pool, _ = attacked(Kind.CLASS, "camo", 0.4, 1)
    nothing = pool.knowing(np.full(len(pool.tasks), np.nan), pool.doubt)

    search = seek_camps(nothing)

    assert search.trusted.all()
    assert len(search.wanted) >= min(PROBES, ENOUGH_EVIDENCE)


@pytest.mark.parametrize(("attack", "most"), [("random", 7.1), ("accept", 6.8), ("ring", 6.8)])
def test_careless_and_contrary_voters_weigh_nothing_in_scores(attack: str, most: float) -> None:
    pool, made = attacked(Kind.SCORE, attack, 0.49, 0)

    apart = np.abs(linear_voters(pool).score - made["code"])

    assert apart[made["judged"]].mean() <= most


def test_a_plain_ring_of_half_the_votes_does_not_turn_known_truths_over() -> None:
    pool, made = attacked(Kind.CLASS, "ring", 0.49, 0)

    belief = pooled_confusion(pool).belief

    assert (belief.argmax(axis=1) == made["code"]).mean() >= 0.94


def test_a_crowd_on_one_task_does_not_fill_the_memory() -> None:
    voters = [f"{n:05d}" for n in range(20_000)]
    votes = Votes(["one"] * 20_000, voters, [str(n % 2) for n in range(20_000)])

    search = seek_camps(pool_of(Kind.CLASS, votes))

    assert search.camps == ()
    assert search.trusted.all()


def test_of_a_large_crowd_the_busiest_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("validator.peers.residuals.LOOKED_AT", 40)
    pool, made = attacked(Kind.CLASS, "camo", 0.4, 0)

    search = seek_camps(pool)

    assert len(search.wanted) > 0
    assert made["judged"][search.wanted].mean() >= 0.3


def test_doubtful_truths_convict_nobody() -> None:
    pool, made = attacked(Kind.CLASS, "camo", 0.4, 0)
    wanted = seek_camps(pool).wanted
    known, doubt = pool.known.copy(), pool.doubt.copy()
    # A word no better than a coin, and for the ring: the honest would be the convicted.
    known[wanted], doubt[wanted] = 1 - made["code"][wanted], 0.45

    search = seek_camps(pool.knowing(known, doubt))

    assert search.camps == ()
    assert search.trusted.all()


def test_a_handful_of_known_tasks_convicts_nobody() -> None:
    rows = [(f"t{task}", f"v{voter}", "1") for task in range(8) for voter in range(6)]
    rows += [
        (f"t{task}", f"m{voter}", "0" if task else "1") for task in range(8) for voter in range(5)
    ]
    task, voter, label = zip(*rows, strict=True)

    search = seek_camps(
        pool_of(Kind.CLASS, Votes(task, voter, label), {f"t{n}": "1" for n in range(8)})
    )

    assert search.camps == ()
    assert search.trusted.all()


@pytest.mark.parametrize("kind", list(Kind))
def test_many_voters_who_share_no_task_are_no_group(kind: Kind) -> None:
    names = [f"{n:03d}" for n in range(100)]
    labels = [float(n) if kind is Kind.SCORE else str(n % 2) for n in range(100)]

    search = seek_camps(pool_of(kind, Votes(names, names, labels)))

    assert search.strength == 0
    assert search.trusted.all()
