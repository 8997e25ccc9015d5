"""Tables of what was read from a chain and of what goes to it; migration 0002 makes them.

Hashes and keys are hexadecimal text. Amounts are decimal text: they have 64 bits without a sign.
Times are microseconds since 1970 in UTC but for those named `_ms`, which are the chain's own.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Table, Text

from validator.store.tables import RowNumber, metadata

chain_blocks = Table(
    "chain_blocks",
    metadata,
    # The order in which we saw them: a block that a re-order put elsewhere comes again.
    Column("seq", RowNumber, primary_key=True, autoincrement=True),
    Column("topoheight", BigInteger, nullable=False),
    Column("hash", Text, nullable=False),
    Column("height", BigInteger, nullable=False),
    Column("timestamp_ms", BigInteger, nullable=False),
    # JSON: the AI-mining transactions, `[{tx, source, payload, nonce, executed}]`.
    Column("acts", Text, nullable=False),
    # 1 once a re-order took it out of its place.
    Column("replaced", BigInteger, nullable=False, server_default="0"),
    Index("chain_blocks_height", "height"),
    sqlite_autoincrement=True,
)
# One block stands at a topoheight: two followers of one database cannot both write the journal.
Index(
    "chain_blocks_place",
    chain_blocks.c.topoheight,
    unique=True,
    sqlite_where=chain_blocks.c.replaced == 0,
    postgresql_where=chain_blocks.c.replaced == 0,
)

chain_tasks = Table(
    "chain_tasks",
    metadata,
    Column("task_id", Text, primary_key=True),
    Column("publisher", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("reward", Text, nullable=False),
    Column("difficulty", Text, nullable=False),
    Column("deadline_ms", BigInteger, nullable=False),
    Column("published_height", BigInteger, nullable=False),
    Column("published_ms", BigInteger, nullable=False),
    # The chain's word in small letters; `gone` where the chain shows the task no more.
    Column("status", Text, nullable=False),
    Column("standing", Text, nullable=False),  # ours: new | watched | declined | quarantined
    Column("sentence", Text),
    Column("tries", BigInteger, nullable=False, server_default="0"),
    Column("retry_at", BigInteger),
    # The chain's time at which we first had the sealed part; NULL for a task without one.
    Column("sealed_ms", BigInteger),
    Column("updated_at", BigInteger, nullable=False),
    Index("chain_tasks_status", "status"),
)

chain_answers = Table(
    "chain_answers",
    metadata,
    Column("answer_id", Text, primary_key=True),
    Column("task_id", Text, nullable=False),
    Column("submitter", Text, nullable=False),
    Column("answer_hash", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("height", BigInteger, nullable=False),
    # Of the block that applied it; NULL while no block is known that gives this id.
    Column("timestamp_ms", BigInteger),
    Column("standing", Text, nullable=False),  # new | submitted | refused | gone
    Column("sentence", Text),
    Column("submission_id", Text),
    Column("own_score", BigInteger),
    Column("tries", BigInteger, nullable=False, server_default="0"),
    Column("retry_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Index("chain_answers_task", "task_id"),
    Index("chain_answers_standing", "standing"),
    Index("chain_answers_submission", "submission_id"),
)

chain_events = Table(
    "chain_events",
    metadata,
    Column("seq", RowNumber, primary_key=True, autoincrement=True),
    # What the event is about: told once, however often it is found.
    Column("key", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("task_id", Text),
    Column("answer_id", Text),
    Column("data", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)

posts = Table(
    "posts",
    metadata,
    Column("answer_id", Text, primary_key=True),
    Column("task_id", Text, nullable=False),
    Column("submission_id", Text, nullable=False),
    Column("verdict_id", Text, nullable=False),
    Column("score", BigInteger, nullable=False),
    Column("reward", Text, nullable=False),
    Column("deadline_ms", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("approved_by", Text),
    Column("root", Text),  # signing root, once the signer has a row
    Column("nonce", BigInteger),
    Column("tx_hash", Text),
    Column("tries", BigInteger, nullable=False, server_default="0"),
    Column("not_before", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Index("posts_state", "state"),
    Index("posts_submission", "submission_id"),
)
