from __future__ import annotations

import threading
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from checkers.protocol import Case, CheckResult, CheckStatus, Context, Reason, Submission
from sandboxes.protocol import Description, SandboxUnavailableError
from tests.fakes.cages import CountingCage
from tests.fakes.store import START, CountingIds, FrozenClock
from tests.fakes.submissions import STDIN_CASE, body
from validator.domain.submission import Origin
from validator.domain.verdict import Decision, SandboxRecord, Tier, Verdict
from validator.intake import parse
from validator.pipeline import Pipeline, SharedSandbox, Stakes, retry_wanted
from validator.pipeline.cage import RunSandbox
from validator.pipeline.lanes import Lane
from validator.settings import LimitSettings
from validator.wire.documents import result_digest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from validator.domain.submission import Intake
    from validator.pipeline.pipeline import RunCheck

LIMITS = LimitSettings()
TESTS = {"check": "tests", "cases": [STDIN_CASE]}
REASONING = {"check": "reasoning"}


class Cage:
    """Stands where a backend is opened; only its description is asked for."""

    name = "bubblewrap"
    closed = False

    def describe(self) -> Description:
        return Description("bubblewrap", None, ("memory",))

    def close(self) -> None:
        self.closed = True


def result(name: str, score: int | None = 100, **changes: Any) -> CheckResult:
    status = CheckStatus.PASS if score == 100 else CheckStatus.FAIL
    values = {"check": name, "status": status, "score": score, "summary": f"{name} ran"}
    return CheckResult(**values | changes)


def error(name: str, reason: Reason = Reason.INTERNAL) -> CheckResult:
    return result(name, None, status=CheckStatus.ERROR, reason=reason)


def scripted(*results: CheckResult, use_cage: bool = False) -> RunCheck:
    """A check runner that plays these results back, by the name of the check."""
    waiting = list(results)
    lock = threading.Lock()

    def run(name: str, _submission: Submission, _options: Any, context: Context) -> CheckResult:
        if use_cage:
            context.sandbox.describe()
        with lock:
            found = next(item for item in waiting if item.check == name)
            waiting.remove(found)
        return found

    return run


def pipeline(run_check: RunCheck, **changes: Any) -> Pipeline:
    values: dict[str, Any] = {
        "sandbox_provider": SharedSandbox(Cage),  # type: ignore[arg-type]
        "limits": LIMITS,
        "clock": FrozenClock(),
        "ids": CountingIds(),
        "jobs": 1,
    }
    return Pipeline(**values | changes, run_check=run_check)


def intake(*checks: dict[str, Any], answer: dict[str, Any] | None = None, **task: Any) -> Intake:
    return parse(body({"checks": list(checks) or [TESTS]} | task, answer), LIMITS)


def judged(*results: CheckResult, checks: Sequence[dict[str, Any]] = (TESTS,)) -> Verdict:
    return pipeline(scripted(*results)).run(intake(*checks), "sub_1")


def test_a_right_answer_is_accepted_with_everything_on_record() -> None:
    document = intake(TESTS, id="task-7")

    verdict = pipeline(scripted(result("tests"))).run(document, "sub_1")

    assert (verdict.decision, verdict.score) == (Decision.ACCEPT, 100)
    assert (verdict.verdict_id, verdict.submission_id) == (f"ver_{1:032x}", "sub_1")
    assert (verdict.task_id, verdict.answer_id) == ("task-7", None)
    assert (verdict.tier, verdict.next_tier) == (Tier.AUTOMATIC, None)
    assert (verdict.plan_id, verdict.plan_digest) == ("task", document.plan.digest)
    assert verdict.created_at == START
    assert verdict.result_digest == result_digest(Decision.ACCEPT, 100, verdict.checks)


def test_what_is_escalated_goes_to_the_peers() -> None:
    undecided = result("tests", None, status=CheckStatus.UNDECIDED)

    verdict = judged(undecided)

    assert (verdict.decision, verdict.next_tier) == (Decision.ESCALATE, Tier.PEER)


def test_an_empty_answer_is_never_accepted_whatever_its_checks_say() -> None:
    for answer in (
        {"content": " \n"},
        {"files": {"main.py": "\n\t "}},
        {"code": ""},
        {"files": {}},
    ):
        verdict = pipeline(scripted(result("tests"))).run(intake(TESTS, answer=answer), "sub_1")
        assert verdict.decision is Decision.ESCALATE


def test_the_plan_draws_the_line_between_pass_and_fail() -> None:
    lenient = TESTS | {"pass_at": 60}
    seventy = result("tests", 70, status=CheckStatus.FAIL)

    verdict = judged(seventy, checks=[lenient])

    assert verdict.checks[0].result.status is CheckStatus.PASS
    assert (verdict.decision, verdict.score) == (Decision.ACCEPT, 70)


