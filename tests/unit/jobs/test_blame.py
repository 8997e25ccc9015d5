"""Threat model, row 8: an error that an answer brings with it from worker to worker is its own."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from checkers import jail
from sandboxes.languages import LANGUAGES, compiles_only
from sandboxes.protocol import Outcome, SandboxError, SandboxUnavailableError, Status, Usage
from tests.fakes.cages import CountingCage
from tests.fakes.submissions import body
from validator.domain.submission import LOCAL_OWNER, Origin, State
from validator.jobs.attempt import Attempt
from validator.jobs.blame import PROGRAMS, SUMMARY, own
from validator.pipeline import SharedSandbox
from validator.services import Services, build_services
from validator.settings import Settings
from validator.store.ports import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from pathlib import Path

    from sandboxes.protocol import Job

CONTROL_WALL_S = 10.0
ANSWER = "print('poison')\n"
FAULTS = st.builds(
    Fault,
    position=st.integers(0, 2),
    reason=st.sampled_from(["internal", "sandbox_unavailable"]),
    worker=st.sampled_from("abc"),
    control=st.booleans(),
)


@dataclass
class Planted(CountingCage):
    """Breaks down over one answer only, until it is told to break down over everything."""

    error: SandboxError = field(default_factory=lambda: SandboxError("its daemon fell over"))
    broken: bool = False

    def __post_init__(self) -> None:
        CountingCage.__init__(self, lambda _job: Outcome(Status.OK, exit_code=0, stdout=b"42\n"))

    def put(self, files: Mapping[str, bytes], executable: Collection[str] = ()) -> None:
        if self.broken or any(b"poison" in content for content in files.values()):
            raise self.error


@dataclass
class House:
    services: Services
    cage: Planted
    submission_id: str

    def attempt(self, worker: str) -> Attempt:
        lease = self.services.store.take_lease(self.submission_id, worker)
        assert lease is not None
        attempt = Attempt(self.services, lease, sleep=lambda _: None)
        attempt.work()
        return attempt

    def state(self) -> State:
        return self.services.store.submission(LOCAL_OWNER, self.submission_id).state

    def verdict(self) -> dict[str, Any]:
        found = self.services.store.submission_and_verdict(LOCAL_OWNER, self.submission_id)[1]
        assert found is not None
        return found

    def checks_told(self) -> list[dict[str, Any]]:
        events = self.services.store.events(LOCAL_OWNER, self.submission_id, 0)
        return [event.data for event in events if event.kind == "check"]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    cage = Planted()
    services = build_services(Settings(data_dir=tmp_path), sandbox=SharedSandbox(lambda: cage))
    accepted = services.submissions.submit(
        body(answer={"code": ANSWER}), LOCAL_OWNER, Origin.API, None
    )
    yield House(services, cage, accepted.row.submission_id)
    services.close()


@pytest.mark.parametrize("error", [SandboxError("fell over"), SandboxUnavailableError("is gone")])
def test_an_error_reproduced_on_a_second_worker_is_the_answers_own(
    house: House, error: SandboxError
) -> None:
    house.cage.error = error
    first = house.attempt("one")
    assert house.state() is State.QUEUED
    assert first.suspected  # the next attempt must come from another process

    with structlog.testing.capture_logs() as logs:
        house.attempt("two")

    verdict = house.verdict()
    (check,) = verdict["checks"]
    assert (check["status"], check["score"], check["summary"]) == ("fail", 0, SUMMARY)
    assert verdict["decision"] == "reject"
    assert house.checks_told()[-1] == check
    (entry,) = [one for one in logs if one["event"] == "defect_reproduced_by_answer"]
    assert entry["log_level"] == "warning"


def test_the_same_worker_twice_proves_nothing(house: House) -> None:
    for _ in range(3):
        house.attempt("one")
    assert house.verdict()["decision"] == "abstain"


@pytest.mark.parametrize("broken", [(True, False, True), (False, True, True), (True, True, True)])
def test_without_a_control_on_both_workers_it_is_never_a_fail(
    house: House, broken: tuple[bool, ...]
) -> None:
    for worker, state in zip(("one", "two", "three"), broken, strict=True):
        house.cage.broken = state
        house.attempt(worker)
    verdict = house.verdict()
    assert verdict["decision"] == "abstain"
    assert [check["status"] for check in verdict["checks"]] == ["error"]


def test_a_broken_cage_does_not_cost_the_worker_its_life(house: House) -> None:
    house.cage.broken = True
    assert not house.attempt("one").suspected


def test_another_error_on_the_second_worker_is_ours(house: House) -> None:
    house.attempt("one")
    house.cage.error = SandboxUnavailableError("is gone")
    house.attempt("two")
    assert house.state() is State.QUEUED


@given(fault=FAULTS, earlier=st.lists(FAULTS, max_size=6))
def test_only_two_workers_with_passing_controls_can_blame(
    fault: Fault, earlier: list[Fault]
) -> None:
    witnesses = [
        one
        for one in earlier
        if one.control and one.worker != fault.worker
        and (one.position, one.reason) == (fault.position, fault.reason)
    ]  # fmt: skip
    assert own(fault, earlier) == (fault.control and bool(witnesses))


def reads_a_text(house: House) -> None:
    check = {"check": "text", "min_words": 1, "target": "content", "required": True}
    task = {"type": "general", "checks": [check]}
    accepted = house.services.submissions.submit(
        body(task=task, answer={"content": "poison"}), LOCAL_OWNER, Origin.API, None
    )
    house.submission_id = accepted.row.submission_id


def dies_of(error: Exception, control: object) -> Callable[..., object]:
    """A jail that dies of every answer; of the control it makes this."""

    def run(work: str, *_: object, **__: object) -> object:
        if work.startswith("control_"):
            return control
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "control", "ends"),
    [
        (jail.JailError("out of memory"), jail.CONTROL, ("reject", "fail", None)),
        (jail.JailError("out of memory"), None, ("abstain", "error", "internal")),
        (jail.JailBusyError("too slow"), jail.CONTROL, ("abstain", "error", "machine_busy")),
    ],
)
def test_an_answer_that_the_jail_dies_of_on_two_workers_is_at_fault_if_the_jail_is_sound(
    house: House,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    control: object,
    ends: tuple[str, ...],
) -> None:
    monkeypatch.setattr(jail, "run", dies_of(error, control))
    reads_a_text(house)
    for worker in ("one", "two", "three"):
        if house.state() is State.QUEUED:
            house.attempt(worker)

    verdict = house.verdict()
    (check,) = verdict["checks"]
    assert (verdict["decision"], check["status"], check["reason"]) == ends
    assert (check["summary"] == SUMMARY) == (ends[1] == "fail")


def test_every_language_has_a_control() -> None:
    assert set(PROGRAMS) == {name for name in LANGUAGES if compiles_only(name) is None}


def test_work_that_is_stopped_is_given_back_without_an_attempt(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    lease = house.services.store.take_lease(house.submission_id, "one")
    assert lease is not None

    def stop(*_: object) -> None:
        raise SystemExit(0)

    monkeypatch.setattr(Attempt, "_judge", stop)
    attempt = Attempt(house.services, lease)
    with pytest.raises(SystemExit):
        attempt.work()
    row = house.services.store.submission(LOCAL_OWNER, house.submission_id)
    assert (row.state, row.attempts) == (State.QUEUED, 0)


def test_bytes_that_were_changed_in_the_database_are_never_judged(house: House) -> None:
    house.cage.error = SandboxError("nobody should come this far")
    lease = house.services.store.take_lease(house.submission_id, "one")
    assert lease is not None
    changed = replace(lease, body=lease.body.replace(b"code", b"c0de"))

    with structlog.testing.capture_logs() as logs:
        Attempt(house.services, changed, sleep=lambda _: None).work()

    assert house.state() is State.QUEUED
    assert [one["reason"] for one in logs if one["event"] == "attempt_given_back"] == ["TV034"]


def test_a_machine_too_busy_to_time_an_answer_never_makes_it_guilty(house: House) -> None:
    """Both workers meet the wall limit once and not again, while every control is quick."""

    def run(job: Job) -> Outcome:
        slow = job.limits.wall_s > CONTROL_WALL_S
        met = next(hits) if slow else False
        if met:
            return Outcome(Status.WALL_LIMIT, usage=Usage(cpu_s=0.0, wall_s=job.limits.wall_s))
        return Outcome(Status.OK, exit_code=0, stdout=b"42\n")

    hits = itertools.cycle([True, False])
    CountingCage.__init__(house.cage, run)
    case = {"stdin": "", "expected_stdout": "42\n"}
    check = {"check": "tests", "cases": [case], "limits": {"wall_s": 2 * CONTROL_WALL_S}}
    accepted = house.services.submissions.submit(
        body(task={"type": "code", "language": "python", "checks": [check]}),
        LOCAL_OWNER, Origin.API, None,
    )  # fmt: skip
    house.submission_id = accepted.row.submission_id
    for worker in ("one", "two", "three"):
        house.attempt(worker)
    verdict = house.verdict()
    assert verdict["decision"] == "abstain"
    assert [check["reason"] for check in verdict["checks"]] == ["machine_busy"]
