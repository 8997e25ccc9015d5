"""Poster and signer killed at every point of a verdict's way: one verdict on the chain."""

from __future__ import annotations

import random
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.components import SOAK
from tests.crash.posting_house import MINERS, PostingHouse, kill
from validator.domain.posting import PostState
from validator.posting.asks import recorded

if TYPE_CHECKING:
    from collections.abc import Iterator

KILLS = 50 if SOAK else 4


@pytest.fixture
def house() -> Iterator[PostingHouse]:
    """A short path, for the sockets' names."""
    folder = Path(tempfile.mkdtemp())
    with PostingHouse(folder) as made:
        yield made
    shutil.rmtree(folder)


def settled(house: PostingHouse, answer: str, score: int) -> None:
    """One verdict on the chain, equal to the row and to the log; one transaction for it."""
    post = house.post(answer)
    assert (post.state, post.score) == (PostState.FINALIZED, score)
    assert house.scores(answer) == [score]
    (transaction,) = house.transactions(answer)
    assert (transaction.hash().hex(), transaction.nonce) == (post.tx_hash, post.nonce)
    with house.client() as client:
        logged, _ = recorded(client.prove(bytes.fromhex(answer)))
    assert logged == score


@pytest.mark.parametrize(
    "point",
    [
        "result_saved",
        "verdict_aggregated",
        "outbox_inserted",
        "begun",
        "attempt_saved",
        "sent",
        "answered",
        "mined",
        "stable",
    ],
)
def test_a_poster_killed_on_the_way_leaves_one_verdict(house: PostingHouse, point: str) -> None:
    house.start_signer()
    house.open_market()
    answer = house.answer(85)
    house.start_poster(point)
    dying = house.poster
    assert dying is not None
    house.drive(lambda: dying.poll() is not None, f"it dies at {point}")
    assert dying.returncode == -9

    house.start_poster()
    house.drive(lambda: house.is_final(answer), "the verdict is final")
    settled(house, answer, 85)


@pytest.mark.parametrize(
    "point",
    ["leaf_written", "protection_committed", "signature_made", "bytes_kept", "reply_ready"],
)
def test_a_signer_killed_on_the_way_leaves_one_verdict(house: PostingHouse, point: str) -> None:
    house.start_signer(point)
    house.open_market()
    answer = house.answer(40)
    house.start_poster()
    dying = house.signer
    assert dying is not None
    house.drive(lambda: dying.poll() is not None, f"it dies at {point}")
    assert dying.returncode == -9

    house.start_signer()
    house.drive(lambda: house.is_final(answer), "the verdict is final")
    settled(house, answer, 40)


def test_a_poster_killed_during_a_re_order_leaves_one_verdict(house: PostingHouse) -> None:
    house.start_signer()
    house.open_market()
    answer = house.answer(85)
    house.start_poster("re_ordered")
    dying = house.poster
    assert dying is not None

    def is_confirmed() -> bool:
        return any(post.state is PostState.CONFIRMED for post in house.posts.find())

    house.drive(is_confirmed, "it is confirmed")
    house.reorder(answer)
    assert dying.wait(20) == -9

    house.start_poster()
    house.drive(lambda: house.is_final(answer), "the verdict is final")
    settled(house, answer, 85)


def test_kills_at_random_moments_leave_one_verdict_for_every_answer(house: PostingHouse) -> None:
    rng = random.Random(f"posting {KILLS}")
    house.start_signer()
    house.open_market()
    wanted = {}
    for key in MINERS if SOAK else MINERS[:3]:
        score = rng.randrange(70)
        wanted[house.answer(score, key)] = score
    house.start_poster()
    for _ in range(KILLS):
        until = time.monotonic() + rng.uniform(0.5, 4)
        house.drive(lambda end=until: time.monotonic() > end, "the time is over")  # type: ignore[misc]
        if rng.random() < 0.6:
            kill(house.poster)
            house.start_poster()
        else:
            kill(house.signer)
            house.start_signer()
    house.drive(lambda: all(map(house.is_final, wanted)), "every verdict is final", 200)

    for answer, score in wanted.items():
        settled(house, answer, score)
