"""Scripts and SQL that claims bring, run again in the cage."""

# ruff: noqa: E501 - tables of inputs read best on one line each

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from checkers.claims import reruns
from checkers.protocol import CheckResult, CheckStatus
from tests.unit.checkers.claim_bench import judge, judge_with

if TYPE_CHECKING:
    from pathlib import Path

    from sandboxes.protocol import Sandbox

MEAN = """
import csv, sys
rows = list(csv.DictReader(open(sys.argv[1])))
known = [float(row["amount"]) for row in rows if row["amount"]]
print("mean:", file=sys.stderr)
print(sum(known) / len(known))
"""
QUESTION = {"id": "q", "query": {"metric": "mean", "column": "amount"}}


def ask(
    cage: Sandbox, value: str, files: dict[str, bytes] | None = None, **way: Any
) -> CheckResult:
    claims = [{"id": "q", "value": value, **way}]
    return judge(claims, files=files, sandbox=cage, questions=[QUESTION])


def test_programs_that_print_the_claimed_number_are_right(cage: Sandbox) -> None:
    assert ask(cage, "18.70", script=MEAN).score == 100
    assert ask(cage, "18.70", script="files/mean.py", files={"mean.py": MEAN.encode()}).score == 100
    assert ask(cage, "18.70", sql="SELECT avg(amount) FROM dataset").score == 100


@pytest.mark.parametrize(
    ("way", "said"),
    [
        ({"script": "print(19)"}, "claim q has a program that prints another number than the claim"),
        ({"script": "print('many')"}, "claim q has a program whose last line of output is no number"),
        ({"script": "raise ValueError('no')"}, "claim q has a program that exited with 1: ValueError: no"),
        ({"script": "files/absent.py"}, "claim q names a script that is not among the answer's files"),
        ({"sql": "SELECT max(units) FROM dataset"}, "claim q has a program that prints another number"),
        ({"sql": "DROP TABLE dataset"}, "attempt to write a readonly database"),
        ({"sql": "ATTACH 'x.db' AS x"}, "the statement must give one value"),
    ],
)  # fmt: skip
def test_programs_that_print_another_number_fail_the_claim(
    cage: Sandbox, way: dict[str, str], said: str
) -> None:
    result = ask(cage, "18.70", **way)
    assert result.status is CheckStatus.FAIL
    assert said in result.findings[0].explanation


def test_a_wrong_number_is_wrong_though_its_program_prints_it(cage: Sandbox) -> None:
    assert ask(cage, "21", script="print(21)").score == 0


def test_a_program_alone_verifies_nothing(cage: Sandbox) -> None:
    result = judge([{"id": "x", "value": "19", "script": "print(19)"}], sandbox=cage)
    assert result.status is CheckStatus.UNDECIDED
    assert [found.severity for found in result.findings] == ["info"]
    wrong = judge([{"id": "x", "value": "19", "script": "print(20)"}], sandbox=cage)
    assert (wrong.status, wrong.score) == (CheckStatus.FAIL, 0)


def of(
    cage: Sandbox, query: dict[str, Any], value: Any, unit: str | None = None, **more: Any
) -> CheckResult:
    way = {name: more.pop(name) for name in ("sql", "script") if name in more}
    answer = {"id": "q", "value": value, **way, **({"unit": unit} if unit else {})}
    return judge([answer], sandbox=cage, questions=[{"id": "q", "query": query}], **more)


SHARE = {"metric": "share", "column": "shop", "value": "DE", "of": "all"}
TOP = {"metric": "top_k", "by": "shop", "statistic": "count", "k": 1}
HALF = "SELECT avg(shop = 'DE') FROM dataset"


def test_percent_and_fraction_of_a_program_agree(cage: Sandbox) -> None:
    assert of(cage, SHARE, "50%", sql=HALF).score == 100
    assert of(cage, SHARE, "50", "%", sql=HALF).score == 100
    assert of(cage, {**SHARE, "unit": "percent"}, "50", sql=HALF).score == 100
    assert of(cage, SHARE, "0.5", script="print('50%')").score == 100
    assert of(cage, SHARE, "50%", script="print(0.4)").score == 0
    assert of(cage, {"metric": "count"}, "6", script="print('600%')").score == 100
    assert of(cage, {"metric": "count"}, "6", script="print(600)").score == 0


def test_texts_are_compared_and_groups_are_not(cage: Sandbox) -> None:
    most = "SELECT shop FROM dataset GROUP BY shop ORDER BY count(*) DESC LIMIT 1"
    assert of(cage, TOP, "DE", sql=most).score == 100
    wrong = of(cage, TOP, "DE", script="print('FR')")
    assert wrong.score == 0
    assert "prints another text than the claim" in wrong.findings[0].explanation
    last = {"metric": "max", "column": "day"}
    assert of(cage, last, "2024-03-01", sql="SELECT max(day) FROM dataset").score == 100
    grouped = {"metric": "count", "group_by": ["shop"]}
    said = {"DE": "3", "FR": "2", "IT": "1"}
    assert of(cage, grouped, said, script="raise SystemExit(1)").score == 100
    assert of(cage, {**TOP, "k": 2}, ["DE", "FR"], script="print('DE')").score == 100


LINES = b'{"a": 1, "b": "x"}\n{"a": null, "b": "y"}\n{"a": 4, "b": null}\n'
LINES_COLUMNS = [{"name": "a", "type": "integer"}, {"name": "b", "type": "string"}]


def test_sql_reads_json_lines_and_leaves_other_tables_alone(cage: Sandbox) -> None:
    def end(name: str, data: bytes, sql: str) -> CheckResult:
        columns = LINES_COLUMNS
        asked = {
            "check": "claims",
            "dataset": name,
            "columns": columns,
            "questions": [{"id": "q", "query": {"metric": "sum", "column": "a"}}],
        }
        answer = {"id": "q", "value": "5", "sql": sql}
        return judge_with({name: data}, asked, [answer], cage)

    parquet = io.BytesIO()
    pl.DataFrame({"a": [1, None, 4], "b": ["x", "y", None]}).write_parquet(parquet)
    assert end("t.jsonl", LINES, "SELECT sum(a) FROM dataset").score == 100
    assert end("t.jsonl", LINES, "SELECT max(a) FROM dataset").score == 0
    assert end("t.parquet", parquet.getvalue(), "SELECT sum(a) FROM dataset").score == 100
    assert end("t.parquet", parquet.getvalue(), "nonsense").score == 100


def test_a_dataset_that_cannot_be_laid_out_for_sql_blames_nobody(
    cage: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "select.py"
    broken.write_text("raise SystemExit(3)")
    monkeypatch.setattr(reruns, "SQL_PROGRAM", broken)
    result = of(cage, {"metric": "count"}, "6", sql="SELECT count(*) FROM dataset")
    assert result.status is CheckStatus.UNDECIDED