def test_records_keep_the_order_of_the_plan_when_checks_run_side_by_side() -> None:
    second_done = threading.Event()

    def run(name: str, _s: Submission, _o: Any, _c: Context) -> CheckResult:
        if name == "tests":
            assert second_done.wait(10)  # ends only when the other runs at the same time
        else:
            second_done.set()
        return result(name)

    seen: list[str] = []
    verdict = pipeline(run, jobs=2).run(
        intake(TESTS, REASONING), "sub_1", lambda record: seen.append(record.result.check)
    )

    assert [record.result.check for record in verdict.checks] == ["tests", "reasoning"]
    assert seen == ["tests", "reasoning"]


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_the_callback_raises_ends_the_run(jobs: int) -> None:
    class StaleError(Exception):
        pass

    def stop(_record: object) -> None:
        raise StaleError

    runner = pipeline(scripted(result("tests"), result("reasoning")), jobs=jobs)

    with pytest.raises(StaleError):
        runner.run(intake(TESTS, REASONING), "sub_1", stop)


def test_a_check_sees_no_label_owner_or_time() -> None:
    seen: list[Submission] = []

    def run(name: str, submission: Submission, _o: Any, _c: Context) -> CheckResult:
        seen.append(submission)
        return result(name)

    pipeline(run).run(intake(TESTS, id="task-7"), "sub_1")

    assert "task-7" not in repr(seen[0])


def test_a_check_gets_the_operators_caps_the_budget_and_a_repeatable_seed() -> None:
    contexts: list[Context] = []

    def run(name: str, _s: Submission, _o: Any, context: Context) -> CheckResult:
        contexts.append(context)
        return result(name)

    limits = LimitSettings(budget_s=7, cpu_s=9, file_count=11)
    for _ in range(2):
        pipeline(run, limits=limits).run(intake(TESTS), "sub_1")
    pipeline(run, limits=limits).run(intake(TESTS, title="another task"), "sub_1")

    assert contexts[0].remaining() == 7
    assert (contexts[0].max_limits.cpu_s, contexts[0].max_limits.files) == (9, 11)
    assert contexts[0].seed == contexts[1].seed != contexts[2].seed


def test_a_plan_without_checks_escalates() -> None:
    document = parse(body({"type": "structured_data", "checks": None}, {"content": "{}"}), LIMITS)

    verdict = pipeline(scripted()).run(document, "sub_1")

    assert (verdict.decision, verdict.checks) == (Decision.ESCALATE, ())


def test_a_cage_is_opened_only_when_a_check_asks_for_one() -> None:
    opened: list[Cage] = []

    def open_one() -> Cage:
        opened.append(Cage())
        return opened[-1]

    provider = SharedSandbox(open_one)  # type: ignore[arg-type]
    runner = pipeline(scripted(result("reasoning")), sandbox_provider=provider)
    verdict = runner.run(intake(REASONING), "sub_1")

    assert not opened
    assert verdict.sandbox == SandboxRecord("none", None, ())


def test_the_cage_that_was_used_is_on_record_with_its_weak_points() -> None:
    verdict = pipeline(scripted(result("tests"), use_cage=True)).run(intake(TESTS), "sub_1")

    assert verdict.sandbox == SandboxRecord("bubblewrap", None, ("memory",))


class Room(CountingCage):
    """Opens sessions that name an image of their own, as a backend with images does."""

    def open(self, language: str) -> Any:
        return SimpleNamespace(image=f"sha256:{language}", close=lambda: None)

    def describe(self) -> Description:
        return Description("docker", None, (), {"python": "sha256:python"})


@pytest.mark.parametrize(
    ("languages", "first", "every"),
    [
        (("c", "cpp", "c"), "sha256:c", {}),
        (("python", "c", "python"), "sha256:python",
         {"python": "sha256:python", "native": "sha256:c"}),
        ((), None, {}),
    ],
)  # fmt: skip
def test_the_images_that_were_used_are_on_record(
    languages: tuple[str, ...], first: str | None, every: dict[str, str]
) -> None:
    room = RunSandbox(Room)
    room.describe()
    for language in languages:
        room.open(language).close()

    assert room.record() == SandboxRecord("docker", first, (), every)


def test_a_shared_cage_is_opened_once_and_closed_for_good() -> None:
    provider = SharedSandbox(Cage)  # type: ignore[arg-type]
    cage = provider()

    assert provider() is cage
    provider.close()
    assert cage.closed  # type: ignore[attr-defined]
    with pytest.raises(SandboxUnavailableError):
        provider()
    provider.close()


