"""The total of a verdict: ours, from the criteria. What a model adds up itself is never read."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from validator.domain.reviews import CriterionScore, Rubric


def total(rubric: Rubric, criteria: Iterable[CriterionScore]) -> int:
    """Return floor(sum of weight times score / sum of all weights), 0-100.

    A criterion without a score has lost it, since what it rested on does not exist: it counts 0,
    and its weight stays. Raises ValueError for a criterion that is not the rubric's or comes twice.
    """
    weights = {criterion.id: criterion.weight for criterion in rubric.criteria}
    points = 0
    seen: set[str] = set()
    for one in criteria:
        if one.criterion not in weights or one.criterion in seen:
            raise ValueError(f"criterion {one.criterion!r} is not one of the rubric's, or is twice")
        seen.add(one.criterion)
        points += weights[one.criterion] * one.score
    return points // sum(weights.values())
