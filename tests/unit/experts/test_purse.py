from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from tests.unit.experts.bench_making import SEATS, PlainDefence, case
from validator.domain.reviews import Fault, JudgeError, Usage
from validator.experts.ports import Ceilings, Marks
from validator.experts.purse import LedgerPurse

ASK = PlainDefence().commit_ask(None, case(), Marks("n", "c", 1), Ceilings(1000, 50, 9.0))


class Book:
    """A ledger that blocks, with a ceiling of 100."""

    def __init__(self) -> None:
        self.lines: list[tuple[Any, ...]] = []
        self.threads: set[int] = set()

    def reserve(self, key: str, amount: int) -> int:
        self.threads.add(threading.get_ident())
        if amount > 100:
            raise JudgeError(Fault.BUDGET, "the task's ceiling")
        self.lines.append(("reserve", key, amount))
        return len(self.lines)

    def settle(self, reservation: int, actual: int) -> None:
        self.threads.add(threading.get_ident())
        self.lines.append(("settle", reservation, actual))


def purse(book: Book, price: int) -> LedgerPurse:
    return LedgerPurse(
        book, "task-1", lambda seat, ask: price * ask.max_output_tokens, lambda seat, usage: price
    )


def test_the_dearest_is_held_and_the_actual_is_counted() -> None:
    book = Book()

    async def pay() -> int:
        own = purse(book, 2)
        held = await own.reserve(SEATS[0], ASK)
        return await own.settle(held, SEATS[0], Usage(1, 1))

    assert asyncio.run(pay()) == 2
    assert book.lines == [("reserve", "task-1", 100), ("settle", 1, 2)]


def test_a_ceiling_is_a_fault_of_the_call() -> None:
    with pytest.raises(JudgeError, match="ceiling") as refused:
        asyncio.run(purse(Book(), 3).reserve(SEATS[0], ASK))

    assert refused.value.fault is Fault.BUDGET


def test_the_ledger_does_not_block_the_loop() -> None:
    book = Book()

    asyncio.run(purse(book, 1).reserve(SEATS[0], ASK))

    assert threading.get_ident() not in book.threads
