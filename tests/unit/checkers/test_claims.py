from __future__ import annotations

# ruff: noqa: E501 - tables of inputs read best on one line each
import io
import json
import time
from collections import Counter, defaultdict
from typing import Any

import pytest
from PIL import Image
from pydantic import ValidationError

from benchmarks.checks.claim_cases import NULL_WORDS, cases, declared, query_of
from checkers.claims.charts import MAX_PROBES, chart_findings
from checkers.claims.consistency import grim, grimmer, reported_means, reported_tests
from checkers.claims.judging import judge as recompute
from checkers.claims.prose import stated_numbers
from checkers.claims.query import read_query
from checkers.claims.report_text import read as read_text
from checkers.claims.tally import NO_QUESTIONS
from checkers.options import CHECK_OPTIONS
from checkers.protocol import CheckResult, CheckStatus, Reason
from checkers.texts.probe import image_fault
from tests.components import require_shared_data
from tests.unit.checkers.claim_bench import COLUMNS, SALES, claim, judge


def why(result: CheckResult) -> str:
    (finding,) = (found for found in result.findings if found.category == "claim")
    return finding.explanation


def status(said: Any, unit: str | None = None, /, **query: Any) -> str:
    """`right`, or what the miner reads about a single wrong claim."""
    result = judge([claim("q", said, unit, **query)])
    assert result.status in (CheckStatus.UNDECIDED, CheckStatus.FAIL)
    return "right" if result.summary == NO_QUESTIONS else why(result).removeprefix("claim q ")


def test_every_labelled_claim_gets_its_verdict() -> None:
    root = require_shared_data("reports")
    by_file = defaultdict(list)
    for case in cases(root):
        by_file[case["file"]].append(case)
    wrong, total = [], 0
    for name, listed in by_file.items():
        data, columns, encoding = declared(root / "tables" / name)
        dialect = {
            "encoding": encoding,
            "delimiter": ",",
            "decimal_mark": ".",
            "null_words": NULL_WORDS,
        }
        items = [
            {"query": read_query(query_of(case)).plain(), "value": case["value_text"], "unit": None}
            for case in listed
        ]
        request = {
            "name": name,
            "columns": [{"name": column, "type": kind} for column, kind in columns],
            "dialect": dialect,
            "tolerance": None,
            "items": items,
        }
        reply = recompute(request, data)
        assert reply["defects"] == []
        assert reply["twice"] == len(listed)
        for case, (verdict, _) in zip(listed, reply["items"], strict=True):
            total += 1
            if verdict != ("right" if case["correct"] else "wrong"):
                wrong.append((case["id"], verdict))
    assert wrong == []
    assert total > 100


@pytest.mark.parametrize(
    ("value", "query"),
    [
        ("18.7", {"metric": "mean", "column": "amount"}),
        ("18.70", {"metric": "mean", "column": "amount"}),
        ("93.5", {"metric": "sum", "column": "amount"}),
        ("6", {"metric": "count"}),
        ("5", {"metric": "count", "column": "amount"}),
        ("1", {"metric": "missing", "column": "amount"}),
        ("3", {"metric": "distinct", "column": "shop"}),
        ("15.000", {"metric": "median", "column": "amount"}),
        ("2024-03-01", {"metric": "max", "column": "day"}),
        ("23.83", {"metric": "mean", "column": "amount", "where": [["shop", "==", "DE"]]}),
        ("23.83", {"metric": "mean", "column": "amount", "group_by": ["shop"], "group": "DE"}),
        ("23.88", {"metric": "mean", "column": "amount", "bucket": {"column": "day", "by": "month"}, "group": "2024-02"}),
        ("47.8", {"metric": "sum", "column": "amount", "where": [["day", ">=", "2024-02-01"], ["shop", "in", ["DE", "FR"]]]}),
        ("50%", {"metric": "share", "column": "shop", "value": "DE", "of": "all"}),
        ("0.5", {"metric": "share", "column": "shop", "value": "DE", "of": "known"}),
        ("50", {"metric": "share", "column": "shop", "value": "DE", "of": "all", "unit": "percent"}),
        ("DE", {"metric": "top_k", "by": "shop", "statistic": "sum", "column": "amount", "k": 1}),
        (["DE", "IT"], {"metric": "top_k", "by": "shop", "statistic": "sum", "column": "amount", "k": 2}),
        ("3", {"metric": "rank", "by": "shop", "value": "FR", "statistic": "sum", "column": "amount", "ties": "min"}),
        ("55.3%", {"metric": "growth", "column": "amount", "bucket": {"column": "day", "by": "month"}, "from": "2024-01", "to": "2024-02", "of": "sum"}),
        ("$18.70", {"metric": "mean", "column": "amount"}),
        ("1.87e1", {"metric": "mean", "column": "amount"}),
        ({"DE": "23.83", "FR": "7", "IT": "15"}, {"metric": "mean", "column": "amount", "group_by": ["shop"]}),
        ("< .05", {"metric": "chi2_p", "x": "units", "y": "amount", "where": [["day", "<", "1999-01-01"]]}),
    ],
)  # fmt: skip
def test_right_values(value: Any, query: dict[str, Any]) -> None:
    said = status(value, **query)
    if query.get("where") == [["day", "<", "1999-01-01"]]:
        assert said == "cannot be computed: too few rows are left, or nothing varies in them"
    else:
        assert said == "right"


