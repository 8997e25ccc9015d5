"""A panel's verdicts become one score. Pure: replay and calibration use the very same lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from validator.domain.reviews import ReviewFlag
from validator.experts import interval as intervals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from validator.domain.reviews import SeatVerdict
    from validator.experts.interval import Interval
    from validator.experts.isotonic import ScoreMap

CONTROL_APART: Final = 5
"""Points between an answer and its control from which on text has swayed the judge (design, 3)."""

INJECTION: Final = "injection_suspected"
_MOVED_WEIGHT: Final = 0.6
_CONFIRMED_WEIGHT: Final = 0.5


@dataclass(frozen=True, slots=True)
class Judged:
    """One seat's verdict as it counts. `score` is what the rubric makes of it, 0-100.

    `control` is its score of the same answer without suspicious spans, or a repetition of the same
    prompt where `stripped` is false.
    """

    seat: str
    family: str
    score: int
    verdict: SeatVerdict
    score_map: ScoreMap
    control: int | None = None
    stripped: bool = False

    @property
    def swayed(self) -> bool:
        """Whether suspicious spans moved the judge."""
        return self.stripped and self.control is not None and _apart(self.score, self.control)

    @property
    def counted(self) -> int:
        """The raw score that counts: the lower one where the control is apart."""
        return min(self.score, self.control or 0) if self.swayed else self.score

    @property
    def samples(self) -> tuple[int, ...]:
        """Every raw score that the interval must hold.

        Text that raised the score is out of it with its control. Text that lowered it may be a
        peer's or the publisher's, so both stay, and a decision that hangs on it is not made here.
        """
        if self.control is None:
            return (self.score,)
        if self.swayed and self.control < self.score:
            return (self.control,)
        return (self.score, self.control)


@dataclass(frozen=True, slots=True)
class Settled:
    """What a panel comes to. `spread` is points between seats; `suspect` is for the next tier."""

    score: int
    interval: Interval
    spread: int
    flags: tuple[ReviewFlag, ...]
    suspect: str | None


def middle(scores: Sequence[int]) -> int:
    """Return the median; of an even number the floor of the two middle ones' mean."""
    ordered = sorted(scores)
    half = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[half]
    return (ordered[half - 1] + ordered[half]) // 2


def settle(
    judged: Sequence[Judged], error: int, bounds: Interval, suspects: Sequence[str] = ()
) -> Settled:
    """Return the panel's score: the median of calibrated verdicts, inside what checks allow.

    `error` is the licence's, in points; `suspects` are labels of pieces with suspicious spans.
    Raises ValueError for no verdicts.
    """
    scores = [one.score_map(one.counted) for one in judged]
    samples = [one.score_map(raw) for one in judged for raw in one.samples]
    low, high = bounds
    reach = intervals.of_scores(samples, error)
    flags = _flags(judged, suspects)
    return Settled(
        score=intervals.clamp(middle(scores), low, high),
        interval=intervals.held(reach, low, high),
        spread=max(scores) - min(scores),
        flags=flags,
        suspect=flags[0].detail if flags else _unconfirmed(judged),
    )


def _apart(score: int, control: int) -> bool:
    return abs(score - control) > CONTROL_APART


def _flags(judged: Sequence[Judged], suspects: Sequence[str]) -> tuple[ReviewFlag, ...]:
    """Flags that panels may raise: a control that is apart, or two families that say so."""
    found = []
    swayed = [one for one in judged if one.swayed]
    if swayed:
        worst = max(swayed, key=lambda one: abs(one.score - (one.control or 0)))
        spans = f"suspicious spans in {', '.join(suspects)}" if suspects else "suspicious spans"
        detail = (
            f"{worst.seat} gave {worst.score}, and {worst.control} without the {spans};"
            " the lower one counts"
        )
        found.append(ReviewFlag(INJECTION, detail, _MOVED_WEIGHT))
    families = sorted({one.family for one in judged if one.verdict.manipulation_attempt})
    if len(families) > 1:
        detail = f"judges of {len(families)} families report an attempt to sway them"
        found.append(ReviewFlag(INJECTION, detail, _CONFIRMED_WEIGHT))
    return tuple(found)


def _unconfirmed(judged: Sequence[Judged]) -> str | None:
    told = [one.seat for one in judged if one.verdict.manipulation_attempt]
    return f"{told[0]} alone reports an attempt to sway it" if told else None
