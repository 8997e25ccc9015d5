"""Ceilings of money, under threads, processes, faults and deaths."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.fakes.store import CountingIds, FrozenClock
from validator.domain.clock import RandomIds, SystemClock
from validator.domain.reviews import Fault, JudgeError
from validator.experts.ledger import Ledger
from validator.experts.limits import SpendKey
from validator.settings.experts import ExpertSettings
from validator.store.store import Store, open_store

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[3]
SETTINGS = ExpertSettings(
    max_task=100, max_day=300, max_publisher=150, max_miner=120, max_tenant=150
)
KEY = SpendKey("task_1", "publisher_1", "miner_1")


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def store(tmp_path: Path, clock: FrozenClock) -> Iterator[Store]:
    with open_store(None, tmp_path, clock, CountingIds()) as opened:
        yield opened


@pytest.fixture
def ledger(store: Store, clock: FrozenClock) -> Ledger:
    return Ledger(store.spending, SETTINGS, clock, CountingIds())


def refused(ledger: Ledger, key: SpendKey, amount: int) -> str:
    with pytest.raises(JudgeError) as caught:
        ledger.reserve(key, amount)
    assert caught.value.fault is Fault.BUDGET
    return caught.value.detail


class TestCeilings:
    def test_hold_on_the_last_millionth(self, ledger: Ledger) -> None:
        ledger.reserve(KEY, 60)
        ledger.reserve(KEY, 40)

        assert "experts.max_task" in refused(ledger, KEY, 1)

    def test_hold_for_the_first_call_too(self, ledger: Ledger) -> None:
        assert "experts.max_task" in refused(ledger, KEY, 101)
        assert ledger.spent_today() == 0

    @pytest.mark.parametrize(
        ("scope", "first", "second", "most"),
        [
            ("publisher", SpendKey("a", "p", "m1"), SpendKey("b", "p", "m2"), 150),
            ("miner", SpendKey("a", "p1", "m"), SpendKey("b", "p2", "m"), 120),
            ("tenant", SpendKey("a", tenant="t"), SpendKey("b", tenant="t"), 150),
        ],
    )
    def test_hold_for_each_party(
        self, ledger: Ledger, scope: str, first: SpendKey, second: SpendKey, most: int
    ) -> None:
        ledger.reserve(first, 90)

        assert f"experts.max_{scope}" in refused(ledger, second, most - 89)
        ledger.reserve(second, most - 90)

    def test_that_are_passed_touch_nobody_else(self, ledger: Ledger) -> None:
        ledger.reserve(SpendKey("a", "greedy"), 100)
        refused(ledger, SpendKey("a", "greedy"), 1)

        ledger.reserve(SpendKey("b", "other"), 100)

    def test_refused_by_the_last_count_under_none(self, ledger: Ledger, store: Store) -> None:
        for task in ("a", "b", "c"):
            ledger.reserve(SpendKey(task), 100)

        assert "experts.max_day" in refused(ledger, SpendKey("d", "p"), 1)
        assert store.spending.spent("task", "d", 0) == 0
        assert store.spending.open_reservations() == (3, 300)

    def test_begin_anew_with_the_day_but_not_for_the_task(
        self, ledger: Ledger, clock: FrozenClock
    ) -> None:
        ledger.reserve(SpendKey("a", "p"), 100)
        ledger.reserve(SpendKey("b", "p"), 50)
        clock.advance(86400)

        ledger.reserve(SpendKey("b", "p"), 50)
        assert "max_task" in refused(ledger, SpendKey("a", "p"), 1)

    def test_keep_names_apart_that_no_database_could_hold(self, ledger: Ledger) -> None:
        ledger.reserve(SpendKey("x\x00"), 100)
        ledger.reserve(SpendKey("x\x01"), 100)
        ledger.reserve(SpendKey("y" * 5000), 100)

    def test_take_no_negative_amount(self, ledger: Ledger) -> None:
        with pytest.raises(ValueError, match="amount"):
            ledger.reserve(KEY, -1)
        with pytest.raises(ValueError, match="actual"):
            ledger.settle(ledger.reserve(KEY, 1), -1)


class TestSettlement:
    def test_gives_back_what_was_not_needed(self, ledger: Ledger) -> None:
        assert ledger.settle(ledger.reserve(KEY, 100), 30)

        assert ledger.spent_today() == 30
        ledger.reserve(KEY, 70)

    def test_counts_more_than_reserved_in_full(self, ledger: Ledger) -> None:
        ledger.settle(ledger.reserve(KEY, 50), 110)

        assert ledger.spent_today() == 110
        refused(ledger, KEY, 1)

    def test_takes_place_once(self, ledger: Ledger) -> None:
        held = ledger.reserve(KEY, 100)
        assert ledger.settle(held, 30)

        assert not ledger.settle(held, 0)
        assert not ledger.release(held)
        assert ledger.spent_today() == 30

    def test_of_a_call_never_made_is_nothing(self, ledger: Ledger) -> None:
        ledger.release(ledger.reserve(KEY, 100))

        assert ledger.spent_today() == 0

    def test_counts_for_the_day_of_the_reservation(
        self, ledger: Ledger, clock: FrozenClock
    ) -> None:
        held = ledger.reserve(KEY, 100)
        clock.advance(86400)
        ledger.settle(held, 40)

        assert ledger.spent_today() == 0


class TestReconciliation:
    def test_counts_what_died_as_spent(self, ledger: Ledger, clock: FrozenClock) -> None:
        ledger.reserve(KEY, 80)
        clock.advance(SETTINGS.reservation_s - 1)
        assert ledger.reconcile() == 0
        clock.advance(1)

        assert ledger.reconcile() == 1
        assert ledger.reconcile() == 0
        refused(ledger, KEY, 21)

    def test_yields_to_a_process_that_was_only_slow(
        self, ledger: Ledger, clock: FrozenClock
    ) -> None:
        held = ledger.reserve(KEY, 80)
        clock.advance(SETTINGS.reservation_s)
        ledger.reconcile()

        assert ledger.settle(held, 5)
        ledger.reserve(KEY, 95)


def test_threads_never_pass_a_ceiling_together(ledger: Ledger) -> None:
    rolls = random.Random(5)
    works = [(SpendKey(f"t{n % 7}", f"p{n % 3}"), rolls.randrange(1, 40)) for n in range(120)]

    def one(work: tuple[SpendKey, int]) -> int:
        try:
            held = ledger.reserve(*work)
        except JudgeError:
            return 0
        if work[1] % 3 == 0:
            ledger.settle(held, work[1] // 2)
            return work[1] // 2
        return work[1]

    with ThreadPoolExecutor(8) as pool:
        spent = sum(pool.map(one, works))

    assert 0 < spent == ledger.spent_today() <= SETTINGS.max_day


def test_processes_and_a_kill_overspend_nothing(tmp_path: Path) -> None:
    clock = SystemClock()
    script = "import sys; from tests.unit.experts.test_ledger import spend; spend(sys.argv[1])"
    with open_store(None, tmp_path, clock, RandomIds(clock)) as store:
        running = [
            subprocess.Popen(
                [sys.executable, "-c", script, str(tmp_path)],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                start_new_session=True,
            )
            for _ in range(2)
        ]
        assert running[0].stdout is not None
        lines = [running[0].stdout.readline() for _ in range(5)]
        os.kill(running[0].pid, signal.SIGKILL)
        lines += running[0].stdout.readlines()
        lines += running[1].communicate(timeout=120)[0].splitlines()
        running[0].wait()
        running[0].stdout.close()
        acknowledged = sum(int(line) for line in lines if line.strip().isdigit())
        ledger = Ledger(store.spending, SETTINGS, clock, RandomIds(clock))

        # What a killed process was told is counted; at most the one it was not told is besides.
        assert acknowledged <= ledger.spent_today() <= SETTINGS.max_day
        assert ledger.spent_today() > SETTINGS.max_day - 7
        count, amount = store.spending.open_reservations()
        assert amount == ledger.spent_today()
        assert count == amount // 7


def spend(folder: str) -> None:
    """Reserve until nothing is left; what was acknowledged goes to standard output."""
    clock = SystemClock()
    with open_store(None, Path(folder), clock, RandomIds(clock)) as store:
        ledger = Ledger(store.spending, SETTINGS, clock, RandomIds(clock))
        for number in range(1000):
            try:
                ledger.reserve(SpendKey(f"{os.getpid()}/{number}"), 7)
            except JudgeError:
                return
            os.write(1, b"7\n")
