"""When a task is decided, when it needs more votes, and when an expert: one stated reason each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Decision(StrEnum):
    """What comes after the votes."""

    FINAL = "final"
    MORE_VOTES = "more_votes"
    EXPERT = "expert"


@dataclass(frozen=True, slots=True)
class Rules:
    """Bounds of a decision (design, votes, section 10).

    `sure`: the confidence of 0-1 that decides a class. `close`: the half width, in points, that
    decides a score. `least`, `most`: votes. `apart`: points between model and plain aggregates that
    ask for an expert.
    """

    sure: float = 0.99
    close: float = 7.5
    least: int = 3
    most: int = 15
    apart: float = 15.0


DEFAULT_RULES: Final = Rules()


@dataclass(frozen=True, slots=True)
class Standpoint:
    """What is known of one task when it is decided.

    `settled`: its truth is held fixed. `probed`: a search for rings wants to know it. `shaken`: a
    ring is suspected and not yet judged. `apart`: the model stands against the plain aggregates.
    `torn`: stake and heads stand against each other.
    """

    votes: int
    certain: bool
    settled: bool = False
    probed: bool = False
    shaken: bool = False
    apart: bool = False
    torn: bool = False


def decide(point: Standpoint, rules: Rules = DEFAULT_RULES) -> tuple[Decision, str]:
    """Return what comes next, and why, in one sentence; the first ground that holds decides."""
    grounds = (
        (point.settled, Decision.FINAL, "the truth is known from a check or a human ruling"),
        (
            point.probed,
            Decision.EXPERT,
            "two groups of voters disagree; the truth here tells which of them lies",
        ),
        (
            point.votes < rules.least,
            Decision.MORE_VOTES,
            f"{point.votes} of at least {rules.least} votes are in",
        ),
        (
            point.shaken,
            Decision.EXPERT,
            "a group of voters agrees more than chance allows and is not judged yet",
        ),
        (point.torn, Decision.EXPERT, "votes by stake and votes by heads disagree"),
        (
            point.apart and not point.certain,
            Decision.EXPERT,
            "the model and the plain count of votes disagree",
        ),
        (point.certain, Decision.FINAL, "the votes are clear enough"),
        (
            point.votes >= rules.most,
            Decision.EXPERT,
            f"{point.votes} votes have not made it clear",
        ),
    )
    for holds, decision, reason in grounds:
        if holds:
            return decision, reason
    return Decision.MORE_VOTES, "the votes are not clear enough yet"
