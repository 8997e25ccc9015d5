"""The jailed side of reading a report's text: its numbers, its tests, its means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import mpmath

from checkers.claims.consistency import reported_means, reported_tests
from checkers.claims.prose import stated_numbers, unsupported
from checkers.claims.reading import read_claims

if TYPE_CHECKING:
    from collections.abc import Mapping

mpmath.loggamma(mpmath.mpf(3))  # what mpmath loads late must be loaded before the jail closes

MAX_TEXT: Final = 200_000
"""Characters of one text that are read; the rest is not, and the reply says so."""


def read(request: Mapping[str, Any]) -> dict[str, Any]:
    """Read `texts` (name to text) for `columns` (names) and `claims` (as they came).

    Returns `{"numbers": n, "unsupported": [[text name, line, number], ...], "tests": [[text name,
    line, words, decision_error], ...], "means": [[text name, line, words], ...], "cut": [names],
    "unsearched": [names]}`: `tests` are those that contradict themselves, `means` those that
    cannot be; in texts `unsearched` not all numbers could be looked for among the claims.
    """
    claims, _ = read_claims(request["claims"])
    found: dict[str, Any] = {"numbers": 0, "unsupported": [], "tests": [], "means": []}
    found |= {"cut": [], "unsearched": []}
    for name, whole in sorted(request["texts"].items()):
        text = whole[:MAX_TEXT]
        if len(whole) > MAX_TEXT:
            found["cut"].append(name)
        numbers = stated_numbers(text, request["columns"])
        found["numbers"] += len(numbers)
        alone, whole_search = unsupported(numbers, claims.values())
        if not whole_search:
            found["unsearched"].append(name)
        found["unsupported"] += [[name, _line(text, one.start), one.text] for one in alone]
        found["tests"] += [
            [name, _line(text, test.start), test.text, test.decision_error]
            for test in reported_tests(text)
            if not test.consistent
        ]
        found["means"] += [
            [name, _line(text, mean.start), mean.text]
            for mean in reported_means(text)
            if not mean.possible
        ]
    return found


def _line(text: str, start: int) -> int:
    return text.count("\n", 0, start) + 1
