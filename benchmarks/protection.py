"""What asking the history costs before a signature, above a bare durable commit of SQLite."""

from __future__ import annotations

import itertools
import sqlite3
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.timing import Ratio, interleave
from validator.domain.clock import SystemClock
from validator.protection.database import ProtectionDatabase
from validator.protection.values import Request, Verdict, fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterator

GROUP = "protection"
GENESIS, KEY, TASK = b"\x01" * 32, b"\x02" * 32, b"\x03" * 32
ENVELOPE = b"x" * 2048


def _request(number: int) -> Request:
    name = number.to_bytes(32, "big")
    return Request(GENESIS, KEY, Verdict(TASK, name, 80), b"\x04" * 32, name, number)


def _leaf(number: int, cursor: sqlite3.Cursor) -> int:
    cursor.execute("INSERT INTO leaf VALUES (?, zeroblob(32), ?)", (number, ENVELOPE))
    return number


def _bare(folder: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(folder / "bare.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE t (id BLOB PRIMARY KEY, root BLOB)")
    return connection


def measure(rounds: int) -> Iterator[Ratio]:
    """Yield the cost of a new permit, of one with its leaf, and of a repeat and a refusal."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bare = _bare(folder)
        numbers, leaves = itertools.count(), itertools.count()
        with ProtectionDatabase.create(
            folder / "history", GENESIS, KEY, fingerprint(KEY), SystemClock()
        ) as database:
            database.protect(_request(2**50))

            def with_leaf() -> None:
                leaf = next(leaves)
                database.protect(_request(next(numbers)), lambda cursor: _leaf(leaf, cursor))

            taken = interleave(
                {
                    "bare": lambda: bare.execute(
                        "INSERT INTO t VALUES (randomblob(32), randomblob(32))"
                    ),
                    "new": lambda: database.protect(_request(next(numbers))),
                    "new with its leaf": with_leaf,
                    "repeat": lambda: database.protect(_request(2**50)),
                },
                rounds,
            )
        bare.close()
    floor = taken["bare"].median
    for name in ("new", "new with its leaf", "repeat"):
        yield Ratio(GROUP, f"permit, {name} / bare FULL commit", taken[name].median, floor, "s")
