"""Two engines, and exact fractions, on tables nobody wrote."""

# ruff: noqa: E501 - tables of inputs read best on one line each

from __future__ import annotations

import datetime as dt
import math
import random
import statistics
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checkers.claims import own_statistics, own_tails, parts, tails
from checkers.claims.codes import codes, different_codes
from checkers.claims.engine import Engine
from checkers.claims.flaws import same_value
from checkers.claims.loading import LoadingError, load
from checkers.claims.numbers import QueryError, Ranking
from checkers.claims.own_engine import OwnEngine
from checkers.claims.printed import agrees, read_printed
from checkers.claims.query import QUANTILE_METHODS, read_query
from checkers.claims.significance import orders
from checkers.tables.casting import DTYPES

KINDS = {"a": "number", "b": "number", "n": "integer", "g": "string", "d": "date"}

_NUMBERS = st.floats(-1e6, 1e6, allow_subnormal=False) | st.sampled_from([0.0, 1.0, 2.5, -1.0])
_ROWS = st.lists(
    st.tuples(
        st.none() | _NUMBERS,
        st.none() | _NUMBERS,
        st.none() | st.integers(-5, 5),
        st.none() | st.sampled_from(["x", "y", "z"]),
        st.none() | st.dates(dt.date(2023, 12, 20), dt.date(2024, 4, 10)),
    ),
    min_size=0,
    max_size=40,
)

_BUCKET = {"column": "d", "by": "month"}
QUERIES: list[dict[str, Any]] = [
    *({"metric": name, "column": "a"} for name in ("count", "distinct", "missing", "sum", "mean", "median", "min", "max")),
    *({"metric": name, "column": "n"} for name in ("sum", "mean", "median", "min", "max")),
    *({"metric": "quantile", "column": "a", "q": q, "method": m} for q in (0.1, 0.25, 0.9) for m in QUANTILE_METHODS),
    *({"metric": m, "column": "a", "ddof": d} for m in ("std", "var") for d in (0, 1)),
    *({"metric": "correlation", "x": "a", "y": "b", "method": m} for m in ("pearson", "spearman", "kendall")),
    *({"metric": m, "x": "a", "y": "n"} for m in ("slope", "intercept", "r2")),
    *({"metric": "ttest_p", "column": "a", "by": "g", "groups": ["x", "y"], "equal_var": e, "sides": s}
      for e in (True, False) for s in ("two", "less", "greater")),
    {"metric": "ttest_p", "x": "a", "y": "b", "paired": True, "sides": "two"},
    {"metric": "ttest_t", "x": "a", "y": "b", "paired": False, "equal_var": False},
    *({"metric": "chi2_p", "x": "n", "y": "g", "yates": y} for y in (True, False)),
    {"metric": "anova_p", "column": "a", "by": "g"},
    {"metric": "anova_f", "column": "a", "by": "n"},
    {"metric": "mannwhitney_u", "column": "n", "by": "g", "groups": ["x", "z"]},
    *({"metric": "mannwhitney_p", "column": "n", "by": "g", "groups": ["x", "z"], "method": "asymptotic", "continuity": c, "sides": s}
      for c in (True, False) for s in ("two", "less", "greater")),
    {"metric": "mannwhitney_p", "column": "a", "by": "g", "groups": ["x", "z"], "method": "exact", "sides": "two"},
    *({"metric": "share", "column": "g", "value": "x", "of": of} for of in ("all", "known")),
    {"metric": "top_k", "by": "g", "statistic": "sum", "column": "n", "k": 2},
    *({"metric": "rank", "by": "g", "value": "y", "statistic": "sum", "column": "n", "ties": t} for t in ("min", "max", "average", "dense")),
    {"metric": "growth", "column": "n", "bucket": _BUCKET, "from": "2024-01", "to": "2024-02", "of": "sum"},
    {"metric": "mean", "column": "n", "group_by": ["g"], "bucket": {"column": "d", "by": "week"}},
    {"metric": "count", "bucket": {"column": "d", "by": "quarter"}},
    {"metric": "sum", "column": "n", "where": [["g", "!=", "x"], ["d", ">=", "2024-01-01"], ["a", "known"]]},
    {"metric": "count", "where": [["g", "not in", ["x", "y"]], ["n", "<", 2.5]]},
]  # fmt: skip


