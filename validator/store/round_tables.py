"""Tables of vote rounds; migrations 0003 and on make them.

Keys, commits, salts and signatures are hexadecimal text; stakes decimal text, for they have 64 bits
without a sign. Times are microseconds since 1970 in UTC. Commits and reveals never change.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from validator.store.tables import metadata

# Candidates as they were handed in. Many rounds are drawn from one pool, so it is kept once.
round_pools = Table(
    "round_pools",
    metadata,
    Column("owner", Text, primary_key=True),
    Column("digest", Text, primary_key=True),
    Column("document", Text, nullable=False),
)

rounds = Table(
    "rounds",
    metadata,
    Column("round_id", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("stage", Text, nullable=False),
    Column("task_id", Text, nullable=False),
    Column("answer_id", Text, nullable=False),
    Column("task_type", Text, nullable=False),
    Column("follows", Text, ForeignKey("rounds.round_id")),
    Column("number", BigInteger, nullable=False),
    Column("pool_digest", Text, nullable=False),
    Column("parties", Text, nullable=False),  # JSON
    Column("rules", Text, nullable=False),  # JSON
    Column("eligible", BigInteger, nullable=False),
    Column("eligible_digest", Text, nullable=False),
    Column("genesis", Text, nullable=False),
    Column("seed_topoheight", BigInteger, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("seed_hash", Text),
    Column("drawn", BigInteger, nullable=False, server_default="0"),
    Column("commits", BigInteger, nullable=False, server_default="0"),
    Column("reveals", BigInteger, nullable=False, server_default="0"),
    Column("commit_until", BigInteger),
    Column("reveal_until", BigInteger),
    Column("closed_at", BigInteger),
    Column("result", Text),  # JSON
    # Whatever cannot be moved on is looked at later and later: it holds up no other round.
    Column("look_at", BigInteger),
    Column("failures", BigInteger, nullable=False, server_default="0"),
    # Of the answer, also in a round whose follow-up decided; None while nothing is final.
    Column("score", BigInteger),
    # What is decided here ends the waiting of this submission; `look_at` stays until it is done.
    Column("submission_id", Text),
    ForeignKeyConstraint(["owner", "pool_digest"], ["round_pools.owner", "round_pools.digest"]),
    # Two rounds on one answer at a time would give its voters two votes.
    UniqueConstraint(
        "owner", "origin", "task_id", "answer_id", "number", name="rounds_one_after_another"
    ),
)
Index(
    "rounds_undrawn",
    rounds.c.look_at,
    sqlite_where=text("stage = 'open'"),
    postgresql_where=text("stage = 'open'"),
)
Index(
    "rounds_due",
    rounds.c.look_at,
    sqlite_where=text("stage IN ('voting', 'counting')"),
    postgresql_where=text("stage IN ('voting', 'counting')"),
)
Index(
    "rounds_of_submissions",
    rounds.c.submission_id,
    sqlite_where=text("submission_id IS NOT NULL"),
    postgresql_where=text("submission_id IS NOT NULL"),
)
Index(
    "rounds_told",
    rounds.c.look_at,
    sqlite_where=text("stage = 'closed' AND look_at IS NOT NULL"),
    postgresql_where=text("stage = 'closed' AND look_at IS NOT NULL"),
)

round_voters = Table(
    "round_voters",
    metadata,
    Column("round_id", Text, ForeignKey("rounds.round_id"), primary_key=True),
    Column("voter", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("place", BigInteger, nullable=False),
    Column("stake", Text, nullable=False),
    Column("cluster", Text),
    # 1 while the round takes votes: what a voter is asked for stays short however many were.
    Column("running", BigInteger, nullable=False, server_default="1"),
    sqlite_with_rowid=False,
)
Index("round_voters_seats", round_voters.c.owner, round_voters.c.voter, round_voters.c.round_id)
Index(
    "round_voters_running",
    round_voters.c.owner,
    round_voters.c.voter,
    round_voters.c.round_id,
    sqlite_where=text("running = 1"),
    postgresql_where=text("running = 1"),
)

round_commits = Table(
    "round_commits",
    metadata,
    Column("round_id", Text, primary_key=True),
    Column("voter", Text, primary_key=True),
    Column("commit_hash", Text, nullable=False),
    Column("signature", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    ForeignKeyConstraint(["round_id", "voter"], ["round_voters.round_id", "round_voters.voter"]),
    # A second one of the same commit was copied: salts have 128 random bits.
    UniqueConstraint("round_id", "commit_hash", name="round_commits_differ"),
    sqlite_with_rowid=False,
)

round_reveals = Table(
    "round_reveals",
    metadata,
    Column("round_id", Text, primary_key=True),
    Column("voter", Text, primary_key=True),
    Column("score", BigInteger, nullable=False),
    Column("salt", Text, nullable=False),
    Column("reasoning_sha256", Text),
    Column("at", BigInteger, nullable=False),
    ForeignKeyConstraint(["round_id", "voter"], ["round_commits.round_id", "round_commits.voter"]),
    sqlite_with_rowid=False,
)
