from __future__ import annotations

# ruff: noqa: E501 - tables of inputs read best on one line each
from typing import Any

import pytest
from pydantic import ValidationError

from checkers.options import CHECK_OPTIONS, refusals

CASE = {"stdin": "1", "expected_stdout": "2"}
HARNESS = {"language": "python", "files": {"t.py": "x"}, "expect_tests": ["a"]}


def refused(value: Any) -> Any:
    with pytest.raises(ValidationError) as caught:
        CHECK_OPTIONS.validate_python(value)
    return refusals(caught.value)


def of_tests(**more: Any) -> Any:
    return {"check": "tests", "cases": [CASE], **more}


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"check": "nope"}, ""),
        ({}, ""),
        (of_tests(weight=1001), "weight"),
        (of_tests(weight=-1), "weight"),
        (of_tests(weight=True), "weight"),
        (of_tests(weight=1.0), "weight"),
        (of_tests(pass_at=0), "pass_at"),
        (of_tests(surprise=1), "surprise"),
        (of_tests(language="pascal"), "language"),
        (of_tests(cases=[]), "cases"),
        (of_tests(cases=[CASE] * 1001), "cases"),
        (of_tests(cases=[{**CASE, "weight": 0}]), ""),
        (of_tests(cases=[{"stdin": "1"}]), ""),
        (of_tests(cases=[{**CASE, "stdin": 1}]), "cases[0].stdin"),
        (of_tests(cases=[{**CASE, "expected_exit_code": 256}]), "cases[0].expected_exit_code"),
        (of_tests(cases=[{**CASE, "args": ["a\0b"]}]), "cases[0].args[0]"),
        (of_tests(cases=[{**CASE, "hidden": "yes"}]), "cases[0].hidden"),
        (of_tests(comparator="fuzzy"), "comparator"),
        (of_tests(comparator={"numeric": {"absolute": -1}}), "comparator.numeric.absolute"),
        (
            of_tests(comparator={"numeric": {"absolute": float("nan")}}),
            "comparator.numeric.absolute",
        ),
        (of_tests(comparator={"program": {"language": "python"}}), "comparator.program.code"),
        (of_tests(limits={"cpu_s": 0}), "limits.cpu_s"),
        (of_tests(limits={"cpu_s": float("inf")}), "limits.cpu_s"),
        (of_tests(limits={"memory_mb": 1}), "limits.memory_mb"),
        (of_tests(limits={"gpu": 1}), "limits.gpu"),
        (of_tests(harness=HARNESS), ""),
        (of_tests(entry="f"), ""),
        ({"check": "tests"}, ""),
        ({"check": "tests", "entry": "f"}, ""),
        ({"check": "tests", "entry": "a b", "calls": [{"expected": 1}]}, "entry"),
        ({"check": "tests", "entry": "f", "calls": [{"args": []}]}, "calls[0].expected"),
        ({"check": "tests", "language": "c", "entry": "f", "calls": [{"expected": 1}]}, ""),
        ({"check": "tests", "harness": {**HARNESS, "command": ["x.py"]}}, "harness"),
        ({"check": "tests", "harness": {**HARNESS, "expect_tests": []}}, "harness.expect_tests"),
        ({"check": "tests", "harness": {**HARNESS, "expect_tests": ["a", "a"]}}, "harness"),
        ({"check": "compile", "language": "c", "flags": ["-fplugin=x"]}, "flags"),
        ({"check": "compile", "language": "c", "flags": ["-O2\n-x"]}, "flags"),
        ({"check": "compile", "language": "rust", "flags": ["-O"]}, "flags"),
        ({"check": "compile", "entry": "../x.c"}, "entry"),
        ({"check": "tests", "language": "vyper", "cases": [CASE]}, "language"),
        ({"check": "tests", "harness": {**HARNESS, "language": "solidity"}}, "harness.language"),
        (
            {
                "check": "tests",
                "cases": [CASE],
                "comparator": {"program": {"language": "solidity", "code": "x"}},
            },
            "comparator.program.language",
        ),
        (
            {
                "check": "tests",
                "cases": [CASE],
                "comparator": {"program": {"language": "java", "code": "x"}},
            },
            "comparator.program.language",
        ),
        ({"check": "math", "expected": True}, "expected"),
        ({"check": "math", "expected": []}, "expected"),
        ({"check": "schema", "schema": 1}, "schema"),
        ({"check": "schema", "schema": {}, "target": "files/../x"}, ""),
        ({"check": "schema", "schema": {}, "target": "elsewhere"}, ""),
        ({"check": "reasoning", "min_words": 0}, "min_words"),
    ],
)
def test_a_refusal_names_the_field(options: Any, field: Any) -> None:
    found = refused(options)

    assert any(path.startswith(field) if field else True for path, _ in found), found
    assert len(found) == 1, found
    assert all(message for _, message in found)


@pytest.mark.parametrize(
    "name",
    ["", "/etc/passwd", "../x", "a/../b", "a//b", "./a", "a\\b", "a\nb", "a\0b", "a/", "x" * 256, "a\u202eb"],
)  # fmt: skip
def test_unsafe_file_names_are_refused(name: Any) -> None:
    found = refused(of_tests(cases=[{**CASE, "files": {name: "x"}}]))

    assert found[0][0].startswith("cases[0].files")


def test_an_unknown_language_is_answered_with_the_known_ones() -> None:
    message = refused(of_tests(language="pascal"))[0][1]

    assert "'python'" in message
    assert "'bash'" in message


def test_refusals_do_not_echo_the_input() -> None:
    assert "hostile-bytes" not in str(refused(of_tests(language="hostile-bytes")))


def test_the_wall_clock_follows_more_cpu_time() -> None:
    options = CHECK_OPTIONS.validate_python(of_tests(limits={"cpu_s": 30}))

    assert options.limits.to_limits().wall_s == 60


def test_files_are_text_or_base64() -> None:
    files = {"a": {"text": "é"}, "b": {"base64": "AAE="}, "c": "plain"}
    options = CHECK_OPTIONS.validate_python(of_tests(cases=[{**CASE, "files": files}]))

    assert {name: body.content for name, body in options.cases[0].files.items()} == {
        "a": "é".encode(), "b": b"\0\x01", "c": b"plain",
    }  # fmt: skip
    assert refused(of_tests(cases=[{**CASE, "files": {"a": {"base64": "!"}}}]))
    assert refused(of_tests(cases=[{**CASE, "files": {"a": {"text": "", "base64": ""}}}]))


def test_a_harness_command_may_name_its_interpreter() -> None:
    for command in ("python3 t.py x", ["t.py", "x"], ["python3", "t.py", "x"]):
        options = CHECK_OPTIONS.validate_python(
            {"check": "tests", "harness": {**HARNESS, "command": command}}
        )
        assert (options.harness.entry, options.harness.arguments) == ("t.py", ("x",))
