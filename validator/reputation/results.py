"""From single results to weighted counts: what counts, how much, and for which specialization."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from validator.domain.reputation import Role  # noqa: TC001 - part of a public value
from validator.errors import ReputationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from validator.domain.reputation import ReputationSettings

MAX_DAY: Final = 10**6
"""Days since any fixed start; more than two thousand years."""


class Basis(StrEnum):
    """What a result was measured against."""

    KNOWN = "known"  # an executed check, or a human's ruling
    WITHOUT_OWN = "without_own"  # the final verdict, made without this account's own vote
    WITH_OWN = "with_own"  # the account's vote had a part in it: it proves nothing


@dataclass(frozen=True, slots=True)
class Result:
    """One thing that an account did, and whether it was right.

    `day`: of the final verdict, in days since any fixed start. `publisher`: whose task it was.
    `linked`: publisher and account belong together by acts of this account itself; what others do
    to it makes no link (threat model, row 29).
    """

    role: Role
    task_type: str
    publisher: str
    day: int
    success: bool
    basis: Basis = Basis.KNOWN
    linked: bool = False


@dataclass(frozen=True, slots=True)
class Counts:
    """Successes and failures by weight; a fresh result weighs 1."""

    successes: float = 0.0
    failures: float = 0.0

    @property
    def weight(self) -> float:
        """Weight of all results together."""
        return self.successes + self.failures


def agrees_with_others(own: int, others: Sequence[int], accept_from: int) -> bool | None:
    """Return whether a vote fell on the side of the majority of the others, its own left out.

    Scores of 0-100; `accept_from` (70 on the chain) begins the upper side. None without others and
    when they are evenly split: such a vote is neither right nor wrong.
    """
    upper = sum(score >= accept_from for score in others)
    if 2 * upper == len(others):
        return None
    return (own >= accept_from) == (2 * upper > len(others))


def counted(results: Iterable[Result], today: int, settings: ReputationSettings) -> Counts:
    """Return what the given results of one account weigh together.

    - A result that was measured with the account's own vote counts for nothing.
    - A success with a linked publisher counts for nothing; a failure does, or an account could
      wash its failures off by making the link.
    - Age halves the weight every `half_life_days`: weight = 2^(-days / half-life).
    - All results with one publisher weigh `publisher_weight` at most; beyond it they shrink
      together, so that their own rate stays and neither side can flood the other.

    Order independent to the last bit. Raises ReputationError for a day that cannot be.
    """
    good: defaultdict[str, list[float]] = defaultdict(list)
    bad: defaultdict[str, list[float]] = defaultdict(list)
    for result in results:
        weight = _weight(result, today, settings.half_life_days)
        if weight > 0:
            (good if result.success else bad)[result.publisher].append(weight)
    successes: list[float] = []
    failures: list[float] = []
    for publisher in sorted({*good, *bad}):
        right, wrong = math.fsum(good[publisher]), math.fsum(bad[publisher])
        scale = min(1.0, settings.publisher_weight / (right + wrong))
        successes.append(right * scale)
        failures.append(wrong * scale)
    return Counts(math.fsum(successes), math.fsum(failures))


def by_specialization(
    results: Iterable[Result], today: int, settings: ReputationSettings
) -> dict[tuple[Role, str | None], Counts]:
    """Return the counts of one account for each role and task type, and for each role in all.

    The role's own line has None for its task type. It is not the sum of the others: the cap of a
    publisher holds for the whole role there.
    """
    groups: defaultdict[tuple[Role, str | None], list[Result]] = defaultdict(list)
    for result in results:
        groups[result.role, result.task_type].append(result)
        groups[result.role, None].append(result)
    return {key: counted(group, today, settings) for key, group in groups.items()}


def _weight(result: Result, today: int, half_life_days: int) -> float:
    if not 0 <= result.day <= MAX_DAY:
        raise ReputationError("day", f"must be 0 to {MAX_DAY}")
    if result.day > today:
        raise ReputationError("day", "must not be later than today")
    if result.basis is Basis.WITH_OWN or (result.linked and result.success):
        return 0.0
    return float(2.0 ** (-(today - result.day) / half_life_days))
