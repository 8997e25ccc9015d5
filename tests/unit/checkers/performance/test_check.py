from __future__ import annotations

import os
from dataclasses import replace

import pytest

from checkers.performance.programs import WRONG
from checkers.performance.statistics import Run
from checkers.protocol import CheckStatus, Reason
from sandboxes.protocol import Limits, Outcome, Status, Usage
from tests.unit.checkers.performance.simulated import Behaviour, Busy, Stage, fair, said

QUIET = {"chance": 0.0, "spread": 0.02}


def stage(speedup: float, seed: int = 1, **how: float) -> Stage:
    busy = Busy(seed, **how)
    return Stage(fair(busy, 1e-3), fair(busy, 1e-3 / speedup))


def ends(status: Status) -> Behaviour:
    return lambda _stdin: Outcome(status, None, usage=Usage(20.0, 20.0))


def test_a_true_gain_passes() -> None:
    result = stage(2.0, **QUIET).judge(min_speedup=1.5)
    assert (result.status, result.score) == (CheckStatus.PASS, 100)
    assert "at least 1.5 times as fast" in result.summary
    assert 1.7 <= result.metrics["speedup"] <= 2.1
    assert result.metrics["pairs"] == 20


def test_every_run_is_on_one_core_that_the_host_has() -> None:
    act = stage(2.0, **QUIET)
    act.judge(min_speedup=1.5)

    (core,) = {job.core for job in act.cage.jobs}
    assert core in os.sched_getaffinity(0)


def test_a_gain_below_what_is_asked_fails_and_says_what_was_asked() -> None:
    result = stage(1.2, **QUIET).judge(min_speedup=2)
    assert (result.status, result.score) == (CheckStatus.FAIL, 0)
    assert "by too little" in result.summary
    assert "at least 2 times" in result.summary


@pytest.mark.parametrize(
    ("speedup", "said"), [(1.0, "not faster than"), (0.5, "slower than the baseline")]
)
def test_no_gain_fails(speedup: float, said: str) -> None:
    result = stage(speedup, **QUIET).judge()
    assert result.status is CheckStatus.FAIL
    assert said in result.summary


def test_noise_that_hides_the_gain_is_undecided() -> None:
    results = [stage(1.06, seed, spread=0.4).judge() for seed in range(10)]
    assert [result.status for result in results].count(CheckStatus.UNDECIDED) >= 8


def test_programs_take_turns_one_at_a_time_and_every_pair_has_an_input_of_its_own() -> None:
    play = stage(2.0, **QUIET)
    play.judge()
    rounds = " ".join(play.order).split("generator ")[-20:]
    assert all(sorted(turn.split()) == ["answer", "baseline", "baseline"] for turn in rounds)
    assert len({turn.strip() for turn in rounds}) == 3
    assert len(set(play.inputs[-20:])) == 20


def test_two_runs_ask_for_the_same_inputs_and_decide_alike() -> None:
    first, second = stage(2.0, 1, **QUIET), stage(2.0, 2, **QUIET)
    one, other = first.judge(), second.judge()
    assert first.inputs == second.inputs
    assert (one.status, one.score, one.findings) == (other.status, other.score, other.findings)
    assert one.summary == other.summary


def test_another_answer_gets_other_inputs() -> None:
    first, second = stage(2.0, **QUIET), stage(2.0, **QUIET)
    first.judge(seed=1)
    second.judge(seed=2)
    assert not set(first.inputs) & set(second.inputs)


def test_a_wrong_output_fails_before_anything_is_measured() -> None:
    play = Stage(fair(Busy(1), 1e-3), lambda _stdin: said(b"0", Run(0.001, 0.001)))
    result = play.judge()
    assert (result.status, result.summary) == (CheckStatus.FAIL, WRONG)
    assert len(play.order) < 12


def test_a_wrong_output_on_measured_sizes_alone_fails_too() -> None:
    busy = Busy(1, **QUIET)
    right = fair(busy, 1e-4)
    runs = iter(range(1000))

    def wrong_later(stdin: bytes) -> Outcome:
        outcome = right(stdin)
        return outcome if next(runs) < 25 else replace(outcome, stdout=b"0")

    result = Stage(fair(busy, 1e-3), wrong_later).judge()
    assert (result.status, result.summary) == (CheckStatus.FAIL, WRONG)


@pytest.mark.parametrize(
    "status", [Status.RUNTIME_ERROR, Status.MEMORY_LIMIT, Status.CPU_LIMIT, Status.WALL_LIMIT]
)
def test_how_an_answer_fails_on_hidden_inputs_is_not_told(status: Status) -> None:
    result = Stage(fair(Busy(1), 1e-3), ends(status)).judge()
    assert (result.status, result.summary, dict(result.metrics)) == (CheckStatus.FAIL, WRONG, {})
    assert result.duration_s == 0


def test_a_wall_limit_met_once_and_not_again_is_nobodys_fault() -> None:
    runs = iter([Status.WALL_LIMIT])
    right = fair(Busy(1), 1e-3)

    def once(stdin: bytes) -> Outcome:
        return replace(right(stdin), status=next(runs, Status.OK))

    result = Stage(fair(Busy(1), 1e-3), once).judge()
    assert (result.status, result.reason) == (CheckStatus.ERROR, Reason.MACHINE_BUSY)


