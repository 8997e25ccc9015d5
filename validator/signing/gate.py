"""May anything be signed now? The state of signing, moved on by each reading of the chain."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from validator.errors import ChainUnreadableError
from validator.protection.reconcile import Phase, Plan, SigningState, reconcile
from validator.signing.chain import agreed_answer, agreed_reading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from validator.domain.clock import Clock
    from validator.protection.database import ProtectionDatabase
    from validator.protection.reconcile import Reading
    from validator.signing.chain import AnswerFacts, ChainView, Snapshots


class Gate:
    """Closed until the first reading that explains everything; closed again when one is missing.

    `age_s`: how old the last reading may be when something is signed.
    """

    def __init__(
        self,
        database: ProtectionDatabase,
        public_key: bytes,
        chain: ChainView,
        endpoints: Sequence[str],
        age_s: float,
        clock: Clock,
    ) -> None:
        self._database = database
        self._key = public_key
        self._chain = chain
        self._endpoints = tuple(endpoints)
        self._age_s = age_s
        self._clock = clock
        self._turn = threading.RLock()
        self._polling = threading.Lock()
        self._state = SigningState()
        self._reading: Reading | None = None
        self._fault: str | None = None

    @property
    def state(self) -> SigningState:
        """Phase and reasons after the last reading."""
        return self._state

    @property
    def reading(self) -> Reading | None:
        """The last reading; None when the chain could not be read."""
        return self._reading

    @property
    def fault(self) -> str | None:
        """Why there is no reading, in one sentence; None when there is one."""
        return self._fault

    def poll(self) -> SigningState:
        """Read the chain once, put on disk what follows, and return the new state."""
        with self._polling:  # an older reading never comes after a newer one
            reading, fault, read_at = self._read()
            with self._turn:
                self._fault = fault
                return self._take(reading, read_at)

    def recheck(self) -> SigningState:
        """Do the same with the last reading, after the operator's word changed the history."""
        with self._turn:
            return self._take(self._reading, self._state.read_at)

    def _take(self, reading: Reading | None, read_at: float) -> SigningState:
        # Known after the chain was read: else a verdict just signed looks foreign.
        known = self._database.known(self._key, reading)
        state, plan = reconcile(self._state, known, reading, read_at)
        if state.phase is not Phase.OPEN:
            self._state = state  # closing counts even where the write below fails
        if plan != Plan():
            self._database.apply(self._key, plan)
        self._state, self._reading = state, reading
        return state

    def require_open(self) -> Reading:
        """Return the reading that signing rests on. Raises SigningClosedError."""
        with self._turn:
            self._state.require_open(self._clock.monotonic(), self._age_s)
            if self._reading is None:  # an open gate always has one
                raise ChainUnreadableError(self._fault or "the chain was not read")
            return self._reading

    def answer(self, task: bytes, answer: bytes) -> AnswerFacts:
        """Return what all endpoints show of an answer. Raises ChainUnreadableError."""
        return agreed_answer(self._chain.answers(task, answer), self._endpoints)

    def _read(self) -> tuple[Reading | None, str | None, float]:
        """Return the reading, or why there is none, and when it was made."""
        try:
            found = self._chain.snapshots(self._key, self._since())
            self._require_young(found)
            return agreed_reading(found, self._endpoints, self._key), None, found.read_at
        except ChainUnreadableError as error:
            return None, error.detail, self._clock.monotonic()

    def _require_young(self, found: Snapshots) -> None:
        if self._clock.monotonic() - found.read_at > self._age_s:
            raise ChainUnreadableError("the last reading of the chain is too old")

    def _since(self) -> int:
        last = self._database.known(self._key, None).key.reconciled
        return 0 if last is None else last + 1
