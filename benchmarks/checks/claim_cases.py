"""The labelled claims in the words of this engine's query language."""

from __future__ import annotations

import csv
import io
import json
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

NULL_WORDS = [
    "",
    "#N/A",
    "#N/A N/A",
    "#NA",
    "-1.#IND",
    "-1.#QNAN",
    "-NaN",
    "-nan",
    "1.#IND",
    "1.#QNAN",
    "<NA>",
    "N/A",
    "NA",
    "NULL",
    "NaN",
    "None",
    "n/a",
    "nan",
    "null",
]
"""What pandas takes for missing by default, which is what the labels were made with."""

_SAME = {"count", "missing", "sum", "mean", "median", "min", "max"}


def query_of(case: dict[str, Any]) -> dict[str, Any]:
    """The query that a labelled claim stands for."""
    args, stat = case["args"], case["stat"]
    query: dict[str, Any] = {}
    if case["where"]:
        query["where"] = [[test["column"], test["op"], test["value"]] for test in case["where"]]
    if stat in _SAME:
        return {**query, "metric": stat, "column": args["column"]}
    if stat == "nunique":
        return {**query, "metric": "distinct", "column": args["column"]}
    return {**query, **_BY_STAT[stat](args)}


_BY_STAT: dict[str, Any] = {
    "std_sample": lambda a: {"metric": "std", "column": a["column"], "ddof": 1},
    "std_population": lambda a: {"metric": "std", "column": a["column"], "ddof": 0},
    "quantile": lambda a: {"metric": "quantile", **a},
    "correlation": lambda a: {"metric": "correlation", **a},
    "slope": lambda a: {"metric": "slope", **a},
    "growth": lambda a: {
        "metric": "growth",
        "column": a["column"],
        "bucket": {"column": a["date"], "by": a["bucket"]},
        "from": a["from"],
        "to": a["to"],
        "of": a["of"],
        "unit": a["unit"],
    },
    "ttest_p": lambda a: {
        "metric": "ttest_p",
        "column": a["column"],
        "by": a["group_by"],
        "groups": a["groups"],
        "equal_var": a["equal_var"],
        "sides": {2: "two"}[a["sides"]],
    },
    "anova_p": lambda a: {"metric": "anova_p", "column": a["column"], "by": a["group_by"]},
    "chi2_p": lambda a: {
        "metric": "chi2_p",
        "x": a["rows"],
        "y": a["columns"],
        "yates": a["yates"],
    },
    "group_share": lambda a: {
        "metric": "share",
        "column": a["group_by"],
        "value": a["group"],
        "of": "known",
        "unit": a["unit"],
    },
    "top_group": lambda a: {
        "metric": "top_k",
        "by": a["group_by"],
        "column": a["column"],
        "statistic": a["by"],
        "k": a["k"],
    },
    "group_mean": lambda a: {
        "metric": "mean",
        "column": a["column"],
        "group_by": [a["group_by"]],
        "group": [a["group"]],
    },
}


def cases(root: Path) -> list[dict[str, Any]]:
    """All labelled claims."""
    return [json.loads(line) for line in (root / "claims.jsonl").read_text().splitlines()]


def encoding_of(data: bytes) -> str:
    """UTF-8, with or without its mark."""
    return "utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else "utf-8"


@cache
def declared(path: Path) -> tuple[bytes, tuple[tuple[str, str], ...], str]:
    """A table's bytes, its columns as an author would declare them, and its encoding."""
    data = path.read_bytes()
    encoding = encoding_of(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        encoding = "latin-1"
        text = data.decode(encoding)
    rows = [row for row in csv.reader(io.StringIO(text, newline="")) if row]
    columns = []
    for name, *values in zip(*rows, strict=True):
        known = [value.strip() for value in values if value not in NULL_WORDS]
        columns.append((name, _kind(known)))
    return data, tuple(columns), encoding


def _kind(values: list[str]) -> str:
    for kind, read in (("integer", int), ("number", float)):
        try:
            [read(value) for value in values]
        except ValueError:
            continue
        return kind
    dates = all(len(value) == 10 and value[4] == value[7] == "-" for value in values)
    return "date" if dates and values else "string"