def engines(rows: list[tuple[Any, ...]]) -> tuple[Engine, OwnEngine]:
    values = {name: [row[place] for row in rows] for place, name in enumerate(KINDS)}
    frame = pl.DataFrame({n: pl.Series(n, v, dtype=DTYPES[KINDS[n]]) for n, v in values.items()})
    return Engine(frame, KINDS), OwnEngine(values, KINDS, {})


def answer(engine: Engine | OwnEngine, query: dict[str, Any]) -> Any:
    try:
        return engine.compute(read_query(query))
    except QueryError:
        return "refused"


def alike(first: Any, second: Any) -> bool:
    if isinstance(first, Ranking):
        return (
            isinstance(second, Ranking)
            and sorted(first.labels) == sorted(second.labels)
            and all(
                math.isclose(a, b, rel_tol=1e-9)
                for a, b in zip(first.values, second.values, strict=True)
            )
        )
    if isinstance(first, float) and isinstance(second, (int, float)):
        return math.isclose(first, second, rel_tol=1e-7, abs_tol=1e-9)
    return same_value(first, second, 1e-9)


@settings(max_examples=25, deadline=None)
@given(_ROWS)
def test_both_engines_say_the_same_about_every_metric(rows: list[tuple[Any, ...]]) -> None:
    first, second = engines(rows)
    for query in QUERIES:
        mine, theirs = answer(first, query), answer(second, query)
        assert alike(mine, theirs), (query, mine, theirs)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(-1e12, 1e12, allow_subnormal=False), min_size=2, max_size=50))
def test_sums_and_spreads_are_those_of_exact_fractions(values: list[float]) -> None:
    first, _ = engines([(value, None, None, None, None) for value in values])
    exact = sum(map(Fraction, values))
    mean = exact / len(values)
    variance = sum((Fraction(value) - mean) ** 2 for value in values) / (len(values) - 1)
    size = max(map(abs, values))
    assert float(answer(first, {"metric": "sum", "column": "a"})) == pytest.approx(
        float(exact), rel=1e-12, abs=1e-300
    )
    said = answer(first, {"metric": "var", "column": "a", "ddof": 1})
    assert said == pytest.approx(float(variance), rel=1e-9, abs=size * size * 1e-28)


def test_a_sum_that_cancels_keeps_its_digits() -> None:
    first, second = engines(
        [(value, None, None, None, None) for value in [1e16, 1.0, -1e16, 1e-9] * 3]
    )
    query = {"metric": "sum", "column": "a"}
    assert answer(first, query) == answer(second, query) == math.fsum([1e16, 1.0, -1e16, 1e-9] * 3)


def test_whole_numbers_are_summed_exactly() -> None:
    big = 2**62
    frame = pl.DataFrame({"n": [big, big, big]})
    assert (
        Engine(frame, {"n": "integer"}).compute(read_query({"metric": "sum", "column": "n"}))
        == 3 * big
    )


@pytest.mark.parametrize("method", ["inclusive", "exclusive"])
def test_quantiles_are_those_of_the_standard_library(method: str) -> None:
    values = [1.0, 2.5, 2.5, 4.0, 7.0, 11.0, 20.0]
    name = {"inclusive": "linear", "exclusive": "weibull"}[method]
    quarters = statistics.quantiles(values, n=4, method=method)  # type: ignore[arg-type]
    first, _ = engines([(value, None, None, None, None) for value in values])
    for q, expected in zip((0.25, 0.5, 0.75), quarters, strict=True):
        assert (
            answer(first, {"metric": "quantile", "column": "a", "q": q, "method": name}) == expected
        )


# From the worked example in the documentation of numpy.quantile: [1..10] at 0.4.
TEN_AT_04 = {
    "inverted_cdf": 4, "averaged_inverted_cdf": 4.5, "closest_observation": 4, "interpolated_inverted_cdf": 4,
    "hazen": 4.5, "weibull": 4.4, "linear": 4.6, "median_unbiased": 4 + 7 / 15, "normal_unbiased": 4.475,
    "lower": 4, "higher": 5, "midpoint": 4.5, "nearest": 5,
}  # fmt: skip


