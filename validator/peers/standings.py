"""How each voter stands after a fit: skill, weight, and what is odd about the votes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from validator.peers.confusion import ClassFit, confusion_of
from validator.peers.incidence import Incidence, summed

if TYPE_CHECKING:
    from validator.peers.linear_voter import ScoreFit
    from validator.peers.pool import Flags, Floats, Pool

ENOUGH_VOTES: Final = 10
"""A voter of fewer votes is not called odd."""
_BLIND: Final = 0.02
"""A weight below this share of the best voter's says that the votes tell nothing."""
_NOTHING: Final = 1e-6
"""Where the best voter tells less, there is nothing to tell, and nobody is blind to it."""
_UPSIDE_DOWN: Final = -0.1
_DIGITS: Final = 4


@dataclass(frozen=True, slots=True)
class VoterStanding:
    """One voter after a fit.

    `skill`: for classes the chance of 0-1 to be right, for scores the correlation of 0-1 of the
    votes with the quality. `weight`: what the votes tell, 1 for the voter who tells most, 0 for one
    who is left out. `flags`: `camp` (member of a ring), `contrary` (reliably wrong), `blind` (the
    votes do not hang on the tasks).
    """

    worker: str
    votes: int
    skill: float
    weight: float
    flags: tuple[str, ...]


def class_standings(pool: Pool, fit: ClassFit, trusted: Flags) -> tuple[VoterStanding, ...]:
    """Stand the voters of classes.

    Args:
        pool: all votes, those of rings included.
        fit: of the trusted voters' votes.
        trusted: V flags.

    """
    table = confusion_of(Incidence(pool), fit.belief)
    said = table / table.sum(axis=1, keepdims=True)
    prior = fit.belief.mean(axis=0)
    skill = np.einsum("vkk,k->v", said, prior)
    word = said @ prior
    # What a word tells of the class, in nats: the mutual information of voter and truth.
    told = (prior * said * np.log(said / word[:, :, None])).sum(axis=(1, 2))
    contrary = skill < 1 / max(len(pool.classes), 2) / 1.25
    return _standings(pool, skill, told, trusted, contrary)


def score_standings(pool: Pool, fit: ScoreFit, trusted: Flags) -> tuple[VoterStanding, ...]:
    """Stand the voters of scores; arguments as for `class_standings`."""
    reach = float(((fit.quality - fit.quality.mean()) ** 2 + fit.spread).mean())
    signal = fit.slope**2 * reach
    skill = np.sign(fit.slope) * np.sqrt(signal / (signal + fit.noise))
    told = fit.earnest * signal / fit.noise
    return _standings(pool, np.maximum(skill, 0), told, trusted, fit.slope < _UPSIDE_DOWN)


def _standings(
    pool: Pool, skill: Floats, told: Floats, trusted: Flags, contrary: Flags
) -> tuple[VoterStanding, ...]:
    """The voters in the order of their names."""
    votes = summed(pool.voter, np.ones(len(pool.voter)), len(pool.voters)).astype(np.int64)
    weight = np.where(trusted, told, 0.0)
    telling = bool(weight.max(initial=0.0) > _NOTHING)
    weight = weight / max(float(weight.max(initial=0.0)), 1e-12)
    found = []
    for code, worker in enumerate(pool.voters):
        flags = [] if trusted[code] else ["camp"]
        if votes[code] >= ENOUGH_VOTES:
            flags += ["contrary"] if contrary[code] else []
            blind = trusted[code] and not contrary[code] and weight[code] < _BLIND and telling
            flags += ["blind"] if blind else []
        found.append(
            VoterStanding(
                worker=worker,
                votes=int(votes[code]),
                skill=round(float(skill[code]), _DIGITS),
                weight=round(float(weight[code]), _DIGITS),
                flags=tuple(flags),
            )
        )
    return tuple(found)
