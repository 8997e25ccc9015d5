"""What was read from a chain: the journal, tasks and answers with our standing, events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, case, func, or_, select, update

from validator.store.accepting import key_digest
from validator.store.chain_journal import Journal
from validator.store.chain_tables import chain_answers, chain_events, chain_tasks
from validator.store.chain_values import (
    ACTIVE,
    GONE,
    AnswerRow,
    AnswerStanding,
    ChainEvent,
    TaskRow,
    TaskStanding,
)
from validator.store.tables import idempotency
from validator.store.values import load, micros, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Connection, Select

    from validator.store.chain_values import Due, Retry

MAX_EVENTS = 500
_T, _A, _E = chain_tasks.c, chain_answers.c, chain_events.c
_TASK_COLUMNS = tuple(_T[name] for name in TaskRow.__dataclass_fields__)
_ANSWER_COLUMNS = tuple(_A[name] for name in AnswerRow.__dataclass_fields__)
_OPEN = and_(
    _T.status == ACTIVE,
    _T.deadline_ms >= bindparam("now_ms"),
    _T.publisher != bindparam("own"),
)
_DUE_TASKS = (
    select(*_TASK_COLUMNS)
    .where(_OPEN, _T.standing == "new")
    .where(or_(_T.retry_at.is_(None), _T.retry_at <= bindparam("at")))
    .order_by(_T.deadline_ms, _T.task_id)
    .limit(bindparam("limit"))
)
_DUE_ANSWERS = (
    select(*_ANSWER_COLUMNS)
    .join(chain_tasks, _T.task_id == _A.task_id)
    .where(_OPEN, _T.standing == "watched", _A.standing == "new", _A.own_score.is_(None))
    .where(_A.submitter != bindparam("own"), _A.timestamp_ms.is_not(None))
    .where(_A.height <= bindparam("stable_height"))
    .where(or_(_A.retry_at.is_(None), _A.retry_at <= bindparam("at")))
    .order_by(_T.deadline_ms, _A.height, _A.answer_id)
    .limit(bindparam("limit"))
)
_UNSEEN = (
    select(*_ANSWER_COLUMNS)
    .join(chain_tasks, _T.task_id == _A.task_id)
    .where(_OPEN, _T.standing == "watched", _A.standing == "new", _A.own_score.is_(None))
    .where(_A.submitter != bindparam("own"), _A.timestamp_ms.is_(None), _A.sentence.is_(None))
    .where(_A.height <= bindparam("stable_height"))
    .order_by(_A.height, _A.answer_id)
    .limit(bindparam("limit"))
)
_EARLIER = (
    select(_A.submission_id)
    .where(
        _A.task_id == bindparam("task_id"),
        _A.submitter == bindparam("submitter"),
        _A.answer_hash == bindparam("answer_hash"),
        _A.submission_id.is_not(None),
    )
    .order_by(_A.created_at)
    .limit(1)
)
_CLAIMED = select(idempotency.c.submission_id).where(
    idempotency.c.owner == bindparam("owner"), idempotency.c.key_digest == bindparam("key_digest")
)
_SETTLE_TASK = (
    update(chain_tasks)
    .where(_T.task_id == bindparam("id"), _T.standing.in_(("new", "watched")))
    .values(
        standing=bindparam("new_standing"),
        sentence=bindparam("why"),
        tries=func.coalesce(bindparam("tries"), _T.tries),
        retry_at=bindparam("again"),
        sealed_ms=func.coalesce(_T.sealed_ms, bindparam("sealed")),
        updated_at=bindparam("now"),
    )
)
_SETTLE_ANSWER = (
    update(chain_answers)
    .where(_A.answer_id == bindparam("id"), _A.standing.in_(("new", "refused")))
    .values(
        standing=bindparam("new_standing"),
        sentence=bindparam("why"),
        tries=func.coalesce(bindparam("tries"), _A.tries),
        retry_at=bindparam("again"),
        submission_id=bindparam("submission"),
        updated_at=bindparam("now"),
    )
)
# What is gone may be shown again: another node is behind, or re-orders its blocks.
_OVER = or_(_T.status.not_in((ACTIVE, GONE)), _T.deadline_ms < bindparam("now_ms"))
_CLOSE_OWN = (
    update(chain_answers)
    .where(_A.standing == "new", _A.submitter == bindparam("own"))
    .values(standing="refused", sentence=bindparam("ours"), updated_at=bindparam("now"))
)
_NOT_SEEN = and_(_A.timestamp_ms.is_(None), _A.own_score.is_(None))
_CLOSE_ANSWERS = (
    update(chain_answers)
    .where(_A.standing == "new", _A.task_id.in_(select(_T.task_id).where(_OVER)))
    .values(
        standing="refused",
        sentence=func.coalesce(
            _A.sentence, case((_NOT_SEEN, bindparam("unseen")), else_=bindparam("why"))
        ),
        updated_at=bindparam("now"),
    )
)
_CLOSE_TASKS = (
    update(chain_tasks)
    .where(_T.standing == "new", _OVER)
    .values(
        standing="declined",
        sentence=func.coalesce(_T.sentence, bindparam("why")),
        updated_at=bindparam("now"),
    )
)
_NEAR = select(*_TASK_COLUMNS).where(
    _T.status == ACTIVE,
    _T.deadline_ms >= bindparam("now_ms"),
    _T.deadline_ms <= bindparam("until_ms"),
)
_EVENTS = (
    select(_E.seq, _E.kind, _E.task_id, _E.answer_id, _E.data, _E.at)
    .where(_E.seq > bindparam("after"))
    .order_by(_E.seq)
    .limit(bindparam("limit"))
)
CLOSED = "declined: the task is over, so that a score would complete nothing"
OWN = "declined: it is our own answer"
UNSEEN = "internal: we did not see its block, so that nothing proves when it came"


class ChainStore(Journal):
    """The chain tables. Every write is one transaction; safe for threads."""

    def task(self, task_id: str) -> TaskRow | None:
        """Return one task."""
        rows = self._tasks(select(*_TASK_COLUMNS).where(_T.task_id == bindparam("id")), id=task_id)
        return rows[0] if rows else None

    def active(self) -> list[TaskRow]:
        """Return every task whose last known status is active."""
        return self._tasks(select(*_TASK_COLUMNS).where(_T.status == ACTIVE))

    def answers(self, task_id: str) -> list[AnswerRow]:
        """Return all answers ever seen to a task, in the order they were found."""
        asked = select(*_ANSWER_COLUMNS).where(_A.task_id == bindparam("id"))
        return self._answers(asked.order_by(_A.created_at, _A.height, _A.answer_id), id=task_id)

    def due_tasks(self, due: Due, limit: int) -> list[TaskRow]:
        """Return open tasks of others whose document is to be read now; the most urgent first."""
        asked = {"now_ms": due.now_ms, "own": due.own, "at": due.at, "limit": limit}
        return self._tasks(_DUE_TASKS, **asked)

    def due_answers(self, due: Due, limit: int) -> list[AnswerRow]:
        """Return stable answers of others to open watched tasks that are to be judged now."""
        stable = {"stable_height": due.stable_height, "limit": limit}
        return self._answers(_DUE_ANSWERS, now_ms=due.now_ms, own=due.own, at=due.at, **stable)

    def unseen(self, due: Due, limit: int) -> list[AnswerRow]:
        """Return answers that would be due if we had seen their block, and do not say so yet."""
        stable = {"stable_height": due.stable_height, "limit": limit}
        return self._answers(_UNSEEN, now_ms=due.now_ms, own=due.own, **stable)

    def earlier(self, answer: AnswerRow) -> str | None:
        """Return the submission of the same content by the same account to the same task."""
        asked = {
            "task_id": answer.task_id,
            "submitter": answer.submitter,
            "answer_hash": answer.answer_hash,
        }
        found = self._database.read(lambda c: c.execute(_EARLIER, asked).scalar())
        return None if found is None else str(found)

    def claimed(self, owner: str, key: str) -> str | None:
        """Return the submission that an idempotency key was used for."""
        asked = {"owner": owner, "key_digest": key_digest(key)}
        found = self._database.read(lambda c: c.execute(_CLAIMED, asked).scalar())
        return None if found is None else str(found)

    def settle_task(
        self,
        task_id: str,
        standing: TaskStanding,
        sentence: str | None = None,
        *,
        again: Retry | None = None,
        sealed_ms: int | None = None,
    ) -> None:
        """Set our standing; `again` is when to try once more. One that was settled stays."""
        values = {
            "id": task_id,
            "new_standing": standing.value,
            "why": None if sentence is None else plain(sentence),
            "tries": None if again is None else again.tries,
            "again": None if again is None else again.at,
            "sealed": sealed_ms,
            "now": micros(self._clock.now()),
        }
        self._database.write(lambda c: c.execute(_SETTLE_TASK, values))

    def settle_answer(
        self,
        answer_id: str,
        standing: AnswerStanding,
        sentence: str | None = None,
        *,
        again: Retry | None = None,
        submission_id: str | None = None,
    ) -> None:
        """Likewise for an answer; one that was submitted, or is gone, stays."""
        values = {
            "id": answer_id,
            "new_standing": standing.value,
            "why": None if sentence is None else plain(sentence),
            "tries": None if again is None else again.tries,
            "again": None if again is None else again.at,
            "submission": submission_id,
            "now": micros(self._clock.now()),
        }
        self._database.write(lambda c: c.execute(_SETTLE_ANSWER, values))

    def close_over(self, now_ms: int, own: str = "") -> None:
        """Leave unjudged what came to nothing: new answers and tasks that are over, and our own.

        `own`: our key in hexadecimal text, "" for none.
        """
        values = {"now_ms": now_ms, "why": CLOSED, "now": micros(self._clock.now())}
        values |= {"own": own, "ours": OWN, "unseen": UNSEEN}

        def work(connection: Connection) -> None:
            connection.execute(_CLOSE_OWN, values)
            connection.execute(_CLOSE_ANSWERS, values)
            connection.execute(_CLOSE_TASKS, values)

        self._database.write(work)

    def near(self, now_ms: int, until_ms: int) -> list[TaskRow]:
        """Return active tasks whose deadline lies in this span, both ends included."""
        return self._tasks(_NEAR, now_ms=now_ms, until_ms=until_ms)

    def chain_events(self, after: int, limit: int = MAX_EVENTS) -> list[ChainEvent]:
        """Return events after a number, oldest first."""
        asked = {"after": after, "limit": limit}
        rows = self._database.read(lambda c: c.execute(_EVENTS, asked).all())
        return [ChainEvent(r[0], r[1], r[2], r[3], load(r[4]), r[5]) for r in rows]

    def counts(self) -> dict[str, dict[str, int]]:
        """Return how many tasks and answers have each standing; every standing is there."""
        found: dict[str, dict[str, int]] = {
            "tasks": {one.value: 0 for one in TaskStanding},
            "answers": {one.value: 0 for one in AnswerStanding},
        }
        found["tasks"] |= self._count(_T.standing)
        found["answers"] |= self._count(_A.standing)
        return found

    def _count(self, standing: ColumnElement[str]) -> dict[str, int]:
        asked = select(standing, func.count()).group_by(standing)
        rows = self._database.read(lambda c: c.execute(asked).all())
        return {str(name): int(count) for name, count in rows}

    def _tasks(self, asked: Select[Any], **values: object) -> list[TaskRow]:
        rows = self._database.read(lambda c: c.execute(asked, values).mappings().all())
        return [_task_row(dict(row)) for row in rows]

    def _answers(self, asked: Select[Any], **values: object) -> list[AnswerRow]:
        rows: Sequence[Any] = self._database.read(
            lambda c: c.execute(asked, values).mappings().all()
        )
        return [_answer_row(dict(row)) for row in rows]


def _task_row(row: dict[str, Any]) -> TaskRow:
    kept = {
        "text": load(row["text"]),
        "reward": int(row["reward"]),
        "standing": TaskStanding(row["standing"]),
    }
    return TaskRow(**(row | kept))


def _answer_row(row: dict[str, Any]) -> AnswerRow:
    kept = {"content": load(row["content"]), "standing": AnswerStanding(row["standing"])}
    return AnswerRow(**(row | kept))
