from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sandboxes.bubblewrap.cgroups import MEMORY, Group
from sandboxes.bubblewrap.gauge import SHARED_MB, Gauge
from sandboxes.bubblewrap.ruling import Facts, Record, read_wait_status, rule
from sandboxes.protocol import Limits, Status

LIMITS = Limits(cpu_s=1, wall_s=2, memory_mb=64)


def record(status: int = 0, *, free: int = 1000, inodes: int = 1000) -> Record:
    return Record(status, 0.1, 10, free, 2000, inodes, 2000)


def facts(ended: Record | None = None, **seen: object) -> Facts:
    return Facts(limits=LIMITS, record=ended, started=True, **seen)  # type: ignore[arg-type]


def test_exit_0_inside_every_limit_is_ok() -> None:
    ruling = rule(facts(record()))

    assert (ruling.status, ruling.exit_code, ruling.marginal) == (Status.OK, 0, False)


@pytest.mark.parametrize(("status", "expected"), [(139 << 8, (139, None)), (11, (None, "SIGSEGV"))])
def test_exit_139_is_not_a_segmentation_fault(
    status: int, expected: tuple[int | None, str | None]
) -> None:
    assert read_wait_status(status) == expected


def test_a_core_flag_does_not_hide_the_signal() -> None:
    assert read_wait_status(11 | 0x80) == (None, "SIGSEGV")


def test_a_real_time_signal_has_a_name() -> None:
    assert read_wait_status(40) == (None, "SIG40")


@pytest.mark.parametrize(
    "limit", [Status.WALL_LIMIT, Status.CPU_LIMIT, Status.OUTPUT_LIMIT, Status.MEMORY_LIMIT]
)
def test_what_the_host_stopped_is_named_whatever_the_cage_says(limit: Status) -> None:
    ruling = rule(facts(record(), stopped=limit))

    assert (ruling.status, ruling.exit_code, ruling.signal) == (limit, None, None)


def test_a_child_killed_for_memory_makes_a_memory_limit_of_exit_0() -> None:
    assert rule(facts(record(), oom_kills=1)).status is Status.MEMORY_LIMIT


def test_cpu_time_over_the_limit_counts_even_after_a_clean_exit() -> None:
    assert rule(facts(record(), cpu_s=1.0)).status is Status.CPU_LIMIT


def test_a_kill_of_its_own_is_no_memory_limit() -> None:
    assert rule(facts(record(9))).status is Status.RUNTIME_ERROR


def test_refused_processes_are_named_only_when_the_program_failed() -> None:
    assert rule(facts(record(), refused_tasks=1)).status is Status.OK
    assert rule(facts(record(1 << 8), refused_tasks=1)).status is Status.PROCESS_LIMIT


def test_a_program_that_waits_for_a_refused_process_did_not_run_out_of_time() -> None:
    starved = facts(stopped=Status.WALL_LIMIT, refused_tasks=1)

    assert rule(starved).status is Status.PROCESS_LIMIT
    assert rule(replace(starved, refused_tasks=0)).status is Status.WALL_LIMIT


def test_a_full_box_is_named_only_when_the_program_failed() -> None:
    assert rule(facts(record(free=0))).status is Status.OK
    assert rule(facts(record(1 << 8, free=0))).status is Status.DISK_LIMIT
    assert rule(facts(record(1 << 8), box_full=True)).status is Status.DISK_LIMIT
    assert rule(facts(record(25))).status is Status.DISK_LIMIT  # SIGXFSZ


def test_no_inodes_left_is_a_file_limit() -> None:
    assert rule(facts(record(1 << 8, inodes=0))).status is Status.FILE_LIMIT


def test_a_cage_that_never_began_is_our_fault() -> None:
    assert rule(Facts(limits=LIMITS)).status is Status.INTERNAL_ERROR


def test_a_cage_ended_from_inside_is_the_programs_doing() -> None:
    ruling = rule(facts())

    assert (ruling.status, ruling.signal) == (Status.RUNTIME_ERROR, "SIGKILL")


@pytest.mark.parametrize(
    "seen", [{"cpu_s": 0.9}, {"wall_s": 1.8}, {"memory_mb": 57.6}], ids=["cpu", "wall", "memory"]
)
def test_within_a_tenth_of_a_limit_is_marginal(seen: dict[str, float]) -> None:
    assert rule(facts(record(), **seen)).marginal
    assert rule(facts(record(1 << 8), **seen)).marginal


def test_a_stopped_job_is_not_marginal() -> None:
    assert not rule(facts(stopped=Status.WALL_LIMIT, wall_s=2.0)).marginal


@pytest.mark.parametrize("line", [b"X", b"X 1 2", b"X a b c d e f g h", b"X 1 2 3 4 5 6 7 8 9"])
def test_a_record_that_is_none_raises(line: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 -- the kind is the point
        Record.parse(line)


def test_a_record_is_read() -> None:
    assert Record.parse(b"X 256 500000 250000 2048 1 2 3 4") == Record(256, 0.75, 2, 1, 2, 3, 4)


def test_a_process_that_was_far_above_the_limit_hit_it_even_if_nobody_looked_in_time() -> None:
    assert rule(facts(record(), memory_over=True)).status is Status.MEMORY_LIMIT


@pytest.mark.parametrize(
    ("held", "max_mb", "over"),
    [
        (False, LIMITS.memory_mb + SHARED_MB + 1, True),
        (False, LIMITS.memory_mb + SHARED_MB, False),  # may be programs and libraries
        (True, 10_000, False),  # a control group holds the limit, and counts what is shared once
    ],
)
def test_only_without_a_control_group_the_largest_process_speaks(
    held: bool, max_mb: int, over: bool
) -> None:
    group = Group(None)
    gauge = Gauge(group, LIMITS)
    if held:
        group._folders = {MEMORY: Path("/nonexistent")}
    ended = replace(record(), max_mb=max_mb)
    assert gauge.facts(ended, None, 0.1).memory_over is over
    assert not gauge.facts(None, None, 0.1).memory_over
