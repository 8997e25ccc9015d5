"""The tiers: who is asked first, when to stop, when to go up, and when nobody can tell.

Figures: design of expert review, section 8. All functions are pure.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from validator.domain.economics import TOS
from validator.domain.reviews import BEST_SCORE, Tier
from validator.experts.interval import clamp, crossed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from validator.domain.reviews import Finding
    from validator.experts.interval import Interval

ACCEPT_LINE: Final = 70
"""The chain's line: a score of 70 or more accepts (protocol note, section 9). Its counters and
reputation step at the same line, so it is the only one unless an operator adds some."""

SPLIT: Final = 15
"""Points between judges from which on they are split (design, section 8)."""

FAILED_CAP: Final = 20
"""Greatest score of an answer that an executed truth found wrong (contract, rule score/1)."""
CHECKED_REACH: Final = 15
"""Points that judges may move the score of an executed truth (design, section 8, rule 1)."""

MARGIN_S: Final = 60
"""Seconds before the chain's deadline that are not ours to spend: posting needs them."""

AUDIT_PER_MILLE: Final = 50
"""Decided answers in a thousand that are reviewed all the same, to measure who decided them."""


@dataclass(frozen=True, slots=True)
class TierRule:
    """What a tier may use. `calls` is without extra controls; `fee` is in the chain's unit."""

    seats: int
    calls: tuple[int, int]
    fee: int
    time_s: int
    chair: bool = False  # a seat more, of a family that is not in the panel
    control: bool = False  # a control run even where no span is suspicious


RULES: Final[Mapping[Tier, TierRule]] = MappingProxyType(
    {
        Tier.STANDARD: TierRule(1, (2, 2), 5 * TOS, 5 * 60),
        Tier.ADVANCED: TierRule(2, (4, 4), 8 * TOS, 10 * 60),
        Tier.SPECIALIST: TierRule(3, (6, 7), 12 * TOS, 20 * 60, control=True),
        Tier.MASTER: TierRule(3, (11, 15), 20 * TOS, 60 * 60, chair=True, control=True),
    }
)
ORDER: Final = tuple(Tier)

REACHED_PER_MILLE: Final[Mapping[Tier, int]] = MappingProxyType(
    {Tier.STANDARD: 1000, Tier.ADVANCED: 300, Tier.SPECIALIST: 100, Tier.MASTER: 30}
)
"""Reviews in a thousand that reach a tier (design, section 8, cost model), until an operator's own
records tell better."""

SPECIALIST_TYPES: Final = frozenset({"security_audit", "algorithm_optimization"})
_PROOF: Final = "proof"

_ADVANCED_FROM: Final = 50 * TOS
_SPECIALIST_ABOVE: Final = 100 * TOS
_MASTER_ABOVE: Final = 200 * TOS
_PEERS_NEEDED: Final = 3
_PEERS_APART: Final = 20


@dataclass(frozen=True, slots=True)
class Signals:
    """What is known of an answer before a review. `reward` is in the chain's smallest unit."""

    task_type: str
    subtype: str | None = None
    reward: int = 0
    decisive: bool = False  # executed checks have decided
    peers: tuple[int, ...] = ()  # scores of independent peers, 0-100
    linked: bool = False  # a peer is linked to the miner
    flagged: bool = False
    challenged: bool = False  # on the chain, or an appeal
    audit: bool = False  # drawn to measure what decided


class Action(StrEnum):
    """What becomes of a review after a tier."""

    DECIDE = "decide"
    UP = "up"
    ABSTAIN = "abstain"


@dataclass(frozen=True, slots=True)
class Step:
    """The action after a tier, and the rule that fired, for the record."""

    action: Action
    rule: str
    detail: str


def first_tier(signals: Signals) -> Tier | None:
    """Return the tier that is asked first, or None where checks or peers are enough.

    A reward of 100 to 200 TOS begins at Specialist: the table names 50-100 for Advanced and over
    200 for Master, and each band is dearer than the one before.
    """
    if signals.challenged:
        return Tier.MASTER
    needed = _by_worth(signals)
    if signals.audit:
        return needed
    if signals.decisive and not signals.flagged:
        return None
    if signals.flagged:
        return max(needed, Tier.ADVANCED, key=ORDER.index)
    return None if needed is Tier.STANDARD and _peers_suffice(signals) else needed


