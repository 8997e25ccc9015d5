"""Statements over nonces and attempts. Each works inside the caller's transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from validator.errors import InvalidParameterError, VerdictConflictError
from validator.protection.values import Attempt, AttemptState

if TYPE_CHECKING:
    import sqlite3

_ATTEMPT: Final = (
    "SELECT a.id, n.verdict_id, a.nonce, a.message, a.fee, a.tx_hash, a.bytes, a.state"
    " FROM attempt a JOIN nonce n ON n.key_id = a.key_id AND n.nonce = a.nonce"
)
_ORDER: Final = tuple(AttemptState)
_FOR_A_VERDICT: Final = "verdict"


def attempts_of(cursor: sqlite3.Cursor, row_id: int) -> list[Attempt]:
    """Return every attempt under a verdict, oldest first."""
    statement = f"{_ATTEMPT} WHERE n.verdict_id = ? ORDER BY a.id"
    return [_attempt_of(found) for found in cursor.execute(statement, (row_id,)).fetchall()]


def open_attempts(cursor: sqlite3.Cursor, key_id: int) -> list[Attempt]:
    """Return the attempts of a key that something can still come of, by nonce."""
    statement = (
        f"{_ATTEMPT} WHERE a.key_id = ? AND a.state NOT IN ('spent', 'confirmed')"
        " ORDER BY a.nonce, a.id"
    )
    return [_attempt_of(found) for found in cursor.execute(statement, (key_id,)).fetchall()]


def holder_of(cursor: sqlite3.Cursor, key_id: int, nonce: int) -> tuple[int | None] | None:
    """Return the verdict that a nonce is bound to, (None,) when to something else; None: free."""
    found = cursor.execute(
        "SELECT verdict_id FROM nonce WHERE key_id = ? AND nonce = ?", (key_id, nonce)
    ).fetchone()
    return (found[0],) if found else None


def bind_nonce(
    cursor: sqlite3.Cursor, key_id: int, nonce: int, row_id: int | None, reason: str = ""
) -> None:
    """Bind a free nonce to a verdict, or to what the reason says; a bound one stays as it is."""
    cursor.execute(
        "INSERT INTO nonce (key_id, nonce, verdict_id, reason) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        (key_id, nonce, row_id, reason or _FOR_A_VERDICT),
    )


def add_attempt(
    cursor: sqlite3.Cursor, key_id: int, nonce: int, message: bytes, fee: int, now_ms: int
) -> Attempt:
    """Record an attempt under a bound nonce; the same message again gives the one there is."""
    cursor.execute(
        "INSERT INTO attempt (key_id, nonce, message, fee, state, created_ms)"
        " VALUES (?, ?, ?, ?, 'prepared', ?) ON CONFLICT (key_id, nonce, message) DO NOTHING",
        (key_id, nonce, message, fee, now_ms),
    )
    found = cursor.execute(
        f"{_ATTEMPT} WHERE a.key_id = ? AND a.nonce = ? AND a.message = ?", (key_id, nonce, message)
    ).fetchone()
    return _attempt_of(found)


def find_attempt(cursor: sqlite3.Cursor, attempt_id: int) -> Attempt:
    """Return an attempt by its number. Raises InvalidParameterError when there is none."""
    found = cursor.execute(f"{_ATTEMPT} WHERE a.id = ?", (attempt_id,)).fetchone()
    if found is None:
        raise InvalidParameterError("attempt_id: there is no such attempt")
    return _attempt_of(found)


def keep_bytes(
    cursor: sqlite3.Cursor, attempt_id: int, tx_hash: bytes, transaction: bytes
) -> Attempt:
    """Keep the signed bytes; others than those that are kept are refused as a conflict."""
    attempt = find_attempt(cursor, attempt_id)
    if attempt.transaction is not None and attempt.transaction != transaction:
        raise VerdictConflictError("the attempt already has other signed bytes")
    if attempt.transaction is None:
        cursor.execute(
            "UPDATE attempt SET tx_hash = ?, bytes = ?, state = 'signed' WHERE id = ?",
            (tx_hash, transaction, attempt_id),
        )
    return find_attempt(cursor, attempt_id)


def advance(cursor: sqlite3.Cursor, attempt_id: int, state: AttemptState) -> Attempt:
    """Move an attempt on in its life; the state it is in already is no change.

    Raises InvalidParameterError for a step back, a change between the last two states, or a step
    past the signature without bytes.
    """
    attempt = find_attempt(cursor, attempt_id)
    back = _ORDER.index(state) < _ORDER.index(attempt.state)
    if state is not attempt.state and (back or attempt.state.is_last):
        raise InvalidParameterError(
            f"state: an attempt that is {attempt.state.value} does not become {state.value}"
        )
    if state in (AttemptState.SIGNED, AttemptState.SENT) and attempt.transaction is None:
        raise InvalidParameterError(f"state: {state.value} needs the signed bytes first")
    cursor.execute("UPDATE attempt SET state = ? WHERE id = ?", (state.value, attempt_id))
    return find_attempt(cursor, attempt_id)


def known_hashes(cursor: sqlite3.Cursor, key_id: int) -> frozenset[bytes]:
    """Return the hashes of a key's transactions that can still be mined."""
    return frozenset(each.tx_hash for each in open_attempts(cursor, key_id) if each.tx_hash)


def bound_nonces(cursor: sqlite3.Cursor, key_id: int, lowest: int) -> frozenset[int]:
    """Return the nonces of a key from `lowest` on that are accounted for."""
    statement = "SELECT nonce FROM nonce WHERE key_id = ? AND nonce >= ?"
    return frozenset(found[0] for found in cursor.execute(statement, (key_id, lowest)).fetchall())


def fees_since(cursor: sqlite3.Cursor, key_id: int, since_ms: int) -> int:
    """Return the fees, in the chain's units, of the attempts prepared since a Unix time in ms."""
    found = cursor.execute(
        "SELECT ifnull(sum(fee), 0) FROM attempt WHERE key_id = ? AND created_ms >= ?",
        (key_id, since_ms),
    ).fetchone()
    return int(found[0])


def count_since(cursor: sqlite3.Cursor, key_id: int, since_ms: int) -> int:
    """Return how many attempts of a key were prepared since a Unix time in ms."""
    found = cursor.execute(
        "SELECT count(*) FROM attempt WHERE key_id = ? AND created_ms >= ?", (key_id, since_ms)
    ).fetchone()
    return int(found[0])


def _attempt_of(found: tuple[Any, ...]) -> Attempt:
    number, row_id, nonce, message, fee, tx_hash, transaction, state = found
    return Attempt(number, row_id, nonce, message, fee, tx_hash, transaction, AttemptState(state))
