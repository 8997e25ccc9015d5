"""Between the history and reconciliation: what to compare a reading with, and putting on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from validator.protection import attempts, rows
from validator.protection.reconcile import Known, Recorded
from validator.protection.tighten import Fact, tighten
from validator.protection.values import AnswerContent, Origin

if TYPE_CHECKING:
    import sqlite3

    from validator.protection.reconcile import ChainVerdict, Plan, Reading
    from validator.protection.values import KeyState


def known(
    cursor: sqlite3.Cursor, genesis: bytes, public_key: bytes, reading: Reading | None
) -> Known:
    """Return what the history holds about a reading. Raises SigningRefusedError: unknown key."""
    number, key = rows.require_key(cursor, public_key)
    answers = {}
    for each in reading.verdicts if reading else ():
        recorded = _recorded(cursor, number, key, each)
        if recorded is not None:
            answers[each.verdict.answer] = recorded
    return Known(
        genesis,
        key,
        answers,
        attempts.bound_nonces(cursor, number, key.settled_nonce),
        attempts.known_hashes(cursor, number),
    )


def _recorded(
    cursor: sqlite3.Cursor, key_id: int, key: KeyState, each: ChainVerdict
) -> Recorded | None:
    """What explains a verdict: its row, or the content that pruning kept where the row is gone."""
    row = rows.find_row(cursor, key_id, each.verdict.answer)
    if row is not None:
        return Recorded(row.score, row.barred)
    if key.low is None or each.answer_height > key.low:
        return None  # nothing is pruned up there
    told = AnswerContent(each.verdict.task, each.submitter, each.answer_hash)
    content = rows.find_content(cursor, key_id, told)
    return None if content is None else Recorded(content.score, content.barred)


def apply(
    cursor: sqlite3.Cursor,
    genesis: bytes,
    key_id: int,
    public_key: bytes,
    plan: Plan,
    now_ms: int,
) -> None:
    """Put a plan on disk; heights and nonces only rise."""
    for each in plan.adopt:
        fact = _fact(genesis, public_key, each)
        tighten(cursor, key_id, fact, Origin.CHAIN, now_ms)
        row = rows.find_row(cursor, key_id, fact.answer)
        attempts.bind_nonce(cursor, key_id, each.nonce, row.row_id if row else None)
    if plan.low is not None:
        rows.raise_low(cursor, key_id, plan.low)
    cursor.execute(
        "UPDATE key SET reconciled = max(ifnull(reconciled, -1), ifnull(?, reconciled)),"
        " settled_nonce = max(settled_nonce, ifnull(?, settled_nonce)),"
        " halted = ifnull(halted, ?), declared = CASE WHEN ? THEN 0 ELSE declared END WHERE id = ?",
        (
            plan.reconciled,
            plan.settled_nonce,
            plan.halt.value if plan.halt else None,
            plan.ends_declaration,
            key_id,
        ),
    )


def _fact(genesis: bytes, public_key: bytes, each: ChainVerdict) -> Fact:
    verdict = each.verdict
    return Fact(
        verdict.answer,
        AnswerContent(verdict.task, each.submitter, each.answer_hash),
        each.answer_height,
        verdict.score,
        verdict.root(genesis, public_key),
    )
