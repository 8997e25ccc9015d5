"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _submissions()
    _around_submissions()
    _verdicts()
    _freeze("verdicts")
    _freeze("checks")


def downgrade() -> None:
    raise NotImplementedError("restore a backup: going back would lose what was accepted")


def _submissions() -> None:
    op.create_table(
        "meta",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.create_table(
        "submissions",
        sa.Column("submission_id", sa.Text, primary_key=True),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("attempts", sa.BigInteger, nullable=False),
        sa.Column("task_type", sa.Text, nullable=False),
        sa.Column("task_label", sa.Text),
        sa.Column("answer_label", sa.Text),
        sa.Column("task_digest", sa.Text, nullable=False),
        sa.Column("answer_digest", sa.Text, nullable=False),
        sa.Column("body_digest", sa.Text, nullable=False),
        sa.Column("queue", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.Column("verdict_id", sa.Text),
        sa.Column("lease_worker", sa.Text),
        sa.Column("lease_token", sa.BigInteger, nullable=False),
        sa.Column("lease_expires", sa.BigInteger),
        sa.Column("last_seq", sa.BigInteger, nullable=False),
        sa.Column("rung_at", sa.BigInteger),
        sa.Column("backoff", sa.BigInteger, nullable=False),
        sa.Column("releases", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("faults", sa.Text, nullable=False, server_default="[]"),
    )
    op.create_index("submissions_page", "submissions", ["owner", "created_at", "submission_id"])
    _partial_index("submissions_due", "rung_at", "rung_at IS NOT NULL")
    _partial_index("submissions_parked", "updated_at", "state = 'parked'")


def _partial_index(name: str, column: str, where: str) -> None:
    condition = sa.text(where)
    op.create_index(
        name, "submissions", [column], sqlite_where=condition, postgresql_where=condition
    )


def _submission(*, primary_key: bool = False) -> sa.Column[str]:
    return sa.Column(
        "submission_id",
        sa.Text,
        sa.ForeignKey("submissions.submission_id"),
        primary_key=primary_key,
        nullable=False,
    )


def _around_submissions() -> None:
    op.create_table(
        "bodies",
        _submission(primary_key=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "idempotency",
        sa.Column("owner", sa.Text, primary_key=True),
        sa.Column("key_digest", sa.Text, primary_key=True),
        sa.Column("body_digest", sa.Text, nullable=False),
        sa.Column("submission_id", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "events",
        _submission(primary_key=True),
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("data", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "outbox",
        sa.Column(
            "outbox_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            primary_key=True,
            autoincrement=True,
        ),
        _submission(),
        sa.Column("queue", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("outbox_submission", "outbox", ["submission_id"])


def _verdicts() -> None:
    op.create_table(
        "verdicts",
        sa.Column("verdict_id", sa.Text, primary_key=True),
        _submission(),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("supersedes", sa.Text, nullable=False),
        sa.Column("decision", sa.Text, nullable=False),
        sa.Column("score", sa.BigInteger),
        sa.Column("result_digest", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("submission_id", "supersedes", name="verdicts_one_successor"),
    )
    op.create_index("verdicts_recent", "verdicts", ["created_at"])
    op.create_table(
        "checks",
        sa.Column("verdict_id", sa.Text, sa.ForeignKey("verdicts.verdict_id"), primary_key=True),
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("score", sa.BigInteger),
        sa.Column("weight", sa.BigInteger, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )


def _freeze(table: str) -> None:
    """Verdicts are immutable: the database itself refuses to change or delete one."""
    refusal = f"{table} never change"
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{refusal}'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {table}_frozen() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{refusal}'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_frozen BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_frozen()"
    )
