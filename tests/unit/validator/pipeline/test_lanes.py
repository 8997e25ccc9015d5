"""Policy chooses the lane; no way leads from the strong one to a weaker one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkers.protocol import CheckResult, CheckStatus, Reason
from sandboxes.build_cache import BuildCache
from sandboxes.factory import open_sandbox
from sandboxes.protocol import Description, Job, SandboxUnavailableError, Tree
from tests.fakes.cages import CountingCage
from tests.fakes.store import CountingIds, FrozenClock
from tests.fakes.submissions import body
from validator.domain.submission import Origin
from validator.intake import parse
from validator.pipeline import FastLane, Pipeline, SharedSandbox, Stakes, choose_lane, open_fast
from validator.pipeline.cage import FAST_AGAIN_S, Known, RunSandbox
from validator.pipeline.lanes import FAST_BACKEND, RISKY_FLAGS, Lane
from validator.settings import LimitSettings, SandboxSettings

if TYPE_CHECKING:
    from collections.abc import Callable

    from checkers.protocol import Context, Submission
    from validator.domain.verdict import Verdict

LIMITS = LimitSettings()
FLAGS = ["too_fast", "near_duplicate", "no_reasoning", "new_miner", *sorted(RISKY_FLAGS)]
MODES = ["auto", "off"]
rewards = st.integers(0, 10**30)
stakes = st.builds(
    Stakes,
    reward=rewards,
    origin=st.sampled_from([None, *Origin]),
    flags=st.frozensets(st.sampled_from(FLAGS)),
    quarantined=st.booleans(),
)


@given(stakes, st.sampled_from(MODES), rewards)
def test_the_fast_lane_is_for_what_raises_no_doubt_at_all(
    given_stakes: Stakes, fast: Any, most: int
) -> None:
    lane = choose_lane(given_stakes, fast, most)

    harmless = not given_stakes.flags & {"injection_suspected", "abuse_suspected"}
    known = given_stakes.origin is not None
    cheap = given_stakes.reward <= most
    wanted = fast == "auto" and harmless and known and cheap and not given_stakes.quarantined
    assert (lane is Lane.FAST) is wanted


@given(stakes, rewards, rewards)
def test_more_reward_never_means_a_weaker_cage(given_stakes: Stakes, more: int, most: int) -> None:
    richer = replace(given_stakes, reward=given_stakes.reward + more)
    if choose_lane(given_stakes, "auto", most) is Lane.STRONG:
        assert choose_lane(richer, "auto", most) is Lane.STRONG


def test_a_first_answer_of_an_unknown_miner_is_no_risk_by_itself() -> None:
    intake = parse(body(answer={"code": "print(42)", "miner": "never-seen-before"}), LIMITS)
    found = Stakes.of(intake, Origin.API, quarantined=False)

    assert choose_lane(found, "auto", 0) is Lane.FAST


@pytest.mark.parametrize(("reward", "lane"), [("5000", Lane.FAST), ("5001", Lane.STRONG)])
def test_the_reward_is_read_from_the_task(reward: str, lane: Lane) -> None:
    intake = parse(body({"reward": reward}), LIMITS)

    assert intake.reward == int(reward)
    assert choose_lane(Stakes.of(intake, Origin.CHAIN, quarantined=False), "auto", 5000) is lane


# cages


class Cage(CountingCage):
    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.lost = False
        self.closed = False

    def open(self, language: str) -> Any:
        if self.lost:
            raise SandboxUnavailableError(f"{self.name} is lost")
        return super().open(language)

    def describe(self) -> Description:
        return Description(self.name, None, ())

    def close(self) -> None:
        self.closed = True


class House:
    """A pipeline with both lanes, and a check that opens one session after another."""

    def __init__(self, *, fast: Cage | None, strong: Cage | None, sessions: int = 1) -> None:
        self.asked = 0
        self.clock = FrozenClock()
        self.before_session: Callable[[int], None] = lambda _number: None
        self.sessions = sessions
        self.fast = FastLane(lambda: self._give(fast), monotonic=self.clock.monotonic)
        self.clock.advance(1)
        self.strong = SharedSandbox(lambda: self._give(strong))

    def _give(self, cage: Cage | None) -> Cage:
        self.asked += 1
        if cage is None:
            raise SandboxUnavailableError("cannot be had")
        return cage

    def _check(self, name: str, _s: Submission, _o: Any, context: Context) -> CheckResult:
        try:
            for number in range(self.sessions):
                self.before_session(number)
                context.sandbox.open("python")
        except SandboxUnavailableError as error:
            reason = Reason.SANDBOX_UNAVAILABLE
            return CheckResult(name, CheckStatus.ERROR, None, str(error), reason=reason)
        return CheckResult(name, CheckStatus.PASS, 100, "ran")

    def judge(self, given_stakes: Stakes | None = Stakes(origin=Origin.API)) -> Verdict:  # noqa: B008
        pipeline = Pipeline(
            self.strong, LIMITS, self.clock, CountingIds(), run_check=self._check,
            fast_provider=self.fast, lane=lambda stakes: choose_lane(stakes, "auto", 100),
        )  # fmt: skip
        return pipeline.run(parse(body(), LIMITS), "sub_1", stakes=given_stakes)


def test_a_harmless_answer_runs_in_the_fast_lane_and_the_verdict_says_so() -> None:
    fast, strong = Cage("docker-fast"), Cage("docker")
    verdict = House(fast=fast, strong=strong).judge()

    assert verdict.sandbox.backend == "docker-fast"
    assert (fast.opened, strong.opened) == (1, 0)


@pytest.mark.parametrize("given_stakes", [None, Stakes(101, Origin.CHAIN), Stakes()])
def test_what_raises_doubt_never_comes_near_the_fast_lane(given_stakes: Stakes | None) -> None:
    fast, strong = Cage("docker-fast"), Cage("docker")
    verdict = House(fast=fast, strong=strong).judge(given_stakes)

    assert verdict.sandbox.backend == "docker"
    assert (fast.opened, strong.opened) == (0, 1)


def test_the_strong_lane_takes_the_place_of_a_fast_one_that_cannot_be_had() -> None:
    strong = Cage("docker")
    verdict = House(fast=None, strong=strong).judge()

    assert verdict.sandbox.backend == "docker"
    assert strong.opened == 1


def test_a_strong_lane_that_is_lost_is_an_error_and_never_the_fast_lanes_work() -> None:
    fast = Cage("docker-fast")
    verdict = House(fast=fast, strong=None).judge(Stakes(101, Origin.CHAIN))

    assert verdict.checks[0].result.status is CheckStatus.ERROR
    assert fast.opened == 0
    assert verdict.sandbox.backend == "none"


def test_both_lost_is_an_error() -> None:
    verdict = House(fast=None, strong=None).judge()

    assert verdict.checks[0].result.reason is Reason.SANDBOX_UNAVAILABLE


def test_a_fast_lane_lost_half_way_ends_strong_and_is_recorded_as_the_weaker_one() -> None:
    fast, strong = Cage("docker-fast"), Cage("docker")
    house = House(fast=fast, strong=strong, sessions=4)

    def lose_and_come_back(number: int) -> None:
        fast.lost = number == 1

    house.before_session = lose_and_come_back
    verdict = house.judge()

    assert (fast.opened, strong.opened) == (1, 3)  # no way back within a run
    assert verdict.sandbox.backend == "docker-fast"
    assert verdict.checks[0].result.status is CheckStatus.PASS


def test_a_fast_lane_that_fails_is_left_alone_for_a_while() -> None:
    house = House(fast=None, strong=Cage("docker"))
    house.judge()
    asked = house.asked
    house.judge()
    assert house.asked == asked
    house.clock.advance(FAST_AGAIN_S + 1)
    house.judge()
    assert house.asked == asked + 1


def test_a_fast_lane_in_doubt_is_not_used() -> None:
    doubts: list[str] = ["docker-fast was not proven"]
    lane = FastLane(lambda: Cage("docker-fast"), lambda: doubts[0] if doubts else None)

    with pytest.raises(SandboxUnavailableError, match="not proven"):
        lane()
    doubts.clear()
    assert lane().name == "docker-fast"  # and used as soon as the doubt is over


@pytest.mark.parametrize(
    "settings", [SandboxSettings(fast="off"), SandboxSettings(backend="bubblewrap")]
)
def test_there_is_no_fast_lane_where_it_is_off_or_docker_is_not_the_backend(
    settings: SandboxSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandboxes.factory.open_sandbox", lambda *_, **__: Cage("docker-fast"))

    with pytest.raises(SandboxUnavailableError, match="no fast lane"):
        open_fast(settings)
    assert open_fast(SandboxSettings(backend="docker")).name == "docker-fast"


def test_a_factory_that_does_not_know_the_lane_refuses_it_as_unavailable() -> None:
    with pytest.raises(SandboxUnavailableError):
        open_sandbox(FAST_BACKEND + "-of-a-release-to-come")


class Builder(CountingCage):
    """A cage with an image, whose builds can be told from runs."""

    image = "sha256:one"

    def take(self) -> Tree | None:
        return Tree({"a.out": b"made"}, frozenset({"a.out"}))


def test_what_an_owner_had_built_is_not_built_again_for_the_same_owner_alone() -> None:
    cage, builds = Builder(), BuildCache()
    job = Job(("cc", "main.c"))
    for owner in ("one", "one", "two"):
        with RunSandbox(lambda: cage, known=Known(builds, owner)).open("c") as session:
            session.put({"main.c": b"int main"})
            assert session.build(job).ok

    assert len(cage.jobs) == 2
