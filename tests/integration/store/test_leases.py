from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.fakes.store import START, check_record, document_of, new_submission, verdict_of
from validator.domain.submission import State
from validator.domain.verdict import Decision
from validator.errors import NotFoundError, StaleLeaseError
from validator.store.ports import MAX_RELEASES, Fault
from validator.wire.canonical import sha256_digest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fakes.store import CountingIds, FrozenClock
    from validator.store.ports import Lease
    from validator.store.store import Store


@pytest.fixture
def submission_id(store: Store, ids: CountingIds) -> str:
    """One queued submission."""
    new = new_submission(ids.new("sub"))
    store.accept(new)
    return new.submission_id


@pytest.fixture
def lease(store: Store, submission_id: str) -> Lease:
    """The first lease on it."""
    return taken(store, submission_id)


def taken(store: Store, submission_id: str, worker: str = "w1") -> Lease:
    lease = store.take_lease(submission_id, worker)
    assert lease is not None
    return lease


def finish(store: Store, lease: Lease, verdict_id: str = "ver_1") -> None:
    verdict = verdict_of(lease.submission_id, verdict_id)
    store.finish(lease, verdict, document_of(verdict), State.DONE)


def kinds(store: Store, submission_id: str) -> list[str]:
    events = store.events("local", submission_id, 0)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    return [event.kind for event in events]


class TestTaking:
    def test_a_lease_carries_what_the_worker_needs(
        self, store: Store, lease: Lease, submission_id: str
    ) -> None:
        assert (lease.attempt, lease.owner) == (1, "local")
        assert lease.expires_at == START + timedelta(seconds=30)
        row = store.submission("local", submission_id)
        assert (row.state, row.attempts) == (State.RUNNING, 1)

    def test_each_of_many_leases_carries_its_own_body(self, store: Store) -> None:
        bodies = {f"sub_{number:032x}": b"body %d" % number for number in range(20)}
        for name, body in bodies.items():
            store.accept(new_submission(name, body=body, body_digest=sha256_digest(body)))

        leases = [taken(store, name) for name in reversed(bodies)]

        assert {lease.submission_id: lease.body for lease in leases} == bodies
        assert all(sha256_digest(lease.body) == lease.body_digest for lease in leases)

    def test_a_live_lease_keeps_others_away(self, store: Store, lease: Lease) -> None:
        assert store.take_lease(lease.submission_id, "w2") is None

    def test_work_whose_lease_ran_out_can_be_taken_by_another(
        self, store: Store, lease: Lease, clock: FrozenClock
    ) -> None:
        clock.advance(30)

        second = taken(store, lease.submission_id, "w2")

        assert second.attempt == 2
        assert second.token > lease.token

    @pytest.mark.parametrize("given", ["sub_unknown", "", "\x00", "\ud800", "x" * 10_000])
    def test_an_id_that_names_nothing_is_no_work(self, store: Store, given: str) -> None:
        assert store.take_lease(given, "w") is None

    @pytest.mark.parametrize("worker", ["", "\x00", "\ud800", "w" * 100_000])
    def test_any_worker_name_will_do(self, store: Store, submission_id: str, worker: str) -> None:
        assert taken(store, submission_id, worker).attempt == 1

    def test_of_eight_takers_exactly_one_wins(
        self, store: Store, reopen: Callable[[], Store], ids: CountingIds
    ) -> None:
        other = reopen()
        for _ in range(10):
            new = new_submission(ids.new("sub"))
            store.accept(new)
            start = threading.Barrier(8)

            def take(number: int, start: threading.Barrier = start, new: object = new) -> object:
                start.wait()
                side = store if number % 2 else other
                return side.take_lease(new.submission_id, f"w{number}")  # type: ignore[attr-defined]

            with ThreadPoolExecutor(8) as pool:
                leases = [lease for lease in pool.map(take, range(8)) if lease is not None]

            assert len(leases) == 1


class TestTheCap:
    def test_work_that_kills_every_worker_is_set_aside(
        self, store: Store, submission_id: str, clock: FrozenClock
    ) -> None:
        for attempt in (1, 2, 3):
            assert taken(store, submission_id).attempt == attempt
            clock.advance(31)

        assert store.take_lease(submission_id, "w") is None

        row = store.submission("local", submission_id)
        assert (row.state, row.attempts) == (State.PARKED, 3)
        assert row.reason == "Set aside after 3 attempts: its worker ended without a word"
        assert kinds(store, submission_id)[-2:] == ["state", "end"]
        assert store.finished([submission_id]) == [submission_id]

    def test_work_given_back_at_the_cap_is_set_aside_with_the_last_reason(
        self, store: Store, submission_id: str
    ) -> None:
        for _ in range(3):
            store.release(taken(store, submission_id), "the sandbox broke")

        row = store.submission("local", submission_id)
        assert row.state is State.PARKED
        assert row.reason == "Set aside after 3 attempts: the sandbox broke"

    def test_a_set_aside_row_takes_nothing_from_its_last_worker(
        self, store: Store, submission_id: str, clock: FrozenClock
    ) -> None:
        for _ in range(3):
            last = taken(store, submission_id)
            clock.advance(31)
        store.take_lease(submission_id, "w")

        with pytest.raises(StaleLeaseError):
            finish(store, last)

        assert store.submission("local", submission_id).state is State.PARKED


