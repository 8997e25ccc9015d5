"""Keeps a lease alive while its work goes on, and tells the checks that are done meanwhile."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import structlog

from validator.errors import StaleLeaseError, StoreUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from validator.store.ports import Lease, WorkStore

RENEWALS_PER_LEASE = 3  # two may fail before the lease is lost

# Events of checks wait this long for company: most submissions are done by then, and their events
# are stored with the verdict in one transaction instead of one each.
TELL_S = 0.1

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Renewal:
    """One thread for one lease. `lost` is called once, from it, when the lease is another's."""

    store: WorkStore
    lease: Lease
    lease_s: float
    lost: Callable[[], None]
    _untold: list[dict[str, Any]] = field(default_factory=list)
    _telling: threading.Lock = field(default_factory=threading.Lock)
    _over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._run, name="renewal", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def tell(self, check: dict[str, Any]) -> None:
        """Take a check's event, to be stored soon."""
        with self._telling:
            self._untold.append(check)

    def take_untold(self) -> list[dict[str, Any]]:
        """Hand over the events that are not stored yet, for the last transaction."""
        with self._telling:
            untold, self._untold = self._untold, []
        return untold

    def _run(self) -> None:
        period = self.lease_s / RENEWALS_PER_LEASE
        due = time.monotonic() + period
        while not self._over.wait(min(TELL_S, period)):
            try:
                self._tell()
                if time.monotonic() >= due:
                    due = time.monotonic() + period
                    self.store.renew(self.lease)
            except StaleLeaseError:
                if not self._over.is_set():
                    log.warning("lease_lost", submission_id=self.lease.submission_id)
                    self.lost()
                return
            except StoreUnavailableError as error:  # the next turn may reach it in time
                log.warning("lease_not_renewed", detail=error.detail)

    def _tell(self) -> None:
        with self._telling:
            while self._untold:
                self.store.record_check(self.lease, self._untold[0])
                del self._untold[0]
