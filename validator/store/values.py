"""Between the engine's values and what columns hold."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from validator.domain.submission import Origin, State, SubmissionRow
from validator.errors import NotFoundError
from validator.store.tables import submissions

if TYPE_CHECKING:
    from collections.abc import Sequence

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_ID_LENGTH = 64
_TEXT_LENGTH = 2000

ROW_COLUMNS = tuple(submissions.c[name] for name in SubmissionRow.__dataclass_fields__)
_ORIGINS = {origin.value: origin for origin in Origin}
_STATES = {state.value: state for state in State}


def micros(at: datetime) -> int:
    """Whole microseconds since 1970 of an aware time."""
    return (at - _EPOCH) // _MICROSECOND


def instant(value: int) -> datetime:
    """The time that `micros` wrote."""
    return _EPOCH + timedelta(microseconds=value)


def seconds(value: float) -> int:
    """A span of seconds in microseconds."""
    return round(value * 1_000_000)


def dump(value: object) -> str:
    """JSON in ASCII: it holds any string, also those that a database's text type refuses."""
    return json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))


def load(text: str | None) -> Any:  # noqa: ANN401 - whatever JSON holds
    """What `dump` wrote; None for NULL."""
    return None if text is None else json.loads(text)


def plain(text: str) -> str:
    """A sentence of ours or a worker's name, bounded, without what a database's text refuses."""
    cut = text[:_TEXT_LENGTH]
    return cut.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")


def checked_id(given: str) -> str:
    """An id that a database can look up. Raises NotFoundError for a string that cannot be one."""
    if not (given.isascii() and given.isprintable() and 0 < len(given) <= _ID_LENGTH):
        raise NotFoundError("No such id.")
    return given


def submission_row(row: Sequence[Any]) -> SubmissionRow:
    """A row of `ROW_COLUMNS`. By position: listings make many of these."""
    return SubmissionRow(
        submission_id=row[0],
        owner=row[1],
        origin=_ORIGINS[row[2]],
        state=_STATES[row[3]],
        reason=row[4],
        attempts=row[5],
        task_type=row[6],
        task_label=load(row[7]),
        answer_label=load(row[8]),
        task_digest=row[9],
        answer_digest=row[10],
        body_digest=row[11],
        created_at=instant(row[12]),
        updated_at=instant(row[13]),
        verdict_id=row[14],
    )
