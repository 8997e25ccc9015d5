"""Scripts and SQL that claims bring, run again in the cage."""

# ruff: noqa: E501 - tables of inputs read best on one line each

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from checkers.protocol import CheckResult, CheckStatus
from tests.unit.checkers.claim_bench import judge

if TYPE_CHECKING:
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
