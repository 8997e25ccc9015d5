"""What the signer's own eyes make of endpoints that lag, cut off, lie once or re-order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fakes.devnet import VALIDATOR
from tests.fakes.ordered_node import (
    ANSWER,
    OrderedNode,
    chain_of,
    put_answer,
    put_verdict,
    scored,
)
from tests.fakes.store import FrozenClock
from validator.chain.placing import SPREAD
from validator.errors import ChainUnreadableError
from validator.signing.chain import agreed_reading
from validator.signing.nodes_view import FAR, NodesView
from validator.signing.own_chain import NO_NONCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from validator.protection.reconcile import Reading

    Views = Callable[..., Callable[[int], Reading]]

KEY = VALIDATOR.public


@pytest.fixture
def views() -> Iterator[Views]:
    made: list[NodesView] = []

    def watching(*nodes: OrderedNode) -> Callable[[int], Reading]:
        view = NodesView(nodes, KEY, FrozenClock(), 20)  # type: ignore[arg-type]
        made.append(view)
        names = [node.name for node in nodes]
        return lambda since: agreed_reading(view.snapshots(KEY.data, since), names, KEY.data)

    yield watching
    for view in made:
        view.close()


def told(reading: Reading) -> list[tuple[bytes, int]]:
    return [(each.verdict.answer, each.nonce) for each in reading.verdicts]


def test_an_endpoint_far_behind_another_one_makes_the_chain_unreadable(views: Views) -> None:
    blocks = chain_of(range(1010))
    behind = OrderedNode("b", blocks, 200)
    read = views(OrderedNode("a", blocks, 1000), behind)
    for stable in (200, 600, 1000 - FAR - 1):
        behind.stable = stable
        with pytest.raises(ChainUnreadableError, match="far behind another"):
            read(0)
    behind.stable = 1000 - FAR
    assert read(0).stable_height == 1000 - FAR


def test_the_newest_stable_height_of_all_endpoints_is_told_beside_the_least(views: Views) -> None:
    blocks = chain_of(range(60))
    found = views(OrderedNode("a", blocks, 40), OrderedNode("b", blocks, 50))(0)
    assert (found.stable_height, found.newest) == (40, 50)


@pytest.mark.parametrize("claimed", [0, 500])
def test_an_endpoint_that_lies_about_the_height_of_its_stable_block_moves_nothing(
    views: Views, claimed: int
) -> None:
    blocks = chain_of(range(60))
    liar = OrderedNode("b", blocks, 40, stable_height=claimed)
    with pytest.raises(ChainUnreadableError, match="far behind another"):
        views(OrderedNode("a", blocks, 40), liar)(0)


def test_a_verdict_in_a_side_block_ordered_after_the_stable_one_is_told(views: Views) -> None:
    blocks = chain_of([*range(41), 39, 40, *range(41, 60)])
    put_verdict(blocks, 41)
    node = OrderedNode("a", blocks, 40)
    read = views(node)
    assert told(read(0)) == []
    node.stable, node.tasks = 45, scored(39)
    assert blocks[45].height == 43
    assert told(read(41)) == [(ANSWER, 0)]


def test_what_lies_deeper_than_any_re_order_reaches_is_not_told_again(views: Views) -> None:
    blocks = chain_of(range(100))
    put_verdict(blocks, 20)
    read = views(OrderedNode("a", blocks, 80, scored(20)))
    assert told(read(0)) == told(read(20 + SPREAD)) == [(ANSWER, 0)]
    assert told(read(20 + SPREAD + 1)) == []


def test_tasks_answered_in_blocks_of_a_reading_that_was_cut_off_are_watched(views: Views) -> None:
    blocks = chain_of(range(40))
    put_answer(blocks, 1)
    node = OrderedNode("a", blocks, 30, scored(2), missing={20})
    read = views(node)
    with pytest.raises(ChainUnreadableError, match="node a is away"):
        read(0)
    # No block shows the transaction behind the score: only the task itself does.
    assert told(read(0)) == [(ANSWER, NO_NONCE)]
    assert node.read == list(range(31))


def test_one_wrong_hash_of_the_agreed_block_is_not_taken_in(views: Views) -> None:
    node = OrderedNode("a", chain_of(range(40)), 30, lies={30: b"x" * 32})
    read = views(node)
    with pytest.raises(ChainUnreadableError, match="another stable block than a moment ago"):
        read(0)
    assert read(0).stable_height == 30


def test_one_wrong_hash_of_another_block_fails_one_reading_and_blocks_are_read_anew(
    views: Views,
) -> None:
    blocks = chain_of(range(100))
    put_verdict(blocks, 5)
    node = OrderedNode("a", blocks, 50, scored(5))
    read = views(node)
    assert told(read(0)) == [(ANSWER, 0)]
    node.stable, node.missing, node.lies = 80, {71}, {70: b"x" * 32}
    with pytest.raises(ChainUnreadableError, match="node a is away"):
        read(51)
    with pytest.raises(ChainUnreadableError, match="another stable block than before"):
        read(51)
    node.read.clear()
    # From the first block on: the old verdict keeps the transaction that explains it.
    assert told(read(51)) == []
    assert node.read == list(range(81))
    assert told(read(5)) == [(ANSWER, 0)]


@pytest.mark.parametrize(("since", "complete"), [(0, 21), (30, 30)])
def test_a_pruned_node_is_read_from_where_its_blocks_begin(
    views: Views, since: int, complete: int
) -> None:
    node = OrderedNode("a", chain_of(range(60)), 50, pruned=20)
    found = views(node)(since)
    assert (found.since, found.pruned_height) == (complete, 20)
    assert node.read == list(range(20, 51))


def test_a_task_that_others_made_too_large_closes_nothing(views: Views) -> None:
    blocks = chain_of(range(60))
    put_answer(blocks, 5)
    read = views(OrderedNode("a", blocks, 40, overgrown=True))
    assert told(read(0)) == []
    assert read(0).stable_height == 40


def test_a_task_with_a_verdict_of_ours_must_be_read_however_large(views: Views) -> None:
    blocks = chain_of(range(60))
    put_answer(blocks, 5)
    put_verdict(blocks, 9)
    node = OrderedNode("a", blocks, 40, overgrown=True)
    read = views(node)
    with pytest.raises(ChainUnreadableError, match="too large"):
        read(0)
    node.overgrown, node.tasks = False, scored(9)
    assert told(read(0)) == [(ANSWER, 0)]
