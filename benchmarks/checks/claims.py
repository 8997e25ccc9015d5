"""The claims check on labelled reports, and its speed on a large table with pandas beside it.

Shares: verdicts on labelled claims, tests in APA style, means of whole numbers, numbers in prose.
Speed: a generated table and random claims about it, as multiples of one CSV parse by pyarrow (or by
polars, where pyarrow is not installed) in the same run.
"""

from __future__ import annotations

import importlib
import io
import json
import random
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from benchmarks.checks import share
from benchmarks.checks.claim_cases import NULL_WORDS, cases, declared, query_of
from benchmarks.timing import Ratio
from checkers import jail
from checkers.claims.consistency import grim, reported_tests
from checkers.claims.engine import Engine
from checkers.claims.judging import judge
from checkers.claims.loading import load
from checkers.claims.prose import stated_numbers
from checkers.claims.query import Query, read_query

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DIALECT: Final = {"delimiter": ",", "decimal_mark": ".", "encoding": "utf-8", "null_words": [""]}
COLUMNS: Final = [
    *({"name": name, "type": "number"} for name in ("amount", "price", "weight", "score")),
    {"name": "units", "type": "integer"},
    {"name": "country", "type": "string"},
    {"name": "kind", "type": "string"},
    {"name": "age", "type": "integer"},
]
AGREE: Final = 1e-9


def measure(short: bool) -> Iterator[Ratio]:
    """Measure accuracy where the labelled reports are at hand, and speed."""
    reports = _reports()
    if reports is None:
        print("claims: the labelled reports are not here; only speed is measured")
    else:
        yield from _accuracy(reports)
    yield from _speed(*((100_000, 100) if short else (1_000_000, 1000)))


def _reports() -> Path | None:
    found = Path(__file__).resolve().parents[3] / "shared" / "data" / "reports"
    return found if found.is_dir() else None


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def _accuracy(root: Path) -> Iterator[Ratio]:
    yield share("claims: right verdicts", _verdicts(root), 0.99)
    tests = _lines(root / "apa_pvalues.jsonl")
    seen = [reported_tests(case["text"]) for case in tests]
    agreed = sum(
        len(found) == 1
        and found[0].consistent == case["consistent"]
        and found[0].decision_error == case["decision_error"]
        for case, found in zip(tests, seen, strict=True)
    )
    yield share("claims: APA strings judged rightly", agreed / len(tests), 0.99)
    means = _lines(root / "grim_means.jsonl")
    agreed = sum(grim(case["mean_text"], case["n"]) is case["possible"] for case in means)
    yield share("claims: GRIM means judged rightly", agreed / len(means), 0.99)
    recall, extra = _prose(root)
    yield share("claims: values located in prose", recall, 0.9)
    yield share("claims: distractors among them", extra, 0.05, at_most=True)


def _verdicts(root: Path) -> float:
    by_file: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for case in cases(root):
        by_file[case["file"]].append(case)
    right = 0
    for name, listed in by_file.items():
        data, columns, encoding = declared(root / "tables" / name)
        request = {
            "name": name,
            "columns": [{"name": column, "type": kind} for column, kind in columns],
            "dialect": {**DIALECT, "encoding": encoding, "null_words": NULL_WORDS},
            "tolerance": None,
            "items": [
                {"query": query_of(case), "value": case["value_text"], "unit": None}
                for case in listed
            ],
        }
        for case, (verdict, _) in zip(listed, judge(request, data)["items"], strict=True):
            right += verdict == ("right" if case["correct"] else "wrong")
    return right / sum(map(len, by_file.values()))


def _prose(root: Path) -> tuple[float, float]:
    """Share of the claims' values that are found, and share of what is found that is no claim's."""
    by_id = {case["id"]: case for case in cases(root)}
    found = extra = total = 0
    for report in _lines(root / "prose_reports.jsonl"):
        _, columns, _ = declared(root / "tables" / report["file"])
        seen = Counter(
            one.text for one in stated_numbers(report["markdown"], [name for name, _ in columns])
        )
        values = [by_id[name] for name in report["claim_ids"]]
        wanted = Counter(one["value_text"] for one in values if one["stat"] != "top_group")
        total += wanted.total()
        found += (seen & wanted).total()
        extra += (seen - wanted).total()
    return found / total, extra / max(1, found + extra)


