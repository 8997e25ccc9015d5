"""The figures that the tables of votes are made of; pure arithmetic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from validator.peers.pool import Flags, Floats, Ints

BINS: Final = 10
_TIE: Final = 1e-9


def right_share(belief: Floats, truth: Ints) -> float:
    """The share of tasks that are right; of a tie between n classes the right one counts 1 / n.

    Args:
        belief: T x K.
        truth: T codes; below 0 where nobody knows, which is left out.

    """
    known = truth >= 0
    top = belief[known] >= belief[known].max(axis=1, keepdims=True) - _TIE
    return float((top[np.arange(len(top)), truth[known]] / top.sum(axis=1)).mean())


def calibration_error(confidence: Floats, right: Flags) -> float:
    """Expected calibration error of 0-1 over `BINS` even bins.

    Source: M. Naeini, G. Cooper, M. Hauskrecht, "Obtaining well calibrated probabilities using
    Bayesian binning", AAAI 2015.

    Args:
        confidence: T chances of 0-1.
        right: T flags.

    """
    place = np.minimum((confidence * BINS).astype(np.int64), BINS - 1)
    apart = np.bincount(place, confidence - right, minlength=BINS)
    return float(np.abs(apart).sum() / len(confidence))


def found_shares(found: Flags, bad: Flags) -> tuple[float, float]:
    """Precision and recall of the voters found; precision is 1 where nobody is found."""
    both = float((found & bad).sum())
    precision = both / float(found.sum()) if found.any() else 1.0
    return precision, both / float(bad.sum())
