"""The jailed side of the claims check: read the table, recompute each claim twice, decide."""

from __future__ import annotations

import csv  # noqa: F401 - loaded before the jail closes
import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo, available_timezones

import polars as pl

from checkers.claims.deciding import P_VALUES, Decision, Limits, decide, vague
from checkers.claims.engine import Engine
from checkers.claims.flaws import explain, readings, same_value
from checkers.claims.loading import LoadingError, Table, load
from checkers.claims.numbers import QueryError, Ranking, Value, names_of
from checkers.claims.own_engine import OwnEngine
from checkers.claims.own_table import ReadingError
from checkers.claims.query import Query

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

AGREE: Final = 1e-9
AGREE_P: Final = 1e-7
"""Relative; tails of distributions lose digits that no p-value is printed with."""

TWICE_CELLS: Final = 2_000_000
"""Rows times claims that the second, slow engine recomputes, counted, so that all runs do alike."""

WHY_CELLS: Final = 20_000_000
"""Rows times further readings that are computed to name a mistake."""

GROUP_CELLS: Final = 100
"""What a group costs beside its rows."""

NOTHING_FITS: Final = "is not what the data give"
NOT_COMPUTABLE: Final = "its values do not go together with those of the dataset"
NO_VALUE: Final = "too few rows are left, or nothing varies in them"

# All that libraries raise about values. A panic of polars is no `Exception`.
_FAILURES: Final = (
    pl.exceptions.PolarsError,
    pl.exceptions.PanicException,
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    TypeError,
    ValueError,
)

_ZONES: dict[str, ZoneInfo] = {}


def warm() -> None:
    """Load the time zones, which are files, before the jail closes."""
    for name in sorted(available_timezones()):
        with suppress(ValueError, OSError):
            _ZONES[name] = ZoneInfo(name)


@dataclass(slots=True)
class _Bench:
    """Both engines on one table, and what they may still spend."""

    table: Table
    limits: Limits | None
    engine: Engine
    names: frozenset[str]
    own: OwnEngine | None = None
    twice_left: int = TWICE_CELLS
    why_left: int = WHY_CELLS
    twice: int = 0
    defects: list[str] = field(default_factory=list)

    def compute(self, query: Query) -> Value:
        """The first engine's word; raises `QueryError` where it has none, whatever went wrong."""
        try:
            return self.engine.compute(query)
        except QueryError:
            raise
        except _FAILURES:
            raise QueryError(NOT_COMPUTABLE) from None

    def second(self, query: Query) -> Value | _Unknown:
        """The second engine's word, or `UNKNOWN` where it has none to spare."""
        rows = max(1, self.table.height)
        if rows > self.twice_left:
            return UNKNOWN
        self.twice_left -= rows
        try:
            found = self._engine().compute(query)
        except (OverflowError, MemoryError):  # too much for a slow engine
            return UNKNOWN
        except ReadingError:
            raise
        except _FAILURES:
            raise ReadingError(f"gives no {query.metric} when it is computed again") from None
        self.twice += 1
        return found

    def _engine(self) -> OwnEngine:
        if self.own is None:
            self.own = OwnEngine(self.table.plain(self.names), self.table.kinds, _ZONES)
        return self.own

    def may_explain(self, groups: int) -> bool:
        """Spend one further reading of a result of so many groups."""
        self.why_left -= max(1, self.table.height) + GROUP_CELLS * groups
        return self.why_left >= 0


class _Unknown:
    """No second opinion."""


UNKNOWN: Final = _Unknown()


