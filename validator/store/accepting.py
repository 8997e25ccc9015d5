"""Accepting: the hot path. Statements are compiled once and sent in batches.

A batch of one and a batch of many are the same code: a row, its body, its first event and its
doorbell for each, in one transaction.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select, text

from validator.domain.submission import State, SubmissionRow
from validator.errors import IdempotencyConflictError
from validator.store.inserts import EVENTS, OUTBOX, Insert
from validator.store.ports import Accepted
from validator.store.tables import bodies, idempotency, submissions
from validator.store.values import ROW_COLUMNS, dump, micros, submission_row

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from validator.store.ports import NewSubmission

_QUEUED_STATE = State.QUEUED.value
_QUEUED = dump({"state": _QUEUED_STATE})
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


def accept(
    connection: Connection, batch: Sequence[NewSubmission], now: datetime
) -> list[Accepted | IdempotencyConflictError]:
    """Write on a connection whose transaction is the caller's.

    Answers are in the batch's order; a conflict writes nothing and harms no other item.
    """
    answers: list[Accepted | IdempotencyConflictError] = []
    fresh: dict[str, NewSubmission] = {}
    for new in batch:
        earlier = None
        if new.idempotency_key is not None:
            earlier = _earlier(connection, new, fresh, now)
        answers.append(earlier or Accepted(_new_row(new, now), created=True, queue=new.queue))
        if earlier is None:
            fresh[new.submission_id] = new
    if fresh:
        _insert(connection, list(fresh.values()), micros(now))
    return answers


def _insert(connection: Connection, batch: Sequence[NewSubmission], at: int) -> None:
    _SUBMISSIONS.run(connection, [_values(new, at) for new in batch])
    _BODIES.run(connection, [(new.submission_id, new.body) for new in batch])
    EVENTS.run(connection, [(new.submission_id, 1, "state", _QUEUED, at) for new in batch])
    OUTBOX.run(connection, [(new.submission_id, new.queue, at) for new in batch])


def _earlier(
    connection: Connection, new: NewSubmission, fresh: Mapping[str, NewSubmission], now: datetime
) -> Accepted | IdempotencyConflictError | None:
    """What came before under the same key, or None when this call claimed it."""
    key = {"owner": new.owner, "key_digest": key_digest(str(new.idempotency_key))}
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


def key_digest(key: str) -> str:
    """Return what stands for an idempotency key in the database."""
    # A digest has a fixed length and harmless letters, whatever the caller sent.
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


_SUBMISSIONS = Insert(
    submissions,
    "submission_id", "owner", "origin", "state", "attempts", "task_type", "task_label",
    "answer_label", "task_digest", "answer_digest", "body_digest", "queue", "created_at",
    "updated_at", "lease_token", "last_seq", "rung_at", "backoff",
)  # fmt: skip
_BODIES = Insert(bodies, "submission_id", "body")


def _values(new: NewSubmission, at: int) -> tuple[Any, ...]:
    """Values of `_SUBMISSIONS`, in their order."""
    return (
        new.submission_id, new.owner, new.origin.value, _QUEUED_STATE, 0, new.task_type,
        None if new.task_label is None else dump(new.task_label),
        None if new.answer_label is None else dump(new.answer_label),
        new.task_digest, new.answer_digest, new.body_digest, new.queue, at, at, 0, 1, at, 1,
    )  # fmt: skip


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
