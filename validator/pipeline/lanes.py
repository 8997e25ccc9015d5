"""Which lane a submission's programs run in: fast cages, or the strong one.

The fast lane makes new namespaces for each submission inside one long-lived outer container; the
strong lane makes a new container. Policy, not speed, chooses: a stronger cage may always take the
place of a weaker one, never the other way round (threat model, row 23).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from validator.domain.submission import Intake, Origin


class Lane(StrEnum):
    """How strong a cage has to be."""

    FAST = "fast"
    STRONG = "strong"


FAST_BACKEND: Final = "docker-fast"

RISKY_FLAGS: Final = frozenset({"abuse_suspected", "injection_suspected"})
"""Kinds of flags that tell of an attack on us. That a miner is unknown is none of them."""

QUARANTINE_S: Final = 24 * 3600.0
"""How long an owner's parked submission makes all of that owner's go the strong way."""


@dataclass(frozen=True, slots=True)
class Stakes:
    """What is known of a submission that speaks for or against trusting it to a lighter cage."""

    reward: int = 0
    """In the chain's smallest unit; a task without one has none to steal."""
    origin: Origin | None = None
    """None: nobody vouches for where it came from."""
    flags: frozenset[str] = frozenset()
    quarantined: bool = False
    """An earlier run of this submission ended in an error, or one of its owner was parked."""

    @classmethod
    def of(cls, intake: Intake, origin: Origin | None, *, quarantined: bool) -> Stakes:
        """What an intake and its row tell."""
        flags = frozenset(flag.kind for flag in intake.flags)
        return cls(intake.reward, origin, flags, quarantined)


def choose_lane(stakes: Stakes, fast: Literal["auto", "off"], fast_reward_max: int) -> Lane:
    """Return the weakest lane that policy allows: a single doubt is enough for the strong one."""
    doubts = (
        fast == "off",
        stakes.origin is None,
        stakes.reward > fast_reward_max,
        bool(stakes.flags & RISKY_FLAGS),
        stakes.quarantined,
    )
    return Lane.STRONG if any(doubts) else Lane.FAST
