from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.fakes.chain import KEY
from tests.fakes.devnet import MINER, PUBLISHER, SECOND, TASK, World, world
from tests.unit.posting.rows import post_row
from validator.posting.rules import Course, Obstacle, Sight, obstacle
from validator.wire import tos
from validator.wire.tos.rules import TaskStatus

if TYPE_CHECKING:
    from collections.abc import Callable

    from validator.domain.posting import Post


@pytest.fixture
def market() -> tuple[World, str]:
    made = world()
    keys = (PUBLISHER, MINER, SECOND, KEY)
    made.fund(*keys)
    made.register(*keys)
    made.publish()
    return made, made.answer().hex()


def sight(made: World, **changes: Any) -> Sight:
    mining = made.chain.mining
    values: dict[str, Any] = {
        "height": made.chain.height, "now_ms": made.chain.top.timestamp, "state": mining,
        "task": mining.tasks[TASK], "miner": mining.miners[KEY.public],
    }  # fmt: skip
    return Sight(**values | changes)


def test_a_verdict_that_breaks_no_rule_meets_no_obstacle(market: tuple[World, str]) -> None:
    made, answer = market

    assert obstacle(post_row(answer_id=answer), KEY.public, sight(made)) is None


def _reputation(seen: Sight) -> Sight:
    assert seen.miner is not None
    return replace(seen, miner=replace(seen.miner, reputation=149))


def _task(**changes: Any) -> Callable[[Sight], Sight]:
    def change(seen: Sight) -> Sight:
        assert seen.task is not None
        return replace(seen, task=replace(seen.task, **changes))

    return change


def _account(**changes: Any) -> Callable[[Sight], Sight]:
    def change(seen: Sight) -> Sight:
        accounts = dict(seen.state.accounts)
        accounts[KEY.public] = replace(accounts[KEY.public], **changes)
        return replace(seen, state=replace(seen.state, accounts=accounts))

    return change


def _own_answer(seen: Sight) -> Sight:
    assert seen.task is not None
    (answer,) = seen.task.submitted_answers
    mine = replace(answer, submitter=KEY.public)
    return replace(seen, task=replace(seen.task, submitted_answers=(mine,)))


def _untracked(seen: Sight) -> Sight:
    return replace(seen, state=replace(seen.state, accounts={}))


@pytest.mark.parametrize(
    ("change", "course", "words"),
    [
        (lambda seen: replace(seen, miner=None), Course.HOLD, "Miner not registered"),
        (lambda seen: replace(seen, task=None), Course.WAIT, "Task not found"),
        (_task(status=TaskStatus.CANCELLED), Course.FATAL, "cancelled task"),
        (_task(submitted_answers=()), Course.WAIT, "Answer not found"),
        (_own_answer, Course.FATAL, "your own answer"),
        (_task(publisher=KEY.public), Course.FATAL, "publisher cannot validate"),
        (_reputation, Course.HOLD, "reputation 149 is below required 150"),
        (
            _account(transaction_count=1, last_submission_time=10**15),
            Course.WAIT, "cooldown for 1800 more",
        ),
        (_account(created_at=10**15, stake_amount=0), Course.HOLD, "reputation too low"),
        # A score of 1200 is enough for a beginner's task; young and without history is not.
        (
            _account(created_at=1_770_000_000_000, transaction_count=0, stake_amount=400_000),
            Course.HOLD, "Anti-Sybil",
        ),
        (_untracked, Course.WAIT, "not tracked yet"),
    ],
)  # fmt: skip
def test_each_rule_has_its_course_and_the_nodes_text(
    market: tuple[World, str], change: Callable[[Sight], Sight], course: Course, words: str
) -> None:
    made, answer = market

    found = obstacle(post_row(answer_id=answer), KEY.public, change(sight(made)))

    assert isinstance(found, Obstacle)
    assert words in found.reason
    assert found.course is course


def test_a_score_out_of_range_and_one_given_before_are_told_apart(
    market: tuple[World, str],
) -> None:
    made, answer = market
    post: Post = post_row(answer_id=answer)
    made.do(KEY, tos.ValidateAnswer(TASK, bytes.fromhex(answer), 40))
    rested = sight(made, now_ms=made.chain.top.timestamp + 5_000)

    found = obstacle(post, KEY.public, rested)

    assert found is not None
    assert found.course is Course.SCORED
