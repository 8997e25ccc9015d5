"""Laws of the audit rule, whatever the report and whatever is known."""

from __future__ import annotations

from itertools import permutations
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from checkers.audit.assignment import best_pairs
from checkers.audit.categories import MAX_LENGTH, NAMES, canonical
from checkers.audit.findings import MAX_FINDINGS, ReportError, read_report
from checkers.audit.matching import Known
from checkers.audit.places import Place
from checkers.audit.scoring import score
from tests.unit.checkers.audits import FILE, LINES, NAMED, SOURCES, points

CATEGORIES = ("reentrancy", "access_control", "tx_origin", "unprotected_selfdestruct", "arithmetic")
SEVERITIES = ("critical", "high", "medium", "low", "info")

lines = st.tuples(st.integers(1, LINES), st.integers(1, LINES)).map(sorted)
severities = st.sampled_from(SEVERITIES)
findings = st.fixed_dictionaries(
    {
        "category": st.sampled_from((*CATEGORIES, "made up")),
        "file": st.just(FILE),
        "lines": st.one_of(lines, st.just([0, 99])),
        "severity": severities,
        "explanation": st.sampled_from((NAMED, "", "generic")),
    }
)
reports = st.lists(findings, max_size=8)
golds = st.lists(
    st.builds(
        Known,
        st.builds(
            Place,
            st.just(FILE),
            lines.map(lambda pair: (pair[0], pair[1])),
            st.sampled_from(CATEGORIES),
        ),
        st.one_of(st.none(), severities),
        st.booleans(),
    ),
    max_size=5,
).map(tuple)


@given(reports, golds)
def test_points_are_0_to_100_and_parts_0_to_1(
    report: list[dict[str, Any]], gold: tuple[Known, ...]
) -> None:
    result = score(read_report(report, {FILE: LINES}), gold, SOURCES)

    assert 0 <= result.points <= 100
    assert 0 <= result.precision <= 1
    assert 0 <= result.recall <= 1
    assert len({one.finding for one in result.pairs}) == len(result.pairs)
    assert len({one.known for one in result.pairs}) == len(result.pairs)


@given(reports, golds, st.data())
def test_order_changes_nothing(
    report: list[dict[str, Any]], gold: tuple[Known, ...], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(report))
    turned = tuple(data.draw(st.permutations(gold)))

    assert points(report, gold) == points(shuffled, turned)


@given(reports.filter(bool), golds, st.data())
def test_a_duplicate_never_raises(
    report: list[dict[str, Any]], gold: tuple[Known, ...], data: st.DataObject
) -> None:
    again = dict(data.draw(st.sampled_from(report)))
    again |= {
        "severity": data.draw(severities),
        "explanation": data.draw(st.sampled_from((NAMED, "", "generic"))),
    }

    assert points([*report, again], gold) <= points(report, gold)
    assert points(report * 10, gold) == points(report, gold)


@given(reports, golds, lines, st.booleans())
def test_a_false_finding_never_raises(
    report: list[dict[str, Any]], gold: tuple[Known, ...], place: list[int], valid: bool
) -> None:
    false = {
        "category": "sql_injection" if valid else "no such thing",
        "file": FILE,
        "lines": place,
        "severity": "high",
        "explanation": NAMED,
    }

    assert points([*report, false], gold) <= points(report, gold)


@given(reports, golds)
def test_corroboration_changes_no_point(
    report: list[dict[str, Any]], gold: tuple[Known, ...]
) -> None:
    reading = read_report(report, {FILE: LINES})
    alone = score(reading, gold, SOURCES)
    friend = [one.place for one in alone.findings]
    backed = score(reading, gold, SOURCES, corroborated=friend)

    assert backed.points == alone.points
    assert len(backed.unresolved) == len(alone.findings) - len(alone.pairs)


@given(
    st.integers(1, 4).flatmap(
        lambda width: st.lists(
            st.lists(st.integers(0, 9), min_size=width, max_size=width), min_size=1, max_size=4
        )
    )
)
def test_pairs_have_the_largest_total(values: list[list[int]]) -> None:
    rows, columns = len(values), len(values[0])
    padded = [row + [0] * rows for row in values]
    best = max(
        sum(padded[row][column] for row, column in enumerate(chosen))
        for chosen in permutations(range(columns + rows), rows)
    )

    assert sum(values[row][column] for row, column in best_pairs(values)) == best


json_values: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=4,
)
sarif_words = st.sampled_from(
    ("runs", "results", "tool", "driver", "rules", "locations", "physicalLocation", "region",
     "startLine", "message", "text", "ruleId", "level", "artifactLocation", "uri", "properties")
)  # fmt: skip
sarif_like: Any = st.recursive(
    json_values,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(sarif_words, inner, max_size=4),
    max_leaves=6,
)


@given(st.lists(json_values, max_size=4) | st.dictionaries(sarif_words, sarif_like, max_size=4))
def test_whatever_comes_is_read_or_refused(report: Any) -> None:
    if isinstance(report, dict):
        report |= {"version": "2.1.0"}
    try:
        reading = read_report(report, {FILE: LINES})
    except ReportError:
        return
    assert len(reading.reported) + len(reading.refused) <= MAX_FINDINGS


@given(st.text(max_size=2 * MAX_LENGTH), st.sampled_from((None, "swc", "cwe", "dasp", "owasp")))
def test_any_text_has_a_known_category_or_none(text: str, taxonomy: str | None) -> None:
    assert canonical(text, taxonomy) in {None, *NAMES.values()}