def _speed(rows: int, count: int) -> Iterator[Ratio]:
    data = _table(rows)
    queries = _queries(count)
    name = f"{count} claims about {rows} rows"
    parse, floor = _parse_seconds(data)
    started = time.perf_counter()
    frame = load(data, "t.csv", DIALECT, COLUMNS)
    engine = Engine(frame.frame, frame.kinds)
    order = sorted(range(count), key=lambda number: repr(queries[number].where))
    values: dict[int, Any] = {number: engine.compute(queries[number]) for number in order}
    spent = time.perf_counter() - started
    unit = f"CSV parses by {parse}"
    yield Ratio("checks", f"claims: {name}, first engine", spent, floor, unit, 8.0)
    items = [{"query": query.plain(), "value": "1", "unit": None} for query in queries]
    asked = {"name": "t.csv", "columns": COLUMNS, "dialect": DIALECT, "tolerance": None}
    started = time.perf_counter()
    jail.run("claims", {**asked, "items": items}, blobs=[data], seconds=600)
    spent = time.perf_counter() - started
    yield Ratio("checks", f"claims: {name}, all wrong, in the jail", spent, floor, unit)
    yield from _pandas(data, queries, values, floor, unit)


def _table(rows: int) -> bytes:
    """A CSV of 8 columns, about 38 MB for a million rows."""
    rng = random.Random(20)
    countries = [f"C{number:02}" for number in range(20)]
    frame = pl.DataFrame(
        {
            **{
                name: [round(rng.gauss(100, 30), 3) for _ in range(rows)]
                for name in ("amount", "price", "weight", "score")
            },
            "units": [rng.randrange(1000) for _ in range(rows)],
            "country": rng.choices(countries, k=rows),
            "kind": rng.choices("abcde", k=rows),
            "age": [rng.randrange(18, 90) for _ in range(rows)],
        }
    )
    return frame.write_csv().encode()


def _queries(count: int) -> list[Query]:
    rng = random.Random(21)
    made = []
    for _ in range(count):
        where: list[list[Any]] = []
        if rng.random() < 0.6:
            where.append(["country", "==", f"C{rng.randrange(20):02}"])
        if rng.random() < 0.4:
            where.append(["age", rng.choice(["<", ">="]), rng.randrange(20, 80)])
        column = rng.choice(["amount", "price", "weight", "score"])
        other = rng.choice(["units", "age"])
        form: dict[str, Any] = rng.choice(
            [
                *({"metric": name} for name in ("count", "sum", "mean", "median", "distinct")),
                {"metric": "std", "ddof": 1},
                {"metric": "quantile", "q": 0.9, "method": "linear"},
                {"metric": "correlation", "method": "pearson", "x": column, "y": other},
            ]
        )
        named = form if "x" in form else {**form, "column": column}
        made.append(read_query({**named, "where": where}))
    return made


def _optional(name: str) -> Any:  # noqa: ANN401 - a module that need not be there
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def _parse_seconds(data: bytes) -> tuple[str, float]:
    """Who parsed the file once, and how long it took (the better of two)."""
    arrow = _optional("pyarrow.csv")
    if arrow is None:
        print("claims: pyarrow is not installed; the floor is one parse by polars")
        return "polars", min(_timed(lambda: pl.read_csv(data)) for _ in range(2))
    buffer = _optional("pyarrow").BufferReader
    return "pyarrow", min(_timed(lambda: arrow.read_csv(buffer(data))) for _ in range(2))


def _timed(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def _pandas(
    data: bytes, queries: list[Query], values: dict[int, Any], floor: float, unit: str
) -> Iterator[Ratio]:
    """The peer: the same claims by pandas with categorical columns, and whether both agree."""
    pandas = _optional("pandas")
    if pandas is None:
        print("claims: pandas is not installed; the peer is left out")
        return
    started = time.perf_counter()
    frame = pandas.read_csv(io.BytesIO(data), dtype={"country": "category", "kind": "category"})
    theirs = [_by_pandas(frame, query) for query in queries]
    spent = time.perf_counter() - started
    yield Ratio("checks", "claims: the same by pandas", spent, floor, unit)
    same = sum(
        abs(values[number] - value) <= AGREE * max(abs(value), 1e-300)
        for number, value in enumerate(theirs)
    )
    yield share("claims: values that agree with pandas", same / len(theirs), 1.0)


def _by_pandas(frame: Any, query: Query) -> float:  # noqa: ANN401 - a pandas frame
    for condition in query.where:
        column = frame[condition.column]
        kept = {
            "==": column.__eq__,
            "<": getattr(column, "__lt__", None),
            ">=": getattr(column, "__ge__", None),
        }[condition.operator]
        frame = frame[kept(condition.value)]
    if query.metric == "correlation":
        return float(frame[query.x].corr(frame[query.y]))
    column = frame[query.column]
    by_name = {"distinct": "nunique", "quantile": "quantile"}
    method = getattr(column, by_name.get(query.metric, query.metric))
    return float(method(query.q) if query.metric == "quantile" else method())
