"""Score, cooldown and anti-Sybil risk of an account (protocol note, section 7.5).

Integers with floor division throughout. Times are what the node uses: `now` is a block's timestamp
in milliseconds, `created_at` the height of the block that registered the account, and both are
treated as seconds, so that every registered account looks very old (note, 0.5).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from validator.wire.tos.rules.constants import SCALE

DAY: Final = 24 * 3600
HOUR: Final = 3600
WEEK_HOURS: Final = 168
DAY_HOURS: Final = 24
FULL_AGE_DAYS: Final = 30
LONG_TERM_DAYS: Final = 90
FULL_HISTORY: Final = 100
FULL_STAKE: Final = 1_000_000
LOW_STAKE: Final = 10_000
FEW_TRANSACTIONS: Final = 5
FEW_VALIDATIONS: Final = 10
GOOD_ACCURACY: Final = 8_000
MAX_ACCURACY_BONUS: Final = 2_000
LONG_TERM_BONUS: Final = 1_000
HIGH_SCORE: Final = 9_000
MEDIUM_SCORE: Final = 7_000
LOW_SCORE: Final = 3_000
VERY_LOW_SCORE: Final = 1_000
REFUSED_RISK: Final = 8_000
U64: Final = 2**64


@dataclass(frozen=True, slots=True)
class Account:
    """What the chain keeps of an account; `reputation_score` is the score stored last (0-10000)."""

    created_at: int
    transaction_count: int = 0
    stake_amount: int = 0
    last_submission_time: int = 0
    reputation_score: int = 0
    total_rewards_earned: int = 0
    successful_validations: int = 0
    total_validations: int = 0

    @property
    def cooldown(self) -> int:
        """Least time between two actions by the stored score, in the node's unit (milliseconds)."""
        for least, pause in ((HIGH_SCORE, 300), (MEDIUM_SCORE, 900), (LOW_SCORE, 1800)):
            if self.reputation_score >= least:
                return pause
        return 3600

    def remaining_cooldown(self, now: int) -> int:
        """Return what is left of the pause; 0 when the account may act."""
        if not self.transaction_count:
            return 0
        return max(self.cooldown - max(now - self.last_submission_time, 0), 0)

    def rescored(self, now: int) -> Account:
        """Return it with the score of this moment."""
        return replace(self, reputation_score=account_score(self, now))

    def acted(self, now: int) -> Account:
        """Return it after a successful publish, answer or validation."""
        count = self.transaction_count + 1
        return replace(self, last_submission_time=now, transaction_count=count)

    def validated(self, *, successful: bool) -> Account:
        """Return it with one more validation counted."""
        return replace(
            self,
            total_validations=self.total_validations + 1,
            successful_validations=self.successful_validations + successful,
        )


@dataclass(frozen=True, slots=True)
class SybilRisk:
    """Sum of the risk points (0-15000) and the node's sentence for each."""

    score: int
    details: tuple[str, ...]

    @property
    def refused(self) -> bool:
        """Whether the chain refuses the account."""
        return self.score >= REFUSED_RISK


def account_score(account: Account, now: int) -> int:
    """Return the account's score at this moment, 0-10000."""
    days = max(now - account.created_at, 0) // DAY
    age = min(days * SCALE // FULL_AGE_DAYS, SCALE)
    history = min(account.transaction_count * SCALE // FULL_HISTORY, SCALE)
    # The node multiplies in 64 bits without a check, so a stake above 1.8e15 units wraps.
    stake = min(account.stake_amount * SCALE % U64 // FULL_STAKE, SCALE)
    base = (age * 3_000 + history * 4_000 + stake * 3_000) // SCALE
    long_term = LONG_TERM_BONUS if days > LONG_TERM_DAYS else 0
    return min(base + _accuracy_bonus(account) + long_term, SCALE)


def sybil_risk(account: Account, now: int) -> SybilRisk:
    """Return the risk by the stored score, with the node's sentences in its order."""
    found = [
        _age_risk(max(now - account.created_at, 0) // HOUR),
        _history_risk(account.transaction_count),
        _stake_risk(account.stake_amount),
        _score_risk(account.reputation_score),
        _pause_risk(account.remaining_cooldown(now)),
    ]
    return SybilRisk(sum(points for points, _ in found), tuple(text for _, text in found if text))


def _accuracy_bonus(account: Account) -> int:
    if account.total_validations <= FEW_VALIDATIONS:
        return 0
    accuracy = account.successful_validations * SCALE // account.total_validations
    return min(max(accuracy - GOOD_ACCURACY, 0), MAX_ACCURACY_BONUS)


def _age_risk(hours: int) -> tuple[int, str]:
    if hours < DAY_HOURS:
        return 4_000, "Account created less than 24 hours ago"
    return (2_000, "Account created less than 1 week ago") if hours < WEEK_HOURS else (0, "")


def _history_risk(transactions: int) -> tuple[int, str]:
    if not transactions:
        return 3_000, "No transaction history"
    few = transactions < FEW_TRANSACTIONS
    return (1_500, "Limited transaction history") if few else (0, "")


def _stake_risk(stake: int) -> tuple[int, str]:
    if not stake:
        return 3_000, "No stake amount"
    return (2_000, "Stake amount too low") if stake < LOW_STAKE else (0, "")


def _score_risk(score: int) -> tuple[int, str]:
    if score < VERY_LOW_SCORE:
        return 5_000, "Reputation score extremely low"
    return (2_000, "Reputation score relatively low") if score < LOW_SCORE else (0, "")


def _pause_risk(remaining: int) -> tuple[int, str]:
    if not remaining:
        return 0, ""
    return 1_000, f"Still in cooldown period, {remaining} seconds remaining"
