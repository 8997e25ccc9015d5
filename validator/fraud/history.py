"""An account's history: successes that are too good, answers without reasoning. By lower bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from validator.fraud.bounds import lower_bound
from validator.fraud.records import FraudFlag, FraudKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from validator.fraud.records import Act

PER_PUBLISHER: Final = 10
"""Decided answers to one publisher that count: who feeds himself tasks gains little by it."""

FEWEST_EXPERTS: Final = 5
FEWEST_OF_EXPERT: Final = 30
TOP_SHARE: Final = 0.1

WITHOUT: Final = 0.5
"""Share of answers without reasoning from which on, by its lower bound, an account is flagged."""

_SUCCESS_WEIGHT: Final = 0.4
_WITHOUT_WEIGHT: Final = 0.3


def counted(acts: Iterable[Act], linked: Collection[str] = ()) -> list[Act]:
    """Return the decided answers of one account that count.

    The newest `PER_PUBLISHER` of each publisher, none of `linked` ones (threat model, row 29).
    """
    kept: dict[str, list[Act]] = {}
    for act in acts:
        if act.accepted is not None and act.publisher not in linked:
            kept.setdefault(act.publisher, []).append(act)
    found = [
        act
        for own in kept.values()
        for act in sorted(own, key=lambda act: (act.submitted_at, act.answer_id))[-PER_PUBLISHER:]
    ]
    return sorted(found, key=lambda act: (act.submitted_at, act.answer_id))


def experts_reach(records: Sequence[tuple[int, int]]) -> float | None:
    """Return the share of successes that a type's best experts reach, from (successes, answers).

    The pooled share of the best tenth by lower bound, of at least `FEWEST_EXPERTS`; None where
    fewer have `FEWEST_OF_EXPERT` answers.
    """
    known = [record for record in records if record[1] >= FEWEST_OF_EXPERT]
    if len(known) < FEWEST_EXPERTS:
        return None
    known.sort(key=lambda record: lower_bound(*record), reverse=True)
    best = known[: max(FEWEST_EXPERTS, round(TOP_SHARE * len(known)))]
    return sum(record[0] for record in best) / sum(record[1] for record in best)


def abnormal_success(account: str, acts: Sequence[Act], best: float) -> list[FraudFlag]:
    """Flag an account whose 95 % lower bound is above what the best experts reach.

    `acts` are what `counted` left of one task type. Nobody is flagged where the best reach all.
    """
    right = sum(1 for act in acts if act.accepted)
    bound = lower_bound(right, len(acts))
    if bound <= best:
        return []
    detail = f"{right} of {len(acts)} right, surely over {bound:.3f}; the best reach {best:.3f}"
    ids = tuple(act.answer_id for act in acts if act.accepted)
    return [FraudFlag(FraudKind.SUCCESS, account, detail, _SUCCESS_WEIGHT, ids)]


def missing_reasoning(acts: Iterable[Act]) -> list[FraudFlag]:
    """Flag accounts that leave the reasoning out most of the time, by the 95 % lower bound."""
    own: dict[str, list[Act]] = {}
    for act in acts:
        own.setdefault(act.account, []).append(act)
    found = []
    for account in sorted(own):
        without = [act for act in own[account] if not act.has_reasoning]
        if lower_bound(len(without), len(own[account])) <= WITHOUT:
            continue
        detail = f"{len(without)} of {len(own[account])} answers have no reasoning"
        ids = tuple(act.answer_id for act in without)
        found.append(FraudFlag(FraudKind.NO_REASONING, account, detail, _WITHOUT_WEIGHT, ids))
    return found
