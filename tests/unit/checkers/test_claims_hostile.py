"""Claims made to kill the check, to slow it down, or to be right about nothing."""

# ruff: noqa: E501 - tables of inputs read best on one line each

from __future__ import annotations

import time
from typing import Any

import pytest
from pydantic import ValidationError

from checkers import jail
from checkers.claims.prose import Stated, unsupported
from checkers.claims.reading import read_claims
from checkers.claims.report_text import read as read_text
from checkers.options import CHECK_OPTIONS
from checkers.protocol import CheckResult, CheckStatus, Reason
from tests.unit.checkers.claim_bench import COLUMNS, claim, judge

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
    assert time.monotonic() - started < 30


def test_one_group_among_many_is_found() -> None:
    query = {"metric": "sum", "column": "n", "group_by": ["a"], "group": 77}
    assert of_many(query).status is CheckStatus.PASS


def test_many_groups_below_the_cap_are_quick() -> None:
    started = time.monotonic()
    data = b"a,n\n" + b"".join(b"%d,%d\n" % (row % 9000, row) for row in range(20_000))
    columns = [{"name": name, "type": "integer"} for name in "an"]
    query = {"metric": "mean", "column": "n", "group_by": ["a"]}
    said = {
        str(a): str(sum(r for r in range(a, 20_000, 9000)) / len(range(a, 20_000, 9000)))
        for a in range(9000)
    }
    result = judge(
        [{"id": "q", "value": said}],
        data=data,
        columns=columns,
        questions=[{"id": "q", "query": query}],
    )
    assert result.status is CheckStatus.PASS
    assert time.monotonic() - started < 45


P_VALUE = {"metric": "chi2_p", "x": "shop", "y": "units", "yates": False}  # 0.2873
SMALL = "shop,big\n" + "".join(
    f"{'ab'[row % 2]},{'xy'[row % 2 if row < 28 else 0]}\n" for row in range(40)
)
SMALL_COLUMNS = [{"name": "shop", "type": "string"}, {"name": "big", "type": "string"}]
SMALL_P = {"metric": "chi2_p", "x": "shop", "y": "big", "yates": False}  # below 0.0001


def of_small(said: str) -> CheckStatus:
    return judge(
        [{"id": "q", "value": said}],
        data=SMALL.encode(),
        columns=SMALL_COLUMNS,
        questions=[{"id": "q", "query": SMALL_P}],
    ).status


@pytest.mark.parametrize("said", ["> 0.05%", "p > 0.1 %", "> 4.9%", "> .049"])
def test_a_bound_in_percent_is_rescaled_and_must_say_something(said: str) -> None:
    assert of_question(said, **P_VALUE) == (
        "claim q gives a bound that says too little about a p-value"
    )


def test_true_bounds_are_right_in_either_unit() -> None:
    assert of_question("> 5%", **P_VALUE) == of_question("> .05", **P_VALUE) == "right"
    for said in ("< 5%", "< 0.1%", "< .001", "p < .05"):
        assert of_small(said) is CheckStatus.PASS
    for said in ("< 6%", "< 5", "0.000", "0.0", "> 5%"):
        assert of_small(said) is CheckStatus.FAIL


@pytest.mark.parametrize(
    ("said", "query", "right"),
    [
        ("0.3", P_VALUE, True),
        ("0.29", P_VALUE, True),
        ("2e1", {"metric": "mean", "column": "amount"}, False),
        ("19", {"metric": "mean", "column": "amount"}, True),
        ("9e1", {"metric": "sum", "column": "amount"}, False),
        ("9", {"metric": "max", "column": "units"}, True),
        ("0.5", {"metric": "share", "column": "shop", "value": "DE", "of": "all"}, True),
        ("50%", {"metric": "share", "column": "shop", "value": "DE", "of": "all"}, True),
        ("0.2", {"metric": "share", "column": "shop", "value": "FR", "of": "all"}, False),
        ({"DE": "2e1", "FR": "7", "IT": "15"}, {"metric": "mean", "column": "amount", "group_by": ["shop"]}, False),
        ("0", {"metric": "count", "where": [["shop", "==", "XX"]]}, True),
    ],
)  # fmt: skip
def test_an_answer_says_something_or_is_exact(
    said: Any, query: dict[str, Any], right: bool
) -> None:
    assert (of_question(said, **query) == "right") is right


