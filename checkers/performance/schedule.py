"""Which hidden inputs a run uses: sizes and seeds, all from one number. Pure."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

JITTER: Final = 0.1
"""A measured size lies up to this share below the size that it stands for."""

SMALLEST: Final = 4
"""So many sizes from the smallest on are tried one by one: they are where edge cases are."""

INPUTS_OF_SMALL: Final = 3
"""So many inputs of each of the smallest sizes: they cost little and differ much."""

SEED_LIMIT: Final = 1 << 31
"""Seeds handed to generators are below this, which every language's integers hold."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What the generator is told."""

    size: int
    seed: int

    @property
    def args(self) -> tuple[str, str]:
        """The generator's arguments."""
        return str(self.size), str(self.seed)


class Schedule:
    """The inputs of one answer.

    They hang on the task's seed (hidden) and on the answer's bytes (`context.seed`): fixed once the
    answer is in, and different for every other answer, so that what one answer finds out about its
    inputs serves no other.
    """

    def __init__(self, sizes: Sequence[int], seed: int | None, answer_seed: int) -> None:
        text = f"performance/1 {seed} {answer_seed}"
        self._random = Random(hashlib.sha256(text.encode()).digest())  # noqa: S311 - replayed
        self.high = max(sizes)
        # A task that names one size would have all its inputs known but for their seeds.
        self.low = min(sizes) if len(set(sizes)) > 1 else below(self.high)
        self._listed = frozenset(sizes)

    def ladder(self) -> tuple[int, ...]:
        """Sizes in rising order: the smallest ones, those listed, and jittered doublings between.

        All lie between the smallest and the largest size listed. Neighbours are at most a factor of
        about 2 apart, so that a size can be found that fits the time there is.
        """
        sizes = set(self._listed)
        sizes.update(range(self.low, min(self.low + SMALLEST, self.high + 1)))
        step = self.high
        while step > max(self.low, 1):
            sizes.add(self.near(step))
            step //= 2
        return tuple(sorted(sizes))

    def inputs_of(self, size: int) -> int:
        """Return how many inputs of a size of the ladder are tried."""
        return INPUTS_OF_SMALL if size < self.low + SMALLEST else 1

    def near(self, size: int) -> int:
        """Return a size at or a little below this one, at random."""
        return self._random.randint(max(self.low, below(size)), size)

    def ask(self, size: int) -> Ask:
        """Return an input of this size with a seed of its own."""
        return Ask(size, self._random.randrange(SEED_LIMIT))

    def halvings(self, size: int, count: int) -> tuple[int, ...]:
        """The smallest size of all, and this one with its `count` halvings, in rising order."""
        halved = {size >> step for step in range(count + 1)}
        return tuple(sorted({each for each in halved if each > self.low} | {self.low}))

    def orders(self) -> tuple[tuple[int, int, int], ...]:
        """All six orders in which three programs can take turns, shuffled."""
        orders = [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)]
        self._random.shuffle(orders)
        return tuple(orders)


def below(size: int) -> int:
    """Return the least size that may stand for this one."""
    return math.ceil(size * (1 - JITTER))
