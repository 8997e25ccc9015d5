"""Minimum thinking time, learned for each task type; answers under it are flagged, no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from validator.fraud.records import FraudFlag, FraudKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from validator.fraud.records import Act

POINT: Final = 0.01
"""Share of accepted answers' times below the floor (votes.md, section 10, 8)."""

FEWEST_ACCOUNTS: Final = 100
"""With fewer accounts the 1 % point is the fastest of them alone, so nothing is learned."""

LEAST_WEIGHT: Final = 0.2
MOST_WEIGHT: Final = 0.6


def learn_floors(acts: Iterable[Act]) -> dict[str, float]:
    """Return the minimum thinking time in seconds for each task type that enough is known of.

    It is the 1 % point of accepted answers' times, where each account counts as one however many
    answers it has: a bot of ten thousand fast answers must not make fast answers usual.
    """
    times: dict[str, dict[str, list[float]]] = {}
    for act in acts:
        if act.accepted and act.thinking_s > 0:
            times.setdefault(act.task_type, {}).setdefault(act.account, []).append(act.thinking_s)
    return {
        task_type: _point([(value, 1 / len(own)) for own in known.values() for value in own])
        for task_type, known in sorted(times.items())
        if len(known) >= FEWEST_ACCOUNTS
    }


def too_fast(acts: Iterable[Act], floors: Mapping[str, float]) -> list[FraudFlag]:
    """Flag answers under the floor of their type; types without one flag nothing.

    One honest answer in a hundred is flagged by construction, so the weight is small close to the
    floor and grows towards no time at all.
    """
    found = []
    for act in acts:
        floor = floors.get(act.task_type)
        if floor is None or act.thinking_s >= floor:
            continue
        missing = min(1.0, 1 - act.thinking_s / floor)
        found.append(
            FraudFlag(
                FraudKind.TOO_FAST,
                act.account,
                f"answered after {act.thinking_s:g} s; {floor:g} s are the least for this type",
                round(LEAST_WEIGHT + (MOST_WEIGHT - LEAST_WEIGHT) * missing, 3),
                (act.answer_id,),
            )
        )
    return found


def _point(weighted: list[tuple[float, float]]) -> float:
    """Return the value at `POINT` of the weights."""
    weighted.sort()
    bound = POINT * sum(weight for _, weight in weighted)
    passed = 0.0
    for value, weight in weighted:
        passed += weight
        if passed >= bound:
            return value
    return weighted[-1][0]