def test_a_cage_that_could_not_be_had_is_asked_for_again() -> None:
    answers = iter([SandboxUnavailableError("no engine"), Cage()])

    def open_one() -> Any:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    provider = SharedSandbox(open_one)

    with pytest.raises(SandboxUnavailableError):
        provider()
    assert provider().name == "bubblewrap"


def test_flags_of_claims_and_of_results_are_kept_and_decide_nothing() -> None:
    shaky = Case("1", CheckStatus.PASS, nondeterministic=True)
    times = {"accepted_at": "2026-01-01T00:00:00Z", "submitted_at": "2026-01-01T00:00:00Z"}
    document = intake(TESTS, answer={"code": "x"} | times)

    verdict = pipeline(scripted(result("tests", cases=(shaky,), in_process=True))).run(
        document, "sub_1"
    )

    assert [flag.kind for flag in verdict.flags] == ["too_fast", "nondeterministic", "in_process"]
    assert verdict.decision is Decision.ACCEPT


def test_the_same_run_twice_gives_the_same_result_digest() -> None:
    first = judged(result("tests", duration_s=1.0, metrics={"cpu_s": 1.0}))
    second = judged(result("tests", duration_s=2.0, metrics={"cpu_s": 2.0}))

    assert first.result_digest == second.result_digest


RETRIED: dict[str, Callable[[], Verdict]] = {
    "an internal error": lambda: judged(error("tests")),
    "a missing toolchain": lambda: judged(error("tests", Reason.TOOLCHAIN_MISSING)),
}
NOT_RETRIED: dict[str, Callable[[], Verdict]] = {
    "a broken task": lambda: judged(error("tests", Reason.TASK_INVALID)),
    "a broken task beside our error": lambda: judged(
        error("tests", Reason.TASK_INVALID), error("math"),
        checks=[TESTS, {"check": "math", "expected": 1}],
    ),
    "an error that did not matter": lambda: judged(
        result("tests", 0), error("reasoning"), checks=[TESTS, REASONING]
    ),
    "an acceptance": lambda: judged(result("tests")),
    "an escalation": lambda: judged(result("tests", None, status=CheckStatus.UNDECIDED)),
}  # fmt: skip


@pytest.mark.parametrize("case", RETRIED)
def test_another_worker_is_asked_after(case: str) -> None:
    assert retry_wanted(RETRIED[case]())


@pytest.mark.parametrize("case", NOT_RETRIED)
def test_no_other_worker_is_asked_after(case: str) -> None:
    assert not retry_wanted(NOT_RETRIED[case]())


def test_real_checks_run_where_no_program_is_needed() -> None:
    words = "because the sum of the first n odd numbers is a perfect square " * 4
    document = intake(REASONING, answer={"content": "n squared", "reasoning": words})

    runner = Pipeline(SharedSandbox(Cage), LIMITS, FrozenClock(), CountingIds())  # type: ignore[arg-type]
    verdict = runner.run(document, "sub_1")

    assert verdict.checks[0].result.check == "reasoning"
    assert verdict.decision is not Decision.ACCEPT  # a necessary condition proves nothing


SPEEDUP = {
    "check": "performance",
    "baseline": {"language": "python", "code": "pass"},
    "generator": {"language": "python", "code": "pass"},
    "sizes": [1],
}


@pytest.mark.parametrize("place", range(3))
def test_no_check_runs_beside_a_speed_up(place: int) -> None:
    lock = threading.Lock()
    running: set[str] = set()
    met: list[set[str]] = []

    def run(name: str, _s: Submission, _o: Any, _c: Context) -> CheckResult:
        with lock:
            running.add(name)
            met.append(set(running))
        time.sleep(0.05)
        with lock:
            met.append(set(running))
            running.discard(name)
        return result(name)

    checks = [TESTS, REASONING]
    checks.insert(place, SPEEDUP)
    verdict = pipeline(run, jobs=3).run(intake(*checks), "sub_1")

    names = [check["check"] for check in checks]
    assert [record.result.check for record in verdict.checks] == names
    assert {"performance"} in met
    assert all(beside == {"performance"} for beside in met if "performance" in beside)


def test_a_speed_up_never_comes_near_the_fast_lane() -> None:
    def lane(_stakes: Stakes) -> Lane:
        return Lane.FAST

    def fast() -> Any:
        pytest.fail("the fast lane was asked for")

    runner = pipeline(scripted(result("performance"), use_cage=True), fast_provider=fast, lane=lane)
    verdict = runner.run(intake(SPEEDUP), "sub_1", stakes=Stakes(origin=Origin.API))

    assert verdict.sandbox.backend == Cage.name
