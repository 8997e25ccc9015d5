"""The best of several answers to one task, from choices between two of them.

Bradley and Terry, "Rank analysis of incomplete block designs", Biometrika 39 (1952), with a voter's
own discrimination and leaning to the left (Chen et al., "Pairwise ranking aggregation in a
crowdsourced setting", WSDM 2013, in logistic form): voter w prefers the left answer with the chance
sigmoid(skill_w (worth_left - worth_right) + lean_w). A tie is half a choice for either.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, log_expit

from validator.errors import InvalidVotesError
from validator.peers.incidence import summed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from validator.peers.pool import Floats, Ints

WORTH_SPREAD: Final = 1.5
SKILL_SPREAD: Final = 0.5
LEAN_SPREAD: Final = 0.5
"""Deviations of the priors around worth 0, skill 1 and lean 0, in log-odds."""


class Choice(StrEnum):
    """Which of two answers a voter prefers."""

    LEFT = "left"
    RIGHT = "right"
    TIE = "tie"


@dataclass(frozen=True, slots=True)
class Duel:
    """One voter's choice between two answers to one task."""

    task: str
    voter: str
    left: str
    right: str
    choice: Choice


@dataclass(frozen=True, slots=True)
class Ranking:
    """The answers to one task, best first.

    `worths`: log-odds against an answer of worth 0, and `errors`: their standard errors, in the
    order of `answers`. `confidence`: the chance that the first beats the second. `votes`: choices
    used. `wins`: for each answer the share of its choices that it won, ties as half.
    """

    task: str
    answers: tuple[str, ...]
    worths: tuple[float, ...]
    errors: tuple[float, ...]
    wins: tuple[float, ...]
    confidence: float
    votes: int


@dataclass(frozen=True, slots=True)
class DuelFit:
    """Rankings by task, and each voter's skill and lean by name."""

    rankings: tuple[Ranking, ...]
    skill: dict[str, float]
    lean: dict[str, float]


@dataclass(frozen=True, slots=True)
class _Coded:
    """M choices by `voter` between answers `left` and `right`; `won` by the left: 0, 0.5 or 1."""

    answers: tuple[tuple[str, str], ...]
    voters: tuple[str, ...]
    left: Ints
    right: Ints
    voter: Ints
    won: Floats


def rank_answers(duels: Sequence[Duel]) -> DuelFit:
    """Rank the answers to each task; the order in which the choices came leaves no trace.

    Raises:
        InvalidVotesError: no choice, a name that is empty, an answer against itself, or a voter's
            second choice between the same two answers.

    """
    coded = _coded(duels)
    count = len(coded.answers)
    start = np.concatenate(
        [np.zeros(count), np.ones(len(coded.voters)), np.zeros(len(coded.voters))]
    )
    bounds = [(None, None)] * count + [(0.0, None)] * len(coded.voters)
    bounds += [(None, None)] * len(coded.voters)
    found = minimize(_loss, start, args=(coded,), jac=True, method="L-BFGS-B", bounds=bounds)
    worth, skill, lean = np.split(found.x, [count, count + len(coded.voters)])
    error = _errors(coded, worth, skill, lean)
    return DuelFit(
        rankings=_rankings(coded, worth, error),
        skill=dict(zip(coded.voters, map(float, skill), strict=True)),
        lean=dict(zip(coded.voters, map(float, lean), strict=True)),
    )


