"""How right and how fast each check is, on labelled public data, with its peers in the same run.

Every module here has `measure(short) -> Iterator[Ratio]`; shares have the floor 1.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

from benchmarks.timing import Ratio

if TYPE_CHECKING:
    from collections.abc import Iterator

PARTS: Final = (
    "math",
    "claims",
    "audit",
    "solidity",
    "semgrep",
    "static",
    "formats",
    "performance",
)
"""Modules of this folder, in the order in which they are measured."""


def measure(short: bool) -> Iterator[Ratio]:
    """Measure all checks."""
    for part in PARTS:
        yield from measure_part(part, short)


def measure_part(part: str, short: bool) -> Iterator[Ratio]:
    """Measure one of `PARTS`; what it needs is loaded only now."""
    yield from import_module(f"{__name__}.{part}").measure(short)


def share(name: str, value: float, goal: float | None = None, *, at_most: bool = False) -> Ratio:
    """Return a share or a count as a line of the report; `goal` is its bound."""
    return Ratio("checks", name, value, 1.0, "", goal, at_most)
