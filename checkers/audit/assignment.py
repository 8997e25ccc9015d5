"""Pairing one to one by largest total value: the Hungarian method, exact in integers.

Source: H. W. Kuhn, "The Hungarian method for the assignment problem" (1955), in the form with row
and column potentials (J. Munkres, 1957), O(rows^2 * columns).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def best_pairs(values: Sequence[Sequence[int]]) -> list[tuple[int, int]]:
    """Return (row, column) pairs, each row and column at most once, of largest total value.

    Takes a matrix of values that are 0 or more; pairs of value 0 are left out. The same matrix
    always gives the same pairs. Rows should be the shorter side.
    """
    rows = len(values)
    columns = len(values[0]) if rows else 0
    # A column of its own for every row, so that no row is forced onto a partner.
    work = _Work([[*(-value for value in row), *([0] * rows)] for row in values], rows)
    for row in range(1, rows + 1):
        work.place(row)
    return sorted(
        (row - 1, column - 1)
        for column, row in enumerate(work.row_of)
        if row and 0 < column <= columns and values[row - 1][column - 1] > 0
    )


@dataclass(slots=True)
class _Work:
    """Costs, potentials and the pairs so far; index 0 stands for none."""

    costs: list[list[int]]
    rows: int
    row_of: list[int] = field(init=False)
    by_row: list[int] = field(init=False)
    by_column: list[int] = field(init=False)

    def __post_init__(self) -> None:
        width = (len(self.costs[0]) if self.costs else 0) + 1
        self.row_of = [0] * width
        self.by_row = [0] * (self.rows + 1)
        self.by_column = [0] * width

    def place(self, row: int) -> None:
        """Bring one more row in, moving others along the cheapest path."""
        self.row_of[0] = row
        column, came_from = self._search()
        while column:
            before = came_from[column]
            self.row_of[column] = self.row_of[before]
            column = before

    def _search(self) -> tuple[int, list[int]]:
        width = len(self.row_of)
        least: list[int | None] = [None] * width
        came_from, done = [0] * width, [False] * width
        column = 0
        while self.row_of[column]:
            done[column] = True
            self._relax(column, least, came_from, done)
            open_columns = (
                (cost, index)
                for index, cost in enumerate(least)
                if cost is not None and not done[index]
            )
            step, column = min(open_columns)
            self._shift(step, least, done)
        return column, came_from

    def _relax(
        self, column: int, least: list[int | None], came_from: list[int], done: list[bool]
    ) -> None:
        row = self.row_of[column]
        costs, base = self.costs[row - 1], self.by_row[row]
        for index in range(1, len(least)):
            if not done[index]:
                cost = costs[index - 1] - base - self.by_column[index]
                known = least[index]
                if known is None or cost < known:
                    least[index], came_from[index] = cost, column

    def _shift(self, step: int, least: list[int | None], done: list[bool]) -> None:
        for index, is_done in enumerate(done):
            known = least[index]
            if is_done:
                self.by_row[self.row_of[index]] += step
                self.by_column[index] -= step
            elif known is not None:
                least[index] = known - step