@pytest.mark.parametrize(
    ("value", "query", "said"),
    [
        ("18.8", {"metric": "mean", "column": "amount"}, "is off in the last digit printed"),
        ("-18.7", {"metric": "mean", "column": "amount"}, "has the wrong sign"),
        ("187", {"metric": "mean", "column": "amount"}, "has the right digits at a wrong power of ten"),
        ("15.0", {"metric": "mean", "column": "amount"}, "is the median, not the mean"),
        ("31.2", {"metric": "mean", "column": "amount"}, "is not what the data give"),
        ("nan", {"metric": "mean", "column": "amount"}, "is no number: NaN and infinity are never right"),
        ("18.7", {"metric": "mean", "column": "amount", "where": [["shop", "==", "DE"]]}, "is the value of all rows: its where is not applied"),
        ("6", {"metric": "count", "column": "amount"}, "is a count off by one"),
        ("13.29", {"metric": "std", "column": "amount", "ddof": 0}, "is the value for ddof 1 (sample), not for ddof 0 (population)"),
        ("13.29", {"metric": "std", "column": "amount"}, "leaves ddof open, which changes the value; the one printed is that of ddof 1 (sample)"),
        ("12.0", {"metric": "std", "column": "amount"}, "leaves ddof open, and its value is that of no choice of it"),
        ("0.5", {"metric": "share", "column": "shop", "value": "DE", "of": "all", "unit": "percent"}, "mixes up percent and fraction: write 12.3% or 0.123, as the unit asked for has it"),
        ("18.7%", {"metric": "mean", "column": "amount"}, "is off by a factor of 100: percent and fraction are mixed up"),
        ("18.7", {"metric": "mean", "column": "price"}, "cannot be computed: there is no column price in the dataset"),
        ("18.7", {"metric": "mean", "column": "shop"}, "cannot be computed: mean needs numbers, and column shop is of type string"),
        ("0e9", {"metric": "sum", "column": "amount"}, "is not what the data give"),
        ("1e5", {"metric": "sum", "column": "amount"}, "is printed too coarsely to say anything"),
        ("< 100", {"metric": "sum", "column": "amount"}, "gives a bound; only p-values may be given as < or >"),
        ("FR", {"metric": "top_k", "by": "shop", "statistic": "sum", "column": "amount", "k": 1}, "leaves out a group that belongs there"),
        (["IT", "DE"], {"metric": "top_k", "by": "shop", "statistic": "sum", "column": "amount", "k": 2}, "has a wrong order"),
        ({"DE": "23.83"}, {"metric": "mean", "column": "amount", "group_by": ["shop"]}, "has no value for 2 of the groups"),
    ],
)  # fmt: skip
def test_wrong_values_name_their_mistake(value: Any, query: dict[str, Any], said: str) -> None:
    assert status(value, **query) == said


def test_a_convention_that_changes_nothing_may_be_left_out() -> None:
    assert status("7.0", metric="quantile", column="amount", q=0.0) == "right"
    assert status(
        "2.0", metric="chi2", x="shop", y="note", where=[["amount", "missing"]]
    ).startswith("cannot be computed")


