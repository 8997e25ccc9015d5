"""Reads the chain again and again beside the requests, so that a foreign verdict halts signing."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from validator.errors import ValidatorError

if TYPE_CHECKING:
    from validator.protection.reconcile import SigningState
    from validator.signing.gate import Gate

log = logging.getLogger(__name__)


class Poller:
    """A thread that polls the gate every `every_s` seconds and says in the log what changed."""

    def __init__(self, gate: Gate, every_s: float) -> None:
        self._gate = gate
        self._every_s = every_s
        self._stop = threading.Event()
        self._seen: SigningState | None = None
        self._thread = threading.Thread(target=self._run, name="signer-poll", daemon=True)

    def start(self) -> None:
        """Begin to poll."""
        self._thread.start()

    def close(self) -> None:
        """End, after the poll that is under way."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._every_s):
            try:
                self._tell(self._gate.poll())
            except ValidatorError as error:  # the gate stays as it was, and ages
                log.warning("the chain was not reconciled: %s", error.detail)
            except Exception:
                log.exception("the chain was not reconciled, by a fault of ours")

    def _tell(self, state: SigningState) -> None:
        before, self._seen = self._seen, state
        if before is None or (before.phase, before.reasons) != (state.phase, state.reasons):
            reasons = ", ".join(reason.value for reason in state.reasons)
            log.warning("signing is %s %s", state.phase.value, reasons)
