"""Export, import and prune, each inside one transaction of the caller's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from validator.errors import OtherGenesisError
from validator.protection.interchange import ContentScore, Interchange, KeyHistory
from validator.protection.rows import add_key, all_keys, find_key, raise_low, rows_of
from validator.protection.tighten import Fact, Merged, tighten, tighten_content
from validator.protection.values import AnswerContent, Origin

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from validator.protection.values import KeyState


@dataclass(frozen=True, slots=True)
class KeyReport:
    """What an import did for one key, and the low watermark it left.

    `added` and `known` count verdicts; `barred` counts those, and contents, that are from now on
    never to be signed.
    """

    public_key: bytes
    registered: bool
    added: int
    known: int
    barred: int
    low: int | None


def export(cursor: sqlite3.Cursor, genesis: bytes) -> Interchange:
    """Return everything that the history knows."""
    return Interchange(
        genesis, tuple(_told(cursor, number, key) for number, key in all_keys(cursor))
    )


def take_in(
    cursor: sqlite3.Cursor, genesis: bytes, told: Interchange, now_ms: int
) -> tuple[KeyReport, ...]:
    """Merge a file; afterwards less may be signed than before, never more.

    The low watermark rises to the file's own and to its highest verdict: a file may leave out
    what lies beneath. A key that is not registered is kept disabled. Raises OtherGenesisError.
    """
    if told.genesis != genesis:
        _refuse_network(cursor, genesis, told)
    return tuple(_merge(cursor, history, now_ms) for history in told.keys)


def prune(cursor: sqlite3.Cursor, key_id: int, height: int) -> int:
    """Raise the low watermark to a height and forget verdicts at or below it; return how many.

    Kept are those with a transaction that can still be mined, those whose nonces the next
    reconciliation needs, and every content with its score: a re-order may bring it back under
    another answer id.
    """
    raise_low(cursor, key_id, height)
    old = (
        "SELECT v.id FROM verdict v WHERE v.key_id = :key AND v.height <= :height"
        " AND NOT EXISTS (SELECT 1 FROM nonce n LEFT JOIN attempt a"
        "  ON a.key_id = n.key_id AND a.nonce = n.nonce WHERE n.verdict_id = v.id"
        "  AND (n.nonce >= (SELECT settled_nonce FROM key WHERE id = :key)"
        "   OR a.state NOT IN ('spent', 'confirmed')))"
    )
    given = {"key": key_id, "height": height}
    cursor.execute(f"CREATE TEMP TABLE old AS {old}", given)
    cursor.execute(
        "DELETE FROM attempt WHERE (key_id, nonce) IN"
        " (SELECT key_id, nonce FROM nonce WHERE verdict_id IN (SELECT id FROM old))"
    )
    cursor.execute("DELETE FROM nonce WHERE verdict_id IN (SELECT id FROM old)")
    gone = cursor.execute("DELETE FROM verdict WHERE id IN (SELECT id FROM old)").rowcount
    cursor.execute("DROP TABLE old")
    return gone


def _told(cursor: sqlite3.Cursor, key_id: int, key: KeyState) -> KeyHistory:
    facts = tuple(
        Fact(
            row.answer,
            row.content,
            row.height,
            None if row.barred else row.score,
            None if row.barred else row.root,
        )
        for row in rows_of(cursor, key_id)
    )
    return KeyHistory(key.public_key, key.low, facts, tuple(_bare_contents(cursor, key_id)))


def _bare_contents(cursor: sqlite3.Cursor, key_id: int) -> Iterator[ContentScore]:
    """Contents that no exported verdict speaks for."""
    statement = (
        "SELECT task, submitter, answer_hash, score, barred FROM content c WHERE key_id = ?"
        " AND (barred = 1 OR NOT EXISTS (SELECT 1 FROM verdict v WHERE v.content_id = c.id))"
    )
    for task, submitter, answer_hash, score, barred in cursor.execute(statement, (key_id,)):
        yield ContentScore(AnswerContent(task, submitter, answer_hash), None if barred else score)


def _refuse_network(cursor: sqlite3.Cursor, genesis: bytes, told: Interchange) -> None:
    for history in told.keys:
        if find_key(cursor, history.public_key) is not None:
            raise OtherGenesisError(
                f"key {history.public_key.hex()[:16]}... is known here, and the file has it on"
                " another network: its transactions are valid on both"
            )
    raise OtherGenesisError(
        f"the file is of genesis {told.genesis.hex()[:16]}...,"
        f" the history of {genesis.hex()[:16]}..."
    )


def _merge(cursor: sqlite3.Cursor, history: KeyHistory, now_ms: int) -> KeyReport:
    found = find_key(cursor, history.public_key)
    key_id = found[0] if found else add_key(cursor, history.public_key, False, now_ms)
    counts = dict.fromkeys(Merged, 0)
    for fact in history.facts:
        counts[tighten(cursor, key_id, fact, Origin.IMPORTED, now_ms)] += 1
    for each in history.contents:
        if tighten_content(cursor, key_id, each.content, each.score) is Merged.BARRED:
            counts[Merged.BARRED] += 1
    heights = [fact.height for fact in history.facts]
    if history.low is not None:
        heights.append(history.low)
    if heights:
        raise_low(cursor, key_id, max(heights))
    cursor.execute("UPDATE key SET declared = 1 WHERE id = ?", (key_id,))
    after = find_key(cursor, history.public_key)
    return KeyReport(
        history.public_key,
        found is None,
        counts[Merged.ADDED],
        counts[Merged.KNOWN],
        counts[Merged.BARRED],
        after[1].low if after else None,
    )
