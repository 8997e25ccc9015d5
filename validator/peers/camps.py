"""Find rings, let known truths say which side lies, and leave the liars out.

No arithmetic on votes alone can tell a ring of 49 % that lies on chosen tasks from the honest half
it accuses. A handful of tasks on which the two sides differ, put before a check or an expert, can:
fifteen probes bring such a pool from 0.09 right back to 0.84 (design, votes, section 5). So the
search is made to be asked again: it names the tasks it wants to know, and goes on once they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from validator.peers.class_camps import class_members
from validator.peers.confusion import ClassFit, confusion_of, pooled_confusion
from validator.peers.incidence import Incidence, summed
from validator.peers.linear_voter import linear_voters
from validator.peers.pool import Flags, Floats, Ints, Kind, Pool
from validator.peers.residuals import (
    ALARM,
    Suspicion,
    class_leftovers,
    score_leftovers,
    suspicion_of,
    unity,
)
from validator.peers.score_camps import score_members

if TYPE_CHECKING:
    from collections.abc import Callable

PROBES: Final = 15
"""How many tasks one alarm may put before an expert (design, votes, section 10)."""
ENOUGH_EVIDENCE: Final = 12
AGAIN: Final = 1.1
"""As `ALARM`, in a pool that a ring was found in."""
_TELLING: Final = 4 * PROBES
"""Among so many tasks of the largest contrast, those already known are evidence as well."""
_STARTS: Final = (0.1, 0.2, 0.35, 0.5)
_CAMPS: Final = 4
_CLASS_DOUBT, _SCORE_DOUBT = 0.2, 15.0
"""Truths of a larger error are no evidence."""
_MEMBER: Final = 0.5
_RING: Final = 2
"""Nobody is a ring alone; who is wrong alone has a low skill."""
_LEAST_TRUSTED: Final = 0.4
"""Never is more than the rest left out: beyond it nobody could say who the ring is."""


@dataclass(frozen=True, slots=True)
class Camp:
    """A group that voted as one and was found wrong.

    `strength`: its agreement, by that of the pool's own dealt-out copies. `members`: voter codes.
    `tasks`: codes of known tasks on which it stood against the rest; it was wrong on `wrong` of
    them, the rest on `rest_wrong`.
    """

    strength: float
    members: Ints
    tasks: Ints
    wrong: int
    rest_wrong: int


@dataclass(frozen=True, slots=True)
class Search:
    """How a search ended: V flags of who is trusted, the camps, and the tasks it wants to know.

    `strength`: of the strongest group that is left, see `Suspicion.ratio`. `wanted`: task codes, by
    contrast; empty when nothing is alarming or nothing more can be learnt.
    """

    trusted: Flags
    camps: tuple[Camp, ...]
    strength: float
    wanted: Ints


@dataclass(frozen=True, slots=True)
class _Sides:
    """What either side of a suspicion says of each task: T contrasts, T values for each side."""

    contrast: Floats
    plus: Floats
    minus: Floats


def seek_camps(pool: Pool) -> Search:
    """Look for camps until nothing alarming is left, or until a probe is needed.

    Args:
        pool: votes, with whatever is known of the tasks.

    """
    trusted = np.ones(len(pool.voters), bool)
    camps: list[Camp] = []
    suspicion = _suspicion(pool, trusted)
    # Once a ring is found, its stragglers need to show less to be looked at.
    while suspicion.ratio >= (AGAIN if camps else ALARM) and len(camps) < _CAMPS:
        sides = _sides(pool.keeping(trusted), suspicion.direction)
        evidence, wanted = _evidence(pool, sides)
        if len(evidence) < ENOUGH_EVIDENCE:
            return Search(trusted, tuple(camps), suspicion.ratio, wanted)
        camp = _camp(pool, trusted, suspicion, sides, evidence)
        left = trusted.copy()
        left[camp.members] = False
        if len(camp.members) < _RING or left.mean() < _LEAST_TRUSTED:
            break
        trusted = left
        camps.append(camp)
        suspicion = _suspicion(pool, trusted)
    return Search(trusted, tuple(camps), suspicion.ratio, np.zeros(0, np.int64))


def _suspicion(pool: Pool, trusted: Flags) -> Suspicion:
    """The strongest group among the trusted voters."""
    active = pool.keeping(trusted)
    if pool.kind is Kind.CLASS:
        leftovers = class_leftovers(active, pooled_confusion(active))
    else:
        leftovers = score_leftovers(active, linear_voters(active))
    return suspicion_of(active, leftovers, trusted)


def _sides(pool: Pool, direction: Floats) -> _Sides:
    """What the voters on either side of the direction say of each task."""
    ahead = np.maximum(direction, 0)[pool.voter]
    behind = np.maximum(-direction, 0)[pool.voter]
    return (_class_sides if pool.kind is Kind.CLASS else _score_sides)(pool, ahead, behind)


def _class_sides(pool: Pool, ahead: Floats, behind: Floats) -> _Sides:
    """Each side's class, and by how much either holds to its own against the other's."""
    classes = len(pool.classes)
    cell = pool.task * classes + pool.label
    size = len(pool.tasks) * classes
    plus = np.bincount(cell, ahead, minlength=size).reshape(-1, classes)
    minus = np.bincount(cell, behind, minlength=size).reshape(-1, classes)
    row = np.arange(len(pool.tasks))
    one, other = plus.argmax(axis=1), minus.argmax(axis=1)
    holds = np.minimum(plus[row, one] - plus[row, other], minus[row, other] - minus[row, one])
    return _Sides(holds, one.astype(np.float64), other.astype(np.float64))


def _score_sides(pool: Pool, ahead: Floats, behind: Floats) -> _Sides:
    """Each side's mean, and how far they stand apart for the weight that either has."""
    size = len(pool.tasks)
    plus, minus = summed(pool.task, ahead, size), summed(pool.task, behind, size)
    both = (plus > 0) & (minus > 0)
    one = summed(pool.task, ahead * pool.value, size) / np.where(both, plus, 1)
    other = summed(pool.task, behind * pool.value, size) / np.where(both, minus, 1)
    contrast = np.abs(one - other) * np.sqrt(np.minimum(plus, minus))
    return _Sides(np.where(both, contrast, 0.0), one, other)


