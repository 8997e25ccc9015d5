"""Every refusal is one sentence with the field's name, and the right status."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.fakes.submissions import STDIN_CASE, body
from validator.errors import (
    InvalidDocumentError,
    NotJsonError,
    TooLargeError,
    ValidatorError,
)
from validator.intake import parse
from validator.settings import LimitSettings

LIMITS = LimitSettings()


def refusal(raw: bytes, limits: LimitSettings = LIMITS) -> ValidatorError:
    with pytest.raises(ValidatorError) as caught:
        parse(raw, limits)
    return caught.value


def only(raw: bytes, limits: LimitSettings = LIMITS) -> tuple[str, str]:
    error = refusal(raw, limits)
    assert isinstance(error, InvalidDocumentError)
    assert error.status == 422
    (fault,) = error.errors
    assert error.detail == f"{fault.field}: {fault.message}"
    return fault.field, fault.message


def with_tests(**options: Any) -> dict[str, Any]:
    return {"checks": [{"check": "tests", "cases": [STDIN_CASE]} | options]}


FIELDS = [
    (body({"typ": 1}), "task.typ", "is not a known field"),
    (body(extra=1), "extra", "is not a known field"),
    (body(answer={"code": "x", "anser": 1}), "answer.anser", "is not a known field"),
    (body({"type": "cod"}), "task.type", "must be one of code_syntax, code, math"),
    (body({"language": "py"}), "task.language", "must be one of python, c, cpp"),
    (body({"language": 5}), "task.language", "must be one of python"),
    (body({"difficulty": "hard"}), "task.difficulty", "must be one of beginner"),
    (body({"subtype": "x" * 65}), "task.subtype", "must have at most 64 characters"),
    (body({"id": ""}), "task.id", "must have at least 1 character"),
    (body({"id": "x" * 129}), "task.id", "must have at most 128 characters"),
    (body({"id": "a b"}), "task.id", "must be visible characters"),
    (body({"id": "a\u202eb"}), "task.id", "must be visible characters"),
    (body({"title": 3}), "task.title", "must be text"),
    (body({"reward": 5}), "task.reward", "must be text"),
    (body({"reward": "-5"}), "task.reward", "must be decimal digits"),
    (body({"deadline": 5}), "task.deadline", "must be a time such as"),
    (body({"deadline": "soon"}), "task.deadline", "must be a time such as"),
    (body({"deadline": "2026-01-01T00:00:00"}), "task.deadline", "must name its time zone"),
    (body({"checks": []}), "task.checks", "must have at least 1 entry"),
    (body({"checks": {}}), "task.checks", "must be a list"),
    (body({"checks": [3]}), "task.checks[0]", "must be an object"),
    (body({"checks": [{}]}), "task.checks[0].check", "is missing"),
    (body({"checks": [{"check": "lint"}]}), "task.checks[0].check", "must be one of syntax"),
    (body({"checks": [{"check": "math"}]}), "task.checks[0].expected", "is missing"),
    (body(with_tests(weight=1001)), "task.checks[0].weight", "must be at most 1000"),
    (body(with_tests(weight=1.5)), "task.checks[0].weight", "must be a whole number"),
    (body(with_tests(weight=True)), "task.checks[0].weight", "must be a whole number"),
    (body(with_tests(weight=0)), "task.checks", "the weights of all checks together"),
    (body(with_tests(language="cobol")), "task.checks[0].language", "must be one of python"),
    (body(with_tests(cases=[{"stdin": 3}])), "task.checks[0].cases[0].stdin", "must be text"),
    (
        body(with_tests(cases=[STDIN_CASE, STDIN_CASE | {"stdn": ""}])),
        "task.checks[0].cases[1].stdn",
        "is not a known field",
    ),
    (
        body(with_tests(limits={"cpu_s": 61})),
        "task.checks[0].limits.cpu_s",
        "61 is over this operator's ceiling of 60 (limits.cpu_s)",
    ),
    (
        body(with_tests(limits={"memory_mb": 4096})),
        "task.checks[0].limits.memory_mb",
        "4096 is over this operator's ceiling of 2048 (limits.memory_mb)",
    ),
    (
        body(with_tests(limits={"gpu": 1})),
        "task.checks[0].limits.gpu",
        "is not a known field",
    ),
    (
        body({"checks": [{"check": "compile", "flags": ["-fplugin=x.so"]}]}),
        "task.checks[0].flags",
        "is not allowed for python",
    ),
    (body(answer={}), "answer", "give at least one of content, code and files"),
    (body(answer={"code": "", "files": {}}), "answer", "give either code"),
    (body(answer={"content": 5}), "answer.content", "must be text"),
    (body(answer={"code": "x", "id": "\x07"}), "answer.id", "must be visible characters"),
    (body(answer={"code": "x", "claims": [1]}), "answer.claims[0]", "must be an object"),
    (body(answer={"files": {"../x": ""}}), 'answer.files["../x"]', "must be relative"),
    (body(answer={"files": {"/x": ""}}), 'answer.files["/x"]', "must be relative"),
    (body(answer={"files": {"a\\b": ""}}), 'answer.files["a\\b"]', "backslashes"),
    (body(answer={"files": {"a\0b": ""}}), 'answer.files["a\\x00b"]', "control"),
    (body(answer={"files": {"": ""}}), 'answer.files[""]', "must not be empty"),
    (body(answer={"files": {"-x": ""}}), 'answer.files["-x"]', "may not begin with '-'"),
    (body(answer={"files": {"a/-x": ""}}), 'answer.files["a/-x"]', "may not begin with '-'"),
    (body(answer={"files": {"a": "", "a/b": ""}}), 'answer.files["a/b"]', "itself a file"),
    (body(answer={"files": {"a": {"base64": "?"}}}), "answer.files.a", "not valid base64"),
    (body({"materials": {"../m": {"text": ""}}}), 'task.materials["../m"]', "must be relative"),
    (body({"materials": {"m": {"base64": "é"}}}), "task.materials.m", "not valid base64"),
    (body({"materials": {"m": {}}}), "task.materials.m", "give exactly one of text"),
    (
        body({"materials": {"m": {"text": "", "base64": ""}}}),
        "task.materials.m",
        "give exactly one of text",
    ),
    (
        body({"materials": {"m": {"uri": "https://example.org/m"}}}),
        "task.materials.m",
        "uri needs sha256",
    ),
    (
        body({"materials": {"m.csv": {"uri": "https://example.org/m", "sha256": "0" * 64}}}),
        'task.materials["m.csv"].uri',
        "fetching is not available here; send the material as text or base64",
    ),
    (
        body({"materials": {"m": {"text": "x", "sha256": "0" * 64}}}),
        "task.materials.m",
        "sha256 is not that of the bytes",
    ),
]


@pytest.mark.parametrize(("raw", "field", "message"), FIELDS)
def test_a_fault_is_named_by_field_and_sentence(raw: bytes, field: str, message: str) -> None:
    named, said = only(raw)

    assert named == field
    assert message in said


NOT_JSON = [
    (b"", "body: is not JSON"),
    (b"{", "body: is not JSON"),
    (b"\xff{}", "body: is not UTF-8"),
    (b"\xef\xbb\xbf{}", "byte order mark"),
    (b'{"task": NaN}', "task: NaN is not JSON"),
    (b'{"task": {"x": 1e400}}', "task.x: this number is too large"),
    (b'{"task": 1, "task": 2}', "body: the key 'task' appears twice"),
    (b'{"a": "\\ud800"}', "a: holds a lone surrogate"),
    (b"[" * 65 + b"]" * 65, "body: is nested more than 64 levels deep"),
    (b"[" * 100_000, "body: is nested more than 64 levels deep"),
    (b'{"a":' * 100_000, "body: is nested more than 64 levels deep"),
    (b"1" * 5000, "digits"),
]


@pytest.mark.parametrize(("raw", "said"), NOT_JSON)
def test_what_is_not_strict_json_is_said_so(raw: bytes, said: str) -> None:
    error = refusal(raw)

    assert isinstance(error, NotJsonError)
    assert error.status == 422
    assert said in error.detail
    assert error.errors


@pytest.mark.parametrize("raw", [b"[]", b"3", b'"x"', b"null"])
def test_a_document_that_is_no_object_is_refused(raw: bytes) -> None:
    assert only(raw) == ("body", "must be a JSON object with task and answer")


def test_both_missing_parts_are_named() -> None:
    error = refusal(b"{}")

    assert [fault.field for fault in error.errors] == ["task", "answer"]
    assert error.detail == "task: is missing (and 1 more)"


def test_another_schema_version_is_refused() -> None:
    assert only(body(schema="tosv.submission/2"))[0] == "schema"
    assert parse(body(schema="tosv.submission/1"), LIMITS)


def test_five_megabytes_of_code_are_too_large() -> None:
    error = refusal(body(answer={"code": "x" * (5 << 20)}))

    assert isinstance(error, TooLargeError)
    assert error.status == 413
    assert "limits.submission_bytes" in error.detail


def test_bytes_over_the_limit_are_refused_before_anything_is_parsed() -> None:
    small = LimitSettings(submission_bytes=1024)

    assert isinstance(refusal(b"{" * 1025, small), TooLargeError)
    assert isinstance(refusal(b"{" * 1024, small), NotJsonError)


def test_65_checks_are_too_many() -> None:
    field, said = only(body({"checks": [{"check": "syntax"}] * 65}))

    assert field == "task.checks"
    assert said == "has 65 checks; the limit is 64 (limits.checks)"


def test_257_files_are_too_many() -> None:
    field, said = only(body(answer={"files": {f"f{n}": "" for n in range(257)}}))

    assert field == "answer.files"
    assert "has 257 files; the limit is 256" in said


def test_cases_are_counted_over_all_checks_together() -> None:
    half = {"check": "tests", "cases": [STDIN_CASE] * 501}
    calls = {"check": "tests", "entry": "f", "calls": [{"expected": 1}] * 501}

    assert "1002 cases together; the limit is 1000" in only(body({"checks": [half, half]}))[1]
    assert "1002 cases together" in only(body({"checks": [half, calls]}))[1]


def test_the_tests_that_a_harness_must_report_are_cases_too() -> None:
    harness = {
        "language": "python",
        "files": {"t.py": ""},
        "expect_tests": [f"t{n}" for n in range(1001)],
    }

    assert "1001 cases" in only(body({"checks": [{"check": "tests", "harness": harness}]}))[1]


def test_code_without_a_language_is_refused_where_a_check_must_know_it() -> None:
    raw = body({"type": "code", "language": None, "checks": None})

    assert only(raw) == ("task.language", "is missing; this check must know the code's language")


def test_code_that_two_checks_read_in_two_languages_is_refused() -> None:
    checks = [{"check": "syntax", "language": "python"}, {"check": "syntax", "language": "bash"}]

    field, said = only(body({"checks": checks}))

    assert field == "task.checks[1].language"
    assert "send files instead of code" in said


def test_calls_in_a_language_without_them_are_refused_once_the_language_is_known() -> None:
    check = {"check": "tests", "entry": "f", "calls": [{"args": [1], "expected": 1}]}

    field, said = only(body({"language": "c", "checks": [check]}))

    assert field == "task.checks[0].calls"
    assert said == "work for python and javascript only"


def test_tests_of_a_language_that_only_compiles_are_refused_once_it_is_known() -> None:
    case = {"stdin": "", "expected_stdout": "1"}

    field, said = only(body({"language": "vyper", "checks": [{"check": "tests", "cases": [case]}]}))

    assert field == "task.checks[0].language"
    assert said == "vyper is compiled here and not run; ask for the checks syntax and compile"


def test_many_faults_are_reported_together_but_not_without_end() -> None:
    error = refusal(body({"checks": [{"check": "x"}] * 64}))

    assert len(error.errors) == 20
    assert "(and 19 more)" in error.detail


def test_hostile_names_are_cut_and_made_visible() -> None:
    name = "\x1b[31m\u202e" + "A" * 10_000

    field, _ = only(body({name: 1}))

    assert "\x1b" not in field
    assert "\u202e" not in field
    assert len(field) < 100


def test_hostile_values_are_never_echoed_at_length() -> None:
    error = refusal(body({"type": "\x1b]0;" + "B" * 10_000}))

    assert "\x1b" not in error.detail
    assert "BBBB" not in error.detail


def test_no_sentence_is_the_validation_librarys_own() -> None:
    for raw, _, _ in FIELDS:
        assert "Input should" not in refusal(raw).detail
        assert "pydantic" not in refusal(raw).detail


def test_lower_ceilings_of_the_operator_hold() -> None:
    strict = LimitSettings(cpu_s=1, checks=2, cases=1)
    two = {"check": "tests", "cases": [STDIN_CASE, STDIN_CASE]}

    fields = [fault.field for fault in refusal(body(), strict).errors]

    assert "task.checks[0].limits.cpu_s" in fields
    assert "2 cases together; the limit is 1" in refusal(body({"checks": [two]}), strict).detail


def test_base64_in_files_and_materials_becomes_bytes() -> None:
    raw = b"\x00\xff"
    coded = base64.b64encode(raw).decode()
    files = {"main.py": {"text": "x"}, "d/data.bin": {"base64": coded}}

    intake = parse(body({"materials": {"m.bin": {"base64": coded}}}, {"files": files}), LIMITS)

    assert intake.submission.answer.files == {"main.py": b"x", "d/data.bin": raw}
    assert intake.submission.materials == {"m.bin": raw}


def test_integers_beyond_a_double_survive_intake() -> None:
    big = 2**70 + 1
    check = {"check": "tests", "entry": "f", "calls": [{"args": [big], "expected": big}]}

    intake = parse(json.dumps(json.loads(body({"checks": [check]}))).encode(), LIMITS)

    assert intake.plan.checks[0].options.calls[0].expected == big
