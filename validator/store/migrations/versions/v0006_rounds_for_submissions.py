"""Rounds whose decision is that of a submission."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("rounds", sa.Column("submission_id", sa.Text))
    _partial_index("rounds_of_submissions", "submission_id", "submission_id IS NOT NULL")
    # A round closed before has told nobody, and nobody waits for it.
    op.execute("UPDATE rounds SET look_at = NULL WHERE stage = 'closed'")
    _partial_index("rounds_told", "look_at", "stage = 'closed' AND look_at IS NOT NULL")


def downgrade() -> None:
    raise NotImplementedError("restore a backup: submissions would wait for ever")


def _partial_index(name: str, column: str, where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, "rounds", [column], sqlite_where=condition, postgresql_where=condition)
