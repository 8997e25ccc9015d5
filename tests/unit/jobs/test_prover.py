"""When proofs are made, and what a worker does without a good one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import structlog

from sandboxes.docker.engine import owner_mark
from sandboxes.protocol import Outcome, SandboxUnavailableError, Status
from tests.fakes.cages import CountingCage
from tests.fakes.store import FrozenClock
from tests.fakes.submissions import body
from validator.domain.submission import LOCAL_OWNER, Origin, State
from validator.intake import parse
from validator.jobs import create_celery
from validator.jobs.attempt import Attempt
from validator.jobs.prover import AGAIN_S, FIRST_FULL_S, HOUR_S, PATIENCE_S, Gate, Prover
from validator.jobs.queues import VALIDATE
from validator.jobs.validate import Validation
from validator.pipeline import SharedSandbox
from validator.pipeline.lanes import FAST_BACKEND, Lane
from validator.pipeline.proofs import FOLDER, Failure, Kind, Proof, Record, write
from validator.services import build_services
from validator.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GOOD = Proof("docker", None, 8, 1.0, (), None)
LEAK = replace(GOOD, failures=(Failure("memory", "held", False, ""),), reason="it leaks")
UNTRIED = replace(GOOD, failures=(Failure("memory", "held", None, ""),), reason="no engine")
FAST_ID = "sub_" + "0" * 32


class Running:
    """A proof that ends when it is told to."""

    def __init__(self) -> None:
        self.code: int | None = None
        self.ended = False

    def poll(self) -> int | None:
        return self.code

    def terminate(self) -> None:
        self.ended = True


class Bench:
    """A prover with a clock that stands still and proofs that end on request."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.settings = Settings(data_dir=folder, **settings)
        self.clock = FrozenClock()
        self.gate = Gate(self.settings, self.clock, sleep=self.clock.advance)
        self.started: list[tuple[Kind, Running]] = []
        self.in_hand = 0
        self.prover = Prover(
            self.settings, self.gate, self.clock.monotonic, self._spawn, lambda: self.in_hand
        )

    def _spawn(self, kind: Kind, prover: str) -> Running:
        assert prover == owner_mark()
        self.started.append((kind, Running()))
        return self.started[-1][1]

    def finish(self, proof: Proof | None = GOOD) -> None:
        """End the proof that runs; None: without a record."""
        kind, running = self.started[-1]
        if proof is not None:
            record = Record(owner_mark(), self.clock.now().isoformat(), kind, (proof,))
            write(self.settings.data_dir / FOLDER, record, self.clock.now())
        running.code = 0
        self.prover.look()

    def after(self, seconds: float) -> list[Kind]:
        self.clock.advance(seconds)
        self.prover.look()
        return [kind for kind, _ in self.started]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_the_first_proof_is_quick_and_the_full_one_follows_every_day(bench: Bench) -> None:
    bench.prover.begin()
    assert bench.after(500) == ["quick"]
    bench.finish()

    assert bench.after(FIRST_FULL_S - 1) == ["quick"]
    assert bench.after(1) == ["quick", "full"]
    bench.finish()
    assert bench.after(24 * HOUR_S - 1) == ["quick", "full"]
    assert bench.after(1) == ["quick", "full", "full"]


def test_off_devnet_nothing_is_done_before_everything_is_proven(tmp_path: Path) -> None:
    bench = Bench(tmp_path, network="mainnet")
    bench.prover.begin()

    assert bench.after(0) == ["full"]


def test_a_busy_worker_puts_the_daily_proof_off_but_not_for_ever(bench: Bench) -> None:
    bench.prover.begin()
    bench.finish()
    bench.in_hand = 1

    assert bench.after(FIRST_FULL_S) == ["quick"]
    assert bench.after(PATIENCE_S - 1) == ["quick"]
    assert bench.after(1) == ["quick", "full"]


@pytest.mark.parametrize("proof", [UNTRIED, None])
def test_a_cage_that_could_not_be_tried_is_tried_again_soon(
    bench: Bench, proof: Proof | None
) -> None:
    bench.prover.begin()
    bench.finish(proof)
    assert bench.gate.reason() is not None

    assert bench.after(AGAIN_S) == ["quick", "quick"]
    bench.finish()
    assert bench.gate.reason() is None


def test_a_leak_does_not_mend_itself_and_the_next_worker_looks_at_everything(
    bench: Bench,
) -> None:
    bench.prover.begin()
    with structlog.testing.capture_logs() as logs:
        bench.finish(LEAK)
        bench.prover.look()

    assert [entry["event"] for entry in logs] == ["worker_takes_no_jobs"]
    assert bench.after(1000 * HOUR_S) == ["quick"]
    again = Bench(bench.settings.data_dir)
    again.prover.begin()
    assert again.after(0) == ["full"]


def test_no_proof_a_bad_one_and_an_old_one_close_the_gate(bench: Bench) -> None:
    assert bench.gate.reason() is None  # no worker of ours: a command, a test
    bench.prover.begin()
    assert bench.gate.reason() == "the self-test has not ended yet"
    bench.finish()
    assert bench.gate.reason() is None
    bench.clock.advance(24 * HOUR_S + 2 * PATIENCE_S + 1)
    assert bench.gate.reason() == "the last self-test is too old"
    bench.finish(LEAK)
    assert bench.gate.reason() == "it leaks"


