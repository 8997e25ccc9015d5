"""Inserts of the hot paths: several rows in one statement whose text is made once.

SQLAlchemy's work for each call is most of a small insert's time; and a driver that runs one
statement for each row lets another thread take the interpreter after every one of them.
"""

from __future__ import annotations

from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any

from validator.store.tables import events, outbox

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Table

# Few sizes, so that drivers keep every statement prepared.
_CHUNKS = (32, 16, 8, 4, 2, 1)


class Insert:
    """INSERT into some columns of a table; the others are NULL."""

    def __init__(self, table: Table, *columns: str) -> None:
        self._table = table.name
        self._columns = columns

    def run(self, connection: Connection, rows: Sequence[Sequence[Any]]) -> None:
        """Insert all rows, each with a value for every column in their order."""
        mark = "%s" if connection.dialect.paramstyle in ("format", "pyformat") else "?"
        start = 0
        for count in _CHUNKS:
            while len(rows) - start >= count:
                values = tuple(chain.from_iterable(rows[start : start + count]))
                connection.exec_driver_sql(_text(self._table, self._columns, mark, count), values)
                start += count


@cache
def _text(table: str, columns: tuple[str, ...], mark: str, count: int) -> str:
    row = f"({', '.join([mark] * len(columns))})"
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([row] * count)}"  # noqa: S608 - ours


EVENTS = Insert(events, "submission_id", "seq", "kind", "data", "at")
OUTBOX = Insert(outbox, "submission_id", "queue", "created_at")