@pytest.mark.parametrize("status", [Status.RUNTIME_ERROR, Status.OUTPUT_LIMIT, Status.CPU_LIMIT])
def test_a_generator_that_fails_is_the_tasks_fault(status: Status) -> None:
    right = fair(Busy(1), 1e-3)
    result = Stage(right, right, lambda _args: Outcome(status, 1)).judge()
    assert (result.status, result.reason) == (CheckStatus.ERROR, Reason.TASK_INVALID)
    assert "generator" in result.summary


def test_a_generator_that_changes_its_mind_is_the_tasks_fault() -> None:
    right, count = fair(Busy(1), 1e-3), iter(range(1000))
    play = Stage(right, right, lambda args: Outcome(Status.OK, 0, stdout=b"%s %d" % (
        args[0].encode(), next(count))))  # fmt: skip
    result = play.judge()
    assert (result.status, result.reason) == (CheckStatus.ERROR, Reason.TASK_INVALID)
    assert "different inputs" in result.summary


def test_a_baseline_that_changes_its_mind_is_the_tasks_fault_not_a_wrong_answer() -> None:
    right, count = fair(Busy(1), 1e-3), iter(range(1000))

    def moody(stdin: bytes) -> Outcome:
        return replace(right(stdin), stdout=b"%d" % next(count))

    result = Stage(moody, right).judge()
    assert (result.status, result.reason) == (CheckStatus.ERROR, Reason.TASK_INVALID)
    assert "different outputs" in result.summary


@pytest.mark.parametrize("status", [Status.RUNTIME_ERROR, Status.MEMORY_LIMIT, Status.CPU_LIMIT])
def test_a_baseline_that_fails_is_the_tasks_fault(status: Status) -> None:
    result = Stage(ends(status), fair(Busy(1), 1e-3)).judge()
    assert (result.status, result.reason) == (CheckStatus.ERROR, Reason.TASK_INVALID)


def test_a_baseline_that_always_writes_the_same_shows_no_work() -> None:
    busy = Busy(1, **QUIET)

    def constant(per_item: float) -> Behaviour:
        right = fair(busy, per_item)
        return lambda stdin: replace(right(stdin), stdout=b"yes")

    result = Stage(constant(1e-3), constant(1e-4)).judge()
    assert (result.status, result.reason) == (CheckStatus.ERROR, Reason.TASK_INVALID)
    assert "the same for every input" in result.summary


def test_a_broken_cage_is_our_fault() -> None:
    result = Stage(fair(Busy(1), 1e-3), ends(Status.INTERNAL_ERROR)).judge()
    assert (result.status, result.reason) == (CheckStatus.ERROR, Reason.INTERNAL)


def test_sizes_too_large_for_the_time_are_left_out() -> None:
    busy = Busy(1, **QUIET)
    play = Stage(fair(busy, 1e-3), fair(busy, 2e-4))
    result = play.judge(sizes=[10, 10**9], min_speedup=2)
    assert result.status is CheckStatus.PASS
    assert max(int(size) for size, _ in play.inputs) < 20_000
    assert play.now < 300


def test_an_answer_too_slow_for_every_size_is_slower() -> None:
    busy = Busy(1, **QUIET)
    result = Stage(fair(busy, 1e-3), lambda stdin: said(b"sum of " + stdin, busy.run(9))).judge()
    assert result.status is CheckStatus.FAIL
    assert "slower" in result.summary


def test_time_that_ends_before_enough_pairs_is_undecided_or_an_error_never_a_fail() -> None:
    for budget in (0.05, 0.5, 2, 5):
        result = stage(2.0, **QUIET).judge(budget=budget, sizes=[500, 1000])
        assert result.status in (CheckStatus.UNDECIDED, CheckStatus.ERROR)


def test_runs_that_are_mostly_start_do_not_speak_against_an_answer() -> None:
    result = stage(2.0, **QUIET).judge(sizes=[1, 3], min_speedup=1.5)
    assert result.status is CheckStatus.UNDECIDED
    assert "too small" in result.summary


def test_limits_stay_below_the_operators() -> None:
    play = stage(2.0, **QUIET)
    play.judge(max_limits=Limits(cpu_s=3, memory_mb=128))
    assert all(job.limits.cpu_s <= 3 and job.limits.memory_mb <= 128 for job in play.cage.jobs)


def test_what_starting_tells_apart_is_nothing() -> None:
    play = stage(2.0, **QUIET)
    play.judge()
    answers = {job.argv for job in play.cage.jobs if job.argv[0] == "node"}
    assert len(answers) == 1
    assert all(not job.files for job in play.cage.jobs)


def test_measured_figures_are_coarse_and_no_size_or_seed_is_among_them() -> None:
    result = stage(2.0, **QUIET).judge()
    assert all(value == float(f"{value:.2g}") for value in result.metrics.values())
    assert not {"size", "seed"} & set(result.metrics)


def test_a_baseline_that_never_ends_on_an_empty_input_is_no_fault() -> None:
    busy = Busy(1, **QUIET)
    right = fair(busy, 1e-3)

    def waits(stdin: bytes) -> Outcome:
        return right(stdin) if stdin else Outcome(Status.CPU_LIMIT, usage=Usage(2.0, 2.0))

    play = Stage(waits, fair(busy, 5e-4))
    result = play.judge(min_speedup=1.5)
    assert result.status is CheckStatus.PASS
    assert 0.01 <= result.metrics["start_s"] <= 0.03
    assert play.order[:2] == ["baseline", "generator"]


def test_the_smallest_sizes_are_tried_with_several_inputs() -> None:
    play = stage(2.0, **QUIET)
    play.judge(sizes=[7, 1000])
    tried = {size: len({one for one in play.inputs if one[0] == size}) for size in "789"}
    assert set(tried.values()) == {3}
