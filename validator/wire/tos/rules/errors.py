"""Refusals by the AI-mining rules: a word of ours for programs, the node's text for people."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from validator.wire.tos.errors import TosError

NODE_PREFIX: Final = "AI Mining validation failed: "
"""What a node writes before the text of a refusal."""


class Rule(StrEnum):
    """Which rule refused. The words of the published scenarios, and others in their manner."""

    SOURCE_MISMATCH = "source_mismatch"
    REGISTRATION_FEE = "registration_fee"
    ALREADY_REGISTERED = "already_registered"
    NOT_REGISTERED = "not_registered"
    TOO_SHORT = "too_short"
    DEADLINE_PAST = "deadline_past"
    DEADLINE_FAR = "deadline_far"
    REWARD_RANGE = "reward_range"
    MINER_REPUTATION_LOW = "miner_reputation_low"
    COOLDOWN = "cooldown"
    ACCOUNT_SCORE_LOW = "account_score_low"
    SYBIL = "sybil"
    TASK_EXISTS = "task_exists"
    TASK_NOT_FOUND = "task_not_found"
    TASK_NOT_ACTIVE = "task_not_active"
    TASK_EXPIRED = "task_expired"
    TASK_CANCELLED = "task_cancelled"
    OWN_TASK = "own_task"
    STAKE_LOW = "stake_low"
    STAKE_HIGH = "stake_high"
    ANSWER_HASH = "answer_hash"
    ALREADY_ANSWERED = "already_answered"
    SCORE_RANGE = "score_range"
    ANSWER_NOT_FOUND = "answer_not_found"
    OWN_ANSWER = "own_answer"
    PUBLISHER_VALIDATES = "publisher_validates"
    ALREADY_SCORED = "already_scored"


class RuleError(TosError):
    """A payload that the chain's rules refuse. `text` is what follows the node's prefix."""

    def __init__(self, rule: Rule, text: str) -> None:
        self.rule = rule
        self.text = text
        super().__init__(NODE_PREFIX + text)


def failed(rule: Rule, detail: str) -> RuleError:
    """Return the error for the node's commonest kind of refusal."""
    return RuleError(rule, f"Validation failed: {detail}")


def misconfigured(rule: Rule, detail: str) -> RuleError:
    """Return the error for a payload whose own values do not fit."""
    return RuleError(rule, f"Invalid task configuration: {detail}")