class TestRenewing:
    def test_moves_the_expiry(self, store: Store, lease: Lease, clock: FrozenClock) -> None:
        clock.advance(20)
        renewed = store.renew(lease)
        clock.advance(20)

        assert renewed.expires_at == START + timedelta(seconds=50)
        assert store.take_lease(lease.submission_id, "w2") is None

    def test_is_refused_once_another_has_the_work(
        self, store: Store, lease: Lease, clock: FrozenClock
    ) -> None:
        clock.advance(31)
        taken(store, lease.submission_id, "w2")

        with pytest.raises(StaleLeaseError):
            store.renew(lease)


class TestFinishing:
    def test_stores_verdict_events_and_state_together(
        self, store: Store, lease: Lease, submission_id: str
    ) -> None:
        store.record_check(lease, {"check": "tests", "score": 100})

        finish(store, lease)

        row = store.submission("local", submission_id)
        assert (row.state, row.verdict_id, row.reason) == (State.DONE, "ver_1", None)
        assert store.verdict("local", "ver_1")["score"] == 100
        document = store.verdict("local", "ver_1")
        assert store.submission_and_verdict("local", submission_id)[1] == document
        assert store.verdicts("local", ["ver_1", "ver_unknown"]) == {"ver_1": document}
        assert store.verdicts("another", ["ver_1"]) == {}
        assert store.verdicts("local", []) == {}
        assert kinds(store, submission_id) == [
            *("state", "state", "check", "verdict", "state", "end")
        ]
        assert store.events("local", submission_id, 3)[0].data == {
            "verdict_id": "ver_1",
            "decision": "accept",
            "score": 100,
        }

    def test_checks_not_told_before_are_told_ahead_of_the_verdict(
        self, store: Store, lease: Lease
    ) -> None:
        store.record_check(lease, {"check": "syntax"})
        verdict = verdict_of(lease.submission_id, "ver_1")

        store.finish(
            lease, verdict, document_of(verdict), State.DONE, [{"check": "tests"}, {"check": "m"}]
        )

        events = store.events("local", lease.submission_id, 0)
        assert [event.data["check"] for event in events[2:5]] == ["syntax", "tests", "m"]
        assert kinds(store, lease.submission_id)[5:] == ["verdict", "state", "end"]

    def test_a_verdict_that_goes_to_peers_does_not_end_the_stream(
        self, store: Store, lease: Lease
    ) -> None:
        verdict = verdict_of(lease.submission_id, "ver_1", decision=Decision.ESCALATE, score=None)

        store.finish(lease, verdict, document_of(verdict), State.WAITING_PEERS)

        assert "end" not in kinds(store, lease.submission_id)
        assert store.take_lease(lease.submission_id, "w2") is None
        assert store.sweep(0) == 0

    def test_a_document_keeps_hostile_strings_and_long_numbers(
        self, store: Store, lease: Lease
    ) -> None:
        verdict = verdict_of(lease.submission_id, "ver_1")
        document = document_of(verdict) | {"odd": "\x00\ud800</script>", "big": 10**400}

        store.finish(lease, verdict, document, State.DONE)

        assert store.verdict("local", "ver_1") == document

    def test_a_stale_worker_writes_nothing(
        self, store: Store, lease: Lease, clock: FrozenClock
    ) -> None:
        clock.advance(31)
        second = taken(store, lease.submission_id, "w2")
        before = kinds(store, lease.submission_id)

        for late in (
            lambda: finish(store, lease, "ver_late"),
            lambda: store.record_check(lease, {"check": "tests"}),
            lambda: store.release(lease, "late"),
        ):
            with pytest.raises(StaleLeaseError):
                late()

        assert kinds(store, lease.submission_id) == before
        with pytest.raises(NotFoundError):
            store.verdict("local", "ver_late")
        finish(store, second)

    def test_a_worker_that_was_late_but_not_replaced_may_finish(
        self, store: Store, lease: Lease, clock: FrozenClock
    ) -> None:
        clock.advance(3600)

        finish(store, lease)

        assert store.submission("local", lease.submission_id).state is State.DONE

    def test_twice_is_refused(self, store: Store, lease: Lease) -> None:
        finish(store, lease)

        with pytest.raises(StaleLeaseError):
            finish(store, lease, "ver_2")

        assert (
            store.submission_and_verdict("local", lease.submission_id)[1]["verdict_id"] == "ver_1"
        )  # type: ignore[index]

    def test_a_forged_token_is_refused(self, store: Store, lease: Lease) -> None:
        for token in (lease.token + 1, lease.token - 1, -1):
            with pytest.raises(StaleLeaseError):
                finish(store, replace(lease, token=token))

    def test_a_verdict_of_another_submission_is_a_defect(self, store: Store, lease: Lease) -> None:
        verdict = verdict_of("sub_other", "ver_1")

        with pytest.raises(ValueError, match="another"):
            store.finish(lease, verdict, document_of(verdict), State.DONE)

    def test_a_failure_in_the_middle_leaves_the_row_as_it_was(
        self, store: Store, lease: Lease
    ) -> None:
        verdict = verdict_of(lease.submission_id, "ver_1", checks=(check_record(), check_record()))
        short = document_of(verdict_of(lease.submission_id, "ver_1"))

        with pytest.raises(ValueError, match="zip"):
            store.finish(lease, verdict, short, State.DONE)

        assert store.submission("local", lease.submission_id).state is State.RUNNING
        assert store.submission_and_verdict("local", lease.submission_id)[1] is None
        finish(store, lease)

    def test_the_worker_of_another_owner_writes_to_that_owner(
        self, store: Store, ids: CountingIds
    ) -> None:
        new = new_submission(ids.new("sub"), owner="her")
        store.accept(new)

        finish(store, taken(store, new.submission_id))

        assert store.verdict("her", "ver_1")["score"] == 100
        with pytest.raises(NotFoundError):
            store.verdict("local", "ver_1")


