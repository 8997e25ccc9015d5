"""How right, how sure and how fast the consensus of votes is, with crowd-kit in the same run.

Every module here has `measure(short) -> Iterator[Ratio]`. Goals: design, votes, section 11.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

from benchmarks.timing import Ratio

if TYPE_CHECKING:
    from collections.abc import Iterator

GROUP: Final = "votes"
PARTS: Final = (
    "classes", "scores", "attacks", "calibration", "stopping", "speed", "similarity", "reputation",
)  # fmt: skip
"""Modules of this folder, in the order in which they are measured."""


def measure(short: bool) -> Iterator[Ratio]:
    """Measure everything."""
    for part in PARTS:
        yield from measure_part(part, short)


def measure_part(part: str, short: bool) -> Iterator[Ratio]:
    """Measure one of `PARTS`; what it needs is loaded only now."""
    yield from import_module(f"{__name__}.{part}").measure(short)


def percent(name: str, share: float, goal: float | None = None, *, at_most: bool = False) -> Ratio:
    """Return a share of 0-1 as a line of the report, in percent; `goal` is a share as well."""
    bound = None if goal is None else round(100 * goal, 6)
    return Ratio(GROUP, name, 100 * float(share), 1.0, "%", bound, at_most)


def points(name: str, value: float, goal: float | None = None, *, at_most: bool = True) -> Ratio:
    """Return points of 0-100, or a count, as a line of the report."""
    return Ratio(GROUP, name, float(value), 1.0, "", goal, at_most)
