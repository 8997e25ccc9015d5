"""The poster over a development chain that re-orders, loses, holds, delays and repeats."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from devnet.node import Rewrite
from devnet.trouble import Doom, Fate
from tests.fakes.chain import KEY
from tests.fakes.devnet import SECOND, TASK, VALIDATOR, world
from tests.fakes.posting import PostHouse, post_house
from validator.domain.posting import PostMode, PostState
from validator.posting.alerts import Alert
from validator.wire import tos

if TYPE_CHECKING:
    from pathlib import Path


def settled(house: PostHouse, answer: str, score: int) -> None:
    """Exactly one verdict is on the chain, equal to the row, and the row is final."""
    post = house.post(answer)
    assert (post.state, post.score) == (PostState.FINALIZED, score), post
    assert house.scores(answer) == [score]
    assert answer in house.evidence.kept


def test_a_verdict_goes_from_a_row_to_a_stable_score(house: PostHouse) -> None:
    answer = house.answer(40)
    house.run(1)

    assert house.state(answer) is PostState.CONFIRMED
    assert house.scores(answer) == [40]
    house.run(8)
    settled(house, answer, 40)
    assert house.post(answer).nonce == 1
    assert house.poster.halted is None
    assert house.alerts.counts == {}
