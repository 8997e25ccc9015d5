"""Claims made to kill the check, to slow it down, or to be right about nothing."""

# ruff: noqa: E501 - tables of inputs read best on one line each

from __future__ import annotations

import time
from typing import Any

import pytest

from checkers import jail
from checkers.protocol import CheckResult, CheckStatus, Reason
from tests.unit.checkers.claim_bench import COLUMNS, SALES, claim, judge

QUESTION = {"id": "q", "query": {"metric": "count"}}
RIGHT, WRONG = {"id": "q", "value": "6"}, {"id": "q", "value": "7"}


def of_question(said: Any, unit: str | None = None, /, **query: Any) -> str:
    """`right`, or the sentence about an answer to the one question of a task."""
    answer = {"id": "q", "value": said} | ({"unit": unit} if unit else {})
    result = judge([answer], questions=[{"id": "q", "query": query}])
    if result.status is CheckStatus.PASS:
        return "right"
    return result.findings[0].explanation if result.findings else result.summary


@pytest.mark.parametrize(
    "where",
    [
        ["units", "<", 10**30],
        ["units", ">", 2**63],
        ["units", "in", [10**30, 1]],
        ["amount", "==", 10**400],
        ["amount", "<", 10**4000],
        ["day", "in", ["2024-01-05", "2024-02-30"]],
        ["day", "in", ["2024-01-05", 7]],
        ["shop", "in", ["DE", 1.5]],
        ["shop", "==", "\ud800"],
    ],
)  # fmt: skip
def test_a_further_claim_that_cannot_be_computed_is_its_own_fault(where: list[Any]) -> None:
    odd = claim("x", "6", metric="count", where=[where])
    rejected = judge([WRONG, odd], questions=[QUESTION])
    assert (rejected.status, rejected.score) == (CheckStatus.FAIL, 0)
    accepted = judge([RIGHT, odd], questions=[QUESTION], pass_at=50)
    assert (accepted.status, accepted.score) == (CheckStatus.PASS, 50)
    assert "claim x cannot be" in accepted.findings[0].explanation


def test_a_share_of_a_number_that_no_column_can_hold_kills_nothing() -> None:
    odd = claim("x", "0", metric="share", column="units", value=10**40, of="all")
    result = judge([RIGHT, odd], questions=[QUESTION])
    assert result.score == 50
    assert "whole numbers of 64 bits" in result.findings[0].explanation


@pytest.mark.parametrize(
    ("where", "count"),
    [
        (["amount", "in", [7, 10.5]], "2"),
        (["amount", "not in", [7, 10.5]], "3"),
        (["units", "in", [2.0, 3]], "2"),
        (["units", "in", [2.5, 3]], "1"),
        (["units", "==", 2.0], "1"),
        (["units", "<", 2.5], "1"),
        (["amount", "<", 10**30], "5"),
        (["units", "in", []], "0"),
        (["day", "in", ["2024-01-05", "2024-01-20"]], "2"),
    ],
)  # fmt: skip
def test_values_of_conditions_are_taken_as_their_column_holds_them(
    where: list[Any], count: str
) -> None:
    assert of_question(count, metric="count", where=[where]) == "right"


def test_a_jail_killed_by_further_claims_leaves_the_questions_standing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = jail.run

    def dies_of_further(work: str, request: Any, **more: Any) -> Any:
        if work == "claims" and len(request["items"]) > 1:
            raise jail.JailError("killed")
        return run(work, request, **more)

    monkeypatch.setattr(jail, "run", dies_of_further)
    further = [claim(name, "6", metric="count") for name in ("x", "y")]
    further[1]["query"]["column"] = "day"
    for answer, score in ((RIGHT, 33), (WRONG, 0)):
        result = judge([answer, *further], questions=[QUESTION])
        assert (result.status, result.score) == (CheckStatus.FAIL, score)


MANY = b"a,b,n\n" + b"".join(b"%d,%d,1\n" % (row, row * 7 % 12_000) for row in range(12_000))
MANY_COLUMNS = [{"name": name, "type": "integer"} for name in "abn"]


def of_many(question: dict[str, Any], value: Any = "1") -> CheckResult:
    asked = [{"id": "q", "query": question}]
    return judge([{"id": "q", "value": value}], data=MANY, columns=MANY_COLUMNS, questions=asked)


@pytest.mark.parametrize(
    "query",
    [
        {"metric": "mean", "column": "n", "group_by": ["a"]},
        {"metric": "chi2_p", "x": "a", "y": "b", "yates": False},
        {"metric": "top_k", "by": "a", "statistic": "count", "k": 1},
        {"metric": "anova_f", "column": "n", "by": "a"},
    ],
)
def test_too_many_groups_are_refused_quickly(query: dict[str, Any]) -> None:
    started = time.monotonic()
    result = of_many(query)
    assert (result.status, result.reason) == (CheckStatus.ERROR, Reason.TASK_INVALID)
    assert "at most 10,000 groups" in result.summary or "at most 1,000,000 cells" in result.summary
    assert time.monotonic() - started < 8


def test_one_group_among_many_is_found() -> None:
    query = {"metric": "sum", "column": "n", "group_by": ["a"], "group": 77}
    assert of_many(query).status is CheckStatus.PASS


def test_many_groups_below_the_cap_are_quick() -> None:
    started = time.monotonic()
    data = b"a,n\n" + b"".join(b"%d,%d\n" % (row % 9000, row) for row in range(20_000))
    columns = [{"name": name, "type": "integer"} for name in "an"]
    query = {"metric": "mean", "column": "n", "group_by": ["a"]}
    said = {str(a): str(sum(r for r in range(a, 20_000, 9000)) / len(range(a, 20_000, 9000))) for a in range(9000)}
    result = judge(
        [{"id": "q", "value": said}], data=data, columns=columns, questions=[{"id": "q", "query": query}]
    )
    assert result.status is CheckStatus.PASS
    assert time.monotonic() - started < 15
