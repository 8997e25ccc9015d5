"""Random histories of one store against a model in memory.

Whatever the order of accepting, taking, renewing, finishing, giving back, dying and sweeping:
nothing accepted is lost, no submission gets two verdicts, tokens rise, attempts stay at the cap.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from tests.components import SOAK
from tests.fakes.store import CountingIds, FrozenClock, document_of, new_submission, verdict_of
from validator.domain.submission import State
from validator.errors import StaleLeaseError
from validator.store.ports import MAX_RELEASES
from validator.store.store import open_store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.fixtures_postgres import PostgresServer
    from validator.store.ports import Lease
    from validator.store.store import Store

LEASE_S = 30
CAP = 3
WAIT_S = 15


@dataclass
class Modelled:
    """What the store must know of one submission."""

    state: State = State.QUEUED
    attempts: int = 0
    releases: int = 0
    token: int = 0
    expires: float = 0
    verdict: str | None = None
    kinds: list[str] = field(default_factory=lambda: ["state"])

    def park(self) -> None:
        self.state = State.PARKED
        self.kinds += ["state", "end"]


class StoreMachine(RuleBasedStateMachine):
    """Each rule does one thing to the store and the same to the model."""

    submission_ids = Bundle("submission_ids")
    leases = Bundle("leases")

    def __init__(self, fresh_url: Callable[[], str], folder: Path) -> None:
        super().__init__()
        self.clock, self.ids = FrozenClock(), CountingIds()
        self.store: Store = open_store(
            fresh_url(), folder, self.clock, self.ids, lease_s=LEASE_S, attempts=CAP, pool_size=1
        )
        self.model: dict[str, Modelled] = {}
        self.keys: dict[str, str] = {}

    def teardown(self) -> None:
        self.store.close()

    def holds(self, lease: Lease) -> bool:
        row = self.model[lease.submission_id]
        return row.state is State.RUNNING and row.token == lease.token

    def is_free(self, row: Modelled) -> bool:
        expired = row.expires <= self.clock.monotonic()
        return row.state is State.QUEUED or (row.state is State.RUNNING and expired)

    def fenced(self, lease: Lease, act: Callable[[], object]) -> bool:
        """Whether the act was allowed; it must be exactly when the lease is the newest."""
        if self.holds(lease):
            act()
            return True
        with pytest.raises(StaleLeaseError):
            act()
        return False

    @initialize(target=submission_ids)
    def first(self) -> str:
        return self.accept()

    @rule(target=submission_ids)
    def accept(self) -> str:
        new = new_submission(self.ids.new("sub"))
        assert self.store.accept(new).created
        self.model[new.submission_id] = Modelled()
        return new.submission_id

    @rule(key=st.sampled_from("abc"))
    def accept_under_a_key(self, key: str) -> None:
        new = new_submission(self.ids.new("sub"), idempotency_key=key)
        accepted = self.store.accept_soon(new).result(60)
        assert accepted.created == (key not in self.keys)
        first = self.keys.setdefault(key, new.submission_id)
        assert accepted.row.submission_id == first
        self.model.setdefault(first, Modelled())

    @rule(target=leases, submission_id=submission_ids, worker=st.sampled_from("xyz"))
    def take(self, submission_id: str, worker: str) -> object:
        row = self.model[submission_id]
        lease = self.store.take_lease(submission_id, worker)
        if not self.is_free(row):
            assert lease is None
            return multiple()
        if row.attempts >= CAP:
            assert lease is None
            row.park()
            return multiple()
        assert lease is not None
        assert lease.token > row.token
        row.state, row.token = State.RUNNING, lease.token
        row.attempts += 1
        row.expires = self.clock.monotonic() + LEASE_S
        row.kinds.append("state")
        return lease

    @rule(lease=leases)
    def renew(self, lease: Lease) -> None:
        if self.fenced(lease, lambda: self.store.renew(lease)):
            self.model[lease.submission_id].expires = self.clock.monotonic() + LEASE_S

    @rule(lease=leases)
    def record_check(self, lease: Lease) -> None:
        if self.fenced(lease, lambda: self.store.record_check(lease, {"check": "tests"})):
            self.model[lease.submission_id].kinds.append("check")

    @rule(lease=leases)
    def finish(self, lease: Lease) -> None:
        verdict = verdict_of(lease.submission_id, self.ids.new("ver"))
        document = document_of(verdict)
        if self.fenced(lease, lambda: self.store.finish(lease, verdict, document, State.DONE)):
            row = self.model[lease.submission_id]
            assert row.verdict is None
            row.state, row.verdict = State.DONE, verdict.verdict_id
            row.kinds += ["verdict", "state", "end"]

    @rule(lease=leases)
    def release(self, lease: Lease) -> None:
        if self.fenced(lease, lambda: self.store.release(lease, "broken")):
            row = self.model[lease.submission_id]
            if row.attempts >= CAP:
                row.park()
            else:
                row.state = State.QUEUED
                row.kinds.append("state")

    @rule(lease=leases)
    def stop(self, lease: Lease) -> None:
        if self.fenced(lease, lambda: self.store.release(lease, "stopped", stopping=True)):
            row = self.model[lease.submission_id]
            if row.releases < MAX_RELEASES:
                row.releases += 1
                row.attempts -= 1
            elif row.attempts >= CAP:
                row.park()
                return
            row.state = State.QUEUED
            row.kinds.append("state")

    @rule(span=st.sampled_from([0.001, 1, WAIT_S, LEASE_S, 3600]))
    def time_passes(self, span: float) -> None:
        self.clock.advance(span)

    @rule()
    def bells_are_rung_or_lost(self) -> None:
        self.store.rung([bell.outbox_id for bell in self.store.pending(1000)])

    @rule()
    def sweep(self) -> None:
        before = {bell.outbox_id for bell in self.store.pending(1000)}
        touched = self.store.sweep(WAIT_S)
        bells = [bell for bell in self.store.pending(1000) if bell.outbox_id not in before]
        parked = 0
        for submission_id, row in self.model.items():
            actual = self.store.submission("local", submission_id).state
            if actual is State.PARKED and row.state is not State.PARKED:
                assert self.is_free(row)
                assert row.attempts >= CAP
                row.park()
                parked += 1
        assert all(self.is_free(self.model[bell.submission_id]) for bell in bells)
        assert touched == len(bells) + parked

    @rule()
    def a_day_later_every_unfinished_row_has_a_doorbell(self) -> None:
        self.clock.advance(86_400)
        self.sweep()
        rung = {bell.submission_id for bell in self.store.pending(1000)}
        assert {given for given, row in self.model.items() if not row.state.is_final} <= rung

    @invariant()
    def the_store_agrees(self) -> None:
        page = self.store.submissions("local", None, 1000)
        assert {row.submission_id for row in page.items} == set(self.model)
        for row in page.items:
            expected = self.model[row.submission_id]
            assert (row.state, row.attempts, row.verdict_id) == (
                *(expected.state, expected.attempts, expected.verdict),
            )
            assert row.attempts <= CAP
            events = self.store.events("local", row.submission_id, 0)
            assert [event.seq for event in events] == list(range(1, len(events) + 1))
            assert [event.kind for event in events] == expected.kinds
            assert expected.kinds.count("verdict") <= 1


def check(fresh_url: Callable[[], str], folder: Path) -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        lambda: StoreMachine(fresh_url, folder),
        settings=settings(max_examples=1000 if SOAK else 40, stateful_step_count=40, deadline=None),
    )


def test_no_history_breaks_the_laws_on_sqlite(tmp_path: Path) -> None:
    template = tmp_path / "template.sqlite3"
    open_store(f"sqlite:///{template}", tmp_path, FrozenClock(), CountingIds()).close()
    numbers = iter(range(10**9))

    def fresh_url() -> str:
        copy = tmp_path / f"{next(numbers)}.sqlite3"
        shutil.copy(template, copy)
        return f"sqlite:///{copy}"

    check(fresh_url, tmp_path)


def test_no_history_breaks_the_laws_on_postgresql(postgres: PostgresServer, tmp_path: Path) -> None:
    check(postgres.copy_of_template, tmp_path)
