"""Accepting: the hot path. Statements are compiled once and sent in batches.

A batch of one and a batch of many are the same code: a row, its body, its first event and its
doorbell for each, in one transaction.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from sqlalchemy import Table, bindparam, insert, select, text

from validator.domain.submission import State, SubmissionRow
from validator.errors import IdempotencyConflictError
from validator.store.ports import Accepted
from validator.store.tables import bodies, events, idempotency, outbox, submissions
from validator.store.values import ROW_COLUMNS, dump, micros, submission_row

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Dialect

    from validator.store.ports import NewSubmission

_QUEUED = dump({"state": State.QUEUED.value})
# The same words in both databases; a claim in flight elsewhere is waited for.
_CLAIM = text(
    "INSERT INTO idempotency (owner, key_digest, body_digest, submission_id, created_at)"
    " VALUES (:owner, :key_digest, :body_digest, :submission_id, :created_at)"
    " ON CONFLICT (owner, key_digest) DO NOTHING"
)
_CLAIMED = select(idempotency.c.body_digest, idempotency.c.submission_id).where(
    idempotency.c.owner == bindparam("owner"), idempotency.c.key_digest == bindparam("key_digest")
)
_ROW = select(*ROW_COLUMNS).where(
    submissions.c.owner == bindparam("owner"),
    submissions.c.submission_id == bindparam("submission_id"),
)


class Insert:
    """An INSERT compiled once: SQLAlchemy's per-call work is most of a small insert's time."""

    def __init__(self, table: Table, dialect: Dialect, *leave_out: str) -> None:
        names = [column.name for column in table.columns if column.name not in leave_out]
        compiled = insert(table).inline().compile(dialect=dialect, column_keys=names)
        self._sql = str(compiled)
        self._order = compiled.positiontup if compiled.positional else None

    def run(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert all rows. Each mapping must name every column that was not left out."""
        if self._order is None:
            connection.exec_driver_sql(self._sql, [dict(row) for row in rows])
        else:
            order = self._order
            connection.exec_driver_sql(self._sql, [tuple(row[n] for n in order) for row in rows])


class Accepting:
    """Writes accepted submissions on a connection whose transaction is the caller's."""

    def __init__(self, dialect: Dialect) -> None:
        self._submissions = Insert(submissions, dialect)
        self._bodies = Insert(bodies, dialect)
        self._events = Insert(events, dialect)
        self._outbox = Insert(outbox, dialect, "outbox_id")

    def accept(
        self, connection: Connection, batch: Sequence[NewSubmission], now: datetime
    ) -> list[Accepted | IdempotencyConflictError]:
        """Answers in the batch's order; a conflict writes nothing and harms no other item."""
        answers: list[Accepted | IdempotencyConflictError] = []
        fresh: dict[str, NewSubmission] = {}
        for new in batch:
            earlier = None
            if new.idempotency_key is not None:
                earlier = _earlier(connection, new, fresh, now)
            answers.append(earlier or Accepted(_new_row(new, now), created=True))
            if earlier is None:
                fresh[new.submission_id] = new
        if fresh:
            self._insert(connection, list(fresh.values()), micros(now))
        return answers

    def _insert(self, connection: Connection, batch: Sequence[NewSubmission], at: int) -> None:
        self._submissions.run(connection, [_columns(new, at) for new in batch])
        self._bodies.run(
            connection, [{"submission_id": new.submission_id, "body": new.body} for new in batch]
        )
        first = {"seq": 1, "kind": "state", "data": _QUEUED, "at": at}
        self._events.run(
            connection, [{"submission_id": new.submission_id, **first} for new in batch]
        )
        self._outbox.run(
            connection,
            [
                {"submission_id": new.submission_id, "queue": new.queue, "created_at": at}
                for new in batch
            ],
        )


def _earlier(
    connection: Connection, new: NewSubmission, fresh: Mapping[str, NewSubmission], now: datetime
) -> Accepted | IdempotencyConflictError | None:
    """What came before under the same key, or None when this call claimed it."""
    key = {"owner": new.owner, "key_digest": _key_digest(str(new.idempotency_key))}
    claim = {
        **key,
        "body_digest": new.body_digest,
        "submission_id": new.submission_id,
        "created_at": micros(now),
    }
    if connection.execute(_CLAIM, claim).rowcount == 1:
        return None
    digest, submission_id = connection.execute(_CLAIMED, key).one()
    if digest != new.body_digest:
        return IdempotencyConflictError(
            "This Idempotency-Key was used before with a different body."
        )
    if submission_id in fresh:
        return Accepted(_new_row(fresh[submission_id], now), created=False)
    row = connection.execute(_ROW, {"owner": new.owner, "submission_id": submission_id})
    return Accepted(submission_row(row.one()), created=False)


def _key_digest(key: str) -> str:
    # A digest has a fixed length and harmless letters, whatever the caller sent.
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _columns(new: NewSubmission, at: int) -> dict[str, Any]:
    return {
        "submission_id": new.submission_id,
        "owner": new.owner,
        "origin": new.origin.value,
        "state": State.QUEUED.value,
        "reason": None,
        "attempts": 0,
        "task_type": new.task_type,
        "task_label": None if new.task_label is None else dump(new.task_label),
        "answer_label": None if new.answer_label is None else dump(new.answer_label),
        "task_digest": new.task_digest,
        "answer_digest": new.answer_digest,
        "body_digest": new.body_digest,
        "queue": new.queue,
        "created_at": at,
        "updated_at": at,
        "verdict_id": None,
        "lease_worker": None,
        "lease_token": 0,
        "lease_expires": None,
        "last_seq": 1,
        "rung_at": at,
        "backoff": 1,
    }


def _new_row(new: NewSubmission, now: datetime) -> SubmissionRow:
    return SubmissionRow(
        submission_id=new.submission_id,
        owner=new.owner,
        origin=new.origin,
        state=State.QUEUED,
        reason=None,
        attempts=0,
        task_type=new.task_type,
        task_label=new.task_label,
        answer_label=new.answer_label,
        task_digest=new.task_digest,
        answer_digest=new.answer_digest,
        body_digest=new.body_digest,
        created_at=now,
        updated_at=now,
        verdict_id=None,
    )