def _coded(duels: Sequence[Duel]) -> _Coded:
    """Check duels and bring them into arrays, sorted."""
    if not duels:
        raise InvalidVotesError("votes: there is not one; give at least one choice")
    seen: set[tuple[str, str, frozenset[str]]] = set()
    for duel in duels:
        if not (duel.task and duel.voter and duel.left and duel.right):
            raise InvalidVotesError(
                "votes: a task, worker or answer has no name; name all four in every choice"
            )
        if duel.left == duel.right:
            raise InvalidVotesError(
                f"right: answer {duel.right} of task {duel.task} meets itself; name another"
            )
        key = (duel.task, duel.voter, frozenset((duel.left, duel.right)))
        if key in seen:
            raise InvalidVotesError(
                f"votes: worker {duel.voter} chooses twice between {duel.left} and {duel.right} of "
                f"task {duel.task}; keep one"
            )
        seen.add(key)
    rows = sorted(duels, key=lambda duel: (duel.task, duel.left, duel.right, duel.voter))
    answers = tuple(sorted({(d.task, name) for d in rows for name in (d.left, d.right)}))
    voters = tuple(sorted({duel.voter for duel in rows}))
    code = {answer: index for index, answer in enumerate(answers)}
    who = {name: index for index, name in enumerate(voters)}
    won = {Choice.LEFT: 1.0, Choice.TIE: 0.5, Choice.RIGHT: 0.0}
    return _Coded(
        answers=answers,
        voters=voters,
        left=np.array([code[d.task, d.left] for d in rows]),
        right=np.array([code[d.task, d.right] for d in rows]),
        voter=np.array([who[d.voter] for d in rows]),
        won=np.array([won[d.choice] for d in rows]),
    )


def _loss(point: Floats, coded: _Coded) -> tuple[float, Floats]:
    """Minus the log posterior and its gradient, over worths, skills and leans."""
    count, voters = len(coded.answers), len(coded.voters)
    worth, skill, lean = np.split(point, [count, count + voters])
    apart = worth[coded.left] - worth[coded.right]
    odds = skill[coded.voter] * apart + lean[coded.voter]
    told = coded.won * log_expit(odds) + (1 - coded.won) * log_expit(-odds)
    prior = (worth**2).sum() / WORTH_SPREAD**2 + ((skill - 1) ** 2).sum() / SKILL_SPREAD**2
    prior += (lean**2).sum() / LEAN_SPREAD**2
    slope = expit(odds) - coded.won
    pull = slope * skill[coded.voter]
    gradient = np.concatenate([
        summed(coded.left, pull, count)
        - summed(coded.right, pull, count)
        + worth / WORTH_SPREAD**2,
        summed(coded.voter, slope * apart, voters) + (skill - 1) / SKILL_SPREAD**2,
        summed(coded.voter, slope, voters) + lean / LEAN_SPREAD**2,
    ])  # fmt: skip
    return float(prior / 2 - told.sum()), gradient


def _errors(coded: _Coded, worth: Floats, skill: Floats, lean: Floats) -> Floats:
    """Standard errors of the worths, from the diagonal of the information."""
    odds = skill[coded.voter] * (worth[coded.left] - worth[coded.right]) + lean[coded.voter]
    told = skill[coded.voter] ** 2 * expit(odds) * expit(-odds)
    count = len(worth)
    held = summed(coded.left, told, count) + summed(coded.right, told, count) + WORTH_SPREAD**-2
    error: Floats = 1 / np.sqrt(held)
    return error


def _rankings(coded: _Coded, worth: Floats, error: Floats) -> tuple[Ranking, ...]:
    """Answers by task, best first; of equal ones the first by name."""
    count = len(worth)
    met = summed(coded.left, np.ones(len(coded.won)), count)
    met += summed(coded.right, np.ones(len(coded.won)), count)
    won = summed(coded.left, coded.won, count) + summed(coded.right, 1 - coded.won, count)
    by_task: dict[str, list[int]] = {}
    for code, (task, _) in enumerate(coded.answers):
        by_task.setdefault(task, []).append(code)
    votes = Counter(coded.answers[code][0] for code in coded.left.tolist())
    found = []
    for task, codes in by_task.items():
        order = sorted(
            codes, key=lambda code: (-round(float(worth[code]), 6), coded.answers[code][1])
        )
        first, second = order[0], order[1]
        apart = (worth[first] - worth[second]) / math.hypot(error[first], error[second])
        found.append(
            Ranking(
                task=task,
                answers=tuple(coded.answers[code][1] for code in order),
                worths=tuple(float(worth[code]) for code in order),
                errors=tuple(float(error[code]) for code in order),
                wins=tuple(float(won[code] / met[code]) for code in order),
                confidence=0.5 * math.erfc(-apart / math.sqrt(2)),
                votes=votes[task],
            )
        )
    return tuple(found)