def test_another_unit_than_asked_is_wrong() -> None:
    assert status("18.70 USD", metric="mean", column="amount", unit="EUR") == (
        "is in another unit than the one asked for"
    )
    assert status("18.70", "EUR", metric="mean", column="amount", unit="EUR") == "right"


QUESTIONS = [
    {"id": "q1", "query": {"metric": "mean", "column": "amount"}},
    {"id": "q2", "query": {"metric": "count"}},
    {"id": "q3", "query": {"metric": "max", "column": "units"}},
]


def answers(*values: str) -> list[dict[str, Any]]:
    return [{"id": f"q{n}", "value": value} for n, value in enumerate(values, 1)]


def test_questions_are_answered_by_claims_of_their_id() -> None:
    result = judge(answers("18.7", "6", "9"), questions=QUESTIONS)
    assert (result.status, result.score) == (CheckStatus.PASS, 100)


def test_a_missing_answer_counts_as_wrong() -> None:
    result = judge(answers("18.7", "6"), questions=QUESTIONS)
    assert (result.status, result.score) == (CheckStatus.FAIL, 66)
    assert why(result) == "claim q3 is missing: no claim has this id"


def test_truths_beyond_the_questions_earn_nothing() -> None:
    padding = [
        claim(f"y{n}", "6", metric="count", where=[["day", ">", f"2000-01-{n:02}"]])
        for n in range(1, 29)
    ]
    result = judge([*answers("1", "2", "9"), *padding], questions=QUESTIONS)
    assert (result.status, result.score) == (CheckStatus.FAIL, 33)


def test_wrong_further_claims_count_and_may_be_forbidden() -> None:
    further = [claim("x", "7", metric="count")]
    assert judge([*answers("18.7", "6", "9"), *further], questions=QUESTIONS).score == 75
    right = [claim("x", "6", metric="count")]
    assert (
        judge([*answers("18.7", "6", "9"), *right], questions=QUESTIONS, allow_extra=False).score
        == 75
    )


def test_a_claim_that_asks_something_else_than_its_question_is_wrong() -> None:
    changed = [claim("q1", "15.0", metric="median", column="amount"), *answers("", "6", "9")[1:]]
    result = judge(changed, questions=QUESTIONS)
    assert why(result) == (
        "claim q1 asks something else than the question of its id: they differ in metric"
    )


def test_the_order_of_conditions_makes_no_other_question() -> None:
    tests = [["shop", "==", "DE"], ["units", ">", 1]]
    question = {"id": "q", "query": {"metric": "count", "where": tests}}
    result = judge([claim("q", "3", metric="count", where=tests[::-1])], questions=[question])
    assert result.status is CheckStatus.PASS


def test_of_a_hidden_question_nothing_is_shown() -> None:
    hidden = [{**QUESTIONS[0], "hidden": True}, *QUESTIONS[1:]]
    shown = [
        judge([*answers(value, "6", "9")], questions=hidden)
        for value in ("18.8", "15.0", "-18.7", "words", "31")
    ]
    assert {result.score for result in shown} == {66}
    assert all(result.findings == () for result in shown)
    assert len({repr((r.summary, r.cases, dict(r.metrics), r.duration_s)) for r in shown}) == 1
    assert "q1" not in repr(shown[0])


def test_a_value_is_never_shown_that_the_answer_does_not_hold() -> None:
    result = judge(answers("1", "2", "3"), questions=QUESTIONS)
    assert not any(value in repr(result) for value in ("18.7", "93.5", "15.0"))


def test_malformed_claims_are_named_and_spoil_no_other() -> None:
    odd: list[dict[str, Any]] = [
        {"id": "a"},
        {"id": "b", "value": "1", "query": {"metric": "mode", "column": "x"}},
        {"value": 1},
    ]
    odd += [{"id": "c", "value": "1", "query": {"metric": "mean", "column": "amount", "code": "x"}}]
    result = judge(
        [
            *odd,
            claim("d", "6", metric="count"),
            claim("d", "6", metric="count"),
            claim("e", "6", metric="count"),
        ]
    )
    said = [found.explanation for found in result.findings]
    assert result.score == 16
    assert "claim c cannot be read: query.code: is not known" in said
    assert "claim a cannot be read: value: Field required" in " ".join(said) or any(
        "claim a" in s for s in said
    )
    assert "claim d is there more than once; ids must differ" in said


