from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.fakes.store import document_of, new_submission, verdict_of
from validator.domain.submission import State
from validator.store.doorbells import COUNT_CAP

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fakes.store import CountingIds, FrozenClock
    from validator.store.store import Store


def accepted(store: Store, ids: CountingIds) -> str:
    return store.accept(new_submission(ids.new("sub"))).row.submission_id


def ring_all(store: Store) -> list[str]:
    bells = store.pending(10_000)
    store.rung([bell.outbox_id for bell in bells])
    return [bell.submission_id for bell in bells]


def test_doorbells_wait_oldest_first_until_they_are_rung(store: Store, ids: CountingIds) -> None:
    made = [accepted(store, ids) for _ in range(5)]

    assert [bell.submission_id for bell in store.pending(3)] == made[:3]
    assert ring_all(store) == made
    assert store.pending(10) == []


def test_ringing_many_or_none_or_twice_is_harmless(store: Store, ids: CountingIds) -> None:
    store.accept_batch([new_submission(ids.new("sub")) for _ in range(1200)])
    bells = [bell.outbox_id for bell in store.pending(2000)]

    store.rung([])
    store.rung(bells)
    store.rung(bells)

    assert store.pending(10) == []


class TestSweeping:
    def test_a_lost_doorbell_is_rung_again_after_the_wait(
        self, store: Store, ids: CountingIds, clock: FrozenClock
    ) -> None:
        lost = accepted(store, ids)
        ring_all(store)

        clock.advance(14)
        assert store.sweep(15) == 0
        clock.advance(1)
        assert store.sweep(15) == 1

        assert ring_all(store) == [lost]

    def test_work_with_a_doorbell_waiting_is_left_alone(
        self, store: Store, ids: CountingIds, clock: FrozenClock
    ) -> None:
        accepted(store, ids)
        clock.advance(100)

        assert store.sweep(15) == 0
        assert len(store.pending(10)) == 1

    def test_work_in_progress_is_left_alone_until_its_lease_runs_out(
        self, store: Store, ids: CountingIds, clock: FrozenClock
    ) -> None:
        running = accepted(store, ids)
        ring_all(store)
        store.take_lease(running, "w")

        clock.advance(29)
        assert store.sweep(15) == 0
        clock.advance(1)
        assert store.sweep(15) == 1

        assert ring_all(store) == [running]

    def test_finished_work_is_left_alone(
        self, store: Store, ids: CountingIds, clock: FrozenClock
    ) -> None:
        lease = store.take_lease(accepted(store, ids), "w")
        assert lease is not None
        verdict = verdict_of(lease.submission_id, "ver_1")
        store.finish(lease, verdict, document_of(verdict), State.DONE)
        ring_all(store)
        clock.advance(10_000)

        assert store.sweep(15) == 0

    def test_waits_grow_so_that_a_long_queue_does_not_flood_the_broker(
        self, store: Store, ids: CountingIds, clock: FrozenClock
    ) -> None:
        accepted(store, ids)
        rung = 0
        for _ in range(3600):
            clock.advance(1)
            rung += store.sweep(15)
            ring_all(store)

        assert 5 <= rung <= 12

    def test_work_at_the_cap_is_set_aside(
        self, store: Store, ids: CountingIds, clock: FrozenClock
    ) -> None:
        poison = accepted(store, ids)
        ring_all(store)
        for _ in range(3):
            assert store.take_lease(poison, "w") is not None
            clock.advance(31)

        assert store.sweep(15) == 1

        row = store.submission("local", poison)
        assert row.state is State.PARKED
        assert row.reason is not None
        assert store.pending(10) == []
        assert store.sweep(15) == 0

    def test_more_rows_than_one_transaction_takes_are_all_rung(
        self, store: Store, ids: CountingIds, clock: FrozenClock
    ) -> None:
        store.accept_batch([new_submission(ids.new("sub")) for _ in range(1201)])
        ring_all(store)
        clock.advance(20)

        assert store.sweep(15) == 1201
        assert len(set(ring_all(store))) == 1201

    def test_nothing_is_added_while_the_relay_is_far_behind(
        self, store: Store, ids: CountingIds, clock: FrozenClock
    ) -> None:
        accepted(store, ids)
        ring_all(store)
        store.accept_batch([new_submission(ids.new("sub")) for _ in range(COUNT_CAP)])
        clock.advance(20)

        assert store.sweep(15) == 0
        ring_all(store)
        assert store.sweep(15) == COUNT_CAP

    def test_two_sweepers_ring_each_bell_once(
        self, store: Store, reopen: Callable[[], Store], ids: CountingIds, clock: FrozenClock
    ) -> None:
        store.accept_batch([new_submission(ids.new("sub")) for _ in range(700)])
        ring_all(store)
        clock.advance(20)
        with ThreadPoolExecutor(4) as pool:
            sides = [store, reopen(), store, reopen()]
            touched = sum(pool.map(lambda side: side.sweep(15), sides))

        assert touched == 700
        assert len(ring_all(store)) == 700


def test_backlog_counts_what_waits(store: Store, ids: CountingIds, clock: FrozenClock) -> None:
    assert store.backlog() == {
        "outbox": 0,
        "queued": 0,
        "running": 0,
        "parked": 0,
        "oldest_s": 0,
        "last_finish_s": -1,
    }
    made = [accepted(store, ids) for _ in range(4)]
    lease = store.take_lease(made[0], "w")
    assert lease is not None
    verdict = verdict_of(made[0], "ver_1")
    store.finish(lease, verdict, document_of(verdict), State.DONE)
    store.take_lease(made[1], "w")
    for _ in range(3):
        given = store.take_lease(made[2], "w")
        assert given is not None
        store.release(given, "broken")
    clock.advance(7)

    assert store.backlog() == {
        "outbox": 6,
        "queued": 1,
        "running": 1,
        "parked": 1,
        "oldest_s": pytest.approx(7),
        "last_finish_s": pytest.approx(7),
    }
