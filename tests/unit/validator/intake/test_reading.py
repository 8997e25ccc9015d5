from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest

from tests.fakes.submissions import STDIN_CASE, body
from validator.domain.languages import SOURCE_NAMES
from validator.intake import parse
from validator.intake.document import SubmissionDocument
from validator.settings import LimitSettings

if TYPE_CHECKING:
    from validator.domain.submission import Intake

LIMITS = LimitSettings()


def read(task: dict[str, Any] | None = None, answer: dict[str, Any] | None = None) -> Intake:
    return parse(body(task, answer), LIMITS)


def test_labels_are_kept_apart_from_what_checks_may_see() -> None:
    intake = read({"id": "task-7"}, {"id": "ans-1", "miner": "tos1xyz", "code": "x"})

    assert (intake.task_label, intake.answer_label) == ("task-7", "ans-1")
    assert "tos1xyz" not in repr(intake.submission)
    assert "task-7" not in repr(intake.submission)


@pytest.mark.parametrize(("language", "name"), SOURCE_NAMES.items())
def test_code_gets_the_file_name_of_its_language(language: str, name: str) -> None:
    intake = read({"language": language, "checks": [{"check": "syntax"}]}, {"code": "x"})

    assert list(intake.submission.answer.files) == [name]


def test_our_file_names_are_those_of_the_sandboxes() -> None:
    from sandboxes.languages import LANGUAGES

    assert set(SOURCE_NAMES) == set(LANGUAGES)
    assert {name: language.main for name, language in LANGUAGES.items()}.items() <= (
        SOURCE_NAMES.items()
    )


def test_the_language_of_a_check_goes_before_the_tasks() -> None:
    intake = read({"language": "c", "checks": [{"check": "syntax", "language": "bash"}]})

    assert list(intake.submission.answer.files) == ["main.sh"]


def test_code_that_no_check_reads_needs_no_language() -> None:
    check = {"check": "reasoning"}

    intake = read({"language": None, "checks": [check]}, {"code": "x"})

    assert intake.submission.answer.files == {"main.txt": b"x"}


def test_an_answer_without_code_is_accepted_for_a_check_to_fail() -> None:
    intake = read({"language": None}, {"content": "I would rather not"})

    assert intake.submission.answer.files == {}


def test_fenced_code_in_content_is_never_taken_for_code() -> None:
    assert read(answer={"content": "```python\nprint(1)\n```"}).submission.answer.files == {}


def test_code_with_content_is_allowed() -> None:
    answer = read(answer={"code": "x", "content": "why"}).submission.answer

    assert (answer.content, answer.files) == ("why", {"main.py": b"x"})


def test_the_task_digest_does_not_know_label_reward_and_times() -> None:
    same = {
        "id": "other",
        "reward": "5",
        "published_at": "2026-01-01T00:00:00Z",
        "deadline": "2027-01-01T00:00:00Z",
    }

    assert read().task_digest == read(same).task_digest
    assert read().task_digest != read({"title": "other"}).task_digest
    assert read().task_digest != read({"checks": None}).task_digest


def test_the_answer_digest_does_not_know_label_miner_and_times() -> None:
    same = {
        "code": "x",
        "id": "other",
        "miner": "tos1",
        "accepted_at": "2026-01-01T00:00:00Z",
        "submitted_at": "2026-01-02T00:00:00Z",
    }

    assert read(answer={"code": "x"}).answer_digest == read(answer=same).answer_digest
    assert read(answer={"code": "x"}).answer_digest != read(answer={"code": "y"}).answer_digest


def test_a_file_digests_alike_as_text_and_as_base64() -> None:
    text = {"files": {"main.py": {"text": "é"}}}
    coded = {"files": {"main.py": {"base64": base64.b64encode("é".encode()).decode()}}}
    bare = {"files": {"main.py": "é"}}

    digests = {read(answer=answer).answer_digest for answer in (text, coded, bare)}

    assert len(digests) == 1