@pytest.mark.parametrize("method", QUANTILE_METHODS)
def test_every_quantile_method_by_hand(method: str) -> None:
    first, second = engines([(float(n), None, None, None, None) for n in range(1, 11)])
    query = {"metric": "quantile", "column": "a", "q": 0.4, "method": method}
    for engine in (first, second):
        assert answer(engine, query) == pytest.approx(TEN_AT_04[method], rel=1e-14)


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [  # tables of the distributions
        ("normal_upper", (1.959963984540054,), 0.025),
        ("t_upper", (2.085963447265837, 20), 0.025),
        ("f_upper", (3.492828476735633, 2, 20), 0.05),
        ("chi2_upper", (3.841458820694124, 1), 0.05),
        ("t_upper", (-1.0, 1), 0.75),
        ("chi2_upper", (200.0, 4), 3.758e-42),
    ],
)
def test_tail_probabilities(name: str, arguments: tuple[float, ...], expected: float) -> None:
    for room in (tails, own_tails):
        assert getattr(room, name)(*arguments) == pytest.approx(expected, rel=1e-3)
    assert getattr(tails, name)(*arguments) == pytest.approx(
        getattr(own_tails, name)(*arguments), rel=1e-11
    )


def test_orders_of_mann_and_whitney_are_counted_twice() -> None:
    for n, m in ((1, 1), (2, 3), (5, 4), (7, 9)):
        assert list(orders(n, m)) == own_statistics._orders(n, m)
        assert sum(orders(n, m)) == math.comb(n + m, n)


CSV = b"t,v\n2024-01-31T23:30:00Z,1\n2024-02-01T00:30:00+01:00,2\n2024-02-10T12:00:00Z,4\n"
ZONED = [{"name": "t", "type": "datetime"}, {"name": "v", "type": "integer"}]
DIALECT = {"delimiter": ",", "decimal_mark": ".", "encoding": "utf-8", "null_words": [""]}


def test_times_with_zones_need_a_zone_for_their_buckets() -> None:
    table = load(CSV, "t.csv", DIALECT, ZONED)
    engine = Engine(table.frame, table.kinds)
    own = OwnEngine(
        table.plain(["t", "v"]),
        table.kinds,
        {"Asia/Tokyo": ZoneInfo("Asia/Tokyo"), "UTC": ZoneInfo("UTC")},
    )
    query = {"metric": "sum", "column": "v", "bucket": {"column": "t", "by": "month"}}
    with pytest.raises(QueryError, match="needs timezone"):
        engine.compute(read_query(query))
    for zone, expected in (("UTC", {"2024-01": 3, "2024-02": 4}), ("Asia/Tokyo", {"2024-02": 7})):
        zoned = read_query({**query, "bucket": {**query["bucket"], "timezone": zone}})  # type: ignore[dict-item]
        assert engine.compute(zoned) == own.compute(zoned) == expected
    early = read_query({"metric": "count", "where": [["t", "<", "2024-02-01T00:00:00+00:00"]]})
    assert engine.compute(early) == own.compute(early) == 2
    with pytest.raises(QueryError, match="have a zone"):
        engine.compute(
            read_query({"metric": "count", "where": [["t", "<", "2024-02-01T00:00:00"]]})
        )
    with pytest.raises(LoadingError, match="row 5, column 't'"):
        load(CSV + b"2024-02-10T12:00:00,4\n", "t.csv", DIALECT, ZONED)


def test_blanks_around_numbers_and_old_line_ends_are_read_by_both() -> None:
    columns = [{"name": "n", "type": "integer"}, {"name": "s", "type": "string"}]
    table = load(b"n,s\r 1, a\r2 ,b\r,c\r", "t.csv", DIALECT, columns)
    assert (
        table.frame.to_dict(as_series=False)
        == table.plain(["n", "s"])
        == {"n": [1, 2, None], "s": [" a", "b", "c"]}
    )


@pytest.mark.parametrize(
    ("text", "value", "right"),
    [
        ("1,234.5", 1234.46, True), ("1234.5", 1234.44, False), ("0.125", 0.1245, True), ("0.12", 0.125, True),
        ("0.13", 0.125, True), ("2.50", 2.504, True), ("2.50", 2.506, False), ("\u22123", -3.4, True),
        ("1.2e-5", 1.24e-5, True), ("1.2 x 10^-5", 1.26e-5, False), ("1 234", 1234.2, True), ("12 %", 12.4, True),
        ("0.00000", 1e-300, True), (".5", 0.52, True), ("+7", 7.0, True),
    ],
)  # fmt: skip
def test_printed_digits_say_how_exactly_a_number_is_meant(
    text: str, value: float, right: bool
) -> None:
    assert agrees(read_printed(text), Fraction(value), exact=True) is right


