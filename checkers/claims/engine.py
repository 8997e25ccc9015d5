"""The first engine: queries on a polars frame, whole columns at a time."""

from __future__ import annotations

import datetime as dt
import math
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from checkers.claims import significance as tests
from checkers.claims.codes import codes
from checkers.claims.numbers import (
    QueryError,
    Ranking,
    Value,
    check_columns,
    few_groups,
    fitting,
    joined,
    label,
)
from checkers.claims.parts import (
    CODED,
    Part,
    Ranked,
    centred,
    mean,
    numeric,
    pearson,
    products,
    squares,
    total,
    true_only,
)
from checkers.claims.quantiles import quantile

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from checkers.claims.query import Bucket, Condition, Query

KEPT: Final = 2
"""Rows of the parts that are kept at hand, as a multiple of the table's."""

_RANGES: Final = ("<", "<=", ">", ">=")
_PERIOD: Final = "\0"
"""What the name of a column of time buckets starts with; no other name holds it."""

_COMPARE: Final[dict[str, Callable[[pl.Series, Any], pl.Series]]] = {
    "==": pl.Series.eq,
    "!=": pl.Series.ne,
    "<": pl.Series.lt,
    "<=": pl.Series.le,
    ">": pl.Series.gt,
    ">=": pl.Series.ge,
}
_FORMATS: Final = {"day": "%Y-%m-%d", "week": "%G-W%V", "month": "%Y-%m", "year": "%Y"}


