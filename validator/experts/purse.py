"""The purse of one review: a ledger, a price list, and who pays."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from validator.domain.reviews import Ask, Seat, Usage


class Ledger(Protocol):
    """Money held and counted, in millionths of a dollar; safe under threads and processes."""

    def reserve(self, key: Any, amount: int) -> Any:  # noqa: ANN401 - the ledger's own values
        """Hold an amount. Raises `JudgeError` of fault BUDGET where a ceiling would be passed."""
        ...

    def settle(self, reservation: Any, actual: int) -> object:  # noqa: ANN401
        """Count what was spent of an amount that was held."""
        ...


@dataclass(frozen=True, slots=True)
class LedgerPurse:
    """Pays one review's calls from a ledger that blocks, outside the event loop.

    `worst_case` and `actual` are the price list's, in millionths of a dollar. `key` names task,
    publisher, miner and tenant.
    """

    ledger: Ledger
    key: Any
    worst_case: Callable[[Seat, Ask], int]
    actual: Callable[[Seat, Usage], int]

    async def reserve(self, seat: Seat, ask: Ask) -> Any:  # noqa: ANN401 - the ledger's own value
        """Hold the dearest that a call can cost. Raises `JudgeError` of fault BUDGET."""
        amount = self.worst_case(seat, ask)
        return await asyncio.to_thread(self.ledger.reserve, self.key, amount)

    async def settle(self, held: Any, seat: Seat, usage: Usage) -> int:  # noqa: ANN401
        """Count what a call did cost, and return it."""
        spent = self.actual(seat, usage)
        await asyncio.to_thread(self.ledger.settle, held, spent)
        return spent
