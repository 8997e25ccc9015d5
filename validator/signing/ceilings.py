"""Ceilings that hold whoever asks: what a taken-over client could waste is bounded (row 17)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from validator.errors import CeilingError

if TYPE_CHECKING:
    from collections.abc import Collection

    from validator.protection.database import ProtectionDatabase
    from validator.wire.tos import Transaction

_BY_TIME: Final = "CREATE INDEX IF NOT EXISTS attempt_by_time ON attempt (key_id, created_ms, fee)"
HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS


@dataclass(frozen=True, slots=True)
class Ceilings:
    """Counts are of transactions, fees in the chain's units; spans end now and slide."""

    per_hour: int
    fee: int
    fees_per_day: int
    attempts_per_verdict: int


@dataclass(frozen=True, slots=True)
class Spent:
    """What was used already. `under_verdict`: attempts under the verdict in question."""

    in_hour: int
    fees_in_day: int
    under_verdict: int


def prepare(database: ProtectionDatabase) -> None:
    """Let `spent` cost the same however long the history is."""
    with database.write_beside() as cursor:
        cursor.execute(_BY_TIME)


def spent(database: ProtectionDatabase, key: bytes, answer: bytes, now_ms: int) -> Spent:
    """Return what the history counts; it outlives a restart."""
    return Spent(
        database.attempts_since(key, max(0, now_ms - HOUR_MS)),
        database.fees_since(key, max(0, now_ms - DAY_MS)),
        len(database.attempts(key, answer)),
    )


def require_room(ceilings: Ceilings, used: Spent, transaction: Transaction) -> None:
    """Raise CeilingError unless one more transaction keeps below every ceiling."""
    fee = transaction.fee
    if fee < transaction.minimum_fee:
        raise CeilingError(f"fee: a node takes no less than {transaction.minimum_fee}", "fee_low")
    if fee > ceilings.fee:
        raise CeilingError(f"fee: at most {ceilings.fee} units for one transaction", "fee")
    if used.fees_in_day + fee > ceilings.fees_per_day:
        raise CeilingError(f"fee: at most {ceilings.fees_per_day} units in a day", "fees_per_day")
    if used.in_hour >= ceilings.per_hour:
        raise CeilingError(f"at most {ceilings.per_hour} transactions in an hour", "per_hour")
    if used.under_verdict >= ceilings.attempts_per_verdict:
        raise CeilingError(
            f"at most {ceilings.attempts_per_verdict} transactions for one verdict", "attempts"
        )


def require_no_gap(nonce: int, next_nonce: int, bound: Collection[int]) -> None:
    """Raise CeilingError for a nonce above one that nothing uses: it could be mined years later.

    A T0 transaction never expires. `bound` are the nonces that are accounted for.
    """
    above = nonce - next_nonce
    known = sum(next_nonce <= each < nonce for each in bound)
    if above > known:
        raise CeilingError(
            f"nonce: {nonce} leaves a gap; the account's next one is {next_nonce}", "nonce_gap"
        )