class Engine:
    """Answers queries about a frame whose columns have the declared types."""

    def __init__(self, frame: pl.DataFrame, kinds: Mapping[str, str]) -> None:
        self._frame = frame
        self._kinds = kinds
        self._found: dict[str, Value] = {}
        self._buckets: dict[str, Bucket] = {}
        self._whole = Part(self._column, frame.height)
        self._parts: OrderedDict[tuple[str, ...], Part] = OrderedDict()
        self._metrics: dict[str, Callable[[Query, Part], Any]] = {
            **dict.fromkeys(
                ("count", "distinct", "missing", "sum", "mean", "median", "min", "max"), _simple
            ),
            "quantile": _quantile,
            **dict.fromkeys(("std", "var"), _spread),
            **dict.fromkeys(("correlation", "slope", "intercept", "r2"), _pairs),
            **dict.fromkeys(("ttest_t", "ttest_p"), self._t_test),
            **dict.fromkeys(("chi2", "chi2_p"), self._chi_square),
            **dict.fromkeys(("anova_f", "anova_p"), self._anova),
            **dict.fromkeys(("mannwhitney_u", "mannwhitney_p"), self._mann_whitney),
            "share": self._share,
            "top_k": self._ranking,
            "rank": self._rank,
        }

    def compute(self, query: Query) -> Value:
        """Return the number that is meant; raises `QueryError`. All conventions must be set.

        Queries with the same `where` are quickest one after the other; one that was asked before
        costs nothing.
        """
        key = repr(query.model_dump(exclude_defaults=True))
        if key not in self._found:
            self._found[key] = self._compute(query)
        return self._found[key]

    def _compute(self, query: Query) -> Value:
        check_columns(query, self._kinds)
        part = self._part(query.where)
        if query.metric == "growth":
            return self._growth(query, part)
        metric = self._metrics[query.metric]
        if not query.keys:
            return metric(query, part)  # type: ignore[no-any-return]
        groups = self._groups(query, part)
        if query.group is None:
            few_groups(len(groups))
            return {name: metric(query, group) for name, group in groups.items()}
        asked = tuple(
            fitting(self._kinds, name, value)
            for value, name in zip(query.group, query.group_by, strict=False)
        )
        name = joined((*asked, *query.group[len(asked) :]))
        return metric(query, groups.get(name) or _nothing(self._frame))  # type: ignore[no-any-return]

    def _part(self, where: tuple[Condition, ...]) -> Part:
        """The rows that pass all conditions, those first that leave the fewest as a rule."""
        part = self._whole
        names: tuple[str, ...] = ()
        for condition in sorted(where, key=lambda one: one.operator in _RANGES):
            names = (*names, f"{condition.column!r} {condition.operator} {condition.value!r}")
            if names not in self._parts:
                self._parts[names] = part.filtered(self._mask(part, condition))
            self._parts.move_to_end(names)
            part = self._parts[names]
        rows = sum(kept.height for kept in self._parts.values())
        while rows > KEPT * self._frame.height and len(self._parts) > 1:
            rows -= self._parts.popitem(last=False)[1].height
        return part

    def _mask(self, part: Part, condition: Condition) -> pl.Series:
        """Which rows of a part pass a condition; raises `QueryError`."""
        series = part.series(condition.column)
        if condition.operator == "missing":
            return series.is_null()
        if condition.operator == "known":
            return series.is_not_null()
        if isinstance(condition.value, tuple):
            listed = [self._limit(series, condition.column, value) for value in condition.value]
            whole = pl.Series(_possible(listed, series.dtype), dtype=series.dtype)
            inside = true_only(pl.Series(series.is_in(whole.implode())))
            return inside if condition.operator == "in" else ~inside & series.is_not_null()
        limit = self._limit(series, condition.column, condition.value)
        return true_only(_COMPARE[condition.operator](series, limit))

    def _limit(self, series: pl.Series, name: str, value: Any) -> Any:  # noqa: ANN401
        limit = fitting(self._kinds, name, value)
        if isinstance(series.dtype, pl.Datetime):
            if (limit.tzinfo is None) != (series.dtype.time_zone is None):
                have = "no zone" if series.dtype.time_zone is None else "a zone"
                raise QueryError(f"times in column {name} have {have}: write the value alike")
            if limit.tzinfo is not None:
                limit = limit.astimezone(dt.UTC)
        return limit

    def _groups(self, query: Query, part: Part) -> dict[str, Part]:
        keys = [part.series(name) for name in query.group_by]
        if query.bucket is not None:
            keys.append(part.series(self._period(query.bucket)))
        rows = zip(*(key.to_list() for key in keys), strict=True)
        return part.split([None if None in row else joined(row) for row in rows])

    def _period(self, bucket: Bucket) -> str:
        """Name of the column that holds the labels of the buckets."""
        name = f"{_PERIOD}{bucket!r}"
        self._buckets[name] = bucket
        return name

    def _column(self, name: str) -> pl.Series:
        if name.startswith(CODED):
            return self._codes(name.removeprefix(CODED))
        if not name.startswith(_PERIOD):
            return self._frame.get_column(name)
        bucket = self._buckets[name]
        series = self._frame.get_column(bucket.column)
        zone = series.dtype.time_zone if isinstance(series.dtype, pl.Datetime) else None
        if zone is None and bucket.timezone is not None:
            raise QueryError(f"times in column {bucket.column} have no zone: leave timezone out")
        if zone is not None and bucket.timezone is None:
            raise QueryError(f"bucket needs timezone: times in column {bucket.column} have zones")
        if bucket.timezone is not None:
            try:
                series = series.dt.convert_time_zone(bucket.timezone)
            except pl.exceptions.PolarsError:
                raise QueryError(f"timezone {bucket.timezone} is not known") from None
        return _labels(series, bucket.by)

    def _codes(self, name: str) -> pl.Series:
        """Codes of a column's values; all missing where it has none."""
        found = codes(self._frame.get_column(name))
        return pl.Series([None] * self._frame.height, dtype=pl.Null) if found is None else found

    def _samples(self, query: Query, part: Part) -> list[pl.Series]:
        groups = self._by(query, part)
        if query.groups is None:
            asked = list(groups)
            few_groups(len(asked))
        else:
            asked = [label(fitting(self._kinds, query.by or "", value)) for value in query.groups]
        nothing = _nothing(self._frame)
        return [groups.get(name, nothing).known(query.column or "") for name in asked]

    def _by(self, query: Query, part: Part) -> dict[str, Part]:
        keys = part.series(query.by or "").to_list()
        return part.split([None if key is None else label(key) for key in keys])

    def _t_test(self, query: Query, part: Part) -> float | None:
        if query.paired:
            first, second = part.both(query.x or "", query.y or "")
            found = tests.paired_t(first, second)
        else:
            if query.x is not None:
                first, second = part.known(query.x), part.known(query.y or "")
            else:
                first, second = self._samples(query, part)
            found = tests.t_test(first, second, equal_var=bool(query.equal_var))
        if found is None or query.metric == "ttest_t":
            return found and found[0]
        return tests.t_probability(*found, query.sides or "two")

    def _chi_square(self, query: Query, part: Part) -> float | None:
        found = tests.chi_square(
            part.series(query.x or ""), part.series(query.y or ""), yates=bool(query.yates)
        )
        if found is None or query.metric == "chi2":
            return found and found[0]
        return tests.chi2_upper(*found)

    def _anova(self, query: Query, part: Part) -> float | None:
        found = tests.anova(self._samples(query, part))
        if found is None or query.metric == "anova_f":
            return found and found[0]
        return tests.f_upper(*found)

    def _mann_whitney(self, query: Query, part: Part) -> float | None:
        first, second = self._samples(query, part)
        if query.metric == "mannwhitney_u":
            return tests.mann_whitney_u(first, second)
        exact, continuity = query.method == "exact", bool(query.continuity)
        sides = query.sides or "two"
        return tests.mann_whitney_p(first, second, sides, exact=exact, continuity=continuity)

    def _share(self, query: Query, part: Part) -> float | None:
        series = part.series(query.column or "")
        wanted = self._limit(series, query.column or "", query.value)
        base = part.height if query.of == "all" else len(series) - series.null_count()
        return int(series.eq(wanted).sum()) / base if base else None

    def _ranking(self, query: Query, part: Part) -> Ranking:
        groups = self._by(query, part)
        few_groups(len(groups))
        found = {
            name: _statistic(query.statistic or "", query.column, group)
            for name, group in groups.items()
        }
        known = [(name, float(value)) for name, value in found.items() if value is not None]
        known.sort()
        known.sort(key=lambda pair: pair[1], reverse=query.order == "largest")
        return Ranking(tuple(name for name, _ in known), tuple(value for _, value in known))

    def _rank(self, query: Query, part: Part) -> float | None:
        ranking = self._ranking(query, part)
        places = pl.Series(ranking.values, dtype=pl.Float64).rank(
            query.ties or "min", descending=query.order == "largest"
        )
        name = label(fitting(self._kinds, query.by or "", query.value))
        return float(places[ranking.labels.index(name)]) if name in ranking.labels else None

    def _growth(self, query: Query, part: Part) -> float | None:
        assert query.bucket is not None  # noqa: S101 - growth needs it
        names = part.series(self._period(query.bucket))
        values = []
        for name in (query.from_, query.to):
            members = part.filtered(true_only(names.eq(name)))
            value = _statistic(query.of or "", query.column, members) if members.height else None
            values.append(value)
        before, after = values
        return None if after is None or not before else after / before - 1


