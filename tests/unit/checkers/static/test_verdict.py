"""From reports to points: what counts once, what fails, what stays undecided."""

from __future__ import annotations

import pytest

from checkers.protocol import CheckStatus, Tool
from checkers.static.protocol import Diagnostic, Level, Report
from checkers.static.verdict import MAX_SHOWN, levels, merged, result_of


def at(line: int, tool: str, level: Level, *cwe: int, last: int = 0) -> Diagnostic:
    return Diagnostic("main.py", (line, last or line), tool, "R1", level, "words", cwe)


def report(tool: str, *found: Diagnostic, unchecked: str | None = None) -> Report:
    return Report(Tool(tool, "1"), found, unchecked)


def test_one_place_with_one_weakness_counts_once_with_the_gravest_level() -> None:
    found = [
        at(4, "ruff", Level.WARNING, 78, last=6),
        at(5, "bandit", Level.ERROR, 78),
        at(5, "bandit", Level.NOTE, 20),
        at(9, "ruff", Level.WARNING, 78),
        at(4, "mypy", Level.WARNING),
    ]

    assert sorted(levels(found)) == sorted([Level.ERROR, Level.NOTE, Level.WARNING, Level.WARNING])


@pytest.mark.parametrize(
    ("worst", "max_severity", "status", "score"),
    [
        (Level.NOTE, "note", CheckStatus.PASS, 99),
        (Level.NOTE, "none", CheckStatus.FAIL, 65),
        (Level.WARNING, "warning", CheckStatus.PASS, 97),
        (Level.WARNING, "note", CheckStatus.FAIL, 65),
        (Level.ERROR, "error", CheckStatus.PASS, 95),
        (Level.ERROR, "warning", CheckStatus.FAIL, 65),
    ],
)
def test_nothing_above_what_is_allowed_passes(
    worst: Level, max_severity: str, status: CheckStatus, score: int
) -> None:
    result = result_of([report("ruff", at(1, "ruff", worst))], max_severity, 70)

    assert (result.status, result.score) == (status, score)


def test_what_is_allowed_never_fails_by_its_number() -> None:
    many = [at(line, "ruff", Level.WARNING) for line in range(1, 90)]

    assert result_of([report("ruff", *many)], "warning", 70).score == 70


def test_a_failure_stays_below_what_passes() -> None:
    result = result_of([report("ruff", at(1, "ruff", Level.ERROR))], "warning", 10)

    assert (result.status, result.score) == (CheckStatus.FAIL, 9)


def test_a_tool_that_did_not_read_leaves_it_undecided() -> None:
    blind = report("mypy", unchecked="it gave up")

    result = result_of([report("ruff"), blind], "warning", 70)

    assert (result.status, result.score) == (CheckStatus.UNDECIDED, None)
    assert result.summary == "ruff: nothing found; not checked by mypy: it gave up"
    failed = result_of([report("ruff", at(1, "ruff", Level.ERROR)), blind], "warning", 70)
    assert failed.status is CheckStatus.FAIL
    assert "not checked by mypy" in failed.summary


def test_the_order_of_reports_does_not_show() -> None:
    one, two = report("a", at(2, "a", Level.NOTE)), report("b", at(1, "b", Level.NOTE))

    assert merged([one, two]) == merged([two, one])
    assert result_of([one, two], "note", 70).findings == result_of([two, one], "note", 70).findings


def test_the_gravest_are_shown_where_there_are_too_many() -> None:
    notes = [at(line, "ruff", Level.NOTE) for line in range(1, MAX_SHOWN + 50)]

    result = result_of([report("ruff", *notes, at(9000, "ruff", Level.ERROR))], "warning", 70)

    assert len(result.findings) == MAX_SHOWN
    assert result.findings[-1].severity == "high"
    assert result.metrics["notes"] == MAX_SHOWN + 49
