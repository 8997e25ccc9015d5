"""Taking in what others know: a merge after which less may be signed than before, never more."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from validator.protection.rows import (
    add_content,
    add_row,
    bar_content,
    bar_row,
    find_content,
    find_row,
)
from validator.protection.values import AnswerContent, Origin, Row

if TYPE_CHECKING:
    import sqlite3

    from validator.protection.values import RecordedContent


class Merged(Enum):
    """What became of one fact."""

    ADDED = "added"
    KNOWN = "known"
    BARRED = "barred"


@dataclass(frozen=True, slots=True)
class Fact:
    """A verdict as a file or the chain tells it; `score` and `root` None: never to be signed."""

    answer: bytes
    content: AnswerContent
    height: int
    score: int | None
    root: bytes | None


def tighten(cursor: sqlite3.Cursor, key_id: int, fact: Fact, origin: Origin, now_ms: int) -> Merged:
    """Merge one verdict. Where two tellings differ, answer and content are barred for good."""
    row = find_row(cursor, key_id, fact.answer)
    content = find_content(cursor, key_id, fact.content)
    if row is not None and _agree(row, content, fact):
        return Merged.KNOWN
    agreed = row is None and (content is None or _same_score(content, fact.score))
    if agreed and fact.score is not None:
        content = content or add_content(cursor, key_id, fact.content, fact.score)
        add_row(cursor, key_id, content.content_id, _new_row(fact, origin, False), now_ms)
        return Merged.ADDED
    return _bar(cursor, key_id, fact, row, content, origin, now_ms)


def tighten_content(
    cursor: sqlite3.Cursor, key_id: int, content: AnswerContent, score: int | None
) -> Merged:
    """Merge the one score of a content whose verdicts were pruned; None bars it."""
    known = find_content(cursor, key_id, content)
    if known is None:
        add_content(cursor, key_id, content, score)
        return Merged.ADDED if score is not None else Merged.BARRED
    if known.barred or _same_score(known, score):
        return Merged.KNOWN
    bar_content(cursor, known.content_id)
    return Merged.BARRED


def _agree(row: Row, content: RecordedContent | None, fact: Fact) -> bool:
    if row.barred and content is not None and content.barred:
        return row.content == fact.content
    return row.content == fact.content and not row.barred and row.root == fact.root


def _same_score(content: RecordedContent, score: int | None) -> bool:
    return not content.barred and content.score == score


def _bar(
    cursor: sqlite3.Cursor,
    key_id: int,
    fact: Fact,
    row: Row | None,
    content: RecordedContent | None,
    origin: Origin,
    now_ms: int,
) -> Merged:
    content = content or add_content(cursor, key_id, fact.content, None)
    bar_content(cursor, content.content_id)
    if row is None:
        add_row(cursor, key_id, content.content_id, _new_row(fact, origin, True), now_ms)
        return Merged.BARRED
    bar_row(cursor, row.row_id)
    return Merged.BARRED


def _new_row(fact: Fact, origin: Origin, barred: bool) -> Row:
    return Row(
        row_id=0,
        answer=fact.answer,
        content=fact.content,
        score=fact.score,
        root=fact.root,
        height=fact.height,
        log_index=None,
        origin=origin,
        barred=barred,
    )
