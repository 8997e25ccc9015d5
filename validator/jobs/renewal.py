"""Keeps a lease alive while its work goes on, from a thread of its own."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self

import structlog

from validator.errors import StaleLeaseError, StoreUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from validator.store.ports import Lease, WorkStore

RENEWALS_PER_LEASE = 3  # two may fail before the lease is lost

log = structlog.get_logger(__name__)


class Renewal:
    """Renews until left. `lost` is called once, from the thread, when the lease is another's."""

    def __init__(
        self, store: WorkStore, lease: Lease, lease_s: float, lost: Callable[[], None]
    ) -> None:
        self._store = store
        self._lease = lease
        self._period = lease_s / RENEWALS_PER_LEASE
        self._lost = lost
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="lease-renewal", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._over.set()
        self._thread.join()

    def _renew(self) -> None:
        while not self._over.wait(self._period):
            try:
                self._lease = self._store.renew(self._lease)
            except StaleLeaseError:
                log.warning("lease_lost", submission_id=self._lease.submission_id)
                self._lost()
                return
            except StoreUnavailableError as error:  # the next turn may reach it in time
                log.warning("lease_not_renewed", detail=error.detail)
