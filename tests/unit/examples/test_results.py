from __future__ import annotations

from typing import Any

import pytest

from examples.demo.corpus import Example
from examples.demo.results import (
    NO_VERDICT,
    UNAVAILABLE,
    Judged,
    from_refusal,
    from_verdict,
    summarize,
)


def example(expected: str = "accept", field: str | None = None) -> Example:
    return Example("t", "a", "reference", expected, "w", {}, field)


def verdict(decision: str, reason: str | None = None) -> dict[str, Any]:
    check = {"check": "tests", "reason": reason}
    return {"decision": decision, "score": None, "reasons": ["because"], "checks": [check]}


def test_a_missing_toolchain_does_not_count() -> None:
    judged = from_verdict(example(), verdict("abstain", "toolchain_missing"), 1.0)
    assert judged.seen == UNAVAILABLE
    assert not summarize([judged], 1.0).all_agree
    assert summarize([judged, Judged(example(), "accept", 1.0)], 1.0).all_agree


def test_another_error_counts_as_what_was_decided() -> None:
    judged = from_verdict(example(), verdict("abstain", "internal"), 1.0)
    assert judged.seen == "abstain"
    assert judged.first_reason == "because"


def test_a_refusal_has_to_name_the_field() -> None:
    problem = {"errors": [{"field": "answer.files", "message": "no"}]}
    assert from_refusal(example("refused", "answer.files"), problem, 0.1).agrees
    assert from_refusal(example("refused", "task.type"), problem, 0.1).seen == NO_VERDICT


def test_a_refusal_that_nobody_expected_is_a_difference() -> None:
    assert not from_refusal(example("accept"), {"detail": "no"}, 0.1).agrees


@pytest.mark.parametrize(
    ("expected", "seen", "accepts", "rejects", "other"),
    [
        ("reject", "accept", 1, 0, 0),
        ("accept", "reject", 0, 1, 0),
        ("accept", "escalate", 0, 0, 1),
        ("accept", NO_VERDICT, 0, 0, 1),
    ],
)
def test_differences_are_counted_by_what_they_do(
    expected: str, seen: str, accepts: int, rejects: int, other: int
) -> None:
    summary = summarize([Judged(example(expected), seen, 1.0)], 2.0)
    found = (summary.wrong_accepts, summary.wrong_rejects, summary.other)
    assert found == (accepts, rejects, other)
    assert not summary.all_agree


def test_nothing_judged_is_no_success() -> None:
    assert not summarize([], 0.0).all_agree
