"""Asking the rules and recording what they permit, inside one transaction of the caller's."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from validator.errors import InvalidParameterError, SigningRefusedError, VerdictConflictError
from validator.protection import attempts, rows
from validator.protection.rules import (
    New,
    Refusal,
    Refused,
    decide,
    decide_attempt,
    key_refusal,
)
from validator.protection.values import Origin, Request, Row, Verdict

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from validator.protection.values import Attempt, Observed, RecordedContent


@dataclass(frozen=True, slots=True)
class Permit:
    """The row is on disk: its verdict may be signed.

    `is_new`: first permitted now. `log_index` of the row says where its envelope is kept.
    """

    row: Row
    is_new: bool


@dataclass(frozen=True, slots=True)
class Transaction:
    """A transaction to be signed: `message` are its signed bytes, `fee` is in chain units."""

    nonce: int
    message: bytes
    fee: int


def permit(
    cursor: sqlite3.Cursor,
    genesis: bytes,
    request: Request,
    also: Callable[[sqlite3.Cursor], int] | None,
    now_ms: int,
) -> Permit:
    """Return the permit, recorded. Raises VerdictConflictError and SigningRefusedError."""
    number, key = rows.find_key(cursor, request.public_key) or (0, None)
    row = rows.find_row(cursor, number, request.verdict.answer)
    content = rows.find_content(cursor, number, row.content if row else request.content)
    decision = decide(request, genesis, key, row, content)
    if isinstance(decision, Refused):
        raise _refusal(decision.why, request, row)
    if not isinstance(decision, New):
        rows.require_sound(genesis, request.public_key, decision.row)
        return Permit(decision.row, False)
    index = also(cursor) if also is not None else None
    return Permit(_record(cursor, number, request, decision.first, index, now_ms), True)


def permit_attempt(
    cursor: sqlite3.Cursor,
    public_key: bytes,
    answer: bytes,
    transaction: Transaction,
    observed: Observed | None,
    now_ms: int,
) -> Attempt:
    """Return the attempt, recorded. Raises SigningRefusedError and InvalidParameterError."""
    number = rows.key_number(cursor, public_key)
    row = rows.find_row(cursor, number, answer)
    if row is None:
        raise InvalidParameterError("answer: no verdict is recorded for it")
    why = _attempt_refusal(cursor, public_key, row, transaction.nonce, observed)
    if why is not None:
        raise SigningRefusedError(f"answer {answer.hex()[:16]}...: {why.sentence}", why.value)
    _require_payload(public_key, row, transaction.message)
    attempts.bind_nonce(cursor, number, transaction.nonce, row.row_id)
    return attempts.add_attempt(
        cursor, number, transaction.nonce, transaction.message, transaction.fee, now_ms
    )


def _record(
    cursor: sqlite3.Cursor,
    number: int,
    request: Request,
    content: RecordedContent | None,
    index: int | None,
    now_ms: int,
) -> Row:
    score = request.verdict.score
    content = content or rows.add_content(cursor, number, request.content, score)
    row = Row(
        row_id=0,
        answer=request.verdict.answer,
        content=request.content,
        score=score,
        root=request.root,
        height=request.height,
        log_index=index,
        origin=Origin.SIGNED,
        barred=False,
    )
    return replace(row, row_id=rows.add_row(cursor, number, content.content_id, row, now_ms))


def _refusal(
    why: Refusal, request: Request, row: Row | None
) -> VerdictConflictError | SigningRefusedError:
    sentence = f"answer {request.verdict.answer.hex()[:16]}...: {why.sentence}"
    if not why.is_conflict:
        return SigningRefusedError(sentence, why.value)
    if row is not None and row.root is not None:
        sentence += f" (root {row.root.hex()[:16]}..., asked {request.root.hex()[:16]}...)"
    return VerdictConflictError(sentence, why.value)


def _attempt_refusal(
    cursor: sqlite3.Cursor, public_key: bytes, row: Row, nonce: int, observed: Observed | None
) -> Refusal | None:
    number, key = rows.require_key(cursor, public_key)
    why = key_refusal(key)
    if why is not None:
        return why
    content = rows.find_content(cursor, number, row.content)
    if row.barred or (content is not None and content.barred):
        return Refusal.NEVER_SIGN
    holder = attempts.holder_of(cursor, number, nonce)
    if holder is not None and holder != (row.row_id,):
        return Refusal.NONCE_TAKEN
    return decide_attempt(row, attempts.attempts_of(cursor, row.row_id), nonce, observed)


def _require_payload(public_key: bytes, row: Row, message: bytes) -> None:
    """The rest of a transaction is the codec's; that it carries this verdict is seen here."""
    payload = Verdict(row.content.task, row.answer, row.score or 0).payload
    if payload not in message or public_key not in message:
        raise InvalidParameterError("message: it does not hold the key and the row's payload")
