"""Places in sources, and who else may report them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandboxes.protocol import Sandbox

NEAR: Final = 3
"""Lines by which a report may miss a weakness (static analysis note, section 7, step 3)."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A weakness of one canonical category at lines of a file, 1-based, first and last."""

    file: str
    lines: tuple[int, int]
    category: str


class Scanner(Protocol):
    """The validator's own analyzer of a target."""

    def __call__(
        self, sandbox: Sandbox, files: Mapping[str, bytes], seconds: float
    ) -> tuple[Place, ...] | None:
        """Report what it finds in `files` within `seconds`; None: it could not be told.

        Categories are canonical names (`checkers.audit.categories`). May raise SandboxError.
        """


def gap(one: tuple[int, int], other: tuple[int, int]) -> int:
    """Return how many lines lie from one range to the other; 0 when they overlap."""
    return max(0, one[0] - other[1], other[0] - one[1])


def span(lines: tuple[int, int]) -> int:
    """Return how many lines a range has."""
    return lines[1] - lines[0] + 1
