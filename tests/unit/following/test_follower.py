"""Following blocks: no gap, no double, re-orders, restarts, endpoints."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from devnet.node import Rewrite
from tests.fakes import devnet
from tests.fakes.devnet import MINER, PUBLISHER, SECOND, TASK, VALIDATOR
from tests.fakes.following import DyingStore, Following, Killed, following
from tests.fakes.nodes import FakeEndpoints, WorldNode
from validator.following.follower import Phase
from validator.store.chain_values import AnswerStanding
from validator.wire import tos

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def house() -> Iterator[Following]:
    with following(own=VALIDATOR.public) as opened:
        yield opened


def score(world: devnet.World, key: tos.SecretKey, answer: bytes, points: int) -> None:
    world.do(key, tos.ValidateAnswer(TASK, answer, points))


def assert_same_view(house: Following) -> None:
    """The tracker's tasks, miners and accounts are the chain's, and so are our rows."""
    mining = house.world.chain.mining
    ours = house.tracker.mining()
    assert dict(ours.tasks) == dict(mining.tasks)
    assert dict(ours.miners) == dict(mining.miners)
    assert dict(ours.accounts) == dict(mining.accounts)
    assert_same_rows(house)


def assert_same_rows(house: Following) -> None:
    mining = house.world.chain.mining
    for task in mining.tasks.values() if mining else ():
        row = house.store.task(task.task_id.hex())
        assert row is not None
        assert row.status == task.status.value
        shown = {answer.answer_id.hex() for answer in task.submitted_answers}
        rows = house.store.answers(task.task_id.hex())
        assert {one.answer_id for one in rows if one.standing is not AnswerStanding.GONE} == shown
    assert_journal_is_whole(house)


def assert_journal_is_whole(house: Following) -> None:
    """Every block of the chain stands at its place, once."""
    order = [name.hex() for name in house.world.chain.order]
    rows = sorted(house.store.newest(10_000), key=lambda row: row.topoheight)
    assert [row.topoheight for row in rows] == list(range(rows[0].topoheight, len(order)))
    assert [row.hash for row in rows] == order[rows[0].topoheight :]


def assert_nothing_was_told_twice(house: Following) -> None:
    told = house.store.chain_events(0, 10_000)
    kinds = {event.kind for event in told} - {"chain_reorder"}  # two may be alike
    about = [(e.kind, e.task_id, e.answer_id, str(e.data)) for e in told if e.kind in kinds]
    assert len(set(about)) == len(about)


def test_a_market_is_followed_from_its_first_block(house: Following) -> None:
    answer = house.world.market()
    score(house.world, VALIDATOR, answer, 80)

    house.sync()

    assert_same_view(house)
    assert house.follower.standing.phase is Phase.FOLLOWING
    assert house.follower.standing.lag == 0
    task, name = TASK.hex(), answer.hex()
    assert house.events() == [
        ("task_published", task),
        ("answer_submitted", name),
        ("validation_completed", name),
        ("reward_distributed", name),
    ]
    row = house.store.answers(task)[0]
    assert (row.own_score, row.standing) == (80, AnswerStanding.NEW)
    told = house.store.chain_events(0)[-1].data
    assert told["paid"] == "0"
    assert "moves no balance" in told["note"]


def test_a_second_step_finds_nothing_new(house: Following) -> None:
    house.world.market()
    house.sync()
    seen = house.events()

    house.sync()
    house.restart()
    house.sync()

    assert house.events() == seen
    assert_same_view(house)


@pytest.mark.parametrize("depth", range(1, 8))
@pytest.mark.parametrize("kind", list(Rewrite))
def test_reorders_that_are_seen_change_no_ai_state(
    house: Following, depth: int, kind: Rewrite
) -> None:
    answer = house.world.market()
    house.world.mine(2)
    score(house.world, VALIDATOR, answer, 60)
    house.sync()

    house.world.node.reorder(depth, kind, order=None, keep_mining=True)
    house.sync()
    house.world.mine(3)
    house.sync()

    assert_same_view(house)
    expected = 0 if depth == 1 and kind is Rewrite.REVERSE else 1
    assert len(house.events("chain_reorder")) == expected
    assert len(house.events("answer_submitted")) == 1
    assert len(house.events("validation_completed")) == 1


@pytest.mark.parametrize("depth", range(1, 8))
@pytest.mark.parametrize("kind", list(Rewrite))
def test_reorders_that_are_not_seen_are_mended_by_what_the_node_shows(
    house: Following, depth: int, kind: Rewrite
) -> None:
    everybody = (PUBLISHER, MINER, VALIDATOR, SECOND)
    house.world.fund(*everybody)
    house.world.register(*everybody)
    house.world.mine(9)
    house.sync()
    house.world.publish()
    answer = house.world.answer()
    score(house.world, VALIDATOR, answer, 60)
    house.world.mine(max(1, depth - 3))

    house.world.node.reorder(depth, kind, order=None, keep_mining=True)
    house.world.mine()
    house.sync()

    mining = house.world.chain.mining
    assert dict(house.tracker.mining().tasks) == dict(mining.tasks)
    assert house.tracker.mining().miners[VALIDATOR.public] == mining.miners[VALIDATOR.public]
    account, real = house.tracker.account(VALIDATOR.public), mining.accounts[VALIDATOR.public]
    assert account is not None
    assert account.transaction_count == real.transaction_count
    assert account.total_validations == real.total_validations
    assert account.reputation_score == real.reputation_score
    assert_same_rows(house)
    assert_nothing_was_told_twice(house)


@pytest.mark.parametrize("depth", range(1, 8))
def test_a_chain_that_takes_its_ai_state_back_leaves_answers_gone(
    house: Following, depth: int
) -> None:
    house.world.market()
    house.world.mine(max(1, depth - 3))
    house.sync()

    house.world.node.reorder(depth, Rewrite.LATER, order=None, keep_mining=False)
    house.sync()

    mining = house.world.chain.mining
    tasks = {} if mining is None else dict(mining.tasks)
    assert dict(house.tracker.mining().tasks) == tasks
    assert_same_rows(house)
    if TASK not in tasks:
        row = house.store.task(TASK.hex())
        assert row is not None
        assert row.status == "gone"
        assert {one.standing for one in house.store.answers(TASK.hex())} == {AnswerStanding.GONE}


def test_an_order_that_changed_below_a_block_that_stays_is_seen(house: Following) -> None:
    house.world.market()
    house.world.mine(3)
    house.sync()

    house.world.node.reorder(3, Rewrite.REVERSE, order=[1, 0, 2], keep_mining=True)
    house.sync()

    assert_same_view(house)
    assert len(house.events("chain_reorder")) == 1


def test_side_blocks_have_places_of_their_own(house: Following) -> None:
    house.world.market()
    house.world.node.mine(side=True)
    house.sync()
    house.world.node.mine(side=True)
    house.world.mine(2)
    house.sync()

    assert_same_view(house)


@pytest.mark.parametrize("after", [False, True])
def test_killed_at_any_write_it_goes_on_without_gap_or_double(after: bool) -> None:
    def live(house: Following) -> None:
        answer = house.world.market()
        house.sync()
        house.world.mine()
        score(house.world, SECOND, answer, 60)
        house.sync()
        house.world.node.reorder(2, Rewrite.LATER, order=None, keep_mining=True)
        house.sync()
        score(house.world, VALIDATOR, answer, 90)
        house.sync()

    with following(own=VALIDATOR.public) as whole:
        live(whole)
        expected = [kind for kind, _ in whole.events()]
    for point in itertools.count():
        with following(own=VALIDATOR.public) as house:
            house.restart(DyingStore(house.store, point, after))
            try:
                live(house)
            except Killed:
                house.restart()
                live_on(house)
                assert_same_view(house)
                assert_nothing_was_told_twice(house)
            else:
                assert [kind for kind, _ in house.events()] == expected
                break
    assert point > 10


def live_on(house: Following) -> None:
    """What the others do goes on whether we live or not."""
    house.sync()
    answer = house.world.chain.mining.tasks[TASK].submitted_answers[0]
    have = {entry.validator for entry in answer.validation_scores}
    for key, points in ((SECOND, 60), (VALIDATOR, 90)):
        if key.public not in have:
            score(house.world, key, answer.answer_id, points)
            house.sync()


def test_another_endpoint_goes_on_where_the_first_broke_off(house: Following) -> None:
    second = WorldNode(house.world, "second")
    house.endpoints.nodes = [house.node, second]
    house.world.market()
    house.world.mine(5)
    asked = itertools.count()

    def break_off(method: str) -> None:
        house.node.down = method == "block" and next(asked) >= 4

    house.node.before = break_off
    house.sync()
    assert house.follower.standing.phase is Phase.UNREADABLE
    assert house.endpoints.failures == ["node"]
    house.node.before = None
    house.sync()

    assert house.follower.standing.endpoint == "second"
    assert_same_view(house)
    assert_nothing_was_told_twice(house)


def test_an_endpoint_that_is_behind_is_no_reorder(house: Following) -> None:
    house.world.market()
    house.world.mine(4)
    house.sync()

    house.node.behind = 3
    house.sync()
    assert house.follower.standing.sentence == "endpoint node is 3 blocks behind the journal"
    assert not house.follower.standing.is_sound
    house.node.behind = 0
    house.world.mine()
    house.sync()

    assert house.events("chain_reorder") == []
    assert_same_view(house)


def test_no_endpoint_is_said_and_forgotten_when_one_answers(house: Following) -> None:
    house.world.market()
    house.node.down = True
    house.sync()
    lost = house.follower.standing
    assert (lost.phase, lost.sentence) == (Phase.UNREADABLE, "no endpoint answers")

    house.node.down = False
    house.sync()
    found = house.follower.standing
    assert (found.phase, found.sentence) == (Phase.FOLLOWING, None)


def test_endpoints_that_differ_stop_everything_and_are_told_once(house: Following) -> None:
    house.world.market()
    house.endpoints.differing = ("a and b\x1b differ about topoheight 3",)
    house.sync()
    house.sync()

    assert house.follower.standing.phase is Phase.DIFFERING
    assert house.store.tip() is None
    assert len(house.events("endpoint_trouble")) == 1
    assert "\x1b" not in str(house.store.chain_events(0)[0].data)

    house.endpoints.differing = ()
    house.sync()
    assert_same_view(house)


def test_a_difference_that_moves_with_the_chain_is_told_when_it_begins_and_when_it_ends(
    house: Following,
) -> None:
    def told() -> list[str]:
        found = house.store.chain_events(0, 10_000)
        return [one.data["sentences"][-1] for one in found if one.kind == "endpoint_trouble"]

    for at in range(700, 710):
        house.clock.advance(3)
        house.endpoints.differing = (f"nodes a1 and b2 differ about topoheight {at}",)
        house.sync()
    assert told() == ["nodes a1 and b2 differ about topoheight 700"]
    assert house.follower.standing.sentence == "nodes a1 and b2 differ about topoheight 709"

    for at in range(710, 715):  # another node more
        third = f"nodes a1 and c differ about topoheight {at}"
        house.endpoints.differing = (f"nodes a1 and b2 differ about topoheight {at}", third)
        house.sync()
        house.endpoints.differing = (third,)
        house.sync()
    assert told()[1:] == ["nodes a1 and c differ about topoheight 710"]

    house.endpoints.differing = ()
    house.sync()
    house.sync()
    assert told()[2:] == ["nodes agree again"]

    house.clock.advance(1)
    house.endpoints.differing = ("nodes a1 and b2 differ about topoheight 800",)
    house.sync()
    assert told()[3:] == ["nodes a1 and b2 differ about topoheight 800"]


def test_another_chain_behind_an_endpoint_halts(house: Following) -> None:
    house.world.market()
    house.sync()
    other = WorldNode(devnet.world(seed="another"), "other")
    house.follower.endpoints = FakeEndpoints([other])

    house.sync()

    assert house.follower.standing.phase is Phase.HALTED
    assert "shows the chain" in str(house.follower.standing.sentence)


def test_a_stable_block_that_changed_halts_and_writes_nothing(house: Following) -> None:
    house.world.market()
    house.world.mine(12)
    house.sync()
    before = house.store.newest(100)
    twin = devnet.world()
    twin.mine(20)  # the same genesis, other blocks from the first on
    house.follower.endpoints = FakeEndpoints([WorldNode(twin, "twin")])

    house.sync()

    assert house.follower.standing.phase is Phase.HALTED
    assert "which was stable" in str(house.follower.standing.sentence)
    assert house.store.newest(100) == before


def test_a_pruned_node_is_begun_with_where_it_begins(house: Following) -> None:
    answer = house.world.market()
    house.world.mine(12)
    house.node.pruned = house.world.chain.topoheight - 3
    house.sync()

    assert house.follower.standing.phase is Phase.FOLLOWING
    assert house.store.newest(100)[-1].topoheight == house.node.pruned
    row = house.store.answers(TASK.hex())[0]
    assert row.answer_id == answer.hex()
    assert row.timestamp_ms is None  # its block is gone: nobody could prove when it came
    assert house.tracker.account(VALIDATOR.public) is not None


def test_blocks_that_were_pruned_before_we_read_them_halt(house: Following) -> None:
    house.world.market()
    house.sync()
    house.world.mine(30)
    house.node.pruned = house.world.chain.topoheight - 3

    house.sync()

    assert house.follower.standing.phase is Phase.HALTED
    assert "has no blocks below topoheight" in str(house.follower.standing.sentence)


def test_a_deadline_is_told_once_when_it_is_near(house: Following) -> None:
    house.world.market()
    house.sync()
    assert house.events("deadline_near") == []

    house.world.node.skip(1_800_000)
    house.world.mine()
    house.sync()
    house.restart()
    house.sync()

    assert house.events("deadline_near") == [("deadline_near", TASK.hex())]


def test_the_chains_time_goes_on_between_blocks(house: Following) -> None:
    house.world.market()
    house.sync()
    newest = house.world.chain.top.timestamp
    assert house.tracker.now_ms() == newest

    house.clock.advance(1.5)

    assert house.tracker.now_ms() == newest + 1_500


def test_the_poster_is_told_what_the_chain_would_refuse(house: Following) -> None:
    answer = house.world.market()
    house.world.mine()
    house.sync()
    verdict = tos.ValidateAnswer(TASK, answer, 80)
    tracker = house.tracker
    assert tracker.refusal(verdict, VALIDATOR.public) is None
    assert "your own answer" in str(tracker.refusal(verdict, MINER.public))

    score(house.world, VALIDATOR, answer, 10)
    house.sync()

    assert tracker.refusal(verdict, VALIDATOR.public) is not None
