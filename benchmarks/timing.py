"""Interleaved timing: methods take turns, so that a drifting machine drifts for all of them."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True, slots=True)
class Sample:
    """Wall seconds of one method, in the order they were taken."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """Median seconds."""
        return statistics.median(self.seconds)

    @property
    def p95(self) -> float:
        """95th percentile by nearest rank (close to the worst seen when there are few)."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]


def interleave(
    methods: Mapping[str, Callable[[], object]],
    rounds: int,
    warmup: int = 2,
    before: Mapping[str, Callable[[], object]] | None = None,
) -> dict[str, Sample]:
    """Call every method once per round, in turn; return a Sample for each.

    The warm-up rounds are not counted; `before` is called ahead of a method, and not timed.
    """
    pauses = before or {}
    taken: dict[str, list[float]] = {name: [] for name in methods}
    for number in range(warmup + rounds):
        for name, method in methods.items():
            if name in pauses:
                pauses[name]()
            start = time.perf_counter()
            method()
            spent = time.perf_counter() - start
            if number >= warmup:
                taken[name].append(spent)
    return {name: Sample(tuple(values)) for name, values in taken.items()}


@dataclass(frozen=True, slots=True)
class Ratio:
    """One line of the report: a figure as a multiple of a floor measured in the same run.

    `goal` is the bound asked for (`at_most` says its direction); None: shown for information.
    """

    group: str
    name: str
    value: float
    floor: float
    unit: str
    goal: float | None = None
    at_most: bool = True
    difference: bool = False  # the figure is value - floor, not value / floor

    @property
    def figure(self) -> float:
        """The ratio (or the difference) that the goal speaks of."""
        return self.value - self.floor if self.difference else self.value / self.floor

    @property
    def met(self) -> bool | None:
        """Whether the goal holds; None without a goal."""
        if self.goal is None:
            return None
        return self.figure <= self.goal if self.at_most else self.figure >= self.goal