@pytest.mark.parametrize(
    "text", ["", "abc", "1.2.3", "1,23", "12 34", "1e9999", "--3", "1-2", "inf", "NaN", "9" * 101]
)
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"number|exponent"):
        read_printed(text)


@given(st.text(max_size=60))
def test_no_text_breaks_the_reading_of_numbers(text: str) -> None:
    try:
        printed = read_printed(text)
    except ValueError:
        return
    assert printed.step > 0


@given(
    st.lists(
        st.floats(allow_nan=False, allow_infinity=False, max_value=1e300, min_value=-1e300)
        | st.sampled_from([1e16, -1e16, 1.0, 0.1, 3e-310]),
        min_size=1,
        max_size=60,
    ),
    st.integers(1, 50),
)
def test_cancelling_sums_are_those_of_exact_fractions(values: list[float], times: int) -> None:
    terms = [*values * times, *(-value for value in values[1:] * times)]
    found = parts.exact_sum(pl.Series(terms, dtype=pl.Float64))
    reach = max(map(abs, terms))
    assert math.isclose(found, math.fsum(terms), rel_tol=1e-15, abs_tol=reach * 1e-28)
    assert parts.total(pl.Series(terms, dtype=pl.Float64)) == pytest.approx(
        math.fsum(terms), rel=1e-12, abs=reach * 1e-28
    )


@given(
    st.lists(st.tuples(st.floats(-1, 1), st.floats(-1, 1)), min_size=2, max_size=300),
    st.sampled_from([0.0, 1.0, -500.0, 1e3, 1e7, 1e15]),
    st.sampled_from([1e-150, 1e-3, 1.0, 1e160]),
)
def test_one_pass_keeps_the_digits_of_exact_fractions_or_says_nothing(
    pairs: list[tuple[float, float]], middle: float, size: float
) -> None:
    xs, ys = [(x + middle) * size for x, _ in pairs], [(y - middle) * size for _, y in pairs]
    x_rest = [Fraction(x) - sum(map(Fraction, xs)) / len(xs) for x in xs]
    y_rest = [Fraction(y) - sum(map(Fraction, ys)) / len(ys) for y in ys]
    x_spread, y_spread = (sum(one * one for one in rest) for rest in (x_rest, y_rest))
    variance = parts.variance(pl.Series(xs))
    if variance is not None:
        assert variance == pytest.approx(float(x_spread / len(xs)), rel=1e-11)
    r = parts.pearson(pl.Series(xs), pl.Series(ys))
    if r is not None:
        common = sum(x * y for x, y in zip(x_rest, y_rest, strict=True))
        square = float(common * common / (x_spread * y_spread))
        assert r * r == pytest.approx(square, rel=1e-9)
        assert (r > 0) is (common > 0)


def test_one_pass_is_left_where_the_mean_is_far_above_the_spread() -> None:
    assert parts.variance(pl.Series([1.0, 2.0, 4.0])) is not None
    assert parts.variance(pl.Series([1e9, 1e9 + 1])) is None
    assert parts.variance(pl.Series([1e-160, 2e-160])) is None
    assert parts.variance(pl.Series([1e200, -1e200])) is None
    assert (
        parts.pearson(pl.Series([1.0, -1.0, 1.0, -1.0]), pl.Series([1.0, 1.0, -1.0, -1.0])) is None
    )


