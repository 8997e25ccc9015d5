"""Base rewards that follow the completion rate: a bounded integral controller in whole numbers.

Too few tasks completed: rewards are too low for the work, and rise; nearly all completed: they
fall. One adjustment for each task type and difficulty, renewed once an epoch (a week, say) from the
tasks that were settled in it.

Stable by its bounds: inside the dead band nothing moves; a step is at most `step_ppm`; the
adjustment stays between floor and ceiling; with gain g and a rate that rises by s for each 100 % of
reward the error shrinks by g*s an epoch, without overshoot where g*s <= 1/4 even if miners answer a
reward only an epoch later.

Hard to push: of what is counted one account makes up `account_ppm` at most, which is no more than
the dead band, however much it publishes; an epoch of few tasks changes nothing.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from validator.domain.economics import PPM
from validator.economics.amounts import whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from validator.domain.economics import ControllerSettings


@dataclass(frozen=True, slots=True)
class Settled:
    """A task that ended in the epoch: whose it was, and whether an answer was accepted.

    `account` is the publisher, or one name for all of a cluster of linked publishers.
    """

    account: str
    completed: bool


@dataclass(frozen=True, slots=True)
class Observed:
    """What the controller goes by: how many tasks count, and the ppm of them that completed."""

    counted: int
    rate_ppm: int


def observe(tasks: Iterable[Settled], settings: ControllerSettings) -> Observed:
    """Return the completion rate, each account's tasks cut to its cap with their own rate kept.

    The cap is the greatest number of tasks that is at most `account_ppm` of all that then count.
    With fewer accounts than 1 / `account_ppm` (20) there is none, and nothing counts. The order of
    the tasks changes nothing.
    """
    all_of: Counter[str] = Counter()
    completed: Counter[str] = Counter()
    for task in tasks:
        all_of[task.account] += 1
        completed[task.account] += task.completed
    cap = _cap(list(all_of.values()), settings.account_ppm)
    if not cap:
        return Observed(0, 0)
    counted = sum(min(count, cap) for count in all_of.values())
    # In ppm of a task, so that a cut account keeps its own rate.
    good = sum(
        completed[account] * PPM * min(count, cap) // count for account, count in all_of.items()
    )
    return Observed(counted, good // counted)


def _cap(counts: Sequence[int], ppm: int) -> int:
    """Return the greatest c with c <= ppm * sum(min(count, c)).

    The sum grows ever more slowly than c, so all smaller c hold, too, and halving finds it.
    """
    least, most = 0, max(counts, default=0)
    while least < most:
        middle = (least + most + 1) // 2
        if middle * PPM <= ppm * sum(min(count, middle) for count in counts):
            least = middle
        else:
            most = middle - 1
    return least


def adjust(adjustment_ppm: int, observed: Observed, settings: ControllerSettings) -> int:
    """Return the adjustment of the next epoch, `floor_ppm` to `ceiling_ppm`.

    error = target - rate, less the dead band; step = gain * error, at most `step_ppm` either way,
    rounded towards no change; next = adjustment * (1 + step). Fewer than `least_settled` counted
    tasks change nothing. Raises EconomicsError for an adjustment or a rate that cannot be.
    """
    whole("adjustment_ppm", adjustment_ppm, 1)
    whole("observed.rate_ppm", observed.rate_ppm, 0, PPM)
    kept = max(settings.floor_ppm, min(adjustment_ppm, settings.ceiling_ppm))
    if observed.counted < settings.least_settled:
        return kept
    error = settings.target_ppm - observed.rate_ppm
    outside = max(abs(error) - settings.dead_band_ppm, 0)
    step = min(outside * settings.gain_ppm // PPM, settings.step_ppm)
    moved = kept * (PPM + (step if error > 0 else -step)) // PPM
    return max(settings.floor_ppm, min(moved, settings.ceiling_ppm))
