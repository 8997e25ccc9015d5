"""What an operator can set of penalties: one rule for each offence, escalation and decay.

The design asks for partial deductions and bans and gives no figures; the chain has neither
(protocol note, section 11). Only what threat model, row 28, demands is fixed: a missing reveal
costs more than the worst vote.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar, Final

from pydantic import ConfigDict, Field

_STRICT = ConfigDict(extra="forbid")
_WHOLE: Final = 1_000_000
_Share = Annotated[int, Field(ge=0, le=_WHOLE)]
_Days = Annotated[int, Field(ge=0, le=3650)]
_Points = Annotated[int, Field(ge=0, le=1000)]


class Offence(StrEnum):
    """What is punished. Faults of ours, and flags that nobody has confirmed, are not among it."""

    WRONG_VOTE = "wrong_vote"  # far from a truth that an executed check or a human settled
    NO_REVEAL = "no_reveal"  # committed to a vote and never opened it
    WORTHLESS_ANSWER = "worthless_answer"  # empty or padded, to collect by chance
    FALSE_FINDINGS = "false_findings"  # audit findings by the dozen, none of them real
    UNFAIR_PUBLISHING = "unfair_publishing"  # a task that nobody could have solved, on purpose
    COPIED_ANSWER = "copied_answer"
    COLLUSION = "collusion"
    MANY_ACCOUNTS = "many_accounts"
    ATTACK_ON_CAGE = "attack_on_cage"


@dataclass(frozen=True, slots=True)
class PenaltyRule:
    """First offence: part of the stake in ppm, days of ban, points that make the next one dearer.

    The stake is what stands behind the act: of a miner on the answer, of a publisher on the task,
    of a peer on the vote.
    """

    __pydantic_config__: ClassVar = _STRICT
    deduction_ppm: _Share
    ban_days: _Days
    points: _Points


@dataclass(frozen=True, slots=True)
class PenaltyRules:
    """The table of offences, mildest first."""

    __pydantic_config__: ClassVar = _STRICT
    # Honest peers err, too: an error by itself makes nothing dearer.
    wrong_vote: PenaltyRule = PenaltyRule(20_000, 0, 0)
    no_reveal: PenaltyRule = PenaltyRule(50_000, 0, 2)
    worthless_answer: PenaltyRule = PenaltyRule(50_000, 0, 2)
    false_findings: PenaltyRule = PenaltyRule(100_000, 0, 3)
    unfair_publishing: PenaltyRule = PenaltyRule(200_000, 7, 5)
    copied_answer: PenaltyRule = PenaltyRule(250_000, 7, 5)
    collusion: PenaltyRule = PenaltyRule(400_000, 30, 10)
    many_accounts: PenaltyRule = PenaltyRule(400_000, 60, 10)
    attack_on_cage: PenaltyRule = PenaltyRule(500_000, 180, 15)


@dataclass(frozen=True, slots=True)
class PenaltySettings:
    """Rules, how they rise with the points of earlier offences, and how these fade.

    `escalation_ppm`: what each earlier point adds to deduction and ban, up to `most_multiple` times
    the first. `most_ppm` keeps every deduction partial. Points halve every `half_life_days`, as old
    results do (design of votes, section 9). Who would have `ban_points` or more is banned for
    `ban_days` at least. Within `appeal_days` the punished may appeal, and what was deducted is
    given to nobody before these are over.
    """

    __pydantic_config__: ClassVar = _STRICT
    rules: PenaltyRules = PenaltyRules()
    escalation_ppm: Annotated[int, Field(ge=0, le=_WHOLE)] = 200_000
    most_multiple: Annotated[int, Field(ge=1, le=20)] = 5
    most_ppm: Annotated[int, Field(ge=1, le=_WHOLE)] = 500_000
    half_life_days: Annotated[int, Field(ge=1, le=3650)] = 90
    ban_points: Annotated[int, Field(ge=1, le=10_000)] = 10
    ban_days: Annotated[int, Field(ge=1, le=3650)] = 7
    most_ban_days: Annotated[int, Field(ge=1, le=3650)] = 365
    appeal_days: Annotated[int, Field(ge=1, le=365)] = 14

    def __post_init__(self) -> None:
        missing, wrong = self.rules.no_reveal, self.rules.wrong_vote
        if missing.deduction_ppm <= wrong.deduction_ppm or missing.points <= wrong.points:
            raise ValueError(
                "rules.no_reveal must cost more than rules.wrong_vote, points included"
            )
        # Else both could meet the ceiling, and a bad vote be as dear as a missing one.
        if wrong.deduction_ppm * self.most_multiple >= self.most_ppm:
            raise ValueError(
                "rules.wrong_vote.deduction_ppm times most_multiple must be less than most_ppm"
            )
        if any(self.rule(offence).deduction_ppm > self.most_ppm for offence in Offence):
            raise ValueError("most_ppm must be at least the greatest deduction_ppm of the rules")

    def rule(self, offence: Offence) -> PenaltyRule:
        """Return the rule of an offence."""
        rule: PenaltyRule = getattr(self.rules, offence.value)
        return rule
