"""How alike two prints are, and from where on that is a near copy.

The figure is four parts the ratio of the bare tokens (Indel: 1 - insertions and deletions over
both lengths, as rapidfuzz has it) and one part the Jaccard index of the shingles. The ratio alone
is the better one on changed Python and text, the shingles on contest programs (votes.md, section
7); together they keep all bars of that section.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from rapidfuzz.distance import Indel

from checkers.similarity import aligned
from checkers.similarity.prints import TINY, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from checkers.similarity.prints import Print

SHINGLE_SHARE: Final = 0.2
"""Weight of the second opinion. Tried on the labelled pairs: 0, .1, .2, .25, .34, .5, 1."""

NEAR_COPY: Final[Mapping[Kind, float]] = {Kind.CODE: 0.75, Kind.TEXT: 0.45}
"""Likeness from which two prints that are not tiny are near copies of each other.

Both lie above the point of precision .95 on the labelled pairs (Python .72, text .41): a flag that
is missed costs less than one that is wrong.
"""

CONTAINED: Final = 0.9
"""Share of one print's shingles found in the other from which it was taken over whole, whatever
was put around it; no honest pair of the labelled ones comes near it."""

FEWEST_FOR_SPREAD: Final = 5
"""Honest likenesses below which the spread of a task is not known."""

_MAD_TO_SIGMA: Final = 1.4826  # of a normal distribution
_SIGMAS: Final = 3.0


class Nearness(StrEnum):
    """What the likeness of two prints says."""

    SAME = "same"
    """Equal but for names, layout and comments."""
    NEAR = "near_copy"
    REPORTED = "reported"
    """As alike as copies, but too short for that to mean anything, or as all answers are."""
    APART = "apart"


@dataclass(frozen=True, slots=True)
class Likeness:
    """Likeness of two prints; all shares are 0-1.

    `similarity` is what is judged; `ratio` and `jaccard` are its parts; `contained` is the share
    of the first print's shingles that the second one has, 0 where it has too few to say anything.
    """

    similarity: float
    ratio: float
    jaccard: float
    contained: float
    same: bool
    tiny: bool

    def nearness(self, threshold: float) -> Nearness:
        """Say what it means under a threshold (0-1, or what `near_from` gives)."""
        near = self.similarity >= min(threshold, 1.0) or self.contained >= CONTAINED
        if not (self.same or near):
            return Nearness.APART
        if self.tiny or threshold > 1:
            return Nearness.REPORTED
        return Nearness.SAME if self.same else Nearness.NEAR


def compare(one: Print, other: Print) -> Likeness:
    """Measure two prints of one kind; raises ValueError for two of different kinds.

    A print without tokens is like nothing, not even like another one.
    """
    if one.kind is not other.kind:
        raise ValueError("prints of code and of text cannot be compared")
    tiny = one.tiny or other.tiny
    if not one.tokens or not other.tokens:
        return Likeness(0.0, 0.0, 0.0, 0.0, same=False, tiny=tiny)
    ratio = _ratio(one, other)
    shared = len(one.shingles & other.shingles)
    jaccard = shared / (len(one.shingles) + len(other.shingles) - shared)
    return Likeness(
        similarity=(1 - SHINGLE_SHARE) * ratio + SHINGLE_SHARE * jaccard,
        ratio=ratio,
        jaccard=jaccard,
        contained=contained(one, other),
        same=one.digest == other.digest,
        tiny=tiny,
    )


def contained(one: Print, other: Print) -> float:
    """Return the share (0-1) of the first print's shingles that the second one has.

    0 where there are too few: a line that is repeated a thousand times is in every long file.
    """
    if len(one.shingles) < TINY[one.kind]:
        return 0.0
    return len(one.shingles & other.shingles) / len(one.shingles)


def _ratio(one: Print, other: Print) -> float:
    if aligned.is_long(one.tokens, other.tokens):
        return aligned.ratio(one.tokens, other.tokens)
    return Indel.normalized_similarity(one.tokens, other.tokens)


def near_from(kind: Kind, honest: Sequence[float] = ()) -> float:
    """Return the threshold for a task whose answers are as alike as `honest` says (0-1 each).

    Where honest answers are alike, only what stands out from them is a copy: three robust standard
    deviations above the median (Rousseeuw and Croux 1993), and never below the kind's constant.
    Infinite where nothing can stand out: likeness then means nothing in this task. Copies among
    `honest` do little: the median stays where it is until they are half of the pairs.
    """
    if len(honest) < FEWEST_FOR_SPREAD:
        return NEAR_COPY[kind]
    middle = _median(honest)
    spread = _MAD_TO_SIGMA * _median([abs(value - middle) for value in honest])
    bound = max(NEAR_COPY[kind], middle + _SIGMAS * spread)
    return bound if bound < 1 else math.inf


def _median(values: Sequence[float]) -> float:
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
