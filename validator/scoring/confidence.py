"""How probable it is that an independent validation decides the same. It never decides anything.

An estimate from what can wobble, not a measurement: executed checks repeat almost always, opinions
on prose less often, and a total near the threshold tips over easily. Until peers' votes and the
protection history give measured numbers, the factors below are our judgement.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from checkers.protocol import CheckStatus
from validator.domain.verdict import Decision
from validator.scoring.score1 import ACCEPT_FROM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from validator.domain.verdict import CheckRecord

_EXECUTED = frozenset({"syntax", "compile", "tests", "math", "schema"})
_NEAR = 5

# Parts per hundred, multiplied.
_START = 99
_OPINION_ONLY = 75
_OPEN_CHECK = 90
_SHAKY_CASE = 95
_IN_PROCESS = 95
_NEAR_THRESHOLD = 80
_ABSTAINED = 50


def confidence(records: Sequence[CheckRecord], decision: Decision, score: int | None) -> float:
    """Return 0-1 with two decimals."""
    percent = 100 * _START  # in hundredths of a percent, so that the arithmetic stays whole
    for factor in _factors(records, decision, score):
        percent = percent * factor // 100
    return round(percent / 10_000, 2)


def _factors(records: Sequence[CheckRecord], decision: Decision, score: int | None) -> list[int]:
    decided = [item for item in records if item.result.score is not None]
    factors = []
    if decision is Decision.ABSTAIN:
        factors.append(_ABSTAINED)
    if not any(item.result.check in _EXECUTED for item in decided):
        factors.append(_OPINION_ONLY)
    for item in records:
        if item.result.status in (CheckStatus.ERROR, CheckStatus.UNDECIDED):
            factors.append(_OPEN_CHECK)
        if item.result.in_process:
            factors.append(_IN_PROCESS)
        if any(case.marginal or case.nondeterministic for case in item.result.cases):
            factors.append(_SHAKY_CASE)
    if score is not None and abs(score - ACCEPT_FROM) < _NEAR:
        factors.append(_NEAR_THRESHOLD)
    return factors