def _possible(listed: list[Any], dtype: pl.DataType) -> list[Any]:
    """Leave out broken numbers where only whole ones are held: none of them equals any."""
    return [value for value in listed if not (dtype.is_integer() and isinstance(value, float))]


def _nothing(frame: pl.DataFrame) -> Part:
    return Part(frame.head(0).get_column, 0)


def _labels(series: pl.Series, by: str) -> pl.Series:
    if by != "quarter":
        return series.dt.strftime(_FORMATS[by])
    return series.dt.strftime("%Y") + "-Q" + series.dt.quarter().cast(pl.String)


def _simple(query: Query, part: Part) -> Any:  # noqa: ANN401
    return _statistic(query.metric, query.column, part)


def _statistic(metric: str, column: str | None, part: Part) -> Any:  # noqa: ANN401
    if column is None:
        return part.height
    series = part.series(column)
    if metric in ("count", "missing"):
        missing = series.null_count()
        return missing if metric == "missing" else len(series) - missing
    if metric == "distinct":
        return part.different(column)
    if metric in ("min", "max"):
        values = numeric(series)
        found = values.min() if metric == "min" else values.max()
        return found.isoformat() if isinstance(found, dt.date) else found
    if metric == "median":
        ranked = Ranked(part.known(column))
        return quantile(ranked, 0.5, "linear") if len(ranked) else None
    values = part.known(column)
    return total(values) if metric == "sum" else mean(values)


def _spread(query: Query, part: Part) -> float | None:
    values = part.known(query.column or "")
    if len(values) <= (query.ddof or 0):
        return None
    variance = squares(values) / (len(values) - (query.ddof or 0))
    return variance if query.metric == "var" else math.sqrt(max(variance, 0.0))


def _pairs(query: Query, part: Part) -> float | None:
    xs, ys = part.both(query.x or "", query.y or "")
    if len(xs) < 2:  # noqa: PLR2004
        return None
    if query.method == "kendall":
        return tests.kendall(xs, ys)
    if query.method == "spearman":
        xs, ys = xs.rank("average"), ys.rank("average")
    quick = pearson(xs, ys) if query.metric in ("correlation", "r2") else None
    r = _fitted(query.metric, xs, ys) if quick is None else quick
    return r if query.metric != "r2" or r is None else r * r


def _fitted(metric: str, xs: pl.Series, ys: pl.Series) -> float | None:
    """Slope or intercept of y on x, or Pearson's r, by sums that make up for their rounding."""
    x_rest, y_rest = centred(xs), centred(ys)
    x_sum, y_sum = float(x_rest.sum()), float(y_rest.sum())
    x_spread = products(x_rest, x_rest, drift=x_sum * x_sum)
    y_spread = products(y_rest, y_rest, drift=y_sum * y_sum)
    size = math.sqrt(max(x_spread, 0.0)) * math.sqrt(max(y_spread, 0.0))
    common = products(x_rest, y_rest, size, x_sum * y_sum)
    if metric in ("slope", "intercept"):
        if x_spread <= 0:
            return None
        slope = common / x_spread
        return slope if metric == "slope" else (mean(ys) or 0) - slope * (mean(xs) or 0)
    if x_spread <= 0 or y_spread <= 0:
        return None
    return common / math.sqrt(x_spread) / math.sqrt(y_spread)


def _quantile(query: Query, part: Part) -> float | None:
    values = Ranked(part.known(query.column or ""))
    if not len(values):
        return None
    return quantile(values, query.q or 0.0, query.method or "")
