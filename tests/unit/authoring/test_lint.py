from __future__ import annotations

from typing import Any

import pytest

from tests.fakes.submissions import STDIN_CASE
from validator.authoring.folder import TaskFolder, Trial, read_folder
from validator.authoring.lint import lint
from validator.authoring.templates import FOLDER, names
from validator.settings import LimitSettings

GOOD = Trial("right", "reference", "accept", "it is", {"id": "right", "code": "print(1)"})
BAD = Trial("wrong", "mistake", "reject", "it is not", {"id": "wrong", "code": "print(2)"})
TRAP = Trial("trap", "hostile", "reject", "ends", {"id": "trap", "code": "exit()"})
CASES = [{"stdin": str(n), "expected_stdout": f"result {n}", "hidden": n > 1} for n in range(6)]
CLAIMS = {"check": "claims", "dataset": "d.csv", "columns": [{"name": "a", "type": "integer"}]}
DATA = {"d.csv": {"text": "a\n1\n"}}
TASK = {
    "type": "code",
    "title": "Echo",
    "description": "Print the word result and the number that standard input holds.",
    "language": "python",
    "difficulty": "beginner",
    "checks": [{"check": "tests", "cases": CASES}],
}


def advice(
    task: dict[str, Any] | None = None, trials: tuple[Trial, ...] = (GOOD, BAD, TRAP), **check: Any
) -> list[tuple[str, str, str]]:
    used = {**TASK, **(task or {})}
    if check:
        used["checks"] = [{"check": "tests", "cases": CASES} | check]
    found = lint(TaskFolder("echo", used, trials), LimitSettings())
    return [(one.level, one.field, one.message) for one in found]


def test_a_good_task_needs_no_advice() -> None:
    assert advice() == []


@pytest.mark.parametrize("name", names())
def test_no_template_needs_any(name: str) -> None:
    assert lint(read_folder(FOLDER / name), LimitSettings()) == ()


@pytest.mark.parametrize(
    ("check", "level", "field", "said"),
    [
        ({"cases": CASES[:2]}, "warning", "task.checks[0].cases", "only 2"),
        ({"cases": CASES[:2]}, "warning", "task.checks[0].cases", "none is hidden"),
        ({"cases": [STDIN_CASE] * 6}, "error", "task.checks[0].cases", "all expect the same"),
        ({"limits": {"cpu_s": 60}}, "warning", "task.checks[0].limits.cpu_s", "360 s"),
        ({"weight": 0, "required": False}, "error", "task.checks", "positive"),
        ({"frist": 1}, "error", "task.checks[0].frist", "not a known"),
        ({"check": "math", "cases": None}, "error", "task.checks[0].expected", "missing"),
    ],
)
def test_what_an_author_will_regret_is_said(
    check: dict[str, Any], level: str, field: str, said: str
) -> None:
    assert any((one[0], one[1]) == (level, field) and said in one[2] for one in advice(**check)), (
        advice(**check)
    )


@pytest.mark.parametrize(
    ("check", "field"),
    [
        ({"check": "math", "expected": 0.3333}, "task.checks[0].expected"),
        ({"check": "schema", "schema": {}}, "task.checks[0].schema"),
        ({"check": "math", "expected": "the number that"}, "task.checks[0]"),
        (CLAIMS, "task.checks[0].questions"),
        ({**CLAIMS, "tolerance": {"relative": 0.1}}, "task.checks[0].tolerance.relative"),
        ({**CLAIMS, "tolerance": {"absolute": 10}}, "task.checks[0].tolerance.absolute"),
        (
            {
                "check": "performance",
                "seed": 4,
                "sizes": [10],
                "baseline": {"language": "python", "code": "x"},
                "generator": {"language": "python", "code": "x"},
            },
            "task.checks[0].seed",
        ),
    ],
)
def test_checks_that_say_too_little_or_too_much_are_named(
    check: dict[str, Any], field: str
) -> None:
    assert field in [one[1] for one in advice({"checks": [check], "materials": DATA})]


def test_a_hidden_result_in_the_description_is_named() -> None:
    told = {"description": TASK["description"] + " For 5 that is: result 5."}

    assert [one[1] for one in advice(told)] == ["task.checks[0]"]


def test_answers_that_prove_nothing_are_named() -> None:
    assert ("error", "answers") in [one[:2] for one in advice(trials=(GOOD, TRAP))]
    assert ("error", "answers") in [one[:2] for one in advice(trials=(BAD, TRAP))]
    same = Trial("same", "mistake", "reject", "it is not", {"id": "same", "code": "print(1)"})
    assert ("error", "answers.same", "is the same answer as right") in advice(
        trials=(GOOD, same, TRAP)
    )


def test_a_plan_that_cannot_accept_is_named() -> None:
    found = advice({"checks": [{"check": "syntax"}]})

    assert [(one[0], one[1]) for one in found] == [("error", "answers"), ("warning", "task.checks")]