def test_a_task_that_cannot_be_answered_is_the_tasks_fault() -> None:
    nothing = [
        {
            "id": "q",
            "query": {"metric": "mean", "column": "amount", "where": [["shop", "==", "XX"]]},
        }
    ]
    result = judge([{"id": "q", "value": "1"}], questions=nothing)
    assert (result.status, result.reason) == (CheckStatus.ERROR, Reason.TASK_INVALID)
    ragged = judge([claim("q", "6", metric="count")], data=SALES + b"2024-03-02,DE\n")
    assert (ragged.status, ragged.reason) == (CheckStatus.ERROR, Reason.TASK_INVALID)
    assert "row 8: expected 5 values, found 2" in ragged.summary


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ({"id": "q", "query": {"metric": "std", "column": "amount"}}, "must say ddof"),
        ({"id": "q", "query": {"metric": "mean", "column": "price"}}, "there is no column price"),
        ({"id": "q", "query": {"metric": "mean"}}, "mean needs column"),
        ({"id": "q", "query": {"metric": "mean", "column": "amount", "q": 0.5}}, "mean has no q"),
        ({"id": "q", "query": {"metric": "count", "where": [["units", "==", "3"]]}}, "of type integer"),
        ({"id": "q", "query": {"metric": "count", "where": [["shop", "matches", "3"]]}}, "where[0]"),
        ({"id": "q", "query": {"metric": "mean", "column": "amount", "bucket": {"column": "shop", "by": "day"}}}, "bucket needs dates"),
    ],
)  # fmt: skip
def test_questions_are_read_strictly_at_intake(question: dict[str, Any], said: str) -> None:
    asked = {"check": "claims", "dataset": "d", "columns": COLUMNS, "questions": [question]}
    with pytest.raises(ValidationError, match=said.replace("[", r"\[")):
        CHECK_OPTIONS.validate_python(asked)


def test_no_claims_is_a_failure_and_two_runs_are_alike() -> None:
    assert judge([]).summary == "the answer makes no claims"
    claims = [claim("a", "18.8", metric="mean", column="amount"), claim("b", "6", metric="count")]
    first, second = (judge(claims, content="The mean amount is 17.2.") for _ in range(2))
    assert (first.findings, first.cases, first.summary) == (
        second.findings,
        second.cases,
        second.summary,
    )


def test_numbers_of_the_text_are_tied_to_claims() -> None:
    text = "See Table 2.\n\nThe mean amount is 18.7. The sum of amount is 94.1. We saw 6 rows on 3 May 2024."
    claims = [claim("a", "18.70", metric="mean", column="amount"), claim("b", "6", metric="count")]
    result = judge(claims, content=text)
    assert [found.explanation for found in result.findings] == [
        'content, line 3: "94.1" is the value of no claim about its columns'
    ]
    assert result.metrics["numbers"] == 3


