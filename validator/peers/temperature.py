"""How sure to be of a class.

Every model of voters claims to be surer than it is right: 0.96 to 0.97 at 0.83 (design, votes,
section 4). Thirty known tasks put that right, and nothing else does.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.optimize import minimize_scalar

if TYPE_CHECKING:
    from validator.peers.pool import Floats, Ints

RECORD: Final = 30
"""Known tasks from which on models are weighed and confidence is set right."""
UNTRIED: Final = 2.0
"""The temperature where fewer tasks are known: voters are rarely as independent as models take them
to be."""
_COLDEST, _HOTTEST = 0.2, 20.0
_FLOOR: Final = 1e-9


def temperature_of(held_out: Floats, truth: Ints) -> float:
    """The temperature that makes beliefs as sure as they are right, by likelihood.

    Args:
        held_out: R x K beliefs of tasks that the fit did not know.
        truth: R codes of their true classes.

    """
    if len(held_out) < RECORD:
        return UNTRIED
    logs = np.log(np.maximum(held_out, _FLOOR))

    def loss(log_temperature: float) -> float:
        scaled = logs / math.exp(log_temperature)
        level = np.logaddexp.reduce(scaled, axis=1)
        return float((level - scaled[np.arange(len(truth)), truth]).mean())

    bounds = (math.log(_COLDEST), math.log(_HOTTEST))
    found = minimize_scalar(loss, bounds=bounds, method="bounded")
    return math.exp(float(found.x))


def tempered(belief: Floats, temperature: float) -> Floats:
    """T x K beliefs at a temperature; above 1 less sure, the order of classes stays."""
    logs = np.log(np.maximum(belief, _FLOOR)) / temperature
    logs -= np.logaddexp.reduce(logs, axis=1, keepdims=True)
    return np.exp(logs, out=logs)
