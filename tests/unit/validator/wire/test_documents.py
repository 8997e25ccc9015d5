from __future__ import annotations

import json
from dataclasses import replace

import pytest

from checkers.protocol import Case, CheckResult, CheckStatus, Finding, Reason, Tool
from tests.fakes.store import verdict_of
from validator.domain.verdict import CheckRecord, Decision, Flag
from validator.wire.documents import check_to_json, result_digest, verdict_to_json

# Contract, section 3, in its order.
PUBLISHED = [
    "schema", "verdict_id", "submission_id", "task_id", "answer_id", "supersedes", "decision",
    "score", "confidence", "tier", "expert_tier", "next_tier", "reasons", "checks", "flags",
    "engine", "rules", "plan", "sandbox", "result_digest", "evidence", "signature", "chain",
]  # fmt: skip
CHECK_FIELDS = {
    "check", "status", "score", "weight", "required", "summary", "findings", "metrics", "tool",
    "duration_s",
}  # fmt: skip

FINDING = Finding("style", "unused import", "low", "main.py", (3, 4), "os is never used")


def record(**changes: object) -> CheckRecord:
    result = CheckResult(
        check="tests",
        status=CheckStatus.PASS,
        score=100,
        summary="12 of 12 cases passed",
        findings=(FINDING,),
        metrics={"cpu_s": 0.02},
        tool=Tool("cpython", "3.11.2"),
        duration_s=0.11,
    )
    return CheckRecord(replace(result, **changes), 3, required=True, sufficient=True, pass_at=100)


def test_a_verdict_has_every_published_field_in_the_published_order() -> None:
    document = verdict_to_json(verdict_of("sub_1", "ver_1"))

    assert [name for name in document if name in PUBLISHED] == PUBLISHED


def test_a_verdict_of_this_release_is_neither_signed_nor_on_chain() -> None:
    document = verdict_to_json(verdict_of("sub_1", "ver_1"))

    assert document["schema"] == "tosv.verdict/1"
    assert document["evidence"] is None
    assert document["signature"] is None
    assert document["chain"] == {"network": None, "tx": None, "status": "none"}


def test_a_verdict_is_plain_json() -> None:
    verdict = verdict_of(
        "sub_1", "ver_1", checks=(record(),), flags=(Flag("late", "after the deadline", 0.2),)
    )

    document = verdict_to_json(verdict)

    assert json.loads(json.dumps(document)) == document
    assert document["flags"] == [{"kind": "late", "detail": "after the deadline", "weight": 0.2}]


def test_a_check_has_every_published_field() -> None:
    shown = check_to_json(record())

    assert set(shown) >= CHECK_FIELDS
    assert shown["tool"] == {"name": "cpython", "version": "3.11.2"}
    assert shown["findings"][0]["lines"] == [3, 4]


def test_an_error_says_its_machine_readable_cause() -> None:
    shown = check_to_json(
        record(status=CheckStatus.ERROR, score=None, reason=Reason.TOOLCHAIN_MISSING)
    )

    assert (shown["status"], shown["score"], shown["reason"]) == (
        "error",
        None,
        "toolchain_missing",
    )


def test_a_hidden_case_shows_nothing_that_the_answer_caused() -> None:
    hidden = Case(
        "hidden 1", CheckStatus.FAIL, 2, hidden=True, marginal=True, detail="expected 42, got 41"
    )

    shown = check_to_json(record(cases=(hidden,)))["cases"]

    assert shown == [{"name": "hidden 1", "weight": 2, "hidden": True}]


def test_control_and_bidi_characters_stay_data_in_the_document() -> None:
    hostile = "\x1b[31m\u202etxt.exe"

    assert check_to_json(record(summary=hostile))["summary"] == hostile


def test_the_result_digest_does_not_know_times_metrics_summaries_or_tools() -> None:
    first = record()
    second = record(summary="other", duration_s=9.0, metrics={"cpu_s": 1.0}, tool=Tool("x", "9"))

    assert result_digest(Decision.ACCEPT, 100, [first]) == result_digest(
        Decision.ACCEPT, 100, [second]
    )


@pytest.mark.parametrize(
    "changed",
    [
        record(score=99, status=CheckStatus.FAIL),
        record(findings=()),
        replace(record(), weight=2),
        replace(record(), required=False),
        record(check="math"),
    ],
)
def test_the_result_digest_knows_what_the_contract_lists(changed: CheckRecord) -> None:
    assert result_digest(Decision.ACCEPT, 100, [record()]) != result_digest(
        Decision.ACCEPT, 100, [changed]
    )


def test_the_result_digest_knows_decision_and_score() -> None:
    digests = {
        result_digest(Decision.ACCEPT, 100, [record()]),
        result_digest(Decision.ACCEPT, 99, [record()]),
        result_digest(Decision.REJECT, 100, [record()]),
    }

    assert len(digests) == 3
