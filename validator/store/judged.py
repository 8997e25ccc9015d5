"""Verdicts for whoever posts and proves them: with what they rest on, whoever the owner is.

Nothing here filters by owner, so nothing here may be given to the front door.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select

from validator.domain.posting import PostState
from validator.domain.submission import Origin
from validator.errors import NotFoundError, StoreDamagedError
from validator.store.chain_tables import chain_tasks, posts
from validator.store.tables import bodies, submissions, verdicts
from validator.store.values import checked_id, instant, load
from validator.wire.canonical import sha256_digest

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy import Select

    from validator.store.database import Database

_CHUNK = 500

_JUDGED = (
    select(
        verdicts.c.document,
        submissions.c.submission_id,
        submissions.c.owner,
        submissions.c.origin,
        submissions.c.created_at,
        submissions.c.body_digest,
        bodies.c.body,
    )
    .select_from(verdicts)
    .join(submissions, submissions.c.submission_id == verdicts.c.submission_id)
    .join(bodies, bodies.c.submission_id == verdicts.c.submission_id)
    .where(verdicts.c.verdict_id == bindparam("verdict_id"))
)
_POSTED = select(posts.c.verdict_id, posts.c.state, posts.c.tx_hash).where(
    posts.c.verdict_id.in_(bindparam("ids", expanding=True))
)
_OF_ORIGIN = (
    select(verdicts.c.document)
    .select_from(verdicts)
    .join(submissions, submissions.c.submission_id == verdicts.c.submission_id)
    .where(submissions.c.origin == bindparam("origin"))
    .order_by(verdicts.c.created_at.desc(), verdicts.c.verdict_id.desc())
    .limit(bindparam("limit"))
)
_FINAL_OF_TASK = (
    select(posts.c.verdict_id)
    .select_from(posts)
    .join(chain_tasks, chain_tasks.c.task_id == posts.c.task_id)
    .where(
        posts.c.task_id == bindparam("task_id"),
        posts.c.state == PostState.FINALIZED.value,
        chain_tasks.c.status.in_(bindparam("closed", expanding=True)),
    )
    .order_by(posts.c.verdict_id)
)


@dataclass(frozen=True, slots=True)
class JudgedRow:
    """A verdict's stored document, and the submission that it is about as it was accepted."""

    document: dict[str, Any]
    submission_id: str
    owner: str
    origin: Origin
    received_at: datetime
    body: bytes


@dataclass(frozen=True, slots=True)
class PostedRow:
    """Where a verdict's post stands; `tx` is the hash of its newest transaction."""

    state: PostState
    tx: str | None


class Judged:
    """Verdicts by id, of all owners: for the poster, and for the operator at this machine."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def judged(self, verdict_id: str) -> JudgedRow:
        """Return a verdict with its submission.

        Raises NotFoundError, and StoreDamagedError for a body that is not the accepted one.
        """
        asked = {"verdict_id": checked_id(verdict_id)}
        row = self._database.read(lambda c: c.execute(_JUDGED, asked).one_or_none())
        if row is None:
            raise NotFoundError("No such verdict.")
        body = bytes(row.body)
        if sha256_digest(body) != row.body_digest:
            raise StoreDamagedError(f"The body of {row.submission_id} is not the accepted one.")
        return JudgedRow(
            load(row.document),
            row.submission_id,
            row.owner,
            Origin(row.origin),
            instant(row.created_at),
            body,
        )

    def posted(self, verdict_ids: Sequence[str]) -> dict[str, PostedRow]:
        """Return the posts of those of these verdicts that have one, by verdict."""
        found: dict[str, PostedRow] = {}
        for start in range(0, len(verdict_ids), _CHUNK):
            asked = {"ids": list(verdict_ids[start : start + _CHUNK])}
            for row in self._all(_POSTED, asked):
                found[row.verdict_id] = PostedRow(PostState(row.state), row.tx_hash)
        return found

    def newest_of(self, origin: Origin, limit: int) -> list[dict[str, Any]]:
        """Return the stored documents of the newest verdicts of an origin."""
        asked = {"origin": origin.value, "limit": limit}
        return [load(row.document) for row in self._all(_OF_ORIGIN, asked)]

    def final_of(self, task_id: str, closed: Collection[str]) -> list[str]:
        """Return the verdicts on a chain's task that are final there, once the task is closed.

        `task_id` has 64 hexadecimal digits; `closed` are the chain's words for a closed task.
        """
        asked = {"task_id": checked_id(task_id), "closed": sorted(closed)}
        return [row.verdict_id for row in self._all(_FINAL_OF_TASK, asked)]

    def _all(self, statement: Select[Any], asked: dict[str, Any]) -> Sequence[Any]:
        return self._database.read(lambda c: c.execute(statement, asked).all())
