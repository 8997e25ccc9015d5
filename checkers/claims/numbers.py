"""What both engines say alike: kinds of results, labels of groups, values of a query by type."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from checkers.claims.query import Query

MAX_GROUPS: Final = 10_000
"""Groups of one number: more answer nothing that a report could print."""

MAX_CELLS: Final = 1_000_000
"""Cells of a table of two columns: the chi-square test looks at each."""

INTEGERS: Final = range(-(2**63), 2**63)
"""What a column of whole numbers holds."""

NUMERIC: Final = frozenset({"integer", "number", "boolean"})
TIMES: Final = frozenset({"date", "datetime"})
Literal = str | int | float | bool | dt.date | dt.time


class QueryError(ValueError):
    """The query does not fit the table; the message is one sentence for who wrote it."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Groups by their statistic, first place first; `values` go with `labels`."""

    labels: tuple[str, ...]
    values: tuple[float, ...]


Value = int | float | str | Ranking | dict[str, Any] | None
"""Result of a query: a number, a date as text, a ranking, one result for each group, or nothing."""


def label(value: Any) -> str:  # noqa: ANN401
    """Return the name of a group: whole numbers without a point, dates in ISO 8601."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    return str(value)


def joined(values: tuple[Any, ...]) -> str:
    """Return the name of a group of several columns: `DE | 2024-03`."""
    return " | ".join(map(label, values))


def fitting(columns: Mapping[str, str], name: str, value: Any) -> Any:  # noqa: ANN401
    """Return a query's value as its column holds values; raises `QueryError`."""
    kind = columns[name]
    if kind == "string" and isinstance(value, str):
        return value
    if kind == "boolean" and isinstance(value, bool):
        return value
    if kind in ("integer", "number") and not isinstance(value, (str, bool)):
        return _number(kind, name, value)
    if kind in ("date", "datetime", "time") and isinstance(value, str):
        return _moment(kind, name, value)
    asked = {"string": "a text in quotes", "boolean": "true or false"}.get(kind, f"of type {kind}")
    raise QueryError(
        f"column {name} is of type {kind}: the value to compare it with must be {asked}"
    )


def _number(kind: str, name: str, value: Any) -> float:  # noqa: ANN401 - int or float
    """The value in the column's type; a broken number beside whole ones stays what it is."""
    if kind == "number":
        try:
            return float(value)
        except OverflowError:
            raise QueryError(f"column {name} holds no number as large as the value") from None
    if isinstance(value, float) and not value.is_integer():
        return value
    if int(value) not in INTEGERS:
        raise QueryError(f"column {name} holds whole numbers of 64 bits, and the value is none")
    return int(value)


def few_groups(count: int) -> None:
    """Raise `QueryError` where each of very many groups would have a number."""
    if count > MAX_GROUPS:
        raise QueryError(f"there are {count:,} groups, and it is for at most {MAX_GROUPS:,} groups")


def _moment(kind: str, name: str, text: str) -> Literal:
    try:
        if kind == "time":
            return dt.time.fromisoformat(text)
        if kind == "date":
            return dt.date.fromisoformat(text)
        return dt.datetime.fromisoformat(text)
    except ValueError:
        raise QueryError(f"column {name} is of type {kind}: write values in ISO 8601") from None


def same_moment(first: str, second: str) -> bool:
    """Are two dates or times, in any form of ISO 8601, the same. A date is its midnight."""
    try:
        return dt.datetime.fromisoformat(first) == dt.datetime.fromisoformat(second)
    except ValueError:
        return first == second


def check_columns(query: Query, columns: Mapping[str, str]) -> None:
    """Raise `QueryError` where a column is unknown or cannot carry the metric."""
    for name in names_of(query):
        if name not in columns:
            raise QueryError(f"there is no column {name} in the dataset")
    for column, value in _compared(query):
        fitting(columns, column, value)
    if query.bucket is not None and columns[query.bucket.column] not in TIMES:
        raise QueryError(f"bucket needs dates, and column {query.bucket.column} holds none")
    _check_kind(query, columns)


def _compared(query: Query) -> Iterator[tuple[str, Any]]:
    """Every column that is compared with a value of the query, and the value."""
    for condition in query.where:
        listed = condition.value if isinstance(condition.value, tuple) else (condition.value,)
        yield from ((condition.column, value) for value in listed if value is not None)
    yield from zip(query.group_by, query.group or (), strict=False)
    yield from ((query.by or "", value) for value in query.groups or ())
    if query.value is not None:
        yield (query.by if query.metric == "rank" else query.column) or "", query.value


def names_of(query: Query) -> tuple[str, ...]:
    """All columns that a query names."""
    named = [query.column, query.x, query.y, query.by, *query.group_by]
    named += [condition.column for condition in query.where]
    if query.bucket is not None:
        named.append(query.bucket.column)
    return tuple(name for name in named if name is not None)


def _check_kind(query: Query, columns: Mapping[str, str]) -> None:
    metric = {"top_k": query.statistic, "rank": query.statistic, "growth": query.of}.get(
        query.metric, query.metric
    )
    if metric in ("count", "distinct", "missing", "share", "chi2", "chi2_p"):
        return
    for name in (query.column, query.x, query.y):
        if name is None or columns[name] in NUMERIC:
            continue
        if metric in ("min", "max") and columns[name] in TIMES and query.metric == metric:
            continue
        raise QueryError(f"{metric} needs numbers, and column {name} is of type {columns[name]}")


def finite(value: float) -> float | None:
    """The number, or nothing where it is none."""
    return value if math.isfinite(value) else None


def period(moment: dt.date, by: str) -> str:
    """Return the label of the bucket that a day lies in."""
    if by == "week":
        year, week, _ = moment.isocalendar()
        return f"{year:04d}-W{week:02d}"
    quarter = (moment.month + 2) // 3
    return {
        "day": f"{moment.year:04d}-{moment.month:02d}-{moment.day:02d}",
        "month": f"{moment.year:04d}-{moment.month:02d}",
        "quarter": f"{moment.year:04d}-Q{quarter}",
        "year": f"{moment.year:04d}",
    }[by]