def _evidence(pool: Pool, sides: _Sides) -> tuple[Ints, Ints]:
    """Known tasks on which the sides clearly differ, and the unknown ones worth asking."""
    ranked = np.argsort(-sides.contrast, kind="stable")
    ranked = ranked[sides.contrast[ranked] > 0]
    telling = ranked[:_TELLING]
    # A word that may well be wrong convicts nobody.
    told = pool.is_known & (pool.doubt <= (_CLASS_DOUBT if pool.classes else _SCORE_DOUBT))
    evidence = telling[told[telling]]
    unknown = ranked[~told[ranked]]
    return evidence, unknown[: max(PROBES - len(evidence), 0)]


def _errors(pool: Pool, sides: _Sides, evidence: Ints) -> tuple[int, int]:
    """How many tasks of the evidence either side has wrong where the other is nearer."""
    truth = pool.known[evidence]
    one, other = sides.plus[evidence], sides.minus[evidence]
    if pool.kind is Kind.CLASS:
        return int((one != truth).sum()), int((other != truth).sum())
    nearer = np.abs(one - truth) < np.abs(other - truth)
    return int((~nearer).sum()), int(nearer.sum())


def _camp(pool: Pool, trusted: Flags, suspicion: Suspicion, sides: _Sides, evidence: Ints) -> Camp:
    """The group on the wrong side that leaves peace behind; of such the one that agrees most."""
    plus, minus = _errors(pool, sides, evidence)
    wrong, rest_wrong = max(plus, minus), min(plus, minus)
    lean = suspicion.direction if plus > minus else -suspicion.direction
    best: tuple[float, float] | None = None
    members = np.zeros(0, np.int64)
    # Where neither side is plainly wrong the two just see things differently.
    # A group no stronger than stragglers are must be wrong twice as often as the rest.
    plainly = rest_wrong if suspicion.alarming else 2 * rest_wrong
    if wrong > max(plainly, len(evidence) / 2):
        for group in _groups(pool, trusted, lean):
            rest = trusted & ~group
            if rest.mean() < _LEAST_TRUSTED:
                continue
            unrest = round(max(_suspicion(pool, rest).ratio, AGAIN), 1)
            rank = (unrest, -round(_unity(pool.keeping(trusted), rest, group), 6))
            if best is None or rank < best:
                best, members = rank, np.flatnonzero(group)
    return Camp(suspicion.ratio, members, evidence, wrong, rest_wrong)


def _unity(pool: Pool, rest: Flags, group: Flags) -> float:
    """How much a group agrees: against what all hold for true, by what the rest alone does.

    The first keeps strangers out of a small ring, the second half of a large one from being left
    in: its members, taken for the skilled ones, have little to agree on beyond their skill.
    """
    if pool.kind is Kind.SCORE:
        alone = linear_voters(pool, rest[pool.voter].astype(np.float64))
        first = unity(pool, score_leftovers(pool, linear_voters(pool)), group)
        return max(first, 0.0) * unity(pool, score_leftovers(pool, alone), group)
    together = unity(pool, class_leftovers(pool, pooled_confusion(pool)), group)
    belief = pooled_confusion(pool.keeping(rest)).belief
    table = confusion_of(Incidence(pool), belief)
    alone_said = table / table.sum(axis=1, keepdims=True)
    return max(together, 0.0) * unity(
        pool, class_leftovers(pool, ClassFit(belief, alone_said)), group
    )


def _groups(pool: Pool, trusted: Flags, lean: Floats) -> list[Flags]:
    """The groups that a membership fit ends at, from first guesses of several sizes."""
    active = pool.keeping(trusted)
    fit: Callable[[Pool, Flags, Floats], Floats] = (
        _fit_classes if pool.kind is Kind.CLASS else _fit_scores
    )
    found: dict[bytes, Flags] = {}
    for share in _STARTS:
        likely = np.argsort(-lean, kind="stable")[: max(int(share * trusted.sum()), 1)]
        first = np.zeros(len(trusted), bool)
        first[likely[lean[likely] > 0]] = True
        group = (fit(active, trusted & ~first, np.where(first, 0.8, 0.03)) > _MEMBER) & trusted
        if group.any():
            found[group.tobytes()] = group
    return list(found.values())


def _fit_classes(pool: Pool, rest: Flags, first: Floats) -> Floats:
    """Membership from the beliefs that the rest alone would hold."""
    return class_members(pool, first, pooled_confusion(pool.keeping(rest)).belief)


def _fit_scores(pool: Pool, _rest: Flags, first: Floats) -> Floats:
    """Membership for scores, whose fit begins without the first members by itself."""
    return score_members(pool, first)
