"""Expert reviews."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _reviews()
    _indexes()
    _beside()
    for table in ("review_events", "review_records", "review_rulings"):
        _freeze(table)


def downgrade() -> None:
    raise NotImplementedError("restore a backup: going back would lose reviews")


def _reviews() -> None:
    op.create_table(
        "reviews",
        sa.Column("review_id", sa.Text, primary_key=True),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column(
            "submission_id", sa.Text, sa.ForeignKey("submissions.submission_id"), nullable=False
        ),
        sa.Column("task_type", sa.Text, nullable=False),
        sa.Column("task_digest", sa.Text, nullable=False),
        sa.Column("asked", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("attempts", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.Column("outcome", sa.Text),
        sa.Column("record_digest", sa.Text),
        sa.Column("taken_by", sa.Text),
        sa.Column("taken_at", sa.BigInteger),
        sa.Column("lease_worker", sa.Text),
        sa.Column("lease_token", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("lease_expires", sa.BigInteger),
        sa.Column("releases", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("last_seq", sa.BigInteger, nullable=False, server_default="0"),
        sa.UniqueConstraint("owner", "submission_id", "asked", name="reviews_once"),
    )


def _indexes() -> None:
    op.create_index("reviews_page", "reviews", ["owner", "created_at", "review_id"])
    op.create_index("reviews_of_task", "reviews", ["owner", "task_digest", "created_at"])
    op.create_index("reviews_all", "reviews", ["created_at", "review_id"])
    _partial_index("reviews_due", ["created_at"], "state IN ('queued', 'running')")
    _partial_index("reviews_waiting", ["updated_at"], "state = 'waiting_human'")


def _partial_index(name: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, "reviews", columns, sqlite_where=condition, postgresql_where=condition)


def _beside() -> None:
    def review() -> sa.Column[str]:
        return sa.Column("review_id", sa.Text, sa.ForeignKey("reviews.review_id"), primary_key=True)

    op.create_table(
        "review_events",
        review(),
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("data", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "review_records",
        review(),
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("record", sa.LargeBinary, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "review_rulings",
        review(),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("score", sa.BigInteger),
        sa.Column("previous", sa.Text),
        sa.Column("decided_at", sa.BigInteger, nullable=False),
    )


def _freeze(table: str) -> None:
    """What was judged is evidence: the database itself refuses to change or delete it."""
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
