"""Statistics that both engines write down in the same words: results, and why there is none."""

from __future__ import annotations

from dataclasses import dataclass

Number = int | float
Value = Number | str | None


class QueryError(ValueError):
    """The query does not fit the table; the message is one sentence for who wrote it."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Groups by their statistic, best first; `values` go with `labels`."""

    labels: tuple[str, ...]
    values: tuple[float, ...]
