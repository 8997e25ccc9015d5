"""How the work of a program grows with the size of its input: the exponent of a power law. Pure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

DOUBLINGS: Final = 4
"""An exponent is told only over so many doublings of the size."""

STANDS_OUT: Final = 1.0
"""Work counts when it is at least so many times what starting the program takes."""

_NEARLY: Final = 0.95
"""Sizes are jittered, so that four doublings may be a little less."""


def exponent(points: Sequence[tuple[int, float]], start: float) -> float | None:
    """Slope of log work over log size, the start taken off: 1 linear, 2 quadratic.

    `points` are (size, work) in rising order of size; work and `start` have one unit. Read from the
    largest size down as far as the work stands out; None where that is less than DOUBLINGS
    doublings.
    """
    net: list[tuple[float, float]] = []
    for size, work in reversed(points):
        if size < 1 or work - start <= STANDS_OUT * start:
            break
        net.append((math.log(size), math.log(work - start)))
    if not net or net[0][0] - net[-1][0] < math.log(2) * DOUBLINGS * _NEARLY:
        return None
    return theil_sen(net)


def theil_sen(points: Sequence[tuple[float, float]]) -> float | None:
    """Slope of a line through points (x, y): the median of all slopes between two of them.

    One point that is far off does not move it (Sen 1968). None for fewer than two values of x.
    """
    slopes = sorted(
        (other[1] - one[1]) / (other[0] - one[0])
        for index, one in enumerate(points)
        for other in points[index + 1 :]
        if other[0] != one[0]
    )
    if not slopes:
        return None
    return (slopes[(len(slopes) - 1) // 2] + slopes[len(slopes) // 2]) / 2
