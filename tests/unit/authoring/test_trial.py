from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from validator.authoring.folder import TaskFolder, Trial
from validator.authoring.trial import try_out, unwanted
from validator.errors import FieldError, InvalidDocumentError

if TYPE_CHECKING:
    from validator.domain.verdict import Verdict

RIGHT = Trial("right", "reference", "accept", "it is", {"id": "right", "content": "42"})
WRONG = Trial("wrong", "mistake", "reject", "it is not", {"id": "wrong", "content": "13"})
ODD = Trial(
    "odd", "hostile", "refused", "no answer", {"id": "odd", "lines": 1}, field="answer.lines"
)
FOLDER = TaskFolder("six", {"type": "math", "description": "6 * 7?"}, (RIGHT, WRONG, ODD))


def verdict(decision: str, digest: str = "d") -> Verdict:
    made = SimpleNamespace(
        decision=SimpleNamespace(value=decision), score=None, reasons=("so",), result_digest=digest
    )
    return cast("Verdict", made)


def judge(body: bytes) -> Verdict:
    answer = json.loads(body)["answer"]
    if "lines" in answer:
        raise InvalidDocumentError("bad", (FieldError("answer.lines", "is unknown"),))
    return verdict("accept" if answer["content"] == "42" else "reject")


def test_every_answer_and_those_of_the_kit_are_judged() -> None:
    ends = list(try_out(FOLDER, judge))

    assert [(end.trial.name, end.decision, end.as_meant) for end in ends] == [
        ("right", "accept", True),
        ("wrong", "reject", True),
        ("odd", "refused", True),
        ("kit:empty", "reject", True),
        ("kit:the-task-itself", "reject", True),
    ]


def test_a_task_that_accepts_everything_is_told() -> None:
    ends = {end.trial.name: end.as_meant for end in try_out(FOLDER, lambda _: verdict("accept"))}

    assert ends == {
        "right": True,
        "wrong": False,
        "odd": False,
        "kit:empty": False,
        "kit:the-task-itself": False,
    }


def test_a_refusal_of_another_field_is_not_what_was_meant() -> None:
    other = Trial("odd", "hostile", "refused", "x", {"id": "odd", "lines": 1}, field="answer.code")
    folder = TaskFolder("six", FOLDER.task, (other,))

    assert not next(try_out(folder, judge)).as_meant


def test_a_reference_that_ends_twice_in_different_ways_is_not_as_meant() -> None:
    digests = iter("abcdefgh")

    first = next(try_out(FOLDER, lambda _: verdict("accept", next(digests))))

    assert not first.as_meant
    assert "twice in different ways" in first.reasons[0]


def test_public_cases_are_learned_by_heart_where_others_are_hidden() -> None:
    def code(check: dict[str, Any]) -> str:
        task = {"type": "code", "language": "python", "checks": [{"check": "tests", **check}]}
        found = {trial.name: trial for trial in unwanted(TaskFolder("t", task, (RIGHT,)))}
        return str(found["kit:by-heart"].answer["code"]) if "kit:by-heart" in found else ""

    calls = [
        {"args": [[1, 2]], "expected": {"a": None}},
        {"args": [3], "expected": 4, "hidden": True},
    ]
    space: dict[str, Any] = {}
    exec(code({"entry": "main:f", "calls": calls}), space)
    assert space["f"]([1, 2]) == {"a": None}
    assert space["f"](3) is None
    cases = [{"stdin": "'\"\\", "expected_stdout": "x"}, {"stdin": "b", "hidden": True}]
    assert compile(code({"cases": cases}), "answer", "exec")
    assert code({"cases": cases[:1]}) == ""
