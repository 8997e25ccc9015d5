"""The chain tables on SQLite and on PostgreSQL."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.fakes.store import new_submission
from validator.errors import ConfigurationError, StoreUnavailableError
from validator.store.chain import CLOSED, OWN, UNSEEN, ChainStore
from validator.store.chain_values import (
    AnswerFacts,
    AnswerStanding,
    Changes,
    Due,
    NewBlock,
    NewEvent,
    Retry,
    TaskFacts,
    TaskStanding,
)
from validator.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.fakes.store import FrozenClock
    from validator.store.store import Store

TASK = TaskFacts("t1", "pub", 'te\x00xt"', 2**64 - 1, "beginner", 5_000, 3, 1_000, "Active")
ANSWER = AnswerFacts("a1", "t1", "miner", "hash", "con\x00tent\ud800", 4, 2_000, None)
EVENT = NewEvent("task_published:t1", "task_published", "t1", None, {"reward": "1"})
DUE = Due(now_ms=2_000, stable_height=4, at=0, own="me")


@pytest.fixture
def chain(
    store: Store, database_url: str, tmp_path: Path, clock: FrozenClock
) -> Iterator[ChainStore]:
    with contextlib.closing(Database(database_url, tmp_path, 2)) as database:
        yield ChainStore(database, clock)


def block(topoheight: int, name: str = "b") -> NewBlock:
    return NewBlock(topoheight, f"{name}{topoheight}", topoheight, 1_000 * topoheight, "[]")


def test_a_database_belongs_to_one_chain(chain: ChainStore) -> None:
    assert chain.genesis() is None
    chain.bind("aa")
    chain.bind("aa")

    with pytest.raises(ConfigurationError, match="another data_dir"):
        chain.bind("bb")
    assert chain.genesis() == "aa"


def test_a_block_and_what_it_changed_are_one_transaction(chain: ChainStore) -> None:
    chain.append(block(0), Changes((TASK,), (ANSWER,), (), (EVENT,)))

    with pytest.raises(StoreUnavailableError, match="another follower"):
        chain.append(block(0, "c"), Changes(events=(replace(EVENT, key="other"),)))

    tip = chain.tip()
    assert tip is not None
    assert (tip.hash, tip.seq) == ("b0", 1)
    assert [event.kind for event in chain.chain_events(0)] == ["task_published"]
    task = chain.task("t1")
    assert task is not None
    assert (task.text, task.reward, task.standing) == (TASK.text, TASK.reward, TaskStanding.NEW)
    assert [answer.content for answer in chain.answers("t1")] == [ANSWER.content]


def test_a_reorder_replaces_from_a_place_on_and_keeps_everything(chain: ChainStore) -> None:
    for number in range(4):
        chain.append(block(number), Changes())
    event = NewEvent("chain_reorder", "chain_reorder", None, None, {"from_topoheight": 2})

    assert chain.replace(2, event) == 2
    assert chain.replace(2, event) == 0
    chain.append(block(2, "c"), Changes())

    assert [(one.topoheight, one.hash) for one in chain.newest(9)] == [
        (2, "c2"),
        (1, "b1"),
        (0, "b0"),
    ]
    assert [one.hash for one in chain.seen(0, 9)] == ["b0", "b1", "b2", "b3", "c2"]
    assert [one.hash for one in chain.seen(3, 1)] == ["b3"]
    assert [told.data for told in chain.chain_events(0)] == [{"from_topoheight": 2, "blocks": 2}]
    assert chain.times(2) == [2_000]


def test_an_event_is_told_once_however_often_it_is_found(chain: ChainStore) -> None:
    chain.observe(Changes(events=(EVENT, EVENT)))
    chain.observe(Changes(events=(EVENT,)))

    assert len(chain.chain_events(0)) == 1
    assert chain.chain_events(1) == []
    assert chain.told(EVENT.key)
    assert not chain.told("another")


def test_what_the_chain_shows_again_takes_up_its_work(chain: ChainStore) -> None:
    chain.observe(Changes((TASK,), (replace(ANSWER, timestamp_ms=None),)))
    chain.observe(Changes(gone=("a1",)))
    assert chain.answers("t1")[0].standing is AnswerStanding.GONE

    chain.observe(Changes(answers=(replace(ANSWER, own_score=7),)))
    found = chain.answers("t1")[0]
    assert (found.standing, found.own_score, found.timestamp_ms) == (AnswerStanding.NEW, 7, 2_000)

    chain.settle_answer("a1", AnswerStanding.SUBMITTED, submission_id="sub_1")
    chain.observe(Changes(gone=("a1",)))
    chain.observe(Changes(answers=(ANSWER,)))
    assert chain.answers("t1")[0].standing is AnswerStanding.SUBMITTED


def test_only_open_tasks_of_others_are_due(chain: ChainStore) -> None:
    chain.observe(
        Changes(
            (
                TASK,
                replace(TASK, task_id="own", publisher="me"),
                replace(TASK, task_id="late", deadline_ms=1_999),
                replace(TASK, task_id="done", status="Completed"),
            )
        )
    )

    assert [task.task_id for task in chain.due_tasks(DUE, 9)] == ["t1"]
    chain.settle_task("t1", TaskStanding.NEW, "unavailable: later", again=Retry(50, 1))
    assert chain.due_tasks(DUE, 9) == []
    assert [task.tries for task in chain.due_tasks(replace(DUE, at=50), 9)] == [1]
    chain.settle_task("t1", TaskStanding.WATCHED, sealed_ms=7)
    chain.settle_task("t1", TaskStanding.WATCHED, sealed_ms=9)
    found = chain.task("t1")
    assert found is not None
    assert (found.standing, found.sentence, found.sealed_ms) == (TaskStanding.WATCHED, None, 7)
    assert {task.task_id for task in chain.active()} == {"t1", "own", "late"}
    assert [task.task_id for task in chain.near(5_000, 5_000)] == ["t1", "own"]


def test_only_stable_answers_of_others_without_our_score_are_due(chain: ChainStore) -> None:
    answers = (
        ANSWER,
        replace(ANSWER, answer_id="own", submitter="me"),
        replace(ANSWER, answer_id="young", height=5),
        replace(ANSWER, answer_id="scored", own_score=0),
        replace(ANSWER, answer_id="unknown", timestamp_ms=None),
    )
    chain.observe(Changes((TASK,), answers))
    assert chain.due_answers(DUE, 9) == []  # its task is not watched yet

    chain.settle_task("t1", TaskStanding.WATCHED)
    assert [answer.answer_id for answer in chain.due_answers(DUE, 9)] == ["a1"]
    assert [one.answer_id for one in chain.due_answers(replace(DUE, stable_height=5), 9)] == [
        "a1",
        "young",
    ]
    assert chain.due_answers(replace(DUE, now_ms=5_001), 9) == []
    chain.settle_answer("a1", AnswerStanding.NEW, "unavailable: later", again=Retry(50, 1))
    assert chain.due_answers(DUE, 9) == []


def test_what_is_over_is_closed_and_what_was_submitted_stays(chain: ChainStore) -> None:
    second = replace(ANSWER, answer_id="a2")
    chain.observe(Changes((TASK, replace(TASK, task_id="t2")), (ANSWER, second)))
    chain.settle_answer("a2", AnswerStanding.SUBMITTED, submission_id="sub_1")
    chain.settle_answer("a2", AnswerStanding.REFUSED, "never")

    chain.close_over(5_000)
    assert chain.counts()["answers"] == {"new": 1, "submitted": 1, "refused": 0, "gone": 0}
    chain.close_over(5_001)

    first, kept = chain.answers("t1")
    assert (first.standing, first.sentence) == (AnswerStanding.REFUSED, CLOSED)
    assert (kept.standing, kept.submission_id) == (AnswerStanding.SUBMITTED, "sub_1")
    assert chain.counts()["tasks"]["declined"] == 2
    # Accepted while it was being closed: nothing accepted is lost.
    chain.settle_answer("a1", AnswerStanding.SUBMITTED, submission_id="sub_2")
    assert chain.answers("t1")[0].submission_id == "sub_2"


def test_what_is_closed_says_why(chain: ChainStore) -> None:
    answers = (
        replace(ANSWER, answer_id="own", submitter="me"),
        replace(ANSWER, answer_id="unknown", timestamp_ms=None),
        replace(ANSWER, answer_id="scored", timestamp_ms=None, own_score=3),
    )
    chain.observe(Changes((TASK,), answers))
    chain.settle_task("t1", TaskStanding.WATCHED)
    assert [one.answer_id for one in chain.unseen(DUE, 9)] == ["unknown"]
    assert chain.unseen(replace(DUE, stable_height=3), 9) == []

    chain.close_over(5_000, "me")
    assert {one.answer_id: one.sentence for one in chain.answers("t1")} == {
        "own": OWN, "unknown": None, "scored": None,
    }  # fmt: skip
    chain.settle_answer("unknown", AnswerStanding.NEW, UNSEEN)
    assert chain.unseen(DUE, 9) == []
    chain.observe(Changes(answers=(replace(ANSWER, answer_id="unknown", timestamp_ms=9),)))
    assert [one.answer_id for one in chain.due_answers(DUE, 9)] == ["unknown"]
    assert {one.sentence for one in chain.answers("t1")} == {OWN, None}

    chain.observe(Changes((), (replace(ANSWER, answer_id="late", timestamp_ms=None),)))
    chain.close_over(5_001)
    assert {one.answer_id: one.sentence for one in chain.answers("t1")} == {
        "own": OWN, "unknown": CLOSED, "scored": CLOSED, "late": UNSEEN,
    }  # fmt: skip


def test_a_task_that_is_gone_for_a_moment_is_not_closed_before_its_deadline(
    chain: ChainStore,
) -> None:
    chain.observe(Changes((replace(TASK, status="gone"),), (ANSWER,)))
    chain.close_over(5_000)
    assert chain.due_tasks(DUE, 9) == []
    chain.observe(Changes((TASK,)))

    assert [task.standing for task in chain.due_tasks(DUE, 9)] == [TaskStanding.NEW]
    assert chain.answers("t1")[0].standing is AnswerStanding.NEW

    chain.observe(Changes((replace(TASK, status="gone"),)))
    chain.close_over(5_001)
    assert chain.counts()["tasks"]["declined"] == 1
    assert chain.answers("t1")[0].standing is AnswerStanding.REFUSED


@pytest.mark.parametrize("status", ["Expired", "Completed", "Cancelled"])
def test_a_task_that_the_chain_calls_over_is_closed_at_once(chain: ChainStore, status: str) -> None:
    chain.observe(Changes((replace(TASK, status=status),)))
    chain.close_over(0)
    assert chain.counts()["tasks"]["declined"] == 1


def test_the_same_content_under_another_id_is_found(chain: ChainStore, store: Store) -> None:
    again = replace(ANSWER, answer_id="a2", height=6)
    chain.observe(Changes((TASK,), (ANSWER, again)))
    rows = {row.answer_id: row for row in chain.answers("t1")}
    assert chain.earlier(rows["a2"]) is None

    chain.settle_answer("a1", AnswerStanding.SUBMITTED, submission_id="sub_1")
    assert chain.earlier(rows["a2"]) == "sub_1"
    assert chain.earlier(replace(rows["a2"], submitter="another")) is None

    store.accept(new_submission("sub_" + "1" * 32, owner="g", idempotency_key="a1"))
    assert chain.claimed("g", "a1") == "sub_" + "1" * 32
    assert chain.claimed("local", "a1") is None
