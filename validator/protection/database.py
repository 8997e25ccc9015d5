"""The history of what was permitted: asked, and written to disk, before a key is touched."""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING, Final, Self

from validator.errors import (
    HistoryStaleError,
    SigningRefusedError,
    VerdictConflictError,
)
from validator.protection import adopt, attempts, rows, session, transfer
from validator.protection.permits import Permit, Transaction, permit, permit_attempt
from validator.protection.session import Mark, Session
from validator.protection.values import (
    MAX_NUMBER,
    Attempt,
    AttemptState,
    Observed,
    Request,
    Row,
    hash_of,
    number_of,
    require_fingerprint,
)

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from validator.domain.clock import Clock
    from validator.protection.interchange import Interchange
    from validator.protection.reconcile import Known, Plan, Reading
    from validator.protection.transfer import KeyReport
    from validator.protection.values import KeyState

PAUSED: Final = "paused"
"""The halt that an operator ends without vouching for a gap: nothing happened but a word."""

_MS = 1000


class ProtectionDatabase:
    """One history, owned by one process. Every method may be called from any thread."""

    def __init__(self, owned: Session, clock: Clock) -> None:
        self._session = owned
        self._clock = clock
        self._tally: Counter[str] = Counter()
        self._counting = threading.Lock()

    @classmethod
    def create(
        cls, folder: Path, genesis: bytes, public_key: bytes, typed: str, clock: Clock
    ) -> Self:
        """Make an empty history for a key whose fingerprint was typed, and own it.

        Raises FingerprintError, UsageError when a history lies there already, UnsafePlaceError.
        """
        require_fingerprint(public_key, typed)
        session.create(folder, hash_of("genesis", genesis), _ms(clock))
        made = cls.open(folder, genesis, clock)
        made.register(public_key, typed)
        return made

    @classmethod
    def open(
        cls, folder: Path, genesis: bytes | None, clock: Clock, at_least: Mark | None = None
    ) -> Self:
        """Own an existing history; `genesis` None takes that of the file.

        `at_least` is the newest mark that is known from elsewhere. Raises HistoryMissingError,
        OtherGenesisError, OtherSchemaError, HistoryStaleError (unless the gap is declared for
        every enabled key), ProtectionInUseError, UnsafePlaceError and StoreDamagedError.
        """
        opened = cls(Session.open(folder, genesis), clock)
        try:
            opened._examine(at_least)
        except BaseException:
            opened.close()
            raise
        return opened

    def close(self) -> None:
        """Give the history up."""
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @property
    def genesis(self) -> bytes:
        """Hash of the chain's block at topoheight 0."""
        return self._session.genesis

    @property
    def tally(self) -> Mapping[str, int]:
        """Counts since the opening: `new`, `repeat`, and each refusal by its word."""
        with self._counting:
            return dict(self._tally)

    def mark(self) -> Mark:
        """Return how far the history has come, to be kept beside the key or published."""
        with self._session.read() as cursor:
            return Mark(cursor.execute("SELECT sequence FROM meta").fetchone()[0])

    # Permits

    def protect(
        self, request: Request, also: Callable[[sqlite3.Cursor], int] | None = None
    ) -> Permit:
        """Permit a verdict, or refuse it. When this returns, the row is on disk.

        `also` is called for a new row only, in the same transaction, to write its audit leaf; it
        returns the leaf's index. Whatever it raises, nothing is written. Raises
        VerdictConflictError, SigningRefusedError, and StoreUnavailableError when it is not known
        that the row is on disk.
        """
        try:
            with self._session.write() as cursor:
                # A repeat is a write, too: it may rest on a row that was written just before a
                # crash, and only the next flush is a promise that it outlives the power, too.
                granted = permit(cursor, self.genesis, request, also, _ms(self._clock))
        except (VerdictConflictError, SigningRefusedError) as error:
            self._count(error.why)
            raise
        self._count("new" if granted.is_new else "repeat")
        return granted

    def protect_attempt(
        self,
        request: Request,
        transaction: Transaction,
        observed: Observed | None,
        also: Callable[[sqlite3.Cursor], int] | None = None,
    ) -> tuple[Permit, Attempt]:
        """Do what `protect` and `prepare` do in one transaction: both are on disk, or neither.

        Raises as both of them.
        """
        number_of("nonce", transaction.nonce)
        number_of("fee", transaction.fee)
        key, answer = request.public_key, request.verdict.answer
        now_ms = _ms(self._clock)
        try:
            with self._session.write() as cursor:
                granted = permit(cursor, self.genesis, request, also, now_ms)
                attempt = permit_attempt(cursor, key, answer, transaction, observed, now_ms)
        except (VerdictConflictError, SigningRefusedError) as error:
            self._count(error.why)
            raise
        self._count("new" if granted.is_new else "repeat")
        return granted, attempt

    def row(self, public_key: bytes, answer: bytes) -> Row | None:
        """Return what is recorded for an answer id."""
        with self._session.read() as cursor:
            return rows.find_row(cursor, rows.key_number(cursor, public_key), answer)

    # Transactions under a row

    def prepare(
        self,
        public_key: bytes,
        answer: bytes,
        nonce: int,
        message: bytes,
        fee: int,
        observed: Observed | None = None,
    ) -> Attempt:
        """Permit a transaction under a recorded verdict; on disk when this returns.

        `message` is what the key is to sign; it must hold the key and the row's payload. `fee` is
        in the chain's units. The same message again gives the attempt that there is. Raises
        SigningRefusedError and InvalidParameterError.
        """
        transaction = Transaction(number_of("nonce", nonce), message, number_of("fee", fee))
        try:
            with self._session.write() as cursor:
                return permit_attempt(
                    cursor, public_key, answer, transaction, observed, _ms(self._clock)
                )
        except SigningRefusedError as error:
            self._count(error.why)
            raise

    def keep_bytes(self, attempt_id: int, tx_hash: bytes, transaction: bytes) -> Attempt:
        """Keep an attempt's signed bytes, before they are sent to anybody."""
        with self._session.write() as cursor:
            return attempts.keep_bytes(cursor, attempt_id, hash_of("tx_hash", tx_hash), transaction)

    def advance(self, attempt_id: int, state: AttemptState) -> Attempt:
        """Record that an attempt was sent, is spent or is confirmed."""
        with self._session.write() as cursor:
            return attempts.advance(cursor, attempt_id, state)

    def attempts(self, public_key: bytes, answer: bytes) -> list[Attempt]:
        """Return the attempts under a verdict, oldest first."""
        with self._session.read() as cursor:
            row = rows.find_row(cursor, rows.key_number(cursor, public_key), answer)
            return attempts.attempts_of(cursor, row.row_id) if row else []

    def open_attempts(self, public_key: bytes) -> list[Attempt]:
        """Return a key's attempts that something can still come of, by nonce."""
        with self._session.read() as cursor:
            return attempts.open_attempts(cursor, rows.key_number(cursor, public_key))

    def fees_since(self, public_key: bytes, since_ms: int) -> int:
        """Return the fees, in the chain's units, of what was prepared since a Unix time in ms."""
        with self._session.read() as cursor:
            return attempts.fees_since(cursor, rows.key_number(cursor, public_key), since_ms)

    def attempts_since(self, public_key: bytes, since_ms: int) -> int:
        """Return how many attempts were prepared since a Unix time in ms."""
        with self._session.read() as cursor:
            return attempts.count_since(cursor, rows.key_number(cursor, public_key), since_ms)

    def account_for(self, public_key: bytes, nonce: int, reason: str) -> None:
        """Say what a nonce is used for that carries no verdict, such as a registration."""
        number_of("nonce", nonce)
        with self._session.write() as cursor:
            attempts.bind_nonce(cursor, rows.key_number(cursor, public_key), nonce, None, reason)

    # Reconciliation

    def known(self, public_key: bytes, reading: Reading | None) -> Known:
        """Return what the history says to a reading that was made before."""
        with self._session.read() as cursor:
            return adopt.known(cursor, self.genesis, public_key, reading)

    def apply(self, public_key: bytes, plan: Plan) -> None:
        """Put a plan on disk; only then its state counts."""
        with self._session.write() as cursor:
            number = rows.key_number(cursor, public_key)
            adopt.apply(cursor, self.genesis, number, public_key, plan, _ms(self._clock))

    # What lies in the same file beside the history: the audit log

    def write_beside(self) -> AbstractContextManager[sqlite3.Cursor]:
        """Return one transaction for the tables beside the history; on disk when it ends."""
        return self._session.write()

    def read_beside(self) -> AbstractContextManager[sqlite3.Cursor]:
        """Return one snapshot of the tables beside the history."""
        return self._session.read()

    # What an operator does

    def key_states(self) -> list[KeyState]:
        """Return every registered key, in the order of their bytes."""
        with self._session.read() as cursor:
            return [key for _, key in rows.all_keys(cursor)]

    def register(self, public_key: bytes, typed: str) -> None:
        """Register a key, or enable it again. Raises FingerprintError."""
        require_fingerprint(public_key, typed)
        with self._session.write() as cursor:
            if rows.find_key(cursor, public_key) is None:
                rows.add_key(cursor, public_key, True, _ms(self._clock))
            cursor.execute("UPDATE key SET enabled = 1 WHERE public_key = ?", (public_key,))

    def disable(self, public_key: bytes) -> None:
        """Sign nothing more with a key."""
        self._set(public_key, "UPDATE key SET enabled = 0 WHERE public_key = ?")

    def halt(self, public_key: bytes, reason: str) -> None:
        """Halt a key; the first reason stays until it is resumed."""
        with self._session.write() as cursor:
            rows.key_number(cursor, public_key)
            cursor.execute(
                "UPDATE key SET halted = ifnull(halted, ?) WHERE public_key = ?",
                (reason, public_key),
            )

    def resume(self, public_key: bytes, typed: str) -> None:
        """Declare the gap in a key's history and end its halt. Raises FingerprintError."""
        require_fingerprint(public_key, typed)
        self._set(public_key, "UPDATE key SET halted = NULL, declared = 1 WHERE public_key = ?")

    def pause(self, public_key: bytes) -> None:
        """Halt a key by its operator's word, which `lift_pause` takes back."""
        self.halt(public_key, PAUSED)

    def lift_pause(self, public_key: bytes, typed: str) -> None:
        """End a pause; a halt for any other reason stays. Raises FingerprintError."""
        require_fingerprint(public_key, typed)
        with self._session.write() as cursor:
            rows.key_number(cursor, public_key)
            cursor.execute(
                "UPDATE key SET halted = NULL WHERE public_key = ? AND halted = ?",
                (public_key, PAUSED),
            )

    def raise_low(self, public_key: bytes, height: int) -> None:
        """Raise the low watermark; a height beneath it changes nothing."""
        number_of("height", height)
        with self._session.write() as cursor:
            rows.raise_low(cursor, rows.key_number(cursor, public_key), height)

    def set_high(self, public_key: bytes, height: int | None, typed: str) -> None:
        """Set or lift the high watermark. Raises FingerprintError."""
        require_fingerprint(public_key, typed)
        if height is not None:
            number_of("height", height)
        with self._session.write() as cursor:
            cursor.execute(
                "UPDATE key SET high = ? WHERE id = ?",
                (height, rows.key_number(cursor, public_key)),
            )

    def export(self) -> Interchange:
        """Return everything that is known, from one snapshot."""
        with self._session.read() as cursor:
            return transfer.export(cursor, self.genesis)

    def take_in(self, told: Interchange) -> tuple[KeyReport, ...]:
        """Merge an interchange file. Raises OtherGenesisError; then nothing is changed."""
        with self._session.write() as cursor:
            return transfer.take_in(cursor, self.genesis, told, _ms(self._clock))

    def prune(self, public_key: bytes, height: int) -> int:
        """Raise the low watermark and forget what lies beneath it; return how many verdicts."""
        number_of("height", height)
        with self._session.write() as cursor:
            return transfer.prune(cursor, rows.key_number(cursor, public_key), height)

    def _count(self, word: str) -> None:
        with self._counting:
            self._tally[word] += 1

    def _set(self, public_key: bytes, statement: str) -> None:
        with self._session.write() as cursor:
            rows.key_number(cursor, public_key)
            cursor.execute(statement, (public_key,))

    def _examine(self, at_least: Mark | None) -> None:
        """Check every row, and the age of the whole."""
        with self._session.read() as cursor:
            keys = rows.all_keys(cursor)
            for number, key in keys:
                for row in rows.rows_of(cursor, number):
                    rows.require_sound(self.genesis, key.public_key, row)
            rows.require_leaves(cursor)
        undeclared = [key for _, key in keys if key.enabled and not key.declared]
        if at_least is not None and self.mark().sequence < at_least.sequence and undeclared:
            raise HistoryStaleError("a newer protection history than this one has existed")


def _ms(clock: Clock) -> int:
    return min(int(clock.now().timestamp() * _MS), MAX_NUMBER)