TIMES = b"t,u\n2024-03-01T10:15:00,2024-03-01T23:30:00+02:00\n2024-03-02T00:00:00,2024-03-01T22:00:00+00:00\n"
TIME_COLUMNS = [{"name": name, "type": "datetime"} for name in "tu"]


@pytest.mark.parametrize(
    ("column", "said", "right"),
    [
        ("t", "2024-03-02", True),
        ("t", "2024-03-02 00:00:00", True),
        ("t", "2024-03-02T00:00:00", True),
        ("t", "2024-03-02T00:00:01", False),
        ("t", "2024-03-02T00:00:00Z", False),
        ("t", "2024-03-03", False),
        ("t", "soon", False),
        ("u", "2024-03-01T22:00:00+00:00", True),
        ("u", "2024-03-02T00:00:00+02:00", True),
        ("u", "2024-03-01T22:00:00", False),
    ],
)
def test_a_moment_is_right_in_every_spelling_of_iso_8601(
    column: str, said: str, right: bool
) -> None:
    question = {"id": "q", "query": {"metric": "max", "column": column}}
    result = judge(
        [{"id": "q", "value": said}], data=TIMES, columns=TIME_COLUMNS, questions=[question]
    )
    assert result.status is (CheckStatus.PASS if right else CheckStatus.FAIL)


@pytest.mark.parametrize(
    ("asked", "own"),
    [
        ({"where": [["units", "==", 3]]}, {"where": [["units", "==", 3.0]]}),
        ({"where": [["units", "in", [3, 2]]]}, {"where": [["units", "in", [2.0, 3, 3]]]}),
        ({"where": [["shop", "not in", ["FR", "IT"]]]}, {"where": [["shop", "not in", ["IT", "FR"]]]}),
        ({"where": [["units", "=", 3]]}, {"where": [["units", "==", 3], ["units", "==", 3.0]]}),
        ({"unit": "rows"}, {}),
        ({}, {"unit": "rows"}),
    ],
)  # fmt: skip
def test_the_same_question_in_another_spelling_is_the_same(
    asked: dict[str, Any], own: dict[str, Any]
) -> None:
    question = {"id": "q", "query": {"metric": "count", **asked}}
    said = {"id": "q", "query": {"metric": "count", **own}}
    ends = [judge([{**said, "value": str(n)}], questions=[question]) for n in range(7)]
    assert [end.status for end in ends].count(CheckStatus.PASS) == 1
    assert not any("differ" in repr(end) for end in ends)


def test_a_unit_in_the_query_counts_as_one_beside_the_number() -> None:
    question = {"id": "q", "query": {"metric": "mean", "column": "amount", "unit": "EUR"}}

    def end(unit: str | None, own: str | None) -> str:
        query = {"metric": "mean", "column": "amount", **({"unit": own} if own else {})}
        result = judge([claim("q", "18.7", unit, **query)], questions=[question])
        return "right" if not result.findings else result.findings[0].explanation

    assert end("EUR", None) == end(None, "EUR") == end(None, None) == end("EUR", "EUR") == "right"
    assert end(None, "USD") == "claim q is in another unit than the one asked for"
    assert end("EUR", "USD") == "claim q has one unit in its query and another in its field unit"


def test_what_differs_is_always_named() -> None:
    asked = {"metric": "count", "where": [["units", "==", 3]]}
    others = ([["units", "==", 4]], [["units", "!=", 3]], [["units", "in", [3]]], [])
    for where in others:
        result = judge(
            [claim("q", "1", metric="count", where=where)], questions=[{"id": "q", "query": asked}]
        )
        assert result.findings[0].explanation.endswith("they differ in where")


