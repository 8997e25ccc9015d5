"""The ratio of two long rows of tokens at a cost that grows with their length, not its square.

Both are cut where a run of tokens stands once in each (the anchors of patience diff: Cohen 2010;
the longest rising row of them: Schensted 1961), and what lies between is compared piece by piece.
A common subsequence of pieces is one of the whole, so the ratio is never above the true one: what
this costs is a copy missed, never an honest answer called one.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
from rapidfuzz.distance import LCSseq

if TYPE_CHECKING:
    from array import array
    from collections.abc import Iterator

    from numpy.typing import NDArray

LONG: Final = 4_000
"""Tokens of both (their geometric mean) from which the exact ratio is not taken: some 3 ms then,
but 700 ms for two of 50,000."""

RUN: Final = 12
"""Tokens of an anchor. Shorter runs stand in honest programs, too."""

PIECE: Final = 2_000
"""Most tokens of a piece; where no anchor is nearer, both sides are cut in proportion."""

_FACTOR: Final = 0x9E37_79B9_7F4A_7C15  # odd, 2^64 over the golden ratio (Knuth 6.4)


def is_long(one: array[int], other: array[int]) -> bool:
    """True where the exact ratio would cost too much."""
    return len(one) * len(other) > LONG * LONG


def ratio(one: array[int], other: array[int]) -> float:
    """Return a lower bound (0-1) of the Indel ratio of two rows that are not both empty."""
    common = 0
    start = (0, 0)
    for end, run in _anchors(one, other):
        common += _between(one[start[0] : end[0]], other[start[1] : end[1]]) + run
        start = (end[0] + run, end[1] + run)
    common += _between(one[start[0] :], other[start[1] :])
    return 2 * common / (len(one) + len(other))


def _between(one: array[int], other: array[int]) -> int:
    """Return the length of a common subsequence: the longest, where both fit into one piece."""
    if not one or not other:
        return 0
    pieces = -(-max(len(one), len(other)) // PIECE)
    cuts = [(len(one) * at // pieces, len(other) * at // pieces) for at in range(pieces + 1)]
    return sum(
        int(LCSseq.similarity(one[left:right], other[low:high]))
        for (left, low), (right, high) in pairwise(cuts)
    )


def _anchors(one: array[int], other: array[int]) -> Iterator[tuple[tuple[int, int], int]]:
    """Yield the places of stretches that both share, rising in both, and their lengths."""
    here, there = _single(one), _single(other)
    _, mine, its = np.intersect1d(here[0], there[0], assume_unique=True, return_indices=True)
    left, right = here[1][mine], there[1][its]
    order = np.argsort(left)
    found: tuple[int, int] | None = None
    length = 0
    for at, place in _rising(left[order].tolist(), right[order].tolist()):
        if one[at : at + RUN] != other[place : place + RUN]:
            continue  # two runs of one hash
        if found is None:
            found, length = (at, place), RUN
            continue
        end = (found[0] + length, found[1] + length)
        if at - found[0] == place - found[1] and at <= end[0]:
            length = at - found[0] + RUN
        elif at >= end[0] and place >= end[1]:
            yield found, length
            found, length = (at, place), RUN
    if found is not None:
        yield found, length


def _single(tokens: array[int]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Return hashes of the runs that stand once, rising, and where each begins."""
    values = np.array(tokens, dtype=np.uint64)
    windows = max(len(values) - RUN + 1, 0)
    hashes = np.zeros(windows, dtype=np.uint64)
    for at in range(RUN):
        hashes = hashes * np.uint64(_FACTOR) + values[at : at + windows]
        hashes ^= hashes >> np.uint64(29)
    found, places, counts = np.unique(hashes, return_index=True, return_counts=True)
    return found[counts == 1], places[counts == 1]


def _rising(left: list[int], right: list[int]) -> list[tuple[int, int]]:
    """Return the longest row of pairs that rises on the right; `left` rises already."""
    ends: list[int] = []
    numbers: list[int] = []
    before: list[int] = []
    for number, value in enumerate(right):
        at = bisect_left(ends, value)
        before.append(numbers[at - 1] if at else -1)
        if at == len(ends):
            ends.append(value)
            numbers.append(number)
        else:
            ends[at] = value
            numbers[at] = number
    found = []
    number = numbers[-1] if numbers else -1
    while number >= 0:
        found.append((left[number], right[number]))
        number = before[number]
    return found[::-1]
