"""Names of the queues, and which accounts may touch them.

A worker that a miner took over must not be able to ring for expert or posting work, so the queues
of each role have a broker account and acknowledgement keys of their own (threat model, row 3).
"""

from __future__ import annotations

FAST = "fast"
"""Plans that start no program: an answer in milliseconds."""

SANDBOX = "sandbox"
"""Plans that run programs."""

EXPERT = "expert"
"""Reviews; no task of this queue exists yet."""

POST = "post"
"""Posting to a chain; no task of this queue exists yet."""

WORKER_QUEUES = (FAST, SANDBOX)
"""What a checking worker consumes, most urgent first."""

ALL_QUEUES = (FAST, SANDBOX, EXPERT, POST)

UNACKED = "tosv.checks.unacked"
"""Prefix of the keys that hold what checking workers took and have not acknowledged."""

VALIDATE = "tosv.validate_submission"
"""The one task of this queue pair; its message holds a submission id and nothing else."""