def test_a_first_job_waits_for_the_proof_but_not_for_ever(bench: Bench) -> None:
    bench.prover.begin()
    began = bench.clock.monotonic()

    assert bench.gate.wait() == "the self-test has not ended yet"
    assert 100 < bench.clock.monotonic() - began < 600
    bench.finish()
    assert bench.gate.wait() is None


def test_a_proof_that_runs_ends_with_the_worker(bench: Bench) -> None:
    bench.prover.begin()
    bench.prover.end()

    assert bench.started[0][1].ended


def test_a_machine_that_starts_nothing_leaves_the_gate_closed(bench: Bench) -> None:
    def refuse(kind: Kind, prover: str) -> Running:
        raise OSError("no more processes")

    bench.prover.spawn = refuse
    bench.prover.begin()

    assert bench.gate.reason() is not None


# what the gate does


@pytest.mark.parametrize(("queue", "taken"), [("fast", True), ("sandbox", False), (None, False)])
def test_a_worker_without_proof_takes_only_what_starts_no_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, queue: str | None, taken: bool
) -> None:
    services = build_services(Settings(data_dir=tmp_path))
    app = create_celery(services)
    seen: list[str] = []
    monkeypatch.setattr(Validation, "run", lambda _self, one: seen.append(one))
    monkeypatch.setattr(Gate, "wait", lambda _self: "it leaks")
    task = app.tasks[VALIDATE]
    task.push_request(delivery_info={"routing_key": queue} if queue else None)
    try:
        task.run(FAST_ID)
    finally:
        task.pop_request()
        services.close()

    assert seen == ([FAST_ID] if taken else [])


@pytest.fixture
def doubts() -> list[str]:
    return []


@pytest.fixture
def house(tmp_path: Path, doubts: list[str]) -> Iterator[Any]:
    """Services whose answers are wrong, and whose cage comes into doubt while they are judged."""

    def judge(_job: object) -> Outcome:
        doubts.append("it leaks")
        return Outcome(Status.OK, exit_code=0, stdout=b"43\n")

    cage = CountingCage(judge)
    sandbox = SharedSandbox(lambda: cage, lambda: doubts[-1] if doubts else None)
    services = build_services(Settings(data_dir=tmp_path), sandbox=sandbox)
    yield services
    services.close()


@pytest.mark.parametrize("mended", [True, False])
def test_an_answer_in_hand_never_fails_in_a_cage_that_came_into_doubt(
    house: Any, doubts: list[str], mended: bool
) -> None:
    taken = house.submissions.submit(
        body(answer={"code": "print(43)\n"}), LOCAL_OWNER, Origin.API, None
    )
    for worker in range(house.settings.worker.attempts):
        if mended:  # so that every attempt judges, and is found out only afterwards
            doubts.clear()
        lease = house.store.take_lease(taken.row.submission_id, f"worker {worker}")
        assert lease is not None
        Attempt(house, lease, sleep=lambda _: None).work()

    row, verdict = house.store.submission_and_verdict(LOCAL_OWNER, taken.row.submission_id)
    if mended:
        assert (row.state, verdict) == (State.PARKED, None)
    else:
        assert verdict["decision"] == "abstain"
        assert {check["status"] for check in verdict["checks"]} == {"error"}


def test_nobody_gets_a_cage_in_doubt(house: Any, doubts: list[str]) -> None:
    assert house.sandbox() is not None
    doubts.append("it leaks")

    with pytest.raises(SandboxUnavailableError, match="it leaks"):
        house.sandbox()


def test_a_fast_lane_that_was_not_proven_is_closed_beside_an_open_strong_one(bench: Bench) -> None:
    assert bench.gate.doubt(Lane.FAST) is None
    bench.prover.begin()
    bench.finish()
    assert bench.gate.doubt(Lane.STRONG) is None
    assert bench.gate.doubt(Lane.FAST) == "docker-fast was not proven"

    fast = replace(GOOD, backend=FAST_BACKEND)
    for proof, reason in ((fast, None), (replace(fast, reason="it leaks"), "it leaks")):
        now = bench.clock.now()
        record = Record(owner_mark(), now.isoformat(), "quick", (GOOD, proof))
        write(bench.settings.data_dir / FOLDER, record, now)
        assert bench.gate.doubt(Lane.FAST) == reason
        assert bench.gate.doubt(Lane.STRONG) is None


def test_an_owner_with_a_parked_submission_or_a_second_attempt_is_quarantined(house: Any) -> None:
    taken = [
        house.submissions.submit(body({"id": f"t{n}"}), LOCAL_OWNER, Origin.API, None)
        for n in range(2)
    ]
    stakes = []
    for attempt in range(3):
        lease = house.store.take_lease(taken[0].row.submission_id, f"worker {attempt}")
        stakes.append(Attempt(house, lease)._stakes(parse(lease.body, house.settings.limits)))
        house.store.release(lease, "internal")
    lease = house.store.take_lease(taken[1].row.submission_id, "worker")
    stakes.append(Attempt(house, lease)._stakes(parse(lease.body, house.settings.limits)))

    assert [found.quarantined for found in stakes] == [False, True, True, True]
    assert not house.store.quarantined("somebody else", 3600)
    assert not house.store.quarantined(LOCAL_OWNER, -1)
    assert {found.origin for found in stakes} == {Origin.API}
