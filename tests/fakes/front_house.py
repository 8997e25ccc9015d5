"""The front door on a real store, with a worker that writes the verdicts it is told to."""

from __future__ import annotations

import socket
import threading
import time
import warnings
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import uvicorn

from checkers.protocol import Case, CheckResult, CheckStatus, Finding, Tool
from tests.fakes.reviews import with_ruling
from tests.fakes.store import verdict_of
from validator.domain.clock import RandomIds, SystemClock
from validator.domain.submission import State
from validator.domain.verdict import CheckRecord, Verdict
from validator.errors import BrokerUnavailableError, StoreUnavailableError
from validator.evidence.shelf import EvidenceShelf
from validator.experts.human import Humans
from validator.experts.service import Reviews
from validator.rounds.service import RoundService
from validator.services import SubmissionService
from validator.settings import Settings
from validator.store.store import Store, open_store
from validator.web import create_app
from validator.wire.documents import check_to_json, verdict_to_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from fastapi import FastAPI

    from validator.rounds.counting import Aggregator
    from validator.store.ports import Accepted

with warnings.catch_warnings():
    # Starlette asks for a successor of httpx in its test client only.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

SECRET = "hidden-case-secret-4711"


@dataclass
class Probes:
    """Readiness as a test wants it."""

    store: Store
    broker_up: bool = True
    counts: dict[str, float] = field(default_factory=dict)

    def ping_broker(self) -> None:
        if not self.broker_up:
            raise BrokerUnavailableError("down on purpose")

    def backlog(self) -> dict[str, float]:
        return {**self.store.backlog(), **self.counts}


@dataclass
class FrontHouse:
    """What the front door needs, and hands on which a test plays the worker."""

    settings: Settings
    clock: SystemClock
    ids: RandomIds
    store: Any
    submissions: SubmissionService
    probes: Probes
    evidence: EvidenceShelf
    rings: int = 0
    rung: list[str] = field(default_factory=list)
    aggregator: Aggregator | None = None
    experts: bool = False

    @property
    def chain(self) -> Any:
        return self.store.chain

    @property
    def rounds(self) -> RoundService:
        return RoundService(
            self.store.rounds, self.store.chain, self.clock, self.ids, self.aggregator
        )

    @property
    def reviews(self) -> Reviews:
        humans = Humans(self.store.reviews, self.clock, with_ruling)
        return Reviews(self.store.reviews, self.ids, self.clock, humans, self.experts)

    def ring(self, accepted: Iterable[Accepted] = ()) -> None:
        self.rings += 1
        self.rung += [one.row.submission_id for one in accepted if one.queue]

    def app(self, **options: Any) -> FastAPI:
        return create_app(self, **options)

    def judge(self, submission_id: str, **changes: Any) -> Verdict:
        """Do what a worker does: lease, check events, verdict, end."""
        lease = self.store.take_lease(submission_id, "test-worker")
        assert lease is not None
        verdict = verdict_of(
            submission_id,
            self.ids.new("ver"),
            **{"checks": (record(),), "created_at": self.clock.now(), **changes},
        )
        for check in verdict.checks:
            self.store.record_check(lease, check_to_json(check))
        self.store.finish(lease, verdict, verdict_to_json(verdict), State.DONE)
        return verdict


def record(**changes: Any) -> CheckRecord:
    """A check with an open and a hidden case; the hidden one holds what must not leak."""
    result = CheckResult(
        check="tests",
        status=CheckStatus.PASS,
        score=100,
        summary="2 of 2 cases passed",
        cases=(
            Case("small", CheckStatus.PASS, detail="as expected"),
            Case("hidden 1", CheckStatus.FAIL, weight=2, hidden=True, detail=SECRET),
        ),
        metrics={"cpu_s": 0.02},
        tool=Tool("cpython", "3.11.2"),
        duration_s=0.11,
    )
    return CheckRecord(replace(result, **changes), 3, required=True, sufficient=True, pass_at=100)


def finding(**changes: Any) -> Finding:
    return replace(Finding("style", "a finding", "low", "main.py", (1, 2), "because"), **changes)


@contextmanager
def front_house(folder: Path, **settings: Any) -> Iterator[FrontHouse]:
    """Open a store in the folder; close it afterwards."""
    settings_ = Settings(data_dir=folder, **settings)
    clock = SystemClock()
    ids = RandomIds(clock)
    store = open_store(None, folder, clock, ids)
    try:
        submissions = SubmissionService(store, ids, settings_.limits)
        shelf = EvidenceShelf(folder)
        yield FrontHouse(settings_, clock, ids, store, submissions, Probes(store), shelf)
    finally:
        store.close()


@contextmanager
def client_of(app: FastAPI, **options: Any) -> Iterator[TestClient]:
    """A client in process that calls from this machine. A defect is a reply, as it is outside."""
    with TestClient(
        app,
        base_url="http://127.0.0.1:8000",
        client=("127.0.0.1", 50_000),
        raise_server_exceptions=False,
        follow_redirects=False,
        **options,
    ) as client:
        yield client


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """A real server on a free port of the loopback, in a thread; the base URL."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(
        app, log_level="critical", access_log=False, timeout_graceful_shutdown=2
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    assert server.started
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=20)
        listener.close()


class BrokenStore:
    """Every call fails as it does when the database is away, or with a defect of ours."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error or StoreUnavailableError("the database is away on purpose")
        self.rounds = self.reviews = self.chain = self

    def __getattr__(self, name: str) -> Any:
        def fail(*_: Any, **__: Any) -> Any:
            raise self.error

        return fail
