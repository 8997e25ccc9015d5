from __future__ import annotations

import json
from typing import Any

import pytest

from checkers.claims.options import ClaimsOptions
from checkers.claims.plan import plan
from checkers.options import CHECK_OPTIONS
from checkers.protocol import Answer
from tests.fakes.submissions import STDIN_CASE
from validator.authoring.folder import TaskFolder, read_folder
from validator.authoring.sealing import part
from validator.authoring.templates import FOLDER, names
from validator.content.commitment import opens
from validator.content.documents import SealedDocument, TaskDocument
from validator.wire.digest import Digest

ID, SALT, URI = bytes(range(32)), bytes(range(16)), "https://example.org/sealed.json"
HIDDEN = {**STDIN_CASE, "stdin": "a secret input", "hidden": True}


def parted(*checks: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any] | None]:
    task = {"id": "t", "type": "code", "language": "python", "checks": list(checks)}
    documents = part(TaskFolder("t", task, ()), ID, SALT, URI)
    sealed = None if documents.sealed is None else json.loads(documents.sealed)
    return json.loads(documents.public), sealed


def test_hidden_cases_are_sealed_and_public_ones_stay() -> None:
    public, sealed = parted({"check": "tests", "weight": 3, "cases": [STDIN_CASE, HIDDEN, HIDDEN]})

    assert "a secret input" not in json.dumps(public)
    assert sealed is not None
    shown, hidden = public["task"]["checks"][0], sealed["checks"][0]
    assert len(shown["cases"]) == 1
    assert len(hidden["cases"]) == 2
    assert shown["weight"] * 2 == pytest.approx(hidden["weight"], abs=1)


@pytest.mark.parametrize(
    "check",
    [
        {"check": "math", "expected": "the secret"},
        {"check": "tests", "harness": {"files": {"t.py": "the secret"}}},
        {
            "check": "claims",
            "questions": [
                {"id": "q", "query": {"where": [["a", "==", "the secret"]]}, "hidden": True}
            ],
        },
        {"check": "reasoning", "must_mention": ["the secret"]},
        {
            "check": "audit",
            "target": "a.sol",
            "known": [{"category": "the secret", "file": "a.sol", "lines": [1]}],
        },
        {
            "check": "tests",
            "cases": [STDIN_CASE],
            "comparator": {"program": {"language": "python", "code": "the secret"}},
        },
        {
            "check": "performance",
            "baseline": {"language": "python", "code": "x"},
            "generator": {"language": "python", "code": "the secret"},
            "sizes": [1],
        },
    ],
)
def test_gold_is_sealed(check: dict[str, Any]) -> None:
    public, sealed = parted({"check": "syntax"}, check)

    assert "the secret" not in json.dumps(public)
    assert sealed is not None
    assert "the secret" in json.dumps(sealed)


def test_a_task_without_secrets_has_no_sealed_part() -> None:
    public, sealed = parted({"check": "syntax"}, {"check": "tests", "cases": [STDIN_CASE]})

    assert sealed is None
    assert "sealed_checks" not in public


@pytest.mark.parametrize("name", names())
def test_both_parts_of_every_template_are_what_the_chain_s_readers_take(name: str) -> None:
    documents = part(read_folder(FOLDER / name), ID, SALT, URI)

    public = TaskDocument.model_validate_json(documents.public)
    if documents.sealed is not None:
        SealedDocument.model_validate_json(documents.sealed)
        assert public.sealed_checks is not None
        body = {k: v for k, v in json.loads(documents.sealed).items() if k != "salt"}
        assert opens(Digest.parse(public.sealed_checks.commitment), body, SALT)


def test_shares_of_the_score_stay() -> None:
    whole = [{"check": "syntax"}, {"check": "tests", "weight": 4, "cases": [STDIN_CASE, HIDDEN]}]
    public, sealed = parted(*whole)

    assert sealed is not None
    weights = [check["weight"] for check in public["task"]["checks"]]
    weights += [check["weight"] for check in sealed["checks"]]
    assert weights[0] / sum(weights) == pytest.approx(1 / 5, abs=0.01)
    assert max(weights) <= 1000


def test_hidden_questions_are_sealed_and_neither_part_counts_the_other_s_claims() -> None:
    columns = [{"name": "a", "type": "integer"}]
    questions = [
        {"id": "open", "query": {"metric": "count"}},
        {"id": "hid", "query": {"metric": "max", "column": "a"}, "hidden": True},
    ]
    public, sealed = parted(
        {"check": "claims", "dataset": "d.csv", "columns": columns, "questions": questions}
    )

    assert sealed is not None
    claims = [{"id": "open", "value": "2"}, {"id": "hid", "value": "7"}]
    for part_of, asked in ((public["task"], "open"), (sealed, "hid")):
        (check,) = part_of["checks"]
        assert [question["id"] for question in check["questions"]] == [asked]
        options = CHECK_OPTIONS.validate_python(check)
        assert isinstance(options, ClaimsOptions)
        items = plan(Answer(claims=tuple(claims)), options)
        assert [(item.name, item.end) for item in items] == [(asked, None)]
    assert "max" not in json.dumps(public)
