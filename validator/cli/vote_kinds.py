"""What the votes of a file are; apart, so that the command line starts without the arithmetic."""

from __future__ import annotations

from enum import StrEnum


class TableKind(StrEnum):
    """What the votes of a file are."""

    SCORE = "score"
    CLASS = "class"
    PAIR = "pair"