def test_true_claims_about_nothing_that_was_asked_decide_nothing() -> None:
    right = [claim("a", "6", metric="count"), claim("b", "9", metric="max", column="units")]
    result = judge(right)
    assert (result.status, result.score) == (CheckStatus.UNDECIDED, None)
    wrong = judge([*right, claim("c", "7", metric="count")])
    assert wrong.status is CheckStatus.FAIL
    mostly = [
        claim(f"t{n}", "6", metric="count", where=[["day", ">", f"20{n:02}-01-01"]])
        for n in range(20)
    ]
    result = judge([*mostly, claim("c", "7", metric="count")])
    assert (result.status, result.score) == (CheckStatus.FAIL, 69)


@pytest.mark.parametrize(
    ("tolerance", "field"),
    [
        ({"absolute": 1e308}, "absolute"),
        ({"relative": 0.11}, "relative"),
        ({"relative": 1e9}, "relative"),
    ],
)
def test_a_tolerance_that_accepts_everything_is_refused_at_intake(
    tolerance: dict[str, float], field: str
) -> None:
    asked = {"check": "claims", "dataset": "d", "columns": COLUMNS, "tolerance": tolerance}
    with pytest.raises(ValidationError) as caught:
        CHECK_OPTIONS.validate_python(asked)
    assert caught.value.errors()[0]["loc"][-1] == field


@pytest.mark.parametrize(("pass_at", "summary"), [(60, "enough of"), (70, "too few of")])
def test_no_count_is_shown_where_a_question_is_hidden(pass_at: int, summary: str) -> None:
    questions = [
        {**QUESTION, "hidden": True},
        {"id": "p", "query": {"metric": "max", "column": "units"}},
        {"id": "r", "query": {"metric": "min", "column": "units"}},
    ]
    claims = [WRONG, {"id": "p", "value": "9"}, {"id": "r", "value": "2"}]
    result = judge(claims, questions=questions, pass_at=pass_at)
    assert result.summary == f"{summary} the answers are right"
    assert result.score == 66


def test_a_hidden_question_without_an_answer_is_not_named() -> None:
    nothing = {"metric": "mean", "column": "amount", "where": [["shop", "==", "XX"]]}
    result = judge([RIGHT], questions=[{"id": "secret", "query": nothing, "hidden": True}])
    assert result.reason is Reason.TASK_INVALID
    assert "secret" not in repr(result)


@pytest.mark.parametrize("same", [False, True])
def test_many_numbers_and_many_values_are_tied_in_time(same: bool) -> None:
    values = [f"{n if not same else 1}.5" for n in range(200)]
    claims = [
        claim(
            f"c{n}",
            {f"g{m}": said for m, said in enumerate(values)},
            metric="mean",
            column=f"x{n}",
            group_by=["shop"],
        )
        for n in range(20)
    ]
    text = "The mean amount is 1.5. " * 2000
    request = {"texts": {"content": text}, "columns": ["amount"], "claims": claims}
    started = time.process_time()
    reply = read_text(request)
    assert time.process_time() - started < 10  # about 1 s; trying all with all takes minutes
    assert reply["numbers"] == 2000
    assert reply == read_text(request)
    assert len(reply["unsupported"]) == 2000
    assert reply["unsearched"] == []


def test_values_beyond_counting_are_left_alone_and_that_is_said() -> None:
    claims = [
        claim(
            f"c{n}",
            {f"g{m}": str(m + n * 9000) for m in range(9000)},
            metric="mean",
            column="units",
            group_by=["shop"],
        )
        for n in range(3)
    ]
    text = "The mean amount is 1.5. " * 2000
    started = time.monotonic()
    reply = read_text({"texts": {"content": text}, "columns": ["amount"], "claims": claims})
    assert time.monotonic() - started < 20
    assert (reply["unsupported"], reply["unsearched"]) == ([], ["content"])


def test_a_count_of_steps_ends_the_search_alike_everywhere() -> None:
    known, refused = read_claims(
        [claim(f"c{n}", "1.5", metric="mean", column=f"x{n}") for n in range(10)]
    )
    assert refused == {}
    numbers = [Stated(n, "1.5", frozenset({"amount"})) for n in range(10)]
    assert unsupported(numbers, known.values(), steps=100) == (numbers, True)
    assert unsupported(numbers, known.values(), steps=25) == (numbers[:2], False)
