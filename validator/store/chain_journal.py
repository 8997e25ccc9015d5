"""The journal of blocks, and the views that are written with it.

A block and everything that it changed are one transaction; what was replaced stays, because the
chain does not take back what replaced blocks did to tasks and accounts (protocol note, 6.5).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, select, text, update
from sqlalchemy.exc import IntegrityError

from validator.errors import ConfigurationError, StoreUnavailableError
from validator.store.chain_tables import chain_answers, chain_blocks, chain_events
from validator.store.chain_values import GONE, BlockRow
from validator.store.tables import meta
from validator.store.values import dump, micros

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from validator.domain.clock import Clock
    from validator.store.chain_values import (
        AnswerFacts,
        Changes,
        NewBlock,
        NewEvent,
        TaskFacts,
    )
    from validator.store.database import Database

_GENESIS = "chain_genesis"
_HIGHEST = 2**63 - 1
"""What a column holds; a node may name a height with one bit more."""
_B = chain_blocks.c
_COLUMNS = (_B.topoheight, _B.hash, _B.height, _B.timestamp_ms, _B.acts, _B.seq)
_SET_META = text("INSERT INTO meta (name, value) VALUES (:name, :value) ON CONFLICT DO NOTHING")
_META = select(meta.c.value).where(meta.c.name == bindparam("name"))
_TIP = select(*_COLUMNS).where(_B.replaced == 0).order_by(_B.topoheight.desc()).limit(1)
_NEWEST = (
    select(*_COLUMNS)
    .where(_B.replaced == 0)
    .order_by(_B.topoheight.desc())
    .limit(bindparam("limit"))
)
_SEEN = (
    select(*_COLUMNS).where(_B.seq > bindparam("after")).order_by(_B.seq).limit(bindparam("limit"))
)
_LATER = (
    select(*_COLUMNS)
    .where(_B.replaced == 0, _B.topoheight >= bindparam("low"), _B.timestamp_ms > bindparam("ms"))
    .order_by(_B.topoheight)
    .limit(1)
)
_TIMES = select(_B.timestamp_ms).where(_B.height == bindparam("height")).distinct()
_REPLACE = (
    update(chain_blocks)
    .where(_B.replaced == 0, _B.topoheight >= bindparam("low"))
    .values(replaced=1)
)
_APPEND = chain_blocks.insert().returning(_B.seq)
_LAST_SEQ = select(func.max(_B.seq))
_TASK = text(
    "INSERT INTO chain_tasks (task_id, publisher, text, reward, difficulty, deadline_ms,"
    " published_height, published_ms, status, standing, updated_at) VALUES (:task_id, :publisher,"
    " :text, :reward, :difficulty, :deadline_ms, :published_height, :published_ms, :status, 'new',"
    " :at) ON CONFLICT (task_id) DO UPDATE SET status = excluded.status, updated_at = :at"
)
# An answer that the chain shows again takes up its work where it was; one whose block we come to
# know no longer says that we do not.
_ANSWER = text(
    "INSERT INTO chain_answers (answer_id, task_id, submitter, answer_hash, content, height,"
    " timestamp_ms, standing, own_score, created_at, updated_at) VALUES (:answer_id, :task_id,"
    " :submitter, :answer_hash, :content, :height, :timestamp_ms, 'new', :own_score, :at, :at)"
    " ON CONFLICT (answer_id) DO UPDATE SET own_score = excluded.own_score, updated_at = :at,"
    " timestamp_ms = COALESCE(chain_answers.timestamp_ms, excluded.timestamp_ms),"
    " sentence = CASE WHEN chain_answers.timestamp_ms IS NULL AND excluded.timestamp_ms IS NOT NULL"
    " AND chain_answers.standing = 'new' THEN NULL ELSE chain_answers.sentence END,"
    " standing = CASE WHEN chain_answers.standing <> 'gone' THEN chain_answers.standing"
    " WHEN chain_answers.submission_id IS NULL THEN 'new' ELSE 'submitted' END"
)
_LOSE = (
    update(chain_answers)
    .where(chain_answers.c.answer_id == bindparam("id"))
    .values(standing=GONE, updated_at=bindparam("at"))
)
_TELL = text(
    "INSERT INTO chain_events (key, kind, task_id, answer_id, data, at) VALUES (:key, :kind,"
    " :task_id, :answer_id, :data, :at) ON CONFLICT (key) DO NOTHING"
)
_TOLD = select(chain_events.c.seq).where(chain_events.c.key == bindparam("key"))


class Journal:
    """Blocks in the order seen. One follower writes; anybody may read."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def genesis(self) -> str | None:
        """Return the hash of the chain that this database belongs to; None before the first."""
        found = self._database.read(lambda c: c.execute(_META, {"name": _GENESIS}).scalar())
        return None if found is None else str(found)

    def bind(self, genesis: str) -> None:
        """Give the database to a chain, for ever. Raises ConfigurationError when it has another."""
        wanted = {"name": _GENESIS, "value": genesis}

        def work(connection: Connection) -> str:
            connection.execute(_SET_META, wanted)
            return str(connection.execute(_META, {"name": _GENESIS}).scalar_one())

        found = self._database.write(work)
        if found != genesis:
            raise ConfigurationError(
                f"chain.nodes: they show the chain {genesis[:16]}, but this database follows"
                f" {found[:16]}; set another data_dir or database.url for another chain"
            )

    def tip(self) -> BlockRow | None:
        """Return the block that stands highest; None while the journal is empty."""
        row = self._database.read(lambda c: c.execute(_TIP).one_or_none())
        return None if row is None else _block(row)

    def newest(self, limit: int) -> list[BlockRow]:
        """Return the blocks that stand highest, the highest first."""
        rows = self._database.read(lambda c: c.execute(_NEWEST, {"limit": limit}).all())
        return [_block(row) for row in rows]

    def seen(self, after: int, limit: int) -> list[BlockRow]:
        """Return blocks in the order seen, those that were replaced among them."""
        asked = {"after": after, "limit": limit}
        return [_block(row) for row in self._database.read(lambda c: c.execute(_SEEN, asked).all())]

    def first_after(self, topoheight: int, timestamp_ms: int) -> BlockRow | None:
        """Return the lowest standing block from a place on that was made after a moment.

        It may not be stable yet; None while there is none.
        """
        asked = {"low": topoheight, "ms": timestamp_ms}
        row = self._database.read(lambda c: c.execute(_LATER, asked).one_or_none())
        return None if row is None else _block(row)

    def times(self, height: int) -> list[int]:
        """Return the timestamps of all blocks ever seen at a height; any number may be asked."""
        if height > _HIGHEST:
            return []
        found = self._database.read(lambda c: c.execute(_TIMES, {"height": height}).scalars().all())
        return [int(one) for one in found]

    def append(self, block: NewBlock, changes: Changes, *, hasty: bool = False) -> int:
        """Write a block and what it changed; return its number in the order seen.

        A `hasty` one may be undone by a power loss: for blocks that can be read again at any time.

        Raises StoreUnavailableError when another follower of this database was faster.
        """
        row = {
            "topoheight": block.topoheight,
            "hash": block.hash,
            "height": block.height,
            "timestamp_ms": block.timestamp_ms,
            "acts": block.acts,
        }

        def work(connection: Connection) -> int:
            seq = connection.execute(_APPEND, row).scalar_one()
            self._write(connection, changes)
            return int(seq)

        try:
            return self._database.write(work, hasty=hasty)
        except IntegrityError as error:
            raise StoreUnavailableError(
                f"another follower has written topoheight {block.topoheight} of this journal"
            ) from error

    def replace(self, low: int, event: NewEvent) -> int:
        """Take every block from topoheight `low` on out of its place; return how many.

        The event's key gets the journal's last number, and so is told once for each re-order.
        """

        def work(connection: Connection) -> int:
            count = connection.execute(_REPLACE, {"low": low}).rowcount
            if count:
                last = connection.execute(_LAST_SEQ).scalar_one()
                self._tell(connection, event, f"{event.key}:{last}", {"blocks": count})
            return count

        return self._database.write(work)

    def observe(self, changes: Changes) -> None:
        """Write what was found without a new block."""
        if changes:
            self._database.write(lambda connection: self._write(connection, changes))

    def told(self, key: str) -> bool:
        """Say whether the event of this key was told."""
        found = self._database.read(lambda c: c.execute(_TOLD, {"key": key}).scalar())
        return found is not None

    def _write(self, connection: Connection, changes: Changes) -> None:
        at = micros(self._clock.now())
        if changes.tasks:
            connection.execute(_TASK, [_task_values(task, at) for task in changes.tasks])
        if changes.answers:
            connection.execute(_ANSWER, [_answer_values(one, at) for one in changes.answers])
        for answer_id in changes.gone:
            connection.execute(_LOSE, {"id": answer_id, "at": at})
        for event in changes.events:
            self._tell(connection, event, event.key, {})

    def _tell(
        self, connection: Connection, event: NewEvent, key: str, more: dict[str, int]
    ) -> None:
        values = {
            "key": key,
            "kind": event.kind,
            "task_id": event.task_id,
            "answer_id": event.answer_id,
            "data": dump(event.data | more),
            "at": micros(self._clock.now()),
        }
        connection.execute(_TELL, values)


def _block(row: Sequence[Any]) -> BlockRow:
    return BlockRow(*row)  # the columns are in the order of the fields


def _task_values(task: TaskFacts, at: int) -> dict[str, object]:
    return {
        "task_id": task.task_id,
        "publisher": task.publisher,
        "text": dump(task.text),  # JSON: a database's text type refuses some characters
        "reward": str(task.reward),
        "difficulty": task.difficulty,
        "deadline_ms": task.deadline_ms,
        "published_height": task.published_height,
        "published_ms": task.published_ms,
        "status": task.status,
        "at": at,
    }


def _answer_values(answer: AnswerFacts, at: int) -> dict[str, object]:
    return {
        "answer_id": answer.answer_id,
        "task_id": answer.task_id,
        "submitter": answer.submitter,
        "answer_hash": answer.answer_hash,
        "content": dump(answer.content),
        "height": answer.height,
        "timestamp_ms": answer.timestamp_ms,
        "own_score": answer.own_score,
        "at": at,
    }
