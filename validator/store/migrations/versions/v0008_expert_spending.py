"""Money of expert reviews."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "expert_budgets",
        sa.Column("scope", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("day", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("spent", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "expert_reservations",
        sa.Column("reservation_id", sa.Text, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("charges", sa.Text, nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("actual", sa.BigInteger),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sqlite_with_rowid=False,
    )
    still_open = sa.text("state = 'open'")
    op.create_index(
        "expert_reservations_open",
        "expert_reservations",
        ["made_at"],
        sqlite_where=still_open,
        postgresql_where=still_open,
    )


def downgrade() -> None:
    raise NotImplementedError("restore a backup: going back would forget what was spent")
