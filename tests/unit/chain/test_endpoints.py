"""Several nodes: which is used, when another takes over, and what a difference stops."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest

from validator.chain.endpoints import BEHIND, FRESH_S, REST_S, STEADY, Endpoints
from validator.chain.values import Block, NodeInfo
from validator.errors import ChainUnreadableError
from validator.wire.tos import Network

GENESIS = b"g" * 32


@dataclass
class Time:
    seconds: float = 0.0

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.seconds, tz=UTC)

    def pass_look(self) -> None:
        self.seconds += FRESH_S


class Node:
    """What endpoints ask of a node, and nothing else."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.up = True
        self.asked = 0
        self.first = GENESIS
        self.highest = 10**6
        self.stable_hash: dict[int, bytes] = {}
        self.where = NodeInfo(Network.DEVNET, 108, 108, 100, 100, None, b"t" * 32)

    def info(self) -> NodeInfo:
        self.asked += 1
        if not self.up:
            raise ChainUnreadableError(f"node {self.name} is away")
        return self.where

    def genesis(self) -> bytes:
        if self.where.pruned_topoheight is not None:
            raise ChainUnreadableError(f"node {self.name} has it no more")
        return self.first

    def block(self, topoheight: int) -> Block:
        if not (self.where.pruned_topoheight or 0) <= topoheight <= self.highest:
            raise ChainUnreadableError(f"node {self.name} has it no more")
        made = self.stable_hash.get(topoheight, topoheight.to_bytes(32, "big"))
        return Block(made, topoheight, topoheight, 0, ())

    def at(self, topoheight: int) -> None:
        self.where = replace(
            self.where,
            height=topoheight,
            topoheight=topoheight,
            stable_height=topoheight - 8,
            stable_topoheight=topoheight - 8,
        )


def house(*names: str) -> tuple[Endpoints, Time, list[Node]]:
    time, nodes = Time(), [Node(name) for name in names]
    return Endpoints(nodes, time), time, nodes  # type: ignore[arg-type]


def test_the_first_in_the_operators_order_is_used() -> None:
    ends, _, nodes = house("a", "b")
    assert ends.use() is nodes[0]
    assert [(each.name, each.lag, each.fault, each.in_use) for each in ends.standing()] == [
        ("a", 0, None, True),
        ("b", 0, None, False),
    ]


def test_without_nodes_there_is_none() -> None:
    ends, _, _ = house()
    with pytest.raises(ChainUnreadableError, match=r"chain\.nodes is empty"):
        ends.use()


def test_a_node_that_fails_is_left_alone_and_its_return_is_not_flapping() -> None:
    ends, time, (a, b) = house("a", "b")
    a.up = False
    assert ends.use() is b
    asked = a.asked
    time.pass_look()
    assert ends.use() is b
    assert a.asked == asked
    a.up = True
    time.seconds += REST_S[0]
    for _ in range(STEADY - 1):
        assert ends.use() is b
        time.pass_look()
    assert ends.use() is a


def test_a_node_that_fails_again_and_again_rests_longer_up_to_a_limit() -> None:
    ends, time, (a, _) = house("a", "b")
    a.up = False
    for _ in range(400):
        ends.use()
        time.seconds += FRESH_S
    # 1200 s: the rests are 5, 10, 20, 40, 60, 60 ... seconds.
    assert 20 <= a.asked <= 26


def test_a_node_said_to_have_failed_is_not_used_at_once() -> None:
    ends, _, (a, b) = house("a", "b")
    assert ends.use() is a
    ends.failed("a")
    assert ends.use() is b


def test_a_node_that_is_behind_is_not_used_until_it_has_come_up() -> None:
    ends, time, (a, b) = house("a", "b")
    b.at(108 + BEHIND)
    assert ends.use() is a
    b.at(108 + BEHIND + 1)
    time.pass_look()
    assert ends.use() is b
    assert ends.standing()[0].fault == f"it is {BEHIND + 1} blocks behind"
    a.at(108 + BEHIND + 1)
    for _ in range(STEADY):
        time.pass_look()
        found = ends.use()
    assert found is a


def test_no_node_that_answers_is_said_with_every_reason() -> None:
    ends, _, (a, b) = house("a", "b")
    a.up = b.up = False
    with pytest.raises(ChainUnreadableError, match="a: node a is away; b: node b is away"):
        ends.use()


