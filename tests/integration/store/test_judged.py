"""Verdicts for poster and operator, on SQLite and PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert

from tests.fakes.store import START, new_submission, verdict_of
from validator.domain.posting import PostState
from validator.domain.submission import Origin, State
from validator.errors import NotFoundError, StoreDamagedError
from validator.store.chain_tables import chain_tasks, posts
from validator.store.judged import PostedRow
from validator.wire.canonical import sha256_digest
from validator.wire.documents import verdict_to_json

if TYPE_CHECKING:
    from sqlalchemy import Insert

    from tests.fakes.store import CountingIds, FrozenClock
    from validator.store.store import Store

BODY = b'{"task": {}}'
GENESIS = "ab" * 32
TASK = "cd" * 32


def judge(store: Store, ids: CountingIds, origin: Origin = Origin.CHAIN) -> str:
    """Accept and judge one; its verdict's id."""
    new = new_submission(ids.new("sub"), origin=origin, body=BODY, body_digest=sha256_digest(BODY))
    new = replace(new, owner=GENESIS if origin is Origin.CHAIN else "local")
    store.accept(new)
    lease = store.take_lease(new.submission_id, "w1")
    assert lease is not None
    verdict = verdict_of(new.submission_id, ids.new("ver"))
    store.finish(lease, verdict, verdict_to_json(verdict), State.DONE)
    return verdict.verdict_id


def run(store: Store, statement: Insert) -> None:
    store._database.write(lambda c: c.execute(statement))


def post(store: Store, verdict_id: str, state: PostState, task: str = TASK) -> None:
    run(
        store,
        insert(posts).values(
            answer_id=verdict_id, task_id=task, submission_id="sub", verdict_id=verdict_id,
            score=80, reward="1", deadline_ms=1, state=state.value, tx_hash="ee", created_at=1,
            updated_at=1,
        ),
    )  # fmt: skip


def task(store: Store, status: str) -> None:
    run(
        store,
        insert(chain_tasks).values(
            task_id=TASK, publisher="", text="", reward="1", difficulty="", deadline_ms=1,
            published_height=1, published_ms=1, status=status, standing="watched", updated_at=1,
        ),
    )  # fmt: skip


def test_a_verdict_comes_with_its_submission_whoever_owns_it(
    store: Store, ids: CountingIds
) -> None:
    found = store.judged(judge(store, ids))

    assert (found.owner, found.origin, found.body) == (GENESIS, Origin.CHAIN, BODY)
    assert found.received_at == START
    assert found.document["submission_id"] == found.submission_id
    for unknown in (f"ver_{99:032x}", "", "ver_\x00", "x" * 999):
        with pytest.raises(NotFoundError):
            store.judged(unknown)


def test_a_body_that_is_not_the_accepted_one_is_refused(store: Store, ids: CountingIds) -> None:
    new = new_submission(ids.new("sub"), body=BODY)  # its digest is of something else
    store.accept(new)
    lease = store.take_lease(new.submission_id, "w1")
    assert lease is not None
    verdict = verdict_of(new.submission_id, ids.new("ver"))
    store.finish(lease, verdict, verdict_to_json(verdict), State.DONE)

    with pytest.raises(StoreDamagedError):
        store.judged(verdict.verdict_id)


def test_posts_are_found_by_verdict_however_many_are_asked_for(
    store: Store, ids: CountingIds
) -> None:
    posted = judge(store, ids)
    post(store, posted, PostState.CONFIRMED)
    asked = [posted, *(f"ver_{number:032x}" for number in range(2000, 3200))]

    assert store.posted(asked) == {posted: PostedRow(PostState.CONFIRMED, "ee")}
    assert store.posted([]) == {}


def test_the_newest_of_an_origin_come_first(
    store: Store, ids: CountingIds, clock: FrozenClock
) -> None:
    made = []
    for origin in (Origin.CHAIN, Origin.API, Origin.CHAIN):
        made.append(judge(store, ids, origin))
        clock.advance(1)

    assert [item["verdict_id"] for item in store.newest_of(Origin.CHAIN, 5)] == [made[2], made[0]]
    assert [item["verdict_id"] for item in store.newest_of(Origin.CHAIN, 1)] == [made[2]]
    assert [item["verdict_id"] for item in store.newest_of(Origin.API, 5)] == [made[1]]


@pytest.mark.parametrize(("status", "out"), [("Completed", True), ("Active", False)])
def test_final_verdicts_of_a_closed_task_are_named(
    store: Store, ids: CountingIds, status: str, out: bool
) -> None:
    final, other, elsewhere = (judge(store, ids) for _ in range(3))
    post(store, final, PostState.FINALIZED)
    post(store, other, PostState.CONFIRMED)
    post(store, elsewhere, PostState.FINALIZED, "ef" * 32)
    task(store, status)

    assert store.final_of(TASK, ["Completed", "Expired"]) == ([final] if out else [])
    assert store.final_of("ef" * 32, ["Completed"]) == []
