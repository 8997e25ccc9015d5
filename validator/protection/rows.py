"""Statements over keys, contents and verdicts. Each works inside the caller's transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from validator.errors import SigningRefusedError, StoreDamagedError
from validator.protection.rules import Refusal
from validator.protection.values import (
    AnswerContent,
    KeyState,
    Origin,
    RecordedContent,
    Row,
    Verdict,
)

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

_KEY: Final = (
    "SELECT id, public_key, enabled, low, high, halted, declared, reconciled, settled_nonce"
    " FROM key"
)
_ROW: Final = (
    "SELECT v.id, v.answer, c.task, c.submitter, c.answer_hash, v.score, v.root, v.height,"
    " v.log_index, v.origin, v.barred FROM verdict v JOIN content c ON c.id = v.content_id"
)
_RAISE_LOW: Final = "UPDATE key SET low = max(ifnull(low, -1), ?) WHERE id = ?"


def find_key(cursor: sqlite3.Cursor, public_key: bytes) -> tuple[int, KeyState] | None:
    """Return a registered key's number and state."""
    found = cursor.execute(f"{_KEY} WHERE public_key = ?", (public_key,)).fetchone()
    return _key_of(found) if found else None


def require_key(cursor: sqlite3.Cursor, public_key: bytes) -> tuple[int, KeyState]:
    """Return a key's number and state. Raises SigningRefusedError: it is not registered."""
    found = find_key(cursor, public_key)
    if found is None:
        raise SigningRefusedError(Refusal.UNKNOWN_KEY.sentence, Refusal.UNKNOWN_KEY.value)
    return found


def key_number(cursor: sqlite3.Cursor, public_key: bytes) -> int:
    """Return a key's number. Raises SigningRefusedError: it is not registered."""
    return require_key(cursor, public_key)[0]


def all_keys(cursor: sqlite3.Cursor) -> list[tuple[int, KeyState]]:
    """Return every key, in the order of their bytes."""
    return [_key_of(found) for found in cursor.execute(f"{_KEY} ORDER BY public_key").fetchall()]


def add_key(cursor: sqlite3.Cursor, public_key: bytes, enabled: bool, now_ms: int) -> int:
    """Register a key and return its number. Its past is unknown: the gap is declared."""
    cursor.execute(
        "INSERT INTO key (public_key, enabled, declared, settled_nonce, created_ms)"
        " VALUES (?, ?, 1, 0, ?) RETURNING id",
        (public_key, int(enabled), now_ms),
    )
    return _inserted(cursor)


def raise_low(cursor: sqlite3.Cursor, key_id: int, height: int) -> None:
    """Raise the low watermark to a height; a lower one changes nothing."""
    cursor.execute(_RAISE_LOW, (height, key_id))


def find_row(cursor: sqlite3.Cursor, key_id: int, answer: bytes) -> Row | None:
    """Return the verdict recorded for an answer id."""
    found = cursor.execute(
        f"{_ROW} WHERE v.key_id = ? AND v.answer = ?", (key_id, answer)
    ).fetchone()
    return _row_of(found) if found else None


def rows_of(cursor: sqlite3.Cursor, key_id: int) -> Iterator[Row]:
    """Yield every verdict of a key, by height and answer id."""
    statement = f"{_ROW} WHERE v.key_id = ? ORDER BY v.height, v.answer"
    for found in cursor.execute(statement, (key_id,)):
        yield _row_of(found)


def find_content(
    cursor: sqlite3.Cursor, key_id: int, content: AnswerContent
) -> RecordedContent | None:
    """Return what is recorded for an answer's content."""
    found = cursor.execute(
        "SELECT id, score, barred FROM content"
        " WHERE key_id = ? AND task = ? AND submitter = ? AND answer_hash = ?",
        (key_id, content.task, content.submitter, content.answer_hash),
    ).fetchone()
    return RecordedContent(found[0], found[1], bool(found[2])) if found else None


def add_content(
    cursor: sqlite3.Cursor, key_id: int, content: AnswerContent, score: int | None
) -> RecordedContent:
    """Record a content; without a score it is barred."""
    barred = score is None
    cursor.execute(
        "INSERT INTO content (key_id, task, submitter, answer_hash, score, barred)"
        " VALUES (?, ?, ?, ?, ?, ?) RETURNING id",
        (key_id, content.task, content.submitter, content.answer_hash, score, int(barred)),
    )
    return RecordedContent(_inserted(cursor), score, barred)


def bar_content(cursor: sqlite3.Cursor, content_id: int) -> None:
    """Never sign anything for this content again."""
    cursor.execute("UPDATE content SET barred = 1 WHERE id = ?", (content_id,))


def bar_row(cursor: sqlite3.Cursor, row_id: int) -> None:
    """Never sign this verdict, nor anything else for its content, again."""
    cursor.execute("UPDATE verdict SET barred = 1 WHERE id = ?", (row_id,))
    cursor.execute(
        "UPDATE content SET barred = 1 WHERE id = (SELECT content_id FROM verdict WHERE id = ?)",
        (row_id,),
    )


def add_row(cursor: sqlite3.Cursor, key_id: int, content_id: int, row: Row, now_ms: int) -> int:
    """Record a verdict and return its number (that in `row` is not used)."""
    cursor.execute(
        "INSERT INTO verdict (key_id, answer, content_id, score, root, height, log_index,"
        " origin, barred, created_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        (
            key_id,
            row.answer,
            content_id,
            row.score,
            row.root,
            row.height,
            row.log_index,
            row.origin.value,
            int(row.barred),
            now_ms,
        ),
    )
    return _inserted(cursor)


def require_sound(genesis: bytes, public_key: bytes, row: Row) -> None:
    """Raise StoreDamagedError unless a row's root is that of its own verdict."""
    if row.score is None:
        return
    verdict = Verdict(row.content.task, row.answer, row.score)
    if verdict.root(genesis, public_key) != row.root:
        raise StoreDamagedError(
            f"the row of answer {row.answer.hex()} does not fit its signing root"
        )


def require_leaves(cursor: sqlite3.Cursor) -> None:
    """Raise StoreDamagedError when a verdict names a leaf that the log in this file has not."""
    found = cursor.execute(
        "SELECT v.answer FROM verdict v WHERE v.log_index IS NOT NULL"
        " AND v.log_index > ifnull((SELECT max(position) FROM leaf), -1) LIMIT 1"
    ).fetchone()
    if found is not None:
        raise StoreDamagedError(f"the log ends before the verdict of answer {found[0].hex()}")


def _inserted(cursor: sqlite3.Cursor) -> int:
    # All of it is fetched: an INSERT that still has something to give keeps a COMMIT from ending.
    ((number,),) = cursor.fetchall()
    return int(number)


def _key_of(found: tuple[Any, ...]) -> tuple[int, KeyState]:
    number, public_key, enabled, low, high, halted, declared, reconciled, settled = found
    return number, KeyState(
        public_key, bool(enabled), low, high, halted, bool(declared), reconciled, settled
    )


def _row_of(found: tuple[Any, ...]) -> Row:
    number, answer, task, submitter, answer_hash, score, root, height, index, origin, barred = found
    content = AnswerContent(task, submitter, answer_hash)
    return Row(number, answer, content, score, root, height, index, Origin(origin), bool(barred))
