"""What an operator sees of a history, read without owning it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from validator.protection.rows import all_keys
from validator.protection.schema import SCHEMA_VERSION
from validator.protection.session import look
from validator.protection.values import fingerprint

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    from validator.protection.values import KeyState


def read_status(folder: Path) -> dict[str, Any]:
    """Return genesis, schema, sequence and keys as JSON values.

    Raises HistoryMissingError, UnsafePlaceError, OtherSchemaError and StoreDamagedError.
    """
    with look(folder) as cursor:
        genesis, sequence = cursor.execute("SELECT genesis, sequence FROM meta").fetchone()
        return {
            "genesis": genesis.hex(),
            "schema": SCHEMA_VERSION,
            "sequence": sequence,
            "keys": [_key(cursor, number, key) for number, key in all_keys(cursor)],
        }


def _key(cursor: sqlite3.Cursor, number: int, key: KeyState) -> dict[str, Any]:
    verdicts, barred, highest = cursor.execute(
        "SELECT count(*), ifnull(sum(barred), 0), max(height) FROM verdict WHERE key_id = ?",
        (number,),
    ).fetchone()
    waiting = cursor.execute(
        "SELECT count(*) FROM attempt WHERE key_id = ? AND state NOT IN ('spent', 'confirmed')",
        (number,),
    ).fetchone()[0]
    return {
        "fingerprint": fingerprint(key.public_key),
        "public_key": key.public_key.hex(),
        "enabled": key.enabled,
        "halted": key.halted,
        "gap_declared": key.declared,
        "low_watermark": key.low,
        "high_watermark": key.high,
        "reconciled_height": key.reconciled,
        "verdicts": verdicts,
        "never_to_be_signed": barred,
        "highest_answer": highest,
        "open_attempts": waiting,
    }
