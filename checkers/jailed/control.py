"""A piece of work that cannot fail where the jail itself is sound."""

from __future__ import annotations


def add(numbers: list[int]) -> int:
    """Return the sum."""
    return sum(numbers)
