"""The money of reviews: reserved before a call, settled after it, never more than the ceilings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from validator.domain.reviews import Fault, JudgeError
from validator.experts.limits import SpendKey, charges_of
from validator.store.expert_spending import ExhaustedError

if TYPE_CHECKING:
    from validator.domain.clock import Clock, IdSource
    from validator.settings.experts import ExpertSettings
    from validator.store.expert_spending import ExpertSpending

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SAYS: Final = {
    "task": "this task's ceiling (experts.max_task)",
    "publisher": "the ceiling of this publisher's day (experts.max_publisher)",
    "miner": "the ceiling of this miner's day (experts.max_miner)",
    "tenant": "the ceiling of this tenant's day (experts.max_tenant)",
    "day": "the day's ceiling (experts.max_day)",
}


@dataclass(frozen=True, slots=True)
class Reservation:
    """Money held for one call, in millionths of a dollar."""

    id: str
    key: SpendKey
    amount: int


class Ledger:
    """Holds every ceiling for all processes of one database.

    A reservation counts as spent from the moment it is made, so a process that dies between call
    and settlement leaves too much counted, never too little.
    """

    def __init__(
        self, spending: ExpertSpending, settings: ExpertSettings, clock: Clock, ids: IdSource
    ) -> None:
        self._spending = spending
        self._settings = settings
        self._clock = clock
        self._ids = ids

    def reserve(self, key: SpendKey, amount: int) -> Reservation:
        """Hold `amount` under every ceiling of `key`, or raise JudgeError (budget) and hold none.

        Raises ValueError for a negative amount and StoreUnavailableError.
        """
        if amount < 0:
            raise ValueError("amount: must not be negative")
        now = self._clock.now()
        made = Reservation(self._ids.new("rsv"), key, amount)
        try:
            self._spending.reserve(made.id, charges_of(key, _day(now), self._settings), amount, now)
        except ExhaustedError as error:
            raise JudgeError(
                Fault.BUDGET, f"{amount} would pass {_SAYS[error.charge.scope]}"
            ) from None
        return made

    def settle(self, reservation: Reservation, actual: int) -> bool:
        """Count what the call did cost; false when this reservation was settled before.

        An `actual` over what was reserved is counted in full: the ceiling then stops the next call.
        Raises ValueError for a negative amount and StoreUnavailableError.
        """
        if actual < 0:
            raise ValueError("actual: must not be negative")
        return self._spending.settle(reservation.id, actual, self._clock.now())

    def release(self, reservation: Reservation) -> bool:
        """Give back money for a call that was never made."""
        return self.settle(reservation, 0)

    def reconcile(self) -> int:
        """Count reservations whose process must be dead as spent in full; return how many."""
        now = self._clock.now()
        return self._spending.give_up(now - timedelta(seconds=self._settings.reservation_s), now)

    def spent_today(self) -> int:
        """What is spent or reserved on this day, in UTC."""
        return self._spending.spent("day", "", _day(self._clock.now()))


def _day(now: datetime) -> int:
    return (now - _EPOCH).days
