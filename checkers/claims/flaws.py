"""Which other reading of a query would explain a wrong value."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Final

from checkers.claims.numbers import QueryError, Value, same_moment
from checkers.claims.query import MEANINGS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from checkers.claims.query import Query

MAX_READINGS: Final = 30

_WORDS: Final = {
    ("ddof", 0): "ddof 0 (population)",
    ("ddof", 1): "ddof 1 (sample)",
    ("equal_var", True): "equal_var true (Student)",
    ("equal_var", False): "equal_var false (Welch)",
    ("yates", True): "yates true (with the correction)",
    ("yates", False): "yates false (without the correction)",
    ("of", "all"): 'of "all" (all rows)',
    ("of", "known"): 'of "known" (rows where the column is known)',
}

_SWAPPED: Final = {
    "mean": "median",
    "median": "mean",
    "min": "max",
    "max": "min",
    "std": "var",
    "var": "std",
}


def readings(query: Query) -> Iterator[tuple[str, Query]]:
    """All ways to settle the conventions that a query leaves open, each in words."""
    names = query.open_conventions()
    choices = [MEANINGS[query.metric][name] for name in names]
    for values in itertools.islice(itertools.product(*choices), MAX_READINGS):
        settled = dict(zip(names, values, strict=True))
        words = " and ".join(words_of(name, value) for name, value in settled.items())
        yield words, query.but(**settled)


def words_of(name: str, value: object) -> str:
    """A convention as a miner would look for it in the reference."""
    plain = str(value).lower() if isinstance(value, bool) else value
    return _WORDS.get(
        (name, value), f'{name} "{plain}"' if isinstance(value, str) else f"{name} {plain}"
    )


def same_value(first: Value, second: Value, relative: float) -> bool:
    """Return True when two results are equal up to rounding."""
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(
            same_value(first[name], second[name], relative) for name in first
        )
    if isinstance(first, (int, float)) and isinstance(second, (int, float)):
        return math.isclose(first, second, rel_tol=relative)
    if isinstance(first, str) and isinstance(second, str):
        return same_moment(first, second)
    return first == second


def explain(query: Query, is_value: Callable[[Query], bool]) -> str:
    """Name the mistake whose value was printed, or nothing. `is_value` computes and compares."""
    for words, other in _mistakes(query):
        try:
            if is_value(other):
                return words
        except QueryError:
            continue
    return ""


def _mistakes(query: Query) -> Iterator[tuple[str, Query]]:
    yield from _other_conventions(query)
    if query.metric == "count" and query.column is not None:
        plain = {name: value for name, value in query.plain().items() if name != "column"}
        words = f"counts the rows where {query.column} is missing, too"
        yield words, type(query).model_validate(plain)
    if query.metric in _SWAPPED:
        other = _SWAPPED[query.metric]
        yield f"is the {other}, not the {query.metric}", query.but(metric=other)
    if query.metric == "slope":
        yield "is the slope of x on y, not of y on x", query.but(x=query.y, y=query.x)
    if query.where:
        yield "is the value of all rows: its where is not applied", query.but(where=[])


def _other_conventions(query: Query) -> Iterator[tuple[str, Query]]:
    for name, values in MEANINGS.get(query.metric, {}).items():
        own = getattr(query, name)
        if own is None or (name == "paired" and query.x is None):
            continue
        for value in values:
            if value != own:
                words = f"is the value for {words_of(name, value)}, not for {words_of(name, own)}"
                yield words, query.but(**{name: value})