def test_another_genesis_stops_everything_also_when_one_of_them_goes_away() -> None:
    ends, time, (a, b) = house("a", "b")
    b.first = b"x" * 32
    with pytest.raises(ChainUnreadableError, match="node b shows another genesis block"):
        ends.use()
    assert len(ends.disagreements()) == 1
    a.up = True
    b.up = False
    time.pass_look()
    with pytest.raises(ChainUnreadableError, match="genesis"):
        ends.use()
    b.up, b.first = True, GENESIS
    time.seconds += REST_S[0]
    assert ends.use() is a
    assert ends.disagreements() == ()


def test_another_stable_block_stops_everything_until_it_is_the_same() -> None:
    ends, time, (a, b) = house("a", "b")
    b.at(110)
    b.stable_hash[100] = b"x" * 32
    with pytest.raises(ChainUnreadableError, match="a and b differ about the stable block at topo"):
        ends.use()
    a.up = False
    time.pass_look()
    with pytest.raises(ChainUnreadableError, match="differ"):
        ends.use()
    a.up = True
    b.stable_hash.clear()
    time.seconds += REST_S[0]
    assert ends.use() is a


def test_one_node_may_not_change_its_genesis() -> None:
    ends, time, (a,) = house("a")
    assert ends.use() is a
    a.first = b"x" * 32
    time.pass_look()
    with pytest.raises(ChainUnreadableError, match="genesis"):
        ends.use()


def test_a_node_pruned_later_is_still_used_and_one_pruned_before_is_not() -> None:
    ends, time, (a, _) = house("a", "b")
    assert ends.use() is a
    a.where = replace(a.where, pruned_topoheight=50)
    time.pass_look()
    assert ends.use() is a
    fresh, _, (c, d) = house("c", "d")
    c.where = replace(c.where, pruned_topoheight=50)
    assert fresh.use() is d


def test_a_node_far_behind_does_not_cost_a_pruned_one_its_place() -> None:
    ends, time, (a, b) = house("a", "b")
    assert ends.use() is a
    a.where = replace(a.where, pruned_topoheight=50)
    b.at(20)
    time.pass_look()
    assert ends.use() is a


def test_a_node_pruned_above_the_compared_block_is_not_used_before_it_was_compared() -> None:
    ends, time, (a, b) = house("a", "b")
    a.at(120)
    a.where = replace(a.where, pruned_topoheight=105)
    a.genesis = lambda: GENESIS  # type: ignore[method-assign]
    assert ends.use() is b
    assert ends.standing()[0].fault == "it is pruned above topoheight 100, where nodes are compared"
    b.at(120)
    for _ in range(STEADY):
        time.pass_look()
        found = ends.use()
    assert found is a


def test_a_node_cannot_hide_behind_a_pruned_part_what_it_was_not_compared_about() -> None:
    ends, time, (a, b) = house("a", "b")
    assert ends.use() is a
    a.at(120)
    a.where = replace(a.where, pruned_topoheight=101)
    time.pass_look()
    assert ends.use() is b


def test_a_node_that_cannot_show_the_compared_block_is_not_used() -> None:
    ends, time, (a, b) = house("a", "b")
    a.highest = 99
    assert ends.use() is b
    assert ends.standing()[0].fault == "node a has it no more"
    a.highest = 10**6
    time.seconds += REST_S[0]
    for _ in range(STEADY):
        found = ends.use()
        time.pass_look()
    assert found is a


def test_one_of_three_nodes_that_pretends_to_be_far_ahead_makes_no_other_late() -> None:
    ends, time, (a, b, c) = house("a", "b", "c")
    c.at(10**9)
    assert ends.use() is a
    assert [(each.lag, each.fault) for each in ends.standing()] == [(0, None)] * 3
    b.at(200)
    c.at(200)
    time.pass_look()
    assert ends.use() is b
    assert ends.standing()[0].fault == "it is 92 blocks behind"
    assert a.asked == 2


def test_one_of_two_nodes_must_show_its_stable_block_before_the_other_one_is_late() -> None:
    ends, time, (a, b) = house("a", "b")
    b.at(10**9)
    assert ends.use() is a
    assert [(each.lag, each.fault) for each in ends.standing()] == [
        (0, None),
        (None, "node b has it no more"),
    ]
    b.at(200)
    time.seconds += REST_S[0]
    assert ends.use() is b
    assert ends.standing()[0].fault == "it is 92 blocks behind"