@pytest.mark.parametrize("shape", ["random", "sorted", "equal", "periodic"])
@pytest.mark.parametrize(("least", "sample", "_margin"), parts.SAMPLES)
def test_places_of_many_values_are_those_of_the_sorted_column(
    shape: str, least: int, sample: int, _margin: int
) -> None:
    count = 3 * least // 2
    rng = random.Random(7)
    made = {
        "random": [rng.gauss(0, 1) for _ in range(count)],
        "sorted": [float(number) for number in range(count)],
        "equal": [float(number % 2) for number in range(count)],
        "periodic": [1e6 if number % (count // sample) else number for number in range(count)],
    }[shape]
    ranked, ordered = parts.Ranked(pl.Series(made, dtype=pl.Float64)), sorted(made)
    for place in (0, 1, 100, count // 10, count // 2, count // 2 + 1, count - 200, count - 1):
        assert ranked.at(place) == ordered[place]
    assert (ranked.at(-1), ranked.at(count)) == (ordered[0], ordered[-1])


@given(
    st.lists(
        st.none()
        | st.integers(-3000, 3000).map(lambda whole: whole / 1000)
        | st.sampled_from([0.0, -0.0, 0.1, 0.1 + 2**-56, 1e15, 1e-7, 0.30000000000000004]),
        max_size=60,
    )
)
def test_codes_are_equal_exactly_where_the_values_are(values: list[float | None]) -> None:
    coded = codes(pl.Series(values, dtype=pl.Float64))
    if coded is None:
        return
    pairs = list(zip(values, coded.to_list(), strict=True))
    assert all((value is None) is (code is None) for value, code in pairs)
    known = [(value, code) for value, code in pairs if value is not None]
    assert len({value for value, _ in known}) == len({code for _, code in known}) == len(set(known))


def test_few_decimals_and_small_whole_numbers_have_codes_and_others_have_none() -> None:
    assert codes(pl.Series([1.25, 1.5, None])) is not None
    assert codes(pl.Series([7, -7, None])) is not None
    assert codes(pl.Series([1 / 3, 0.5])) is None
    assert codes(pl.Series([0, 2**62])) is None
    assert codes(pl.Series([-(2**63), 2**63 - 1])) is None
    assert codes(pl.Series([None, None], dtype=pl.Float64)) is None
    late = pl.Series([*(number / 10 for number in range(2000)), math.pi])
    assert codes(late) is None


def test_codes_far_apart_are_left_to_sorting() -> None:
    assert different_codes(pl.Series([0, 100_000], dtype=pl.UInt32)) is None
    assert different_codes(pl.Series([3, 3, 0], dtype=pl.UInt32)) == 2
    assert different_codes(pl.Series([], dtype=pl.UInt32)) == 0


@pytest.mark.parametrize("decimals", [2, 15])
def test_different_values_of_many_rows_are_counted_in_any_part(decimals: int) -> None:
    rng = random.Random(9)
    rows = 4 * parts.FEW
    values = [rng.choice([None, round(rng.uniform(-9, 9), decimals)]) for _ in range(rows)]
    keys = [rng.choice("xy") for _ in range(rows)]
    frame = pl.DataFrame({"a": values, "g": keys}, schema={"a": pl.Float64, "g": pl.String})
    engine = Engine(frame, {"a": "number", "g": "string"})
    own = OwnEngine(frame.to_dict(as_series=False), {"a": "number", "g": "string"}, {})
    for where in ([], [["g", "==", "x"]], [["a", ">", 0]], [["g", "==", "z"]]):
        query = read_query({"metric": "distinct", "column": "a", "where": where})
        assert engine.compute(query) == own.compute(query)
    grouped = read_query({"metric": "distinct", "column": "a", "group_by": ["g"]})
    assert engine.compute(grouped) == own.compute(grouped)


def test_conditions_in_any_order_and_again_leave_the_same_rows() -> None:
    rng = random.Random(8)
    rows = 5000
    frame = pl.DataFrame(
        {
            "a": [rng.choice([None, rng.uniform(-5, 5)]) for _ in range(rows)],
            "n": [rng.choice([None, rng.randrange(9)]) for _ in range(rows)],
            "g": [rng.choice([None, "x", "y"]) for _ in range(rows)],
        },
        schema={"a": pl.Float64, "n": pl.Int64, "g": pl.String},
    )
    kinds = {"a": "number", "n": "integer", "g": "string"}
    engine, own = Engine(frame, kinds), OwnEngine(frame.to_dict(as_series=False), kinds, {})
    choices = [
        ["g", "==", "x"],
        ["g", "known"],
        ["n", "<", 6],
        ["n", "not in", [1, 2]],
        ["a", ">=", -1.5],
        ["a", "missing"],
        ["n", ">", 2],
    ]
    for _ in range(60):
        where = rng.sample(choices, rng.randrange(4))
        for metric in ("count", "sum", "median"):
            query = read_query({"metric": metric, "column": "n", "where": where})
            assert same_value(engine.compute(query), own.compute(query), 1e-12), where
