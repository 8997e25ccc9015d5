"""Reviews on both databases: opened once, leased with fences, ended exactly once."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from tests.fakes.reviews import BRIEF, Judges, accepted, outcome_of, reviews_of
from tests.fakes.store import new_submission
from validator.domain.review_queue import Asked, HumanDecision, Review, ReviewState
from validator.domain.reviews import Tier
from validator.domain.submission import LOCAL_OWNER, Origin
from validator.errors import (
    InvalidParameterError,
    NotFoundError,
    ReviewLimitError,
    ReviewRecordError,
    ReviewStateError,
    ReviewTakenError,
    StaleLeaseError,
)
from validator.experts.queue import MAX_TOLD, ReviewQueue
from validator.experts.reading import ReviewDocument
from validator.experts.service import NOT_CONFIGURED, OF_A_TASK, Caller, Reviews
from validator.store import reviews as stored
from validator.store.chain_values import Changes, TaskFacts
from validator.store.review_work import FAILED
from validator.wire.canonical import sha256_digest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fakes.store import CountingIds, FrozenClock
    from validator.domain.reviews import Case, Outcome
    from validator.store.store import Store

ANN = Caller(LOCAL_OWNER)
OPERATOR = Caller(LOCAL_OWNER, operator=True)
LEASE_S = 30


@pytest.fixture
def service(store: Store, clock: FrozenClock, ids: CountingIds) -> Reviews:
    return reviews_of(store, clock, ids)


def request(submission_id: str, tier: str | None = None) -> ReviewDocument:
    return ReviewDocument(submission_id=submission_id, tier=tier, consent=True)


def opened(service: Reviews, store: Store, count: int = 1) -> list[str]:
    names = accepted(store, count)
    return [service.open(OPERATOR, request(name))[0].review_id for name in names]


def kinds(service: Reviews, review_id: str) -> list[str]:
    events = service.events(OPERATOR, review_id, 0)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    return [event.kind for event in events]


def work(service: Reviews, judges: Judges, name: str = "w") -> int:
    return asyncio.run(ReviewQueue(service, judges, BRIEF, name).drain())


def test_a_review_asked_for_again_is_the_same_one(service: Reviews, store: Store) -> None:
    (name,) = accepted(store, 1)

    first, created = service.open(ANN, request(name))
    again, anew = service.open(ANN, request(name, "standard"))
    higher, other = service.open(ANN, request(name, "master"))

    assert (created, anew, other) == (True, False, True)
    assert again == first
    assert (higher.asked, first.state) == (Tier.MASTER, ReviewState.QUEUED)


def test_many_at_once_open_one_review(service: Reviews, store: Store) -> None:
    (name,) = accepted(store, 1)
    start = threading.Barrier(6)

    def ask(_: int) -> tuple[Review, bool]:
        start.wait()
        return service.open(ANN, request(name))

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(ask, range(6)))

    assert len({review.review_id for review, _ in found}) == 1
    assert sum(created for _, created in found) == 1


def test_without_judges_a_review_ends_at_once_without_a_score(
    store: Store, clock: FrozenClock, ids: CountingIds
) -> None:
    service = reviews_of(store, clock, ids, configured=False)
    (name,) = accepted(store, 1)

    review, _ = service.open(ANN, request(name, "master"))

    assert (review.state, review.reason) == (ReviewState.ABSTAINED, NOT_CONFIGURED)
    assert (review.score, review.reasons, review.record) == (None, (), None)
    assert kinds(service, review.review_id) == ["state", "end"]
    assert store.reviews.due(10) == []
    assert store.reviews.take(review.review_id, "w") is None


def test_a_foreign_submission_or_review_is_not_found(service: Reviews, store: Store) -> None:
    (review_id,) = opened(service, store)
    ben = Caller("ben")
    name = service.get(ANN, review_id).submission_id

    for call in (
        lambda: service.open(ben, request(name)),
        lambda: service.get(ben, review_id),
        lambda: service.events(ben, review_id, 0),
        lambda: service.record(ben, review_id),
        lambda: service.get(ANN, "rev_unknown"),
    ):
        with pytest.raises(NotFoundError):
            call()
    assert service.list(ben, None, 10) == ([], None)


def test_an_owner_has_a_ceiling_for_each_task_and_the_operator_has_none(
    service: Reviews, store: Store, clock: FrozenClock
) -> None:
    names = accepted(store, OF_A_TASK + 2)
    for name in names[:OF_A_TASK]:
        service.open(ANN, request(name))

    with pytest.raises(ReviewLimitError, match="20 reviews on this task"):
        service.open(ANN, request(names[-1]))

    assert not service.open(ANN, request(names[0]))[1]  # what there is may be asked for again
    assert service.open(OPERATOR, request(names[-2]))[1]
    clock.advance(24 * 3600 + 1)
    assert service.open(ANN, request(names[-1]))[1]


def test_pages_go_from_new_to_old_and_cursors_are_their_owners(
    service: Reviews, store: Store, clock: FrozenClock
) -> None:
    made = []
    for name in accepted(store, 5):
        made.append(service.open(OPERATOR, request(name))[0].review_id)
        clock.advance(1)

    first, cursor = service.list(ANN, None, 2)
    second, following = service.list(ANN, cursor, 2)
    third, last = service.list(ANN, following, 2)

    assert [one.review_id for one in (*first, *second, *third)] == made[::-1]
    assert last is None
    for other in (Caller("ben"), OPERATOR):
        with pytest.raises(InvalidParameterError):
            service.list(other, cursor, 2)


def test_a_review_goes_from_queue_to_score(service: Reviews, store: Store) -> None:
    (review_id,) = opened(service, store)
    judges = Judges()

    assert work(service, judges) == 1

    review = service.get(ANN, review_id)
    assert (review.state, review.score, review.interval) == (ReviewState.DONE, 80, (75, 85))
    assert (review.cost, review.scripted, review.tier) == (3300, True, Tier.STANDARD)
    assert review.flags[0]["kind"] == "injection_suspected"
    assert sha256_digest(service.record(OPERATOR, review_id)) == review.record
    told = kinds(service, review_id)
    assert told.count("end") == 1
    assert [event.kind for event in service.events(ANN, review_id, 0)].count("progress") == 0
    assert judges.asked == [review_id]


def test_progress_is_told_in_order_and_before_the_end(
    service: Reviews, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    (review_id,) = opened(service, store)

    async def talking(case: Case, tier: Tier, asked: Asked) -> Outcome:
        for number in range(MAX_TOLD + 5):
            asked.tell("call", str(number))
        return outcome_of()

    asyncio.run(ReviewQueue(service, talking, BRIEF, "w").drain())

    events = service.events(OPERATOR, review_id, 0)
    told = [event.data["detail"] for event in events if event.kind == "progress"]
    assert told == [str(number) for number in range(MAX_TOLD)]
    assert [event.kind for event in events[-2:]] == ["state", "end"]
    monkeypatch.setattr(stored, "_EVENTS", stored._EVENTS.limit(4))  # fewer than there is progress
    assert [event.kind for event in service.events(ANN, review_id, 0)][-1] == "end"


def test_judges_who_cannot_tell_leave_it_to_a_human(service: Reviews, store: Store) -> None:
    (review_id,) = opened(service, store)
    split = Judges(lambda _: outcome_of(None, reasons=("split: 40 points apart",)))

    work(service, split)

    review = service.get(ANN, review_id)
    assert (review.state, review.score) == (ReviewState.WAITING_HUMAN, None)
    assert review.reason == "split: 40 points apart"
    assert [one.review_id for one in store.reviews.waiting(10)] == [review_id]


def test_where_no_tier_was_open_it_is_abstained(service: Reviews, store: Store) -> None:
    (review_id,) = opened(service, store)
    nobody = Judges(lambda _: outcome_of(None, tier=None, reasons=("experts_not_available: x",)))

    work(service, nobody)

    assert service.get(ANN, review_id).state is ReviewState.ABSTAINED


def test_a_fault_of_ours_is_tried_again_and_never_becomes_a_score(
    service: Reviews, store: Store
) -> None:
    (review_id,) = opened(service, store)

    def broken(_: Case) -> Outcome:
        raise ZeroDivisionError("ours")

    judges = Judges(broken)
    work(service, judges)

    review = service.get(ANN, review_id)
    assert len(judges.asked) == review.attempts == 3
    assert (review.state, review.score) == (ReviewState.ABSTAINED, None)
    assert review.reason == f"{FAILED}: a fault of ours: ZeroDivisionError"
    assert kinds(service, review_id).count("end") == 1


def test_a_record_that_is_not_its_digests_ends_nothing(service: Reviews, store: Store) -> None:
    (review_id,) = opened(service, store)
    lease = service.take(review_id, "w")
    assert lease is not None

    with pytest.raises(ReviewRecordError):
        service.finish(lease, outcome_of(digest="sha256:" + "0" * 64))

    assert service.get(ANN, review_id).state is ReviewState.RUNNING


class TestLeases:
    def test_two_workers_never_hold_one_review(self, service: Reviews, store: Store) -> None:
        (review_id,) = opened(service, store)

        assert service.take(review_id, "a") is not None
        assert service.take(review_id, "b") is None
        assert store.reviews.due(5) == []

    def test_who_comes_back_too_late_is_refused(
        self, service: Reviews, store: Store, clock: FrozenClock
    ) -> None:
        (review_id,) = opened(service, store)
        late = service.take(review_id, "a")
        clock.advance(LEASE_S + 1)
        assert store.reviews.due(5) == [review_id]
        held = service.take(review_id, "b")
        assert late is not None
        assert held is not None

        for call in (
            lambda: service.finish(late, outcome_of(10)),
            lambda: store.reviews.renew(late),
            lambda: store.reviews.tell(late, "tier", "x"),
            lambda: service.abstain(late, "x"),
        ):
            with pytest.raises(StaleLeaseError):
                call()
        service.finish(held, outcome_of(90))
        with pytest.raises(StaleLeaseError):
            service.finish(held, outcome_of(10))

        assert service.get(ANN, review_id).score == 90
        assert kinds(service, review_id).count("end") == 1

    def test_a_renewed_lease_lasts(
        self, service: Reviews, store: Store, clock: FrozenClock
    ) -> None:
        (review_id,) = opened(service, store)
        lease = service.take(review_id, "a")
        assert lease is not None
        clock.advance(LEASE_S - 1)
        lease = store.reviews.renew(lease)
        clock.advance(LEASE_S - 1)

        assert store.reviews.sweep() == 0
        assert service.take(review_id, "b") is None

    def test_the_sweeper_puts_back_and_ends_what_kills_its_workers(
        self, service: Reviews, store: Store, clock: FrozenClock
    ) -> None:
        (review_id,) = opened(service, store)
        for attempt in range(1, 4):
            assert service.take(review_id, "a") is not None
            clock.advance(LEASE_S + 1)
            assert store.reviews.sweep() == 1
            state = service.get(ANN, review_id).state
            assert state is (ReviewState.QUEUED if attempt < 3 else ReviewState.ABSTAINED)

        assert store.reviews.sweep() == 0
        assert service.get(ANN, review_id).reason.startswith(FAILED)  # type: ignore[union-attr]
        assert kinds(service, review_id).count("end") == 1

    def test_a_swept_lease_is_worth_nothing(
        self, service: Reviews, store: Store, clock: FrozenClock
    ) -> None:
        (review_id,) = opened(service, store)
        lease = service.take(review_id, "a")
        assert lease is not None
        clock.advance(LEASE_S + 1)
        store.reviews.sweep()

        with pytest.raises(StaleLeaseError):
            service.finish(lease, outcome_of())

    def test_a_stop_costs_no_attempt(self, service: Reviews, store: Store) -> None:
        (review_id,) = opened(service, store)
        slow = Judges(pause_s=60)

        async def stopped() -> None:
            stop = asyncio.Event()
            queue = ReviewQueue(service, slow, BRIEF, "w", look_s=0.01)
            running = asyncio.create_task(queue.run(stop))
            while not slow.asked:  # noqa: ASYNC110 - no event of a fake is worth having
                await asyncio.sleep(0.01)
            stop.set()
            await running

        asyncio.run(stopped())

        review = service.get(ANN, review_id)
        assert (review.state, review.attempts) == (ReviewState.QUEUED, 0)

    def test_a_lease_shows_body_verdict_and_the_chains_publisher(
        self, service: Reviews, store: Store
    ) -> None:
        facts = TaskFacts("t1", "pub", "", 1, "beginner", 9, 1, 1, "Active")
        store.chain.observe(Changes((facts,)))
        name = f"sub_{9:032x}"
        store.accept(new_submission(name, owner="genesis", origin=Origin.CHAIN, task_label="t1"))
        review, _ = service.open(OPERATOR, request(name))

        lease = service.take(review.review_id, "a")

        assert lease is not None
        assert (lease.publisher, lease.verdict) == ("pub", None)
        assert lease.body == b'{"task": {}}'
        with pytest.raises(NotFoundError):
            service.get(ANN, review.review_id)  # a chain's review is the operator's alone

    def test_a_stored_body_that_changed_is_not_judged(self, service: Reviews, store: Store) -> None:
        (name,) = accepted(store, 1, body_digest="sha256:" + "1" * 64)
        review, _ = service.open(OPERATOR, request(name))
        judges = Judges()

        work(service, judges)

        assert judges.asked == []
        assert service.get(ANN, review.review_id).state is ReviewState.ABSTAINED


class TestHumans:
    def test_take_and_decide(self, service: Reviews, store: Store) -> None:
        (review_id,) = opened(service, store)
        work(service, Judges(lambda _: outcome_of(None, reasons=("split: x",))))
        before = service.get(ANN, review_id).record

        service.humans.take(review_id, "Op One")
        service.humans.take(review_id, "Op One")
        review = service.humans.decide(review_id, "Op One", 35, "the proof has a gap")

        assert (review.state, review.score) == (ReviewState.DONE, 35)
        assert review.human is not None
        assert (review.human.author, review.human.reason) == ("Op One", "the proof has a gap")
        assert review.record != before
        assert b'"previous":"' + str(before).encode() in service.record(OPERATOR, review_id)
        assert store.reviews.record(review_id, str(before))  # what judges said stays
        assert store.reviews.waiting(5) == []

    def test_what_judges_never_saw_may_be_decided_too(
        self, store: Store, clock: FrozenClock, ids: CountingIds
    ) -> None:
        service = reviews_of(store, clock, ids, configured=False)
        (review_id,) = opened(service, store)

        service.humans.take(review_id, "op")
        review = service.humans.decide(review_id, "op", None, "nobody can tell")

        assert (review.state, review.reason) == (ReviewState.ABSTAINED, "human_abstained")
        assert b'"judges":' in service.record(OPERATOR, review_id)

    def test_only_who_took_it_decides_and_only_once(self, service: Reviews, store: Store) -> None:
        (review_id,) = opened(service, store)
        with pytest.raises(ReviewStateError, match="is queued"):
            service.humans.decide(review_id, "a", 50, "r")
        service.humans.take(review_id, "a")
        with pytest.raises(ReviewTakenError, match="in the hands of a"):
            service.humans.take(review_id, "b")
        with pytest.raises(ReviewTakenError):
            service.humans.decide(review_id, "b", 50, "r")
        with pytest.raises(ReviewTakenError):
            service.humans.release(review_id, "b")
        service.humans.release(review_id, "a")
        service.humans.take(review_id, "b")
        service.humans.decide(review_id, "b", 50, "r")
        for call in (
            lambda: service.humans.decide(review_id, "b", 60, "r"),
            lambda: service.humans.take(review_id, "b"),
        ):
            with pytest.raises(ReviewStateError, match="was decided by b before"):
                call()
        assert service.get(ANN, review_id).score == 50

    def test_judges_do_not_take_what_a_human_holds_nor_the_other_way_round(
        self, service: Reviews, store: Store
    ) -> None:
        held, judged = opened(service, store, 2)
        service.humans.take(held, "op")
        lease = service.take(judged, "w")

        assert service.take(held, "w") is None
        assert store.reviews.due(5) == []
        with pytest.raises(ReviewStateError, match="is running"):
            service.humans.take(judged, "op")
        assert lease is not None
        service.finish(lease, outcome_of())
        with pytest.raises(ReviewStateError, match="is done"):
            service.humans.take(judged, "op")

    def test_a_ruling_on_another_record_is_refused(
        self, service: Reviews, store: Store, clock: FrozenClock
    ) -> None:
        (review_id,) = opened(service, store)
        service.humans.take(review_id, "op")
        decision = HumanDecision("op", "r", 10, clock.now())

        with pytest.raises(ReviewTakenError):
            store.reviews.rule(review_id, decision, "sha256:other", b"{}", digest="sha256:x")

        assert service.get(ANN, review_id).human is None


@pytest.mark.parametrize("table", ["review_events", "review_records", "review_rulings"])
def test_what_was_judged_cannot_be_changed(
    service: Reviews, store: Store, database_url: str, table: str
) -> None:
    (review_id,) = opened(service, store)
    work(service, Judges(lambda _: outcome_of(None)))
    service.humans.take(review_id, "op")
    service.humans.decide(review_id, "op", 1, "r")
    engine = create_engine(database_url)
    try:
        for verb in (f"UPDATE {table} SET review_id = 'x'", f"DELETE FROM {table}"):
            with pytest.raises(DBAPIError, match="never change"), engine.begin() as connection:
                connection.execute(text(verb))
    finally:
        engine.dispose()


def test_two_hundred_in_flight_end_once_with_two_workers(
    service: Reviews, store: Store, reopen: Callable[[], Store], clock: FrozenClock,
    ids: CountingIds,
) -> None:  # fmt: skip
    names = opened(service, store, 200)
    other = reviews_of(reopen(), clock, ids)
    first, second = Judges(pause_s=0.02), Judges(pause_s=0.02)

    async def both() -> None:
        await asyncio.gather(
            ReviewQueue(service, first, BRIEF, "a", at_once=100).drain(),
            ReviewQueue(other, second, BRIEF, "b", at_once=100).drain(),
        )

    asyncio.run(both())

    assert sorted(first.asked + second.asked) == sorted(names)
    for name in names:
        assert service.get(ANN, name).state is ReviewState.DONE
        assert kinds(service, name).count("end") == 1
    assert store.reviews.counts() == {}
