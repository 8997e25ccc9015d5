"""Rounds of peer votes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _rounds()
    _indexes()
    _votes()
    for table in ("round_pools", "round_commits", "round_reveals"):
        _freeze(table)


def downgrade() -> None:
    raise NotImplementedError("restore a backup: going back would lose votes")


def _rounds() -> None:
    op.create_table(
        "round_pools",
        sa.Column("owner", sa.Text, primary_key=True),
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("document", sa.Text, nullable=False),
    )
    op.create_table(
        "rounds",
        sa.Column("round_id", sa.Text, primary_key=True),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("stage", sa.Text, nullable=False),
        sa.Column("task_id", sa.Text, nullable=False),
        sa.Column("answer_id", sa.Text, nullable=False),
        sa.Column("task_type", sa.Text, nullable=False),
        sa.Column("follows", sa.Text, sa.ForeignKey("rounds.round_id")),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("pool_digest", sa.Text, nullable=False),
        sa.Column("parties", sa.Text, nullable=False),
        sa.Column("rules", sa.Text, nullable=False),
        sa.Column("eligible", sa.BigInteger, nullable=False),
        sa.Column("eligible_digest", sa.Text, nullable=False),
        sa.Column("genesis", sa.Text, nullable=False),
        sa.Column("seed_topoheight", sa.BigInteger, nullable=False),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
        sa.Column("seed_hash", sa.Text),
        sa.Column("drawn", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("commits", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("reveals", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("commit_until", sa.BigInteger),
        sa.Column("reveal_until", sa.BigInteger),
        sa.Column("closed_at", sa.BigInteger),
        sa.Column("result", sa.Text),
        sa.ForeignKeyConstraint(
            ["owner", "pool_digest"], ["round_pools.owner", "round_pools.digest"]
        ),
        sa.UniqueConstraint(
            "owner", "origin", "task_id", "answer_id", "number", name="rounds_one_after_another"
        ),
    )


def _indexes() -> None:
    _partial_index("rounds", "rounds_undrawn", ["seed_topoheight"], "stage = 'open'")
    _partial_index("rounds", "rounds_due", ["reveal_until"], "stage IN ('voting', 'counting')")


def _partial_index(table: str, name: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, sqlite_where=condition, postgresql_where=condition)


def _votes() -> None:
    op.create_table(
        "round_voters",
        sa.Column("round_id", sa.Text, sa.ForeignKey("rounds.round_id"), primary_key=True),
        sa.Column("voter", sa.Text, primary_key=True),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("place", sa.BigInteger, nullable=False),
        sa.Column("stake", sa.Text, nullable=False),
        sa.Column("cluster", sa.Text),
        sa.Column("running", sa.BigInteger, nullable=False, server_default="1"),
        sqlite_with_rowid=False,
    )
    mine = ["owner", "voter", "round_id"]
    _partial_index("round_voters", "round_voters_running", mine, "running = 1")
    op.create_table(
        "round_commits",
        sa.Column("round_id", sa.Text, primary_key=True),
        sa.Column("voter", sa.Text, primary_key=True),
        sa.Column("commit_hash", sa.Text, nullable=False),
        sa.Column("signature", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(
            ["round_id", "voter"], ["round_voters.round_id", "round_voters.voter"]
        ),
        sa.UniqueConstraint("round_id", "commit_hash", name="round_commits_differ"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "round_reveals",
        sa.Column("round_id", sa.Text, primary_key=True),
        sa.Column("voter", sa.Text, primary_key=True),
        sa.Column("score", sa.BigInteger, nullable=False),
        sa.Column("salt", sa.Text, nullable=False),
        sa.Column("reasoning_sha256", sa.Text),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(
            ["round_id", "voter"], ["round_commits.round_id", "round_commits.voter"]
        ),
        sqlite_with_rowid=False,
    )


def _freeze(table: str) -> None:
    """What was taken in is evidence: the database itself refuses to change or delete it."""
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
