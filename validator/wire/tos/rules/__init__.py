"""The AI-mining rules of the chain as pure functions (protocol note, section 7).

`apply` takes a state and one payload and returns the next state, or raises RuleError with the
node's own text and leaves everything as it was. No clock, no randomness, no I/O: a tracker that
follows blocks and the development chain run the same code.
"""

from validator.wire.tos.rules.accounts import Account, SybilRisk, account_score, sybil_risk
from validator.wire.tos.rules.apply import apply, refusal
from validator.wire.tos.rules.constants import (
    ACCEPT_THRESHOLD,
    LIMITS,
    MAX_DEADLINE,
    MIN_REGISTRATION_FEE,
    Limits,
)
from validator.wire.tos.rules.errors import Rule, RuleError
from validator.wire.tos.rules.state import (
    Answer,
    BlockStamp,
    Miner,
    MiningState,
    Score,
    Statistics,
    Task,
    TaskStatus,
)

__all__ = [
    "ACCEPT_THRESHOLD",
    "LIMITS",
    "MAX_DEADLINE",
    "MIN_REGISTRATION_FEE",
    "Account",
    "Answer",
    "BlockStamp",
    "Limits",
    "Miner",
    "MiningState",
    "Rule",
    "RuleError",
    "Score",
    "Statistics",
    "SybilRisk",
    "Task",
    "TaskStatus",
    "account_score",
    "apply",
    "refusal",
    "sybil_risk",
]
