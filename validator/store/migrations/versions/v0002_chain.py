"""What was read from a chain, and what goes to it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _blocks()
    _tasks()
    _answers()
    _events()
    _posts()


def downgrade() -> None:
    raise NotImplementedError("restore a backup: going back would lose what was posted")


def _blocks() -> None:
    op.create_table(
        "chain_blocks",
        sa.Column("seq", _NUMBER, primary_key=True, autoincrement=True),
        sa.Column("topoheight", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("height", sa.BigInteger, nullable=False),
        sa.Column("timestamp_ms", sa.BigInteger, nullable=False),
        sa.Column("acts", sa.Text, nullable=False),
        sa.Column("replaced", sa.BigInteger, nullable=False, server_default="0"),
        sqlite_autoincrement=True,
    )
    op.create_index("chain_blocks_height", "chain_blocks", ["height"])
    standing = sa.text("replaced = 0")
    op.create_index(
        "chain_blocks_place",
        "chain_blocks",
        ["topoheight"],
        unique=True,
        sqlite_where=standing,
        postgresql_where=standing,
    )


def _tasks() -> None:
    op.create_table(
        "chain_tasks",
        sa.Column("task_id", sa.Text, primary_key=True),
        sa.Column("publisher", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("reward", sa.Text, nullable=False),
        sa.Column("difficulty", sa.Text, nullable=False),
        sa.Column("deadline_ms", sa.BigInteger, nullable=False),
        sa.Column("published_height", sa.BigInteger, nullable=False),
        sa.Column("published_ms", sa.BigInteger, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("standing", sa.Text, nullable=False),
        sa.Column("sentence", sa.Text),
        sa.Column("tries", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("retry_at", sa.BigInteger),
        sa.Column("sealed_ms", sa.BigInteger),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
    )
    op.create_index("chain_tasks_status", "chain_tasks", ["status"])


def _answers() -> None:
    op.create_table(
        "chain_answers",
        sa.Column("answer_id", sa.Text, primary_key=True),
        sa.Column("task_id", sa.Text, nullable=False),
        sa.Column("submitter", sa.Text, nullable=False),
        sa.Column("answer_hash", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("height", sa.BigInteger, nullable=False),
        sa.Column("timestamp_ms", sa.BigInteger),
        sa.Column("standing", sa.Text, nullable=False),
        sa.Column("sentence", sa.Text),
        sa.Column("submission_id", sa.Text),
        sa.Column("own_score", sa.BigInteger),
        sa.Column("tries", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("retry_at", sa.BigInteger),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
    )
    op.create_index("chain_answers_task", "chain_answers", ["task_id"])
    op.create_index("chain_answers_standing", "chain_answers", ["standing"])
    op.create_index("chain_answers_submission", "chain_answers", ["submission_id"])


def _events() -> None:
    op.create_table(
        "chain_events",
        sa.Column("seq", _NUMBER, primary_key=True, autoincrement=True),
        sa.Column("key", sa.Text, nullable=False, unique=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("task_id", sa.Text),
        sa.Column("answer_id", sa.Text),
        sa.Column("data", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )


def _posts() -> None:
    op.create_table(
        "posts",
        sa.Column("answer_id", sa.Text, primary_key=True),
        sa.Column("task_id", sa.Text, nullable=False),
        sa.Column("submission_id", sa.Text, nullable=False),
        sa.Column("verdict_id", sa.Text, nullable=False),
        sa.Column("score", sa.BigInteger, nullable=False),
        sa.Column("reward", sa.Text, nullable=False),
        sa.Column("deadline_ms", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("approved_by", sa.Text),
        sa.Column("root", sa.Text),
        sa.Column("nonce", sa.BigInteger),
        sa.Column("tx_hash", sa.Text),
        sa.Column("tries", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("not_before", sa.BigInteger),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
    )
    op.create_index("posts_state", "posts", ["state"])
    op.create_index("posts_submission", "posts", ["submission_id"])