def chart(form: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(buffer, form)
    return buffer.getvalue()


def test_attached_charts_must_be_images() -> None:
    files = {
        "a.png": chart("PNG"),
        "a.jpg": chart("JPEG"),
        "b.png": b"<html>",
        "c.svg": b"<svg></svg>",
        "d.svg": b"GIF",
        "e.png": b"see table 2",
        "f.png": chart("PNG")[:60],
        "g.jpeg": chart("PNG"),
        "h.gif": chart("GIF") + b"PK\x05\x06" + bytes(18),
    }
    result = judge([claim("a", "6", metric="count")], files=files)
    told = {found.file: found.explanation for found in result.findings}
    assert list(told) == ["b.png", "d.svg", "e.png", "f.png", "g.jpeg", "h.gif"]
    assert told["e.png"] == "its first bytes are not those of a PNG file"
    assert told["h.gif"] == "is a zip archive too"
    assert result.status is CheckStatus.UNDECIDED  # no question was asked; the claim is right


def test_a_chart_that_cannot_be_looked_at_is_no_finding() -> None:
    asked: list[float] = []

    def probe(name: str, content: bytes, seconds: float) -> str | None:
        asked.append(seconds)
        return "is broken" if name == "00.png" else None

    files = {f"{number:02}.png": chart("PNG") for number in range(30)}
    found = chart_findings(files, probe, lambda: 3.0)
    assert [(one.file, one.explanation) for one in found] == [("00.png", "is broken")]
    assert asked == [3.0] * MAX_PROBES
    assert image_fault("a.png", b"no image", 0.0) is None
    assert image_fault("a.png", b"no image", 5.0) is not None


def test_reports_numbers_are_found_and_distractors_are_not() -> None:
    root = require_shared_data("reports")
    by_id = {case["id"]: case for case in cases(root)}
    found = extra = total = 0
    for line in (root / "prose_reports.jsonl").read_text().splitlines():
        report = json.loads(line)
        _, columns, _ = declared(root / "tables" / report["file"])
        seen = Counter(
            one.text for one in stated_numbers(report["markdown"], [c for c, _ in columns])
        )
        wanted = Counter(
            by_id[name]["value_text"]
            for name in report["claim_ids"]
            if by_id[name]["stat"] != "top_group"
        )
        total += wanted.total()
        found += (seen & wanted).total()
        extra += (seen - wanted).total()
    assert found >= 0.9 * total
    assert extra <= 0.05 * (found + extra)


def test_a_year_is_a_number_where_it_has_a_unit() -> None:
    text = "Since 2015 the mean was higher than 2015 euros, over 2001 orders; worse than 2019."

    assert [one.text for one in stated_numbers(text, [])] == ["2015", "2001"]


def test_apa_strings_and_means_are_judged_as_labelled() -> None:
    root = require_shared_data("reports")
    for line in (root / "apa_pvalues.jsonl").read_text().splitlines():
        case = json.loads(line)
        (seen,) = reported_tests(case["text"])
        assert (seen.test, seen.consistent, seen.decision_error) == (
            case["test"], case["consistent"], case["decision_error"],
        ), case  # fmt: skip
        assert seen.p == pytest.approx(case["p_recomputed"], rel=1e-4)
    for line in (root / "grim_means.jsonl").read_text().splitlines():
        case = json.loads(line)
        assert grim(case["mean_text"], case["n"]) is case["possible"], case


@pytest.mark.parametrize(
    ("text", "consistent"),
    [
        ("t(28) = 2.10, p = .045", True),
        ("t(28) = 2.10, p = .022, one-tailed", True),
        ("t(28) = 2.10, p = .022", False),
        ("t(28.5) = 2.10, p < .05", True),
        ("F(2, 30) = 1.10, n.s.", True),
        ("F(2, 30) = 9.10, ns", False),
        ("r(30) = .50, p = .004", True),
        ("\u03c7\u00b2(1) = 3.84, p = .05", True),
        ("chi2(1, N = 50) = 3.84, p > .05", True),
        ("z = \u22122.82, p = .005", True),
        ("t(20) = 9.1, p = .000", True),
    ],
)
def test_tests_in_other_spellings(text: str, consistent: bool) -> None:
    (seen,) = reported_tests(text)
    assert seen.consistent is consistent


@pytest.mark.parametrize(
    ("text", "consistent"),
    [
        ("t(40) = 2.75, d = 0.87, p = .009", True),
        ("t(40) = 2.75, 95% CI [0.3, 1.9], p = .009", True),
        ("t(40) = 2.75, SE = 0.21, p = .09", False),
        ("F(2, 30) = 5.20, partial \u03b7\u00b2 = .26, p = .012", True),
        ("F(1, 1,204) = 7.11, p = .008", True),
        ("t(15) = 1.20 (p = .25)", True),
        ("t(15) = 1.20 [p < .05]", False),
        ("*t*(28) = 2.10, *p* = .045", True),
        ("_t_(28) = 2.10, _p_ = .145", False),
        ("t(28) = 2.10, p-value = 0.045", True),
        ("t(28) = 2.10, p = 4.5 \u00d7 10^-2", True),
        ("t(28) = 2.10, p = 4.5 \u00d7 10^-3", False),
    ],
)
def test_tests_with_more_beside_them(text: str, consistent: bool) -> None:
    (seen,) = reported_tests(f"We saw {text} overall.")
    assert seen.consistent is consistent


@pytest.mark.parametrize(
    "text",
    [
        "t(28) = 2.10, p = 4.5 \u00d7 10\u207b\u00b2",  # raised digits are not read, nor judged
        "t = 2.1, p = .04",
        "F(2) = 3.1, p = .04",
        "t(0) = 2, p = .1",
        "p = .03",
        "let(3) = 4",
        "t(28) = 0.50, r = .62, p < .001",  # the p may be of the second statistic
        "F(1, 28) = 0.50, t = 4.1, p < .001",
        "F(1, 28) = 0.50, beta = .7, p < .001",
    ],
)
def test_what_is_no_whole_test_is_left_alone(text: str) -> None:
    assert reported_tests(text) == []


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("There are 4,177 rows.", ["4,177"]),
        ("In total 3 461.7 kg.", ["3 461.7"]),
        ("The total of Rings is about 3.4k or 2.5 million.", ["3.4k", "2.5 million"]),
        (
            "One in five rows has Sex F, two thirds have M, 1/3 is I.",
            ["One in five", "two thirds", "1/3"],
        ),
        ("177/891 values are missing.", ["177"]),
        ("From 2014-2016 and 2020/21 the mean Rings was 9.9.", ["9.9"]),
        ("Compared with 2014, mean Rings is up 3%.", ["3%"]),
        ("Many rows, i.e. 36.58 percent, have Sex M.", ["36.58 percent"]),
        ("Chi-square is 26.3 with 1 degree of freedom.", ["26.3"]),
        ("The mean Length for Rings 9 is 0.5.", ["0.5"]),
        ("| Sex | n | mean Rings |\n|--|--:|--:|\n| I | 1,342 | 7.89 |", ["1,342", "7.89"]),
        ("| Rings | mean Length |\n|--|--|\n| 9 | 0.52 |\n| 10 | 0.55 |", ["0.52", "0.55"]),
        ("| mean | Rings |\n|--|--|\n| 9.93 | 9 |", ["9.93", "9"]),
        ("| Rings |\n|--|\n\n| year | weather |\n|--|--|\n| 2014 | 12.5 |", []),
    ],
)
def test_numbers_of_prose_and_tables_are_found(text: str, numbers: list[str]) -> None:
    found = stated_numbers(text, ["Sex", "Length", "Rings"])
    assert [one.text for one in found] == numbers


