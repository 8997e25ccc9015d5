"""The front door's side of the store: SubmissionStore of the ports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, or_, select, tuple_
from sqlalchemy.exc import OperationalError

from validator.domain.submission import State
from validator.errors import (
    FieldError,
    IdempotencyConflictError,
    IdempotencyInFlightError,
    InvalidParameterError,
    NotFoundError,
)
from validator.store import cursors
from validator.store.accepting import accept
from validator.store.ports import Accepted, Event, Page
from validator.store.tables import bodies, events, meta, submissions, verdicts
from validator.store.values import ROW_COLUMNS, checked_id, instant, load, micros, submission_row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Select

    from validator.domain.clock import Clock
    from validator.domain.submission import SubmissionRow
    from validator.store.database import Database
    from validator.store.ports import NewSubmission

MAX_PAGE = 1000
MAX_EVENTS = 1000
_CHUNK = 500
_MAX_INTEGER = 2**63 - 1
_LOCK_NOT_AVAILABLE = "55P03"

_MINE = (
    submissions.c.submission_id == bindparam("submission_id"),
    submissions.c.owner == bindparam("owner"),
)
_SUBMISSION = select(*ROW_COLUMNS).where(*_MINE)
_BODY = select(bodies.c.body).where(bodies.c.submission_id == submissions.c.submission_id, *_MINE)
_FIRST_PAGE = (
    select(*ROW_COLUMNS)
    .where(submissions.c.owner == bindparam("owner"))
    .order_by(submissions.c.created_at.desc(), submissions.c.submission_id.desc())
    .limit(bindparam("limit"))
)
_NEXT_PAGE = _FIRST_PAGE.where(
    tuple_(submissions.c.created_at, submissions.c.submission_id)
    < tuple_(bindparam("created_at"), bindparam("submission_id"))
)
# One statement tells an unknown submission (no row) from one without newer events (a row of NULLs).
_EVENTS = (
    select(events.c.seq, events.c.kind, events.c.data, events.c.at)
    .select_from(
        submissions.outerjoin(
            events,
            (events.c.submission_id == submissions.c.submission_id)
            & (events.c.seq > bindparam("after")),
        )
    )
    .where(*_MINE)
    .order_by(events.c.seq)
    .limit(MAX_EVENTS)
)
_VERDICT = select(verdicts.c.document).where(
    verdicts.c.verdict_id == bindparam("verdict_id"), verdicts.c.owner == bindparam("owner")
)
_VERDICTS = select(verdicts.c.verdict_id, verdicts.c.document).where(
    verdicts.c.verdict_id.in_(bindparam("ids", expanding=True)),
    verdicts.c.owner == bindparam("owner"),
)
_WITH_VERDICT = (
    select(*ROW_COLUMNS, verdicts.c.document)
    .select_from(submissions.outerjoin(verdicts, verdicts.c.verdict_id == submissions.c.verdict_id))
    .where(*_MINE)
)
_FINISHED = select(submissions.c.submission_id).where(
    submissions.c.submission_id.in_(bindparam("ids", expanding=True)),
    or_(
        submissions.c.verdict_id.is_not(None),
        submissions.c.state.in_([state.value for state in State if state.is_final]),
    ),
)
_PING = select(meta.c.name).limit(1)


class Front:
    """Submissions, events and verdicts as the front door sees them."""

    def __init__(self, database: Database, clock: Clock, cursor_key: bytes) -> None:
        self._database = database
        self._clock = clock
        self._cursor_key = cursor_key

    def accept(self, new: NewSubmission) -> Accepted:
        """See SubmissionStore."""
        answer = self.accept_batch([new])[0]
        if isinstance(answer, IdempotencyConflictError):
            raise answer
        return answer

    def accept_batch(
        self, batch: Sequence[NewSubmission]
    ) -> list[Accepted | IdempotencyConflictError]:
        """Accept all in one transaction: every one is stored, or the call raises and none is."""

        def work(connection: Connection) -> list[Accepted | IdempotencyConflictError]:
            try:
                return accept(connection, batch, self._clock.now())
            except OperationalError as error:
                # Only a claim of the same key can be waited for here: all other rows are new.
                if getattr(error.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE:
                    raise IdempotencyInFlightError(
                        "Another request with this Idempotency-Key is being accepted."
                    ) from error
                raise

        return self._database.write(work)

    def submission(self, owner: str, submission_id: str) -> SubmissionRow:
        """See SubmissionStore."""
        asked = {"owner": owner, "submission_id": checked_id(submission_id)}
        row = self._database.read(lambda c: c.execute(_SUBMISSION, asked).one_or_none())
        if row is None:
            raise NotFoundError("No such submission.")
        return submission_row(row)

    def submissions(self, owner: str, cursor: str | None, limit: int) -> Page:
        """See SubmissionStore. The limit is 1 to 1000."""
        if not 1 <= limit <= MAX_PAGE:
            message = f"must be 1 to {MAX_PAGE}"
            raise InvalidParameterError(f"limit {message}.", (FieldError("limit", message),))
        asked: dict[str, Any] = {"owner": owner, "limit": limit + 1}
        statement = _FIRST_PAGE
        if cursor is not None:
            statement = _NEXT_PAGE
            asked |= cursors.decode(self._cursor_key, owner, cursor)._asdict()
        rows = self._database.read(lambda c: c.execute(statement, asked).all())
        items = [submission_row(row) for row in rows[:limit]]
        if len(rows) <= limit:
            return Page(items, None)
        last = cursors.Place(micros(items[-1].created_at), items[-1].submission_id)
        return Page(items, cursors.encode(self._cursor_key, owner, last))

    def events(self, owner: str, submission_id: str, after: int) -> Sequence[Event]:
        """See SubmissionStore. At most 1000 at once; ask again after the last."""
        bounded = min(max(after, 0), _MAX_INTEGER)
        asked = {"owner": owner, "submission_id": checked_id(submission_id), "after": bounded}
        rows = self._all(_EVENTS, asked)
        if not rows:
            raise NotFoundError("No such submission.")
        return [Event(seq, kind, load(data), instant(at)) for seq, kind, data, at in rows if seq]

    def verdict(self, owner: str, verdict_id: str) -> dict[str, Any]:
        """See SubmissionStore."""
        asked = {"owner": owner, "verdict_id": checked_id(verdict_id)}
        rows = self._all(_VERDICT, asked)
        if not rows:
            raise NotFoundError("No such verdict.")
        document: dict[str, Any] = load(rows[0][0])
        return document

    def verdicts(self, owner: str, verdict_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """See SubmissionStore."""
        chunks = [verdict_ids[i : i + _CHUNK] for i in range(0, len(verdict_ids), _CHUNK)]
        found: dict[str, dict[str, Any]] = {}
        for ids in chunks:
            rows = self._all(_VERDICTS, {"ids": list(ids), "owner": owner})
            found.update((name, load(document)) for name, document in rows)
        return found

    def submission_and_verdict(
        self, owner: str, submission_id: str
    ) -> tuple[SubmissionRow, dict[str, Any] | None]:
        """See SubmissionStore."""
        asked = {"owner": owner, "submission_id": checked_id(submission_id)}
        row = self._database.read(lambda c: c.execute(_WITH_VERDICT, asked).one_or_none())
        if row is None:
            raise NotFoundError("No such submission.")
        return submission_row(row), load(row[-1])

    def body(self, owner: str, submission_id: str) -> bytes:
        """See SubmissionStore."""
        asked = {"owner": owner, "submission_id": checked_id(submission_id)}
        rows = self._all(_BODY, asked)
        if not rows:
            raise NotFoundError("No such submission.")
        return bytes(rows[0][0])

    def finished(self, submission_ids: Sequence[str]) -> Sequence[str]:
        """See SubmissionStore."""
        chunks = [submission_ids[i : i + _CHUNK] for i in range(0, len(submission_ids), _CHUNK)]
        found: list[str] = []
        for ids in chunks:
            rows = self._all(_FINISHED, {"ids": list(ids)})
            found.extend(row[0] for row in rows)
        return found

    def ping(self) -> None:
        """See SubmissionStore."""
        self._all(_PING, {})

    def _all(self, statement: Select[Any], asked: dict[str, Any]) -> Sequence[Any]:
        return self._database.read(lambda c: c.execute(statement, asked).all())
