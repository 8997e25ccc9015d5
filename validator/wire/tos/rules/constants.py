"""Numbers of the AI-mining rules (protocol note, sections 7 and 8). Amounts are chain units."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - part of a public value
from dataclasses import dataclass
from typing import Final

from validator.wire.tos.payloads import Difficulty

SCALE: Final = 10_000
"""What a score or risk of 1.0 is."""
MIN_REGISTRATION_FEE: Final = 1_000_000_000
MIN_TEXT: Final = 10
"""Bytes of a description or an answer. The rule's upper bound, 2048, lies beyond the wire's 255."""
MAX_DEADLINE: Final = 30 * 24 * 60 * 60
"""How far ahead a deadline may lie. The node means 30 days and adds it to milliseconds."""
MIN_STAKE_DIVISOR: Final = 10
MAX_STAKE_DIVISOR: Final = 2
ACCEPT_THRESHOLD: Final = 70
"""The average from which an answer completes its task, and a score counts as successful."""
MAX_SCORE: Final = 100

START_REPUTATION: Final = 500
MAX_REPUTATION: Final = 1000
PUBLISH_GAIN: Final = 5
ANSWER_GAIN: Final = 10
VALIDATION_GAIN: Final = 3
VALIDATION_LOSS: Final = -2


@dataclass(frozen=True, slots=True)
class Limits:
    """What one difficulty asks for: reward range in units, miner reputations, account score."""

    min_reward: int
    max_reward: int
    publish_reputation: int
    answer_reputation: int
    validate_reputation: int
    account_score: int


LIMITS: Final[Mapping[Difficulty, Limits]] = {
    Difficulty.BEGINNER: Limits(5 * 10**9, 15 * 10**9, 200, 100, 150, 1000),
    Difficulty.INTERMEDIATE: Limits(15 * 10**9, 50 * 10**9, 400, 300, 350, 3000),
    Difficulty.ADVANCED: Limits(50 * 10**9, 200 * 10**9, 600, 500, 550, 5000),
    Difficulty.EXPERT: Limits(200 * 10**9, 500 * 10**9, 800, 700, 750, 7000),
}
