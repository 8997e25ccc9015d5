"""The second engine: plain lists and definitions, slow and sure."""

from __future__ import annotations

import datetime as dt
import operator
from typing import TYPE_CHECKING, Any, Final

from checkers.claims import own_statistics as stats
from checkers.claims import own_tails as tails
from checkers.claims.numbers import Ranking, Value, check_columns, fitting, joined, label, period

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from checkers.claims.query import Condition, Query

Rows = list[int]

_COMPARE: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class OwnEngine:
    """Answers queries about columns of plain values (None: missing)."""

    def __init__(
        self,
        values: Mapping[str, list[Any]],
        kinds: Mapping[str, str],
        zones: Mapping[str, ZoneInfo],
    ) -> None:
        self._values = values
        self._kinds = kinds
        self._zones = zones
        self._count = len(next(iter(values.values()), []))
        self._metrics: dict[str, Callable[[Query, Rows], Any]] = {
            **dict.fromkeys(
                ("count", "distinct", "missing", "sum", "mean", "median", "min", "max"),
                self._simple,
            ),
            **dict.fromkeys(("quantile", "std", "var"), self._spread),
            **dict.fromkeys(("correlation", "slope", "intercept", "r2"), self._pairs),
            **dict.fromkeys(("ttest_t", "ttest_p"), self._t_test),
            **dict.fromkeys(("chi2", "chi2_p"), self._chi_square),
            **dict.fromkeys(("anova_f", "anova_p"), self._anova),
            **dict.fromkeys(("mannwhitney_u", "mannwhitney_p"), self._mann_whitney),
            "share": self._share,
            "top_k": self._ranking,
            "rank": self._rank,
        }

    @property
    def cost(self) -> int:
        """Rows: what one query costs."""
        return self._count

    def compute(self, query: Query) -> Value:
        """Return the number that is meant; raises `QueryError`. All conventions must be set."""
        check_columns(query, self._kinds)
        rows = list(range(self._count))
        for condition in query.where:
            rows = self._kept(rows, condition)
        if query.metric == "growth":
            return self._growth(query, rows)
        metric = self._metrics[query.metric]
        if not query.keys:
            return metric(query, rows)  # type: ignore[no-any-return]
        groups = self._groups(query, rows)
        if query.group is None:
            return {name: metric(query, members) for name, members in groups.items()}
        asked = tuple(
            fitting(self._kinds, name, value)
            for value, name in zip(query.group, query.group_by, strict=False)
        )
        return metric(query, groups.get(joined((*asked, *query.group[len(asked) :])), []))  # type: ignore[no-any-return]

    def _kept(self, rows: Rows, condition: Condition) -> Rows:
        values = self._values[condition.column]
        if condition.operator in ("missing", "known"):
            wanted = condition.operator == "missing"
            return [row for row in rows if (values[row] is None) is wanted]
        if isinstance(condition.value, tuple):
            listed = {fitting(self._kinds, condition.column, value) for value in condition.value}
            wanted = condition.operator == "in"
            return [r for r in rows if values[r] is not None and (values[r] in listed) is wanted]
        limit = fitting(self._kinds, condition.column, condition.value)
        compare = _COMPARE[condition.operator]
        return [row for row in rows if values[row] is not None and compare(values[row], limit)]

    def _groups(self, query: Query, rows: Rows) -> dict[str, Rows]:
        """Rows by the name of their group; rows without one are left out."""
        found: dict[str, Rows] = {}
        for row in rows:
            keys = [self._values[name][row] for name in query.group_by]
            if query.bucket is not None:
                keys.append(self._period(query, row))
            if all(key is not None for key in keys):
                found.setdefault(joined(tuple(keys)), []).append(row)
        return found

    def _period(self, query: Query, row: int) -> str | None:
        assert query.bucket is not None  # noqa: S101 - asked for by the callers
        moment = self._values[query.bucket.column][row]
        if moment is None:
            return None
        if isinstance(moment, dt.datetime) and query.bucket.timezone is not None:
            moment = moment.astimezone(self._zones[query.bucket.timezone])
        return period(moment, query.bucket.by)

    def _known(self, name: str, rows: Rows) -> list[Any]:
        values = self._values[name]
        return [values[row] for row in rows if values[row] is not None]

    def _both(self, x: str, y: str, rows: Rows) -> tuple[list[Any], list[Any]]:
        xs, ys = self._values[x], self._values[y]
        kept = [row for row in rows if xs[row] is not None and ys[row] is not None]
        return [xs[row] for row in kept], [ys[row] for row in kept]

    def _simple(self, query: Query, rows: Rows) -> Any:  # noqa: ANN401
        return self._statistic(query.metric, query.column, rows)

    def _statistic(self, metric: str, column: str | None, rows: Rows) -> Any:  # noqa: ANN401
        if column is None:
            return len(rows)
        values = self._known(column, rows)
        simple: dict[str, Callable[[Sequence[Any]], Any]] = {
            "count": len,
            "distinct": lambda found: len(set(found)),
            "missing": lambda found: len(rows) - len(found),
            "sum": stats.total,
            "mean": stats.mean,
            "median": stats.median,
            "min": lambda found: _plain(min(found, default=None)),
            "max": lambda found: _plain(max(found, default=None)),
        }
        return simple[metric](values)

    def _spread(self, query: Query, rows: Rows) -> float | None:
        values = self._known(query.column or "", rows)
        if query.metric == "quantile":
            return stats.quantile(values, query.q or 0.0, query.method or "")
        variance = stats.variance(values, query.ddof or 0)
        return variance if variance is None or query.metric == "var" else variance**0.5

    def _pairs(self, query: Query, rows: Rows) -> float | None:
        xs, ys = self._both(query.x or "", query.y or "", rows)
        if query.metric == "correlation":
            return stats.correlation(xs, ys, query.method or "")
        if query.metric == "r2":
            found = stats.correlation(xs, ys, "pearson")
            return None if found is None else found**2
        line = stats.line(xs, ys)
        return None if line is None else line[query.metric == "intercept"]

    def _samples(self, query: Query, rows: Rows) -> list[list[Any]]:
        """Known values of `column` by the groups of `by`: those asked for, or all."""
        found: dict[str, Rows] = {}
        for row in rows:
            key = self._values[query.by or ""][row]
            if key is not None:
                found.setdefault(label(key), []).append(row)
        if query.groups is not None:
            asked = [label(fitting(self._kinds, query.by or "", value)) for value in query.groups]
        else:
            asked = list(found)
        return [self._known(query.column or "", found.get(name, [])) for name in asked]

    def _t_test(self, query: Query, rows: Rows) -> float | None:
        if query.x is not None:
            first, second = self._both(query.x, query.y or "", rows)
            if not query.paired:
                first, second = self._known(query.x, rows), self._known(query.y or "", rows)
        else:
            first, second = self._samples(query, rows)
        found = (
            stats.paired_t(first, second)
            if query.paired
            else stats.t_test(first, second, equal_var=bool(query.equal_var))
        )
        if found is None or query.metric == "ttest_t":
            return found and found[0]
        return stats.sided(found[0], lambda t: tails.t_upper(t, found[1]), query.sides or "two")

    def _chi_square(self, query: Query, rows: Rows) -> float | None:
        xs, ys = self._both(query.x or "", query.y or "", rows)
        found = stats.chi_square(xs, ys, yates=bool(query.yates))
        if found is None or query.metric == "chi2":
            return found and found[0]
        return tails.chi2_upper(*found)

    def _anova(self, query: Query, rows: Rows) -> float | None:
        found = stats.anova(self._samples(query, rows))
        if found is None or query.metric == "anova_f":
            return found and found[0]
        return tails.f_upper(*found)

    def _mann_whitney(self, query: Query, rows: Rows) -> float | None:
        first, second = self._samples(query, rows)
        if query.metric == "mannwhitney_u":
            return stats.mann_whitney_u(first, second)
        exact, continuity = query.method == "exact", bool(query.continuity)
        sides = query.sides or "two"
        return stats.mann_whitney_p(first, second, sides, exact=exact, continuity=continuity)

    def _share(self, query: Query, rows: Rows) -> float | None:
        wanted = fitting(self._kinds, query.column or "", query.value)
        known = self._known(query.column or "", rows)
        base = len(rows) if query.of == "all" else len(known)
        return sum(value == wanted for value in known) / base if base else None

    def _ranking(self, query: Query, rows: Rows) -> Ranking:
        groups: dict[str, Rows] = {}
        for row in rows:
            key = self._values[query.by or ""][row]
            if key is not None:
                groups.setdefault(label(key), []).append(row)
        found = {
            name: self._statistic(query.statistic or "", query.column, members)
            for name, members in groups.items()
        }
        sign = -1 if query.order == "largest" else 1
        known = [(sign * value, name) for name, value in found.items() if value is not None]
        return Ranking(
            tuple(name for _, name in sorted(known)),
            tuple(float(sign * value) for value, _ in sorted(known)),
        )

    def _rank(self, query: Query, rows: Rows) -> float | None:
        ranking = self._ranking(query, rows)
        name = label(fitting(self._kinds, query.by or "", query.value))
        if name not in ranking.labels:
            return None
        own = ranking.values[ranking.labels.index(name)]
        first = ranking.values.index(own) + 1
        ties = ranking.values.count(own)
        return {
            "min": first,
            "max": first + ties - 1,
            "average": first + (ties - 1) / 2,
            "dense": len(set(ranking.values[: first - 1])) + 1,
        }[query.ties or "min"]

    def _growth(self, query: Query, rows: Rows) -> float | None:
        found = []
        for name in (query.from_, query.to):
            members = [row for row in rows if self._period(query, row) == name]
            value = self._statistic(query.of or "", query.column, members) if members else None
            found.append(value)
        before, after = found
        return None if after is None or not before else (after - before) / before


def _plain(value: Any) -> Any:  # noqa: ANN401
    return value.isoformat() if isinstance(value, dt.date) else value
