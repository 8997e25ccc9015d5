"""How right and how fast each check is, on labelled public data, with its peers in the same run.

Every module here has `measure(short) -> Iterator[Ratio]`; shares have the floor 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.checks import static
from benchmarks.timing import Ratio

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

PARTS: Mapping[str, Callable[[bool], Iterator[Ratio]]] = {"static": static.measure}
"""By name of the check, in the order in which they are measured."""


def measure(short: bool) -> Iterator[Ratio]:
    """Measure all checks."""
    for part in PARTS.values():
        yield from part(short)


def share(name: str, value: float, goal: float | None = None, *, at_most: bool = False) -> Ratio:
    """Return a share or a count as a line of the report; `goal` is its bound."""
    return Ratio("checks", name, value, 1.0, "", goal, at_most)
