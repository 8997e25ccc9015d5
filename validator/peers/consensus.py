"""Votes in, consensus out: the one call that the rest of the service makes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from validator.peers.baselines import Baselines, baselines_of
from validator.peers.calibration import calibrated
from validator.peers.camps import Camp, Search, seek_camps
from validator.peers.confusion import pooled_confusion
from validator.peers.ensemble import blend
from validator.peers.incidence import summed
from validator.peers.linear_voter import linear_voters
from validator.peers.pool import TOP_SCORE, Floats, Kind, Pool
from validator.peers.rules import DEFAULT_RULES, Decision, Rules, Standpoint, decide
from validator.peers.standings import VoterStanding, class_standings, score_standings
from validator.peers.temperature import temperature_of, tempered

_DIGITS = 4


@dataclass(frozen=True, slots=True)
class TaskConsensus:
    """What the crowd holds of one task.

    `consensus`: a class, or a whole score of 0-100. `confidence`: the chance of 0-1 that it is
    right (a class), or that the truth lies in `interval` (a score), whole points, low and high.
    `votes_used`: votes of trusted voters; `heads` of all. `dissent`: the share of
    used votes outside the consensus or the interval. `baselines`: plain aggregates by name.
    """

    task: str
    consensus: str | int
    confidence: float
    interval: tuple[int, int] | None
    votes_used: int
    heads: int
    dissent: float
    decision: Decision
    reason: str
    baselines: dict[str, str | int]


@dataclass(frozen=True, slots=True)
class NamedCamp:
    """A ring by names: see `Camp`."""

    strength: float
    members: tuple[str, ...]
    tasks: tuple[str, ...]
    wrong: int
    rest_wrong: int


@dataclass(frozen=True, slots=True)
class Consensus:
    """What the votes come to. `probes`: tasks whose truth would tell which group of voters lies."""

    tasks: tuple[TaskConsensus, ...]
    voters: tuple[VoterStanding, ...]
    camps: tuple[NamedCamp, ...]
    probes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Told:
    """What a model tells: T values, confidences and half widths (0 for classes), and the voters."""

    value: Floats
    confidence: Floats
    half: Floats
    voters: tuple[VoterStanding, ...]


def consensus_of(pool: Pool, rules: Rules = DEFAULT_RULES) -> Consensus:
    """Bring votes to a consensus: rings out, models fitted, confidence set right, decisions made.

    The same votes and truths give the same result, bit for bit, on one kind of machine; what is
    returned is rounded so that it is the same on others.
    """
    search = seek_camps(pool)
    told = (_classes if pool.kind is Kind.CLASS else _scores)(pool, search)
    plain = baselines_of(pool)
    heads = np.bincount(pool.task, minlength=len(pool.tasks))
    used = np.bincount(pool.keeping(search.trusted).task, minlength=len(pool.tasks))
    dissent = _dissent(pool.keeping(search.trusted), told)
    probed = set(search.wanted.tolist())
    tasks = []
    for code in range(len(pool.tasks)):
        point = _standpoint(pool, told, plain, code, int(used[code]), rules)
        decision, reason = decide(_with_rings(point, search, code in probed), rules)
        tasks.append(
            TaskConsensus(
                task=pool.tasks[code],
                consensus=_shown(pool, told.value[code]),
                confidence=round(float(told.confidence[code]), _DIGITS),
                interval=_interval(pool, told, code),
                votes_used=int(used[code]),
                heads=int(heads[code]),
                dissent=round(float(dissent[code]), _DIGITS),
                decision=decision,
                reason=reason,
                baselines=_baselines(pool, plain, code),
            )
        )
    return Consensus(
        tasks=tuple(tasks),
        voters=told.voters,
        camps=tuple(_named(pool, camp) for camp in search.camps),
        probes=tuple(pool.tasks[code] for code in search.wanted),
    )


def _classes(pool: Pool, search: Search) -> _Told:
    """Fit classes among the trusted, temper the beliefs, and stand every voter."""
    trusted = pool.keeping(search.trusted)
    mixed = blend(trusted)
    belief = tempered(mixed.belief, temperature_of(mixed.held_out, pool.truth[mixed.record]))
    sure = pool.is_certain
    belief[sure] = np.eye(len(pool.classes))[pool.truth[sure]]
    fit = pooled_confusion(trusted)
    return _Told(
        value=belief.argmax(axis=1).astype(np.float64),
        confidence=belief.max(axis=1),
        half=np.zeros(len(belief)),
        voters=class_standings(pool, fit, search.trusted),
    )


def _scores(pool: Pool, search: Search) -> _Told:
    """Fit scores among the trusted, with intervals, and stand every voter."""
    trusted = pool.keeping(search.trusted)
    fit = linear_voters(trusted)
    value, half = calibrated(trusted, fit)
    return _Told(
        value=value,
        confidence=np.where(half > 0, 0.8, 1.0),
        half=half,
        voters=score_standings(pool, fit, search.trusted),
    )


def _standpoint(
    pool: Pool, told: _Told, plain: Baselines, code: int, used: int, rules: Rules
) -> Standpoint:
    """What is known of one task, rings aside."""
    settled = bool(pool.is_certain[code])
    if pool.kind is Kind.CLASS:
        certain = bool(told.confidence[code] >= rules.sure)
        apart = plain.first[code] != told.value[code]
        torn = plain.stake[code] != plain.first[code] and not certain
    else:
        certain = bool(told.half[code] <= rules.close)
        apart = abs(plain.first[code] - told.value[code]) > rules.apart
        torn = abs(plain.stake[code] - plain.median[code]) > rules.apart
    return Standpoint(used, certain, settled=settled, apart=bool(apart), torn=bool(torn))


def _with_rings(point: Standpoint, search: Search, probed: bool) -> Standpoint:
    """The same with what the search for rings says."""
    return Standpoint(
        point.votes, point.certain, settled=point.settled, probed=probed,
        shaken=bool(len(search.wanted)) and point.apart, apart=point.apart, torn=point.torn,
    )  # fmt: skip


def _dissent(pool: Pool, told: _Told) -> Floats:
    """T shares of votes outside the consensus."""
    value = told.value[pool.task]
    if pool.kind is Kind.CLASS:
        outside = pool.value != value
    else:
        outside = np.abs(pool.value - value) > np.maximum(told.half[pool.task], 1.0)
    size = len(pool.tasks)
    count = summed(pool.task, np.ones(len(pool.task)), size)
    return summed(pool.task, outside.astype(np.float64), size) / np.maximum(count, 1.0)


def _shown(pool: Pool, value: float) -> str | int:
    """A class by name, or a whole score."""
    return pool.classes[int(value)] if pool.kind is Kind.CLASS else _whole(value)


def _whole(score: float) -> int:
    """A score as a whole number, halves upward, after a rounding that hides the last bits."""
    return int(np.floor(round(float(score), 6) + 0.5))


def _interval(pool: Pool, told: _Told, code: int) -> tuple[int, int] | None:
    """Whole points that hold the truth at the level of the intervals."""
    if pool.kind is Kind.CLASS:
        return None
    low = max(told.value[code] - told.half[code], 0.0)
    high = min(told.value[code] + told.half[code], TOP_SCORE)
    return int(np.floor(round(low, 6))), int(np.ceil(round(high, 6)))


def _baselines(pool: Pool, plain: Baselines, code: int) -> dict[str, str | int]:
    """The plain aggregates of one task by name."""
    first = "majority" if pool.kind is Kind.CLASS else "mean"
    shown = {first: _shown(pool, plain.first[code])}
    if pool.kind is Kind.SCORE:
        shown["median"] = _shown(pool, plain.median[code])
    return {**shown, "stake": _shown(pool, plain.stake[code])}


def _named(pool: Pool, camp: Camp) -> NamedCamp:
    """A ring by the names of its members and tasks."""
    return NamedCamp(
        strength=round(camp.strength, 2),
        members=tuple(pool.voters[code] for code in camp.members),
        tasks=tuple(pool.tasks[code] for code in camp.tasks),
        wrong=camp.wrong,
        rest_wrong=camp.rest_wrong,
    )
