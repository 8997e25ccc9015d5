"""What every story of a verdict ends with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from validator.domain.posting import PostState

if TYPE_CHECKING:
    from tests.fakes.posting import PostHouse


def settled(house: PostHouse, answer: str, score: int) -> None:
    """Exactly one verdict is on the chain, equal to the row, and the row is final."""
    post = house.post(answer)
    assert (post.state, post.score) == (PostState.FINALIZED, score), post
    assert house.scores(answer) == [score]
    assert answer in house.evidence.kept
