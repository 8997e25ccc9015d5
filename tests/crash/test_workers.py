"""Failure tests 1, 2, 7, 9, 11, 14: what happens to work when those who do it fail."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.components import SOAK
from tests.crash.house import SEEDS, House, wait_until
from validator.domain.submission import LOCAL_OWNER
from validator.store.liveness import WORK_NOT_FINISHING, WORK_NOT_TAKEN, stalls

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.parametrize("seed", SEEDS)


def test_1_killed_children_lose_nothing_and_double_nothing(tmp_path: Path, seed: int) -> None:
    with House(tmp_path, seed, attempts=10) as house:
        house.start_relay()
        house.start_worker()
        ids = house.accept(*["sleep-0.3"] * 12)
        house.wait_begun(2)
        for _ in range(3):
            time.sleep(house.random.uniform(0.05, 0.3))
            children = house.children()
            if children:
                house.random.choice(children).kill()
        house.wait_final(ids)
        house.check_ledger(ids)
        assert sum(house.runs().values()) > len(ids)  # the kills did hit work


def test_2_a_worker_killed_twice_in_200_submissions_leaves_200_verdicts(
    tmp_path: Path, seed: int
) -> None:
    with House(tmp_path, seed) as house:
        house.start_relay()
        house.start_worker()
        ids = house.accept(*["sleep-0.02"] * 200)
        for _ in range(2):
            begun = len(house.runs())
            house.wait_begun(begun + house.random.randint(20, 50))
            house.kill("worker")
            house.start_worker()
        house.wait_final(ids)
        house.check_ledger(ids)


def test_2_the_children_of_a_killed_worker_die_with_it(tmp_path: Path, seed: int) -> None:
    with House(tmp_path, seed) as house:
        house.start_relay()
        house.start_worker()
        house.accept("sleep-30")
        house.wait_begun(1)
        children = house.children()
        house.kill("worker")
        wait_until(lambda: not any(c.is_running() for c in children), 3, "children are gone")


def test_7_work_that_outlives_the_visibility_runs_its_effect_once(
    tmp_path: Path, seed: int
) -> None:
    with House(tmp_path, seed) as house:
        house.extra_env["STAGE_VISIBILITY_S"] = "1"
        house.start_relay()
        house.start_worker("worker", concurrency=1)
        house.start_worker("second", concurrency=1)
        ids = house.accept("sleep-4", "ok", "ok")
        house.wait_final(ids)
        house.check_ledger(ids)
        # Delivered again and again, it found its lease held: one run, one attempt.
        assert house.runs()[ids[0]] == 1


def test_9_poison_is_set_aside_at_the_cap_and_harms_no_other(tmp_path: Path, seed: int) -> None:
    with House(tmp_path, seed) as house:
        house.start_relay()
        house.start_worker()
        ids = house.accept("ok", "die", *["ok"] * 10)
        house.wait_final(ids)
        house.check_ledger(ids, parked=[ids[1]])
        assert house.runs()[ids[1]] == house.settings.worker.attempts
        row = house.services.store.submission(LOCAL_OWNER, ids[1])
        assert row.reason
        assert "3 attempts" in row.reason


def test_9_a_defect_of_ours_is_tried_again_and_then_set_aside(tmp_path: Path, seed: int) -> None:
    with House(tmp_path, seed, attempts=2) as house:
        house.start_relay()
        house.start_worker()
        ids = house.accept("raise", "dies-1", "ok")
        house.wait_final(ids)
        house.check_ledger(ids, parked=[ids[0]])
        assert house.runs()[ids[0]] == 2
        reason = house.services.store.submission(LOCAL_OWNER, ids[0]).reason
        assert reason is not None
        assert "internal" in reason


def test_11_sigterm_with_a_short_grace_strands_nothing(tmp_path: Path, seed: int) -> None:
    with House(tmp_path, seed) as house:
        house.start_relay()
        house.start_worker()
        ids = house.accept(*["sleep-8"] * 2, *["ok"] * 6)
        house.wait_begun(2)
        worker = house.processes["worker"]
        began = time.monotonic()
        worker.send_signal(signal.SIGTERM)
        worker.wait(10)
        assert time.monotonic() - began < 6  # the grace of 1 s, not the 8 s of the work
        broker = house.redis()
        assert broker.hlen("tosv.checks.unacked") == 0
        assert broker.llen("fast") + broker.llen("sandbox") >= 8
        house.start_worker()
        house.wait_final(ids)
        house.check_ledger(ids)
        # What was cut off was no attempt: restarts must not set innocent work aside.
        rows = [house.services.store.submission(LOCAL_OWNER, one) for one in ids[:2]]
        assert [row.attempts for row in rows] == [1, 1]


def test_14_a_worker_that_takes_nothing_is_noticed(tmp_path: Path, seed: int) -> None:
    with House(tmp_path, seed, republish_s=0.5) as house:
        house.start_relay()
        house.start_worker()
        wait_until(lambda: len(house.children()) == 2, 60, "the worker is up")
        os.killpg(house.processes["worker"].pid, signal.SIGSTOP)  # alive, and consuming nothing
        ids = house.accept("ok")
        store, worker = house.services.store, house.settings.worker
        wait_until(lambda: WORK_NOT_TAKEN in stalls(store.backlog(), worker), 10, "stall seen")
        wait_until(lambda: WORK_NOT_TAKEN in house.log("relay"), 5, "the relay says so")
        os.killpg(house.processes["worker"].pid, signal.SIGCONT)
        house.wait_final(ids)
        house.check_ledger(ids)
        assert stalls(store.backlog(), worker) == ()


def test_14_a_worker_that_never_finishes_is_noticed(tmp_path: Path, seed: int) -> None:
    limits = {"soft_limit_s": 1, "hard_limit_s": 2, "visibility_s": 30, "attempts": 10}
    with House(tmp_path, seed, lease_s=30, **limits) as house:
        house.start_relay()
        house.start_worker()
        house.accept("stop")
        house.wait_begun(1)
        os.killpg(house.processes["worker"].pid, signal.SIGSTOP)  # so that no limit can fire
        store, worker = house.services.store, house.settings.worker
        wait_until(lambda: WORK_NOT_FINISHING in stalls(store.backlog(), worker), 10, "stall seen")


@pytest.mark.skipif(not SOAK, reason="long form: make soak")
def test_2_long_ten_kills_in_a_thousand(tmp_path: Path, seed: int) -> None:
    with House(tmp_path, seed, attempts=10) as house:
        house.start_relay()
        house.start_worker()
        ids = house.accept(*["sleep-0.02"] * 1000)
        for _ in range(10):
            begun = len(house.runs())
            house.wait_begun(begun + house.random.randint(20, 80))
            house.kill("worker")
            house.start_worker()
        house.wait_final(ids, 200)
        house.check_ledger(ids)
