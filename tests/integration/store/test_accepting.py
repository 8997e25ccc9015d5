from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.fakes.store import START, new_submission
from validator.domain.submission import Origin, State
from validator.errors import (
    IdempotencyConflictError,
    InvalidParameterError,
    NotFoundError,
    StoreUnavailableError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fakes.store import CountingIds, FrozenClock
    from validator.store.ports import NewSubmission
    from validator.store.store import Store

HOSTILE_TEXTS = [
    "",
    "\x00",
    "a\x00b",
    "\ud800",
    "\U0001f600",
    "'; DROP TABLE submissions; --",
    "é" * 999,
]


def test_what_was_accepted_is_there_for_another_process(
    store: Store, reopen: Callable[[], Store], ids: CountingIds
) -> None:
    new = new_submission(ids.new("sub"), origin=Origin.CLI)

    accepted = store.accept(new)

    assert accepted.created
    assert accepted.row == reopen().submission("local", new.submission_id)
    assert (accepted.row.state, accepted.row.origin) == (State.QUEUED, Origin.CLI)
    assert accepted.row.created_at == START


def test_accepting_rings_the_doorbell_and_writes_the_first_event(
    store: Store, ids: CountingIds
) -> None:
    new = new_submission(ids.new("sub"), queue="fast")

    store.accept(new)

    (bell,) = store.pending(10)
    (event,) = store.events("local", new.submission_id, 0)
    assert (bell.submission_id, bell.queue) == (new.submission_id, "fast")
    assert (event.seq, event.kind, event.data) == (1, "state", {"state": "queued"})


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
def test_labels_keep_every_character_a_caller_sent(
    store: Store, ids: CountingIds, text: str
) -> None:
    new = new_submission(ids.new("sub"), task_label=text, answer_label=text)

    store.accept(new)

    row = store.submission("local", new.submission_id)
    assert (row.task_label, row.answer_label) == (text, text)


@pytest.mark.parametrize(
    "body", [b"", b"\x00\xff" * 3, b"x" * 5_000_000], ids=["none", "nul", "5MB"]
)
def test_the_body_reaches_the_worker_byte_for_byte(
    store: Store, ids: CountingIds, body: bytes
) -> None:
    new = new_submission(ids.new("sub"), body=body)
    store.accept(new)

    lease = store.take_lease(new.submission_id, "w")

    assert lease is not None
    assert lease.body == body


class TestIdempotency:
    def test_the_same_key_and_body_give_the_first_row(self, store: Store, ids: CountingIds) -> None:
        first = store.accept(new_submission(ids.new("sub"), idempotency_key="k"))

        again = store.accept(new_submission(ids.new("sub"), idempotency_key="k"))

        assert not again.created
        assert again.row == first.row
        assert len(store.pending(10)) == 1

    def test_the_same_key_with_another_body_is_refused(
        self, store: Store, ids: CountingIds
    ) -> None:
        store.accept(new_submission(ids.new("sub"), idempotency_key="k"))
        other = new_submission(ids.new("sub"), idempotency_key="k", body_digest="sha256:0")

        with pytest.raises(IdempotencyConflictError):
            store.accept(other)

        with pytest.raises(NotFoundError):
            store.submission("local", other.submission_id)

    def test_keys_of_two_owners_are_two_keys(self, store: Store, ids: CountingIds) -> None:
        store.accept(new_submission(ids.new("sub"), idempotency_key="k"))

        other = store.accept(new_submission(ids.new("sub"), owner="her", idempotency_key="k"))

        assert other.created
        assert other.row.owner == "her"

    @pytest.mark.parametrize("key", [*HOSTILE_TEXTS, "k" * 100_000])
    def test_any_key_can_be_used(self, store: Store, ids: CountingIds, key: str) -> None:
        new = new_submission(ids.new("sub"), idempotency_key=key)

        assert store.accept(new).created
        assert not store.accept(replace(new, submission_id=ids.new("sub"))).created

    def test_of_many_requests_at_once_one_makes_the_row(
        self, store: Store, ids: CountingIds
    ) -> None:
        batch = [new_submission(ids.new("sub"), idempotency_key="k") for _ in range(16)]
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(store.accept, batch))

        assert sum(answer.created for answer in answers) == 1
        assert len({answer.row.submission_id for answer in answers}) == 1
        assert len(store.pending(100)) == 1


