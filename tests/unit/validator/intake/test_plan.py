"""Which checks decide, and which can only reject (threat model, row 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.fakes.submissions import STDIN_CASE, body
from validator.errors import InvalidDocumentError
from validator.intake import parse
from validator.settings import LimitSettings

if TYPE_CHECKING:
    from validator.domain.submission import Plan

TYPES = [
    "code_syntax", "code", "math", "structured_data", "data_analysis", "security_audit",
    "algorithm_optimization", "general",
]  # fmt: skip
TESTS = {"check": "tests", "cases": [STDIN_CASE]}
MATH = {"check": "math", "expected": "42"}
SCHEMA = {"check": "schema", "schema": {"type": "object"}}
SYNTAX = {"check": "syntax"}
COMPILE = {"check": "compile"}
REASONING = {"check": "reasoning"}


def plan(task_type: str, *checks: dict[str, Any], answer: dict[str, Any] | None = None) -> Plan:
    task = {"type": task_type, "checks": list(checks) or None}
    return parse(body(task, answer), LimitSettings()).plan


def test_a_task_without_checks_gets_the_plan_of_its_type() -> None:
    names = {kind: [item.check for item in plan(kind).checks] for kind in TYPES}

    assert names == {
        "code_syntax": ["syntax"],
        "code": ["syntax", "compile", "static"],
        "math": ["reasoning"],
        "structured_data": [],
        "data_analysis": ["reasoning"],
        "security_audit": ["reasoning"],
        "algorithm_optimization": ["syntax", "compile", "static"],
        "general": ["reasoning"],
    }


def test_a_text_is_read_as_a_text() -> None:
    chosen = plan("general", answer={"content": "Once upon a time."}).checks

    assert [item.check for item in chosen] == ["text", "reasoning"]


def test_an_optimization_explained_in_prose_is_read_as_prose() -> None:
    chosen = plan("algorithm_optimization", answer={"content": "Use a heap."})

    assert [item.check for item in chosen.checks] == ["reasoning"]


def test_pictures_of_a_report_are_looked_at() -> None:
    files = {"chart.PNG": {"base64": "iVBORw0KGgo="}, "report.md": {"text": "# Report"}}

    for kind in ("general", "data_analysis"):
        chosen = plan(kind, answer={"files": files}).checks
        assert [item.check for item in chosen] == ["media", "reasoning"]
        assert chosen[0].options.target == "files/chart.PNG"
    chosen = plan("algorithm_optimization", answer={"files": {"chart.png": {"text": "x"}}})
    assert [item.check for item in chosen.checks] == ["reasoning"]


def test_static_alone_never_rejects_by_default() -> None:
    checks = plan("code").checks

    others = sum(item.weight for item in checks if item.check != "static")
    assert others * 100 // sum(item.weight for item in checks) >= 70
    assert not any(item.required for item in checks if item.check == "static")


def test_a_harder_task_asks_for_a_longer_argument() -> None:
    found = []
    for difficulty in (None, "beginner", "intermediate", "advanced", "expert"):
        task = {"type": "math", "difficulty": difficulty, "checks": None}
        chosen = parse(body(task), LimitSettings()).plan
        found.append(chosen.checks[0].options.min_words)

    assert found == [20, 20, 24, 30, 40]


@pytest.mark.parametrize(
    "check",
    [
        {"check": "claims", "dataset": "orders.csv", "columns": [{"name": "a", "type": "number"}]},
        {"check": "audit", "target": "Vault.sol", "known": []},
    ],
)
def test_what_a_check_names_must_be_among_the_materials(check: dict[str, Any]) -> None:
    task = {"type": "general", "checks": [check]}

    with pytest.raises(InvalidDocumentError) as refused:
        parse(body(task), LimitSettings())

    (error,) = refused.value.errors
    assert error.field in ("task.checks[0].dataset", "task.checks[0].target")
    assert "task.materials" in error.message


@pytest.mark.parametrize("task_type", [kind for kind in TYPES if kind != "code_syntax"])
def test_no_default_plan_but_that_of_code_syntax_can_accept(task_type: str) -> None:
    assert not any(item.sufficient for item in plan(task_type).checks)


def test_syntax_alone_may_accept_where_syntax_was_the_task() -> None:
    assert plan("code_syntax").checks[0].sufficient


@pytest.mark.parametrize("task_type", TYPES)
@pytest.mark.parametrize("check", [TESTS, MATH])
def test_what_recomputes_the_answer_is_sufficient_everywhere(
    task_type: str, check: dict[str, Any]
) -> None:
    assert plan(task_type, check).checks[0].sufficient


@pytest.mark.parametrize("task_type", TYPES)
@pytest.mark.parametrize("check", [SYNTAX, COMPILE, SCHEMA, REASONING])
def test_necessary_conditions_are_sufficient_only_where_the_contract_says(
    task_type: str, check: dict[str, Any]
) -> None:
    exceptions = {
        ("code_syntax", "syntax"),
        ("code_syntax", "compile"),
        ("structured_data", "schema"),
    }

    expected = (task_type, check["check"]) in exceptions
    assert plan(task_type, check).checks[0].sufficient is expected


def test_a_task_may_say_otherwise() -> None:
    chosen = plan("general", REASONING | {"sufficient": True}, TESTS | {"sufficient": False})

    assert [item.sufficient for item in chosen.checks] == [True, False]


def test_defaults_of_required_and_of_the_passing_mark() -> None:
    chosen = plan("code", SYNTAX, COMPILE, TESTS, MATH, SCHEMA, REASONING)

    assert [item.required for item in chosen.checks] == [True, True, True, True, True, False]
    assert [item.pass_at for item in chosen.checks] == [100, 100, 100, 100, 100, 70]


def test_given_marks_and_weights_hold() -> None:
    (item,) = plan("code", TESTS | {"pass_at": 60, "required": False, "weight": 7}).checks

    assert (item.pass_at, item.required, item.weight) == (60, False, 7)


def test_the_digest_knows_every_option_and_what_the_defaults_made_of_it() -> None:
    plans = [
        plan("code", TESTS),
        plan("code", TESTS | {"weight": 2}),
        plan("code", TESTS | {"pass_at": 60}),
        plan("code", TESTS | {"comparator": "exact"}),
        plan("code", TESTS, SYNTAX),
        plan("code", SYNTAX, TESTS),
    ]

    assert len({item.digest for item in plans}) == len(plans)


def test_the_digest_is_the_same_for_a_default_and_the_same_said_aloud() -> None:
    assert plan("code", TESTS).digest == plan("code", TESTS | {"required": True}).digest
    assert plan("code", SYNTAX).digest != plan("code_syntax", SYNTAX).digest


def test_the_id_says_whose_plan_it_is() -> None:
    assert plan("code").plan_id == "default/code"
    assert plan("code", TESTS).plan_id == "task"