def judge(request: Mapping[str, Any], data: bytes) -> dict[str, Any]:
    """Judge `items` against the table in `data`.

    `request`: `name` of the file, `columns`, `dialect`, `tolerance` (or null) and `items`, each
    `{query, value, unit, asked}`; `asked`: it answers a question of the task. Returns
    `{"fault": message}` where the table is not as declared, else `{"items": [[verdict, why], ...],
    "twice": n, "defects": [...]}`; verdict is `right`, `wrong`, `undecided` or `unfit` (the query
    does not fit the table).
    """
    try:
        table = load(data, request["name"], request["dialect"], request["columns"])
    except LoadingError as error:
        return {"fault": str(error)}
    tolerance = request["tolerance"]
    limits = (tolerance["absolute"], tolerance["relative"]) if tolerance else None
    queries = [Query.model_validate(item["query"]) for item in request["items"]]
    names = frozenset(name for query in queries for name in names_of(query)) & set(table.kinds)
    bench = _Bench(table, limits, Engine(table.frame, table.kinds), names or frozenset(table.kinds))
    # Claims about the same rows one after the other: the engine keeps those at hand.
    order = sorted(range(len(request["items"])), key=lambda n: _where(request["items"][n]))
    found: list[tuple[str, str]] = [("", "")] * len(order)
    for number in order:
        item = request["items"][number]
        found[number] = _judge_one(bench, queries[number], item)
    return {"items": found, "twice": bench.twice, "defects": bench.defects, "rows": table.height}


def _where(item: Mapping[str, Any]) -> str:
    return repr(item["query"].get("where", ""))


def _judge_one(bench: _Bench, query: Query, item: Mapping[str, Any]) -> tuple[str, str]:
    said, unit = item["value"], item["unit"]
    try:
        if query.open_conventions():
            return _judge_open(bench, query, said, unit)
        value = bench.compute(query)
        if value is None or value == {}:
            return "unfit", NO_VALUE
        other = bench.second(query)
    except QueryError as error:
        return "unfit", str(error)
    except ReadingError as error:
        bench.defects.append(f"a second reading of the dataset failed: it {error}")
        return (
            "undecided",
            "the dataset could not be read in two ways alike, which is not its fault",
        )
    if not isinstance(other, _Unknown) and not _agree(query, value, other):
        bench.defects.append(f"two engines disagree about {query.metric}")
        return (
            "undecided",
            "two computations of this number disagree, which is not the answer's fault",
        )
    decision = decide(query, value, said, unit, bench.limits)
    if decision.right and item.get("asked") and bench.limits is None:
        coarse = vague(query, value, said, unit)
        decision = Decision(right=not coarse, why=coarse)
    return _said(decision, lambda: _why(bench, query, said, unit))


def _said(decision: Decision, why: Callable[[], str]) -> tuple[str, str]:
    return ("right", "") if decision.right else ("wrong", decision.why or why())


def _agree(query: Query, value: Value, other: Value) -> bool:
    relative = AGREE_P if query.metric in P_VALUES else AGREE
    if isinstance(value, Ranking) and isinstance(other, Ranking):
        mine = dict(zip(value.labels, value.values, strict=True))
        theirs = dict(zip(other.labels, other.values, strict=True))
        return same_value(mine, theirs, relative)
    return same_value(value, other, relative)


def _why(bench: _Bench, query: Query, said: object, unit: str | None) -> str:
    groups = len(said) if isinstance(said, dict) else 0

    def is_value(other: Query) -> bool:
        if not bench.may_explain(groups):
            return False
        value = bench.compute(other)
        return value is not None and decide(other, value, said, unit, bench.limits).right

    return explain(query, is_value) or NOTHING_FITS


def _judge_open(bench: _Bench, query: Query, said: object, unit: str | None) -> tuple[str, str]:
    """A convention was left out: no fault where it changes nothing, else name what matches."""
    names = " and ".join(query.open_conventions())
    values: list[Value] = []
    matching: list[str] = []
    for words, settled in readings(query):
        try:
            value = bench.compute(settled)
        except QueryError:
            continue
        values.append(value)
        if value is not None and decide(settled, value, said, unit, bench.limits).right:
            matching.append(words)
    if not values or values[0] is None:
        return "unfit", NO_VALUE
    if all(same_value(values[0], value, AGREE) for value in values):
        decision = decide(query, values[0], said, unit, bench.limits)
        return _said(decision, lambda: NOTHING_FITS)
    if not matching:
        return "wrong", f"leaves {names} open, and its value is that of no choice of it"
    shown = re.sub(r"\s+", " ", ", or ".join(matching[:3]))
    return (
        "wrong",
        f"leaves {names} open, which changes the value; the one printed is that of {shown}",
    )