class TestReleasing:
    def test_queues_again_with_reason_and_doorbell(self, store: Store, lease: Lease) -> None:
        store.rung([bell.outbox_id for bell in store.pending(10)])

        store.release(lease, "the worker stops")

        row = store.submission("local", lease.submission_id)
        assert (row.state, row.reason) == (State.QUEUED, "the worker stops")
        assert [bell.submission_id for bell in store.pending(10)] == [lease.submission_id]
        assert taken(store, lease.submission_id).attempt == 2

    def test_stops_of_workers_are_no_attempts_but_not_without_end(
        self, store: Store, submission_id: str
    ) -> None:
        for _ in range(MAX_RELEASES):
            stopped = taken(store, submission_id)
            assert stopped.attempt == 1
            store.release(stopped, "stopped", stopping=True)
        for attempt in (1, 2, 3):
            stopped = taken(store, submission_id)
            assert stopped.attempt == attempt
            store.release(stopped, "stopped", stopping=True)

        assert store.submission("local", submission_id).state is State.PARKED

    def test_a_stop_at_the_last_attempt_sets_nothing_aside(
        self, store: Store, submission_id: str
    ) -> None:
        for _ in range(2):
            store.release(taken(store, submission_id), "broken")
        store.release(taken(store, submission_id), "stopped", stopping=True)

        assert store.submission("local", submission_id).state is State.QUEUED
        assert taken(store, submission_id).attempt == 3

    def test_faults_reach_every_later_attempt(self, store: Store, submission_id: str) -> None:
        first, second = Fault(0, "internal", "w\ud8001", True), Fault(2, "internal", "w2", False)
        store.release(taken(store, submission_id), "broken", [first])
        store.release(taken(store, submission_id), "broken", [second])

        assert taken(store, submission_id).faults == (first, second)

    @pytest.mark.parametrize("reason", ["", "\x00", "\ud800", "r" * 100_000])
    def test_any_reason_can_be_kept(self, store: Store, lease: Lease, reason: str) -> None:
        store.release(lease, reason)

        row = store.submission("local", lease.submission_id)
        assert row.reason is not None
        assert len(row.reason) <= 2000


def test_finished_tells_done_from_waiting(store: Store, ids: CountingIds) -> None:
    made = [ids.new("sub") for _ in range(1200)]
    store.accept_batch([new_submission(given) for given in made])
    finish(store, taken(store, made[7]))

    assert store.finished(made) == [made[7]]
    assert store.finished([]) == []


def test_events_of_many_writers_have_no_gaps(store: Store, lease: Lease) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: store.record_check(lease, {"n": n}), range(64)))

    events = store.events("local", lease.submission_id, 0)
    assert [event.seq for event in events] == list(range(1, 67))
    assert sorted(event.data["n"] for event in events[2:]) == list(range(64))