class TestAcceptSoon:
    def test_each_future_ends_with_its_own_durable_row(
        self, store: Store, reopen: Callable[[], Store], ids: CountingIds
    ) -> None:
        batch = [new_submission(ids.new("sub")) for _ in range(300)]

        rows = [future.result(30).row for future in [store.accept_soon(new) for new in batch]]

        other = reopen()
        assert [row.submission_id for row in rows] == [new.submission_id for new in batch]
        assert all(other.submission("local", row.submission_id) == row for row in rows)

    def test_one_bad_item_does_not_refuse_its_neighbours(
        self, store: Store, ids: CountingIds
    ) -> None:
        taken = ids.new("sub")
        store.accept(new_submission(taken))
        batch = [new_submission(ids.new("sub")) for _ in range(20)]
        batch.insert(10, new_submission(taken))

        futures = [store.accept_soon(new) for new in batch]

        faults = [future.exception(30) for future in futures]
        assert [fault is None for fault in faults] == [i != 10 for i in range(21)]

    def test_keys_are_kept_apart_within_one_batch(self, store: Store, ids: CountingIds) -> None:
        def keyed(digest: str) -> NewSubmission:
            return new_submission(ids.new("sub"), idempotency_key="k", body_digest=digest)

        same, again, other = store.accept_batch([keyed("1"), keyed("1"), keyed("2")])

        assert not isinstance(same, IdempotencyConflictError)
        assert not isinstance(again, IdempotencyConflictError)
        assert (same.created, again.created) == (True, False)
        assert again.row == same.row
        assert isinstance(other, IdempotencyConflictError)

    def test_closing_stores_what_was_still_waiting(
        self, store: Store, reopen: Callable[[], Store], ids: CountingIds
    ) -> None:
        futures = [store.accept_soon(new_submission(ids.new("sub"))) for _ in range(100)]

        store.close()

        assert all(future.done() and future.exception() is None for future in futures)
        assert len(reopen().submissions("local", None, 200).items) == 100

    def test_a_closed_store_refuses_in_one_sentence(self, store: Store, ids: CountingIds) -> None:
        store.accept_soon(new_submission(ids.new("sub"))).result(30)
        store.close()

        with pytest.raises(StoreUnavailableError, match="closed"):
            store.accept_soon(new_submission(ids.new("sub")))


class TestPages:
    @pytest.fixture
    def made(self, store: Store, ids: CountingIds, clock: FrozenClock) -> list[str]:
        """25 ids, newest first; several share a time."""
        made = []
        for number in range(25):
            made.append(ids.new("sub"))
            store.accept(new_submission(made[-1]))
            store.accept(new_submission(ids.new("sub"), owner="her"))
            clock.advance(number % 3)
        return made[::-1]

    def test_pages_hold_every_row_once_newest_first(self, store: Store, made: list[str]) -> None:
        seen, cursor = [], None
        while True:
            page = store.submissions("local", cursor, 10)
            seen += [row.submission_id for row in page.items]
            cursor = page.next
            if cursor is None:
                break

        assert seen == made

    def test_rows_that_arrive_meanwhile_do_not_shift_a_page(
        self, store: Store, made: list[str], ids: CountingIds
    ) -> None:
        cursor = store.submissions("local", None, 10).next
        store.accept(new_submission(ids.new("sub")))

        page = store.submissions("local", cursor, 10)

        assert [row.submission_id for row in page.items] == made[10:20]

    @pytest.mark.usefixtures("made")
    def test_a_cursor_of_another_owner_is_refused(self, store: Store) -> None:
        cursor = store.submissions("her", None, 10).next

        with pytest.raises(InvalidParameterError, match="cursor"):
            store.submissions("local", cursor, 10)

    @pytest.mark.usefixtures("made")
    def test_a_cursor_outlives_the_process_that_made_it(
        self, store: Store, reopen: Callable[[], Store]
    ) -> None:
        cursor = store.submissions("local", None, 20).next

        assert len(reopen().submissions("local", cursor, 20).items) == 5

    @pytest.mark.parametrize("limit", [0, -1, 1001, 10**30])
    def test_a_limit_out_of_range_is_named(self, store: Store, limit: int) -> None:
        with pytest.raises(InvalidParameterError, match="limit"):
            store.submissions("local", None, limit)


class TestForeignIds:
    @pytest.mark.parametrize(
        "read",
        [
            lambda store, owner, id_: store.submission(owner, id_),
            lambda store, owner, id_: store.events(owner, id_, 0),
            lambda store, owner, id_: store.submission_and_verdict(owner, id_),
            lambda store, owner, id_: store.verdict(owner, id_),
        ],
        ids=["submission", "events", "submission_and_verdict", "verdict"],
    )
    @pytest.mark.parametrize(
        "given",
        [None, "", "\x00", "sub_\ud800", "x" * 100_000, "%", "sub_1' OR '1'='1"],
        ids=["foreign", "empty", "nul", "surrogate", "long", "percent", "quote"],
    )
    def test_are_not_found(
        self,
        store: Store,
        ids: CountingIds,
        read: Callable[[Store, str, str], object],
        given: str | None,
    ) -> None:
        foreign = ids.new("sub")
        store.accept(new_submission(foreign, owner="her"))

        with pytest.raises(NotFoundError):
            read(store, "local", foreign if given is None else given)

    def test_are_not_listed(self, store: Store, ids: CountingIds) -> None:
        store.accept(new_submission(ids.new("sub"), owner="her"))

        assert store.submissions("local", None, 10).items == []


@pytest.mark.parametrize(("after", "count"), [(-(10**30), 1), (0, 1), (1, 0), (10**30, 0)])
def test_events_after_any_number_can_be_asked_for(
    store: Store, ids: CountingIds, after: int, count: int
) -> None:
    new = new_submission(ids.new("sub"))
    store.accept(new)

    assert len(store.events("local", new.submission_id, after)) == count