@pytest.mark.parametrize(
    ("number", "supported"),
    [
        ("4.2k", True),
        ("4.3k", False),
        ("0.0042 million", True),
        ("one in five", True),
        ("4,177", True),
    ],
)
def test_scales_of_prose_are_compared_with_claims_as_what_they_say(
    number: str, supported: bool
) -> None:
    claims = [{"id": "q1", "query": {"metric": "count"}, "value": "4177"}]
    reply = read_text(
        {"texts": {"content": f"The table has {number} rows."}, "columns": [], "claims": claims}
    )
    assert (reply["unsupported"] == []) is supported


def test_means_of_whole_numbers_are_checked_where_the_text_says_so() -> None:
    assert reported_means("On a 7-point scale, M = 3.44, SD = 1.10, n = 20.")[0].possible is False
    assert reported_means("On a 7-point scale, M = 3.45, SD = 1.10, n = 20.")[0].possible is True
    assert reported_means("Height had M = 3.44, SD = 1.10, n = 20.") == []
    assert grimmer("3.45", "1.10", 20)
    assert not grimmer("3.45", "0.01", 20)


@pytest.mark.parametrize(
    "text",
    [
        "1 " * 100_000, "1," * 100_000, "a-" * 100_000, "t(1" * 60_000, "where amount " * 15_000, "```" * 60_000,
        "M = 3.4, n = 5 " * 13_000, "\u03c7 2 (" * 30_000, "p = .05 " * 25_000, "9" * 200_000, ". A" * 60_000,
    ],
)  # fmt: skip
def test_long_texts_are_looked_through_in_time(text: str) -> None:
    started = time.monotonic()
    request = {"texts": {"content": text}, "columns": ["amount", "a"], "claims": []}
    read_text(request)
    assert time.monotonic() - started < 20
