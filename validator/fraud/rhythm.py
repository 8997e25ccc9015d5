"""Rhythms that people do not have: a metronome, no sleep, bursts. Robust, from one's own times."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from validator.fraud.bounds import deviation, median, poisson_tail
from validator.fraud.records import FraudFlag, FraudKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from validator.fraud.records import Act

FEWEST_GAPS: Final = 20
REGULAR: Final = 0.05
"""Median absolute deviation of the gaps over their median, under which a rhythm is a machine's.
Gaps of a Poisson process have .69, a person's more."""

HOUR_MS: Final = 3_600_000
SLEEP_MS: Final = 4 * HOUR_MS
AWAKE_MS: Final = 72 * HOUR_MS
"""Three days and nights without a gap of four hours. Short sleepers have one every night."""

BURST_MS: Final = 60_000
FEWEST_IN_BURST: Final = 5
BURST_CHANCE: Final = 1e-6
"""Probability under one's own usual rate, over all windows (Bonferroni), from which on a burst is
told. The rate comes from the median gap, which a few bursts do not move."""

_WEIGHTS: Final = {"regular": 0.5, "sleepless": 0.3, "burst": 0.3}


def implausible_rhythm(acts: Sequence[Act]) -> list[FraudFlag]:
    """Return flags for each account, at most one of a kind, in the order of the accounts."""
    own: dict[str, list[Act]] = {}
    for act in acts:
        own.setdefault(act.account, []).append(act)
    found = []
    for account in sorted(own):
        ordered = sorted(own[account], key=lambda act: (act.submitted_at, act.answer_id))
        for sign, detail, evidence in _signs(ordered):
            ids = tuple(act.answer_id for act in evidence)
            found.append(FraudFlag(FraudKind.RHYTHM, account, detail, _WEIGHTS[sign], ids))
    return found


def _signs(acts: list[Act]) -> list[tuple[str, str, list[Act]]]:
    if len(acts) <= FEWEST_GAPS:
        return []
    gaps = [float(after.submitted_at - before.submitted_at) for before, after in pairwise(acts)]
    found = []
    middle = median(gaps)
    if middle > 0 and deviation(gaps) < REGULAR * middle:
        detail = f"{len(gaps)} gaps of {middle / 1000:g} s, give or take {deviation(gaps):g} ms"
        found.append(("regular", detail, acts))
    awake = _longest_awake(acts)
    if awake[-1].submitted_at - awake[0].submitted_at >= AWAKE_MS:
        hours = (awake[-1].submitted_at - awake[0].submitted_at) // HOUR_MS
        found.append(("sleepless", f"{hours} hours without a pause of four", awake))
    burst = _burst(acts, middle)
    if burst:
        detail = (
            f"{len(burst)} answers within {BURST_MS // 1000} s, one in {middle / 1000:g} s else"
        )
        found.append(("burst", detail, burst))
    return found


def _longest_awake(acts: list[Act]) -> list[Act]:
    """Return the longest run of acts between two pauses."""
    best, start = acts[:1], 0
    for place in range(1, len(acts) + 1):
        ends = place == len(acts)
        if ends or acts[place].submitted_at - acts[place - 1].submitted_at >= SLEEP_MS:
            run = acts[start:place]
            if _span(run) > _span(best):
                best = run
            start = place
    return best


def _span(acts: list[Act]) -> int:
    return acts[-1].submitted_at - acts[0].submitted_at


def _burst(acts: list[Act], middle: float) -> list[Act]:
    """Return the fullest window where that many are no accident, else nothing.

    Where most gaps are nothing at all, the usual rate is that of a whole window for each answer.
    """
    best, start = acts[:0], 0
    for end in range(len(acts)):
        while acts[end].submitted_at - acts[start].submitted_at > BURST_MS:
            start += 1
        if end - start + 1 > len(best):
            best = acts[start : end + 1]
    usual = BURST_MS * math.log(2) / (middle or BURST_MS)
    chance = len(acts) * poisson_tail(len(best) - 1, usual)
    return best if len(best) >= FEWEST_IN_BURST and chance < BURST_CHANCE else []