def above(tier: Tier, available: Sequence[Tier]) -> Tier | None:
    """Return the lowest available tier above this one. A dispute never goes sideways or down."""
    return at_least(ORDER[ORDER.index(tier) + 1], available) if tier is not ORDER[-1] else None


def at_least(tier: Tier, available: Sequence[Tier]) -> Tier | None:
    """Return this tier or the lowest available one above it."""
    for candidate in ORDER[ORDER.index(tier) :]:
        if candidate in available:
            return candidate
    return None


def next_step(
    interval: Interval, spread: int, *, lines: Sequence[int], suspect: str | None, higher: bool
) -> Step:
    """Return what follows from a tier's interval and the points its judges are apart.

    `suspect` says what is flagged and a higher tier should see. Where there is none higher, a flag
    does not stop a clear decision: the lower score already stands. Doubt about the decision always
    does: at the top it becomes an abstention.
    """
    doubt = _doubt(interval, spread, lines)
    if higher and doubt is not None:
        return Step(Action.UP, *doubt)
    if higher and suspect is not None:
        return Step(Action.UP, "flag", suspect)
    if doubt is not None:
        return Step(Action.ABSTAIN, *doubt)
    return Step(Action.DECIDE, "clear", f"{_spelled(interval)} crosses no decision line")


def bounds(findings: Sequence[Finding]) -> Interval:
    """Return the least and greatest score that executed truths leave to judges.

    A failed one caps at 20; one that passed lets judges move its score by 15 points.
    """
    low, high = 0, BEST_SCORE
    for finding in findings:
        if not finding.decisive:
            continue
        if finding.status == "fail":
            high = min(high, FAILED_CAP)
        elif finding.status == "pass" and finding.score is not None:
            low = max(low, finding.score - CHECKED_REACH)
            high = min(high, finding.score + CHECKED_REACH)
    return clamp(low, 0, high), high


def budget_s(tier: Tier, left_s: float | None) -> float:
    """Return the seconds a tier may take: its own time, or what the chain leaves less a margin."""
    own = float(RULES[tier].time_s)
    return own if left_s is None else max(0.0, min(own, left_s - MARGIN_S))


def expected_cost(
    start: Tier,
    costs: Mapping[Tier, int],
    reached: Mapping[Tier, int] = REACHED_PER_MILLE,
) -> int:
    """Return what a review that begins at a tier will cost on average, rounded up.

    `costs` are of the tiers that can sit, in millionths of a dollar; a missing one costs nothing,
    since nobody goes there. How often a higher tier is reached is taken relative to the first one.
    """
    first = reached[start]
    higher = ORDER[ORDER.index(start) :]
    total = sum(costs.get(tier, 0) * min(reached[tier], first) for tier in higher)
    return -(-total // first)


def audited(secret: bytes, submission_id: str, *, per_mille: int = AUDIT_PER_MILLE) -> bool:
    """Say whether a decided answer is reviewed all the same.

    By an HMAC under the operator's secret: the same for every worker and repetition, and nobody
    outside can tell which answers will be looked at.
    """
    drawn = hmac.digest(secret, b"tosv-expert-audit/1\x00" + submission_id.encode(), hashlib.sha256)
    return int.from_bytes(drawn[:8], "big") * 1000 < per_mille << 64


def _by_worth(signals: Signals) -> Tier:
    if signals.reward > _MASTER_ABOVE:
        return Tier.MASTER
    if _is_special(signals.task_type, signals.subtype) or signals.reward > _SPECIALIST_ABOVE:
        return Tier.SPECIALIST
    return Tier.ADVANCED if signals.reward >= _ADVANCED_FROM else Tier.STANDARD


def _is_special(task_type: str, subtype: str | None) -> bool:
    proof = task_type == "math" and subtype is not None and _PROOF in subtype.lower()
    return task_type in SPECIALIST_TYPES or proof


def _peers_suffice(signals: Signals) -> bool:
    enough = len(signals.peers) >= _PEERS_NEEDED and not signals.linked
    return enough and max(signals.peers) - min(signals.peers) <= _PEERS_APART


def _doubt(interval: Interval, spread: int, lines: Sequence[int]) -> tuple[str, str] | None:
    line = crossed(interval, lines)
    if line is None:
        return None
    if spread > SPLIT:
        return "split", f"judges are {spread} points apart across the line at {line}"
    return "interval", f"{_spelled(interval)} crosses the line at {line}"


def _spelled(interval: Interval) -> str:
    return f"the interval {interval[0]}-{interval[1]}"
