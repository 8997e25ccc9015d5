"""Money of expert reviews in SQLite and PostgreSQL: many at once pass no ceiling."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from validator.store.expert_spending import Charge, ExhaustedError

if TYPE_CHECKING:
    from validator.store.store import Store

NOW = datetime(2026, 3, 1, tzinfo=UTC)
CEILING = 500


def charges(task: int, miner: int) -> tuple[Charge, ...]:
    """In an order that differs from one to the next: only the store's own order is safe."""
    found = [Charge("task", str(task), 0, 200), Charge("miner", str(miner), 9, 300)]
    found.append(Charge("day", "", 9, CEILING))
    return tuple(found if task % 2 else reversed(found))


def test_many_at_once_pass_no_ceiling(store: Store) -> None:
    rolls = random.Random(3)
    works = [
        (f"rsv_{n}", rolls.randrange(6), rolls.randrange(3), rolls.randrange(1, 40))
        for n in range(150)
    ]

    def one(work: tuple[str, int, int, int]) -> int:
        name, task, miner, amount = work
        try:
            store.spending.reserve(name, charges(task, miner), amount, NOW)
        except ExhaustedError:
            return 0
        if amount % 2:
            return amount
        assert store.spending.settle(name, amount // 2, NOW)
        assert not store.spending.settle(name, 0, NOW)
        return amount // 2

    with ThreadPoolExecutor(6) as pool:
        spent = sum(pool.map(one, works))

    assert 0 < spent == store.spending.spent("day", "", 9) <= CEILING
    for scope, names, day, most in (("task", 6, 0, 200), ("miner", 3, 9, 300)):
        each = [store.spending.spent(scope, str(name), day) for name in range(names)]
        assert sum(each) == spent
        assert max(each) <= most


def test_a_refusal_undoes_what_was_counted_before_it(store: Store) -> None:
    store.spending.reserve("rsv_1", charges(1, 1), 200, NOW)

    with pytest.raises(ExhaustedError) as caught:
        store.spending.reserve("rsv_2", charges(1, 2), 1, NOW)

    assert caught.value.charge.scope == "task"
    assert store.spending.spent("day", "", 9) == 200
    assert store.spending.spent("miner", "2", 9) == 0
    assert store.spending.open_reservations() == (1, 200)


def test_what_is_given_up_stays_counted_until_its_process_speaks(store: Store) -> None:
    store.spending.reserve("rsv_1", charges(1, 1), 200, NOW)
    later = NOW + timedelta(hours=3)

    assert store.spending.give_up(NOW - timedelta(seconds=1), later) == 0
    assert store.spending.give_up(NOW, later) == 1
    assert store.spending.open_reservations() == (0, 0)
    assert store.spending.spent("day", "", 9) == 200
    assert store.spending.settle("rsv_1", 7, later)
    assert store.spending.spent("day", "", 9) == 7
    assert not store.spending.settle("rsv_1", 8, later)
