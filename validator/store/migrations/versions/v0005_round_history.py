"""What rounds came to in the end, and where each voter sat: the history of voters."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Rounds that were closed before stay without one: they are not part of anybody's history.
    op.add_column("rounds", sa.Column("score", sa.BigInteger))
    op.create_index("round_voters_seats", "round_voters", ["owner", "voter", "round_id"])


def downgrade() -> None:
    raise NotImplementedError("restore a backup: going back would lose voters' history")