def test_the_order_of_fields_and_absent_against_null_do_not_change_a_digest() -> None:
    raw = b'{"answer":{"code":"x","id":null},"task":{"language":"python","type":"code_syntax"}}'
    other = b'{"task":{"type":"code_syntax","language":"python"},"answer":{"code":"x"}}'

    first, second = parse(raw, LIMITS), parse(other, LIMITS)

    assert (first.task_digest, first.answer_digest) == (second.task_digest, second.answer_digest)


def flags(task: dict[str, Any], answer: dict[str, Any]) -> list[str]:
    return [flag.kind for flag in read(task, {"code": "x"} | answer).flags]


def test_claimed_times_only_raise_flags() -> None:
    noon, later = "2026-01-01T12:00:00Z", "2026-01-01T12:00:00.5Z"

    assert flags({}, {"accepted_at": noon, "submitted_at": later}) == ["too_fast"]
    assert flags({}, {"accepted_at": later, "submitted_at": noon}) == ["times_contradict"]
    assert flags({"deadline": noon}, {"submitted_at": later}) == ["late"]
    assert flags({"deadline": later}, {"submitted_at": noon}) == []


def test_times_of_other_zones_are_compared_as_moments() -> None:
    deadline, submitted = "2026-01-01T12:00:00Z", "2026-01-01T12:30:00+01:00"

    assert flags({"deadline": deadline}, {"submitted_at": submitted}) == []


def test_an_argued_type_without_reasoning_is_flagged() -> None:
    general = {"type": "general", "checks": None}

    assert flags(general, {"content": "x"}) == ["no_reasoning"]
    assert flags(general, {"content": "x", "reasoning": "because"}) == []
    assert flags({}, {}) == []


@pytest.mark.parametrize("hidden", ["\u202e", "\u2066", "\u200b", "\ufeff"])
def test_hidden_characters_in_an_answer_are_flagged(hidden: str) -> None:
    assert flags({}, {"code": f"x = 1 # {hidden}"}) == ["hidden_characters"]


def test_the_published_shape_names_every_field_of_the_contract() -> None:
    schema = SubmissionDocument.model_json_schema()

    parts = schema["$defs"]
    assert set(schema["properties"]) == {"schema", "task", "answer"}
    assert set(parts["Task"]["properties"]) == {
        "id", "type", "subtype", "title", "description", "language", "difficulty", "reward",
        "published_at", "deadline", "materials", "checks",
    }  # fmt: skip
    assert set(parts["Answer"]["properties"]) == {
        "id", "miner", "accepted_at", "submitted_at", "content", "code", "files", "reasoning",
        "documentation", "claims", "findings", "test_results", "performance_metrics",
    }  # fmt: skip


def test_every_field_of_the_contract_is_accepted() -> None:
    task = {
        "id": "t", "type": "code", "subtype": "sorting", "title": "Square",
        "description": "Square a number.", "language": "python", "difficulty": "beginner",
        "reward": "50000000000", "published_at": "2026-01-01T00:00:00Z",
        "deadline": "2026-02-01T00:00:00+01:00",
        "materials": {"orders.csv": {"text": "a,b\n"}, "logo.png": {"base64": "AAEC"}},
        "checks": [
            {"check": "tests", "weight": 3, "required": True, "sufficient": True,
             "cases": [STDIN_CASE], "limits": {"cpu_s": 2}},
            {"check": "reasoning", "min_words": 5},
        ],
    }  # fmt: skip
    answer = {
        "id": "a", "miner": "tos1", "accepted_at": "2026-01-01T00:00:00Z",
        "submitted_at": "2026-01-01T01:00:00Z", "content": "Here.", "code": "print()",
        "reasoning": "Because.", "documentation": "Docs.", "claims": [{"id": "q1"}],
        "findings": [{"category": "SWC-107"}], "test_results": {"passed": 3},
        "performance_metrics": {"ms": 1.5},
    }  # fmt: skip

    intake = read(task, answer)

    assert [planned.weight for planned in intake.plan.checks] == [3, 1]
    assert intake.flags == ()
