"""Scores of 0-100 on public sets: our model beside mean and median, which is all peers have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.stats import spearmanr

from benchmarks.votes import points
from benchmarks.votes.public_sets import SCORES, sets, there
from validator.peers.baselines import baselines_of
from validator.peers.linear_voter import linear_voters
from validator.peers.pool import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.timing import Ratio

ERROR_GOALS: Final = {"peer_r": 6.2}
"""Design, votes, section 3; the other goals of scores are means of five sets, two of them here."""


def measure(short: bool) -> Iterator[Ratio]:  # noqa: ARG001 - takes a second in either form
    """Measure mean absolute errors and rank correlations."""
    if not there():
        return
    for each in sets(SCORES, Kind.SCORE):
        pool = each.pool()
        truth = each.points(pool)
        seen = ~np.isnan(truth)
        plain = baselines_of(pool)
        answers = {"ours": linear_voters(pool).score, "mean": plain.first, "median": plain.median}
        for name, score in answers.items():
            error = float(np.abs(score - truth)[seen].mean())
            rank = float(spearmanr(score[seen], truth[seen]).statistic)
            goal = ERROR_GOALS.get(each.name) if name == "ours" else None
            yield points(f"scores: {name}: mean absolute error on {each.name}, points", error, goal)
            yield points(f"scores: {name}: 100 x rank correlation on {each.name}", 100 * rank)
