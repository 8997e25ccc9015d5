"""The adapter: what it asks for, and what it makes of all that semgrep can print."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkers.static import rules
from checkers.static.protocol import Diagnostic, Level, Target
from checkers.static.semgrep import RULES_FILE, TARGETS_FILE, VERSION, Semgrep
from sandboxes.protocol import Limits, Outcome, Status

TARGET = Target(
    "python",
    {"s0.py": b"eval(x)  # nosemgrep\n", "s1.py": b"x = 1\n"},
    {"s0.py": "src/main.py", "s1.py": "src/more.py"},
)


def row(**more: Any) -> dict[str, Any]:
    """One finding as the core of 1.182.0 prints it (recorded, shortened)."""
    return {
        "check_id": "python-eval",
        "path": "/program/s0.py",
        "start": {"line": 1, "col": 1, "offset": 0},
        "end": {"line": 1, "col": 8, "offset": 7},
        "extra": {
            "metavars": {},
            "engine_kind": "OSS",
            "is_ignored": True,
            "message": "eval runs text.\n",
            "metadata": {"cwe": [95], "category": "code_injection"},
            "severity": "ERROR",
        },
    } | more


def document(**more: Any) -> dict[str, Any]:
    return {
        "version": VERSION,
        "results": [row()],
        "errors": [],
        "paths": {"scanned": ["/program/s0.py", "/program/s1.py"]},
        "skipped_rules": [],
    } | more


def said(value: object, status: Status = Status.OK, **more: Any) -> Outcome:
    return Outcome(status, 0, stdout=json.dumps(value).encode(), **more)


def unchecked(outcome: Outcome, target: Target = TARGET) -> str:
    report = Semgrep().read(outcome, target)
    assert report.unchecked is not None
    return report.unchecked


def test_a_suppressed_finding_is_a_finding() -> None:
    report = Semgrep().read(said(document()), TARGET)

    wanted = Diagnostic(
        "src/main.py", (1, 1), "semgrep", "python-eval", Level.ERROR, "eval runs text.", (95,)
    )
    assert report.found == (wanted,)
    assert report.unchecked is None
    assert report.tool.version == f"1.182.0+rules.{rules.digest()}"


def test_findings_come_in_one_order_and_once() -> None:
    later = row(path="/program/s1.py", check_id="rules.python-random")
    first = Semgrep().read(said(document(results=[later, row(), row()])), TARGET)
    second = Semgrep().read(said(document(results=[row(), later])), TARGET)

    assert [(one.file, one.rule) for one in first.found] == [
        ("src/main.py", "python-eval"),
        ("src/more.py", "python-random"),
    ]
    assert first == second


def test_the_job_names_every_file_and_brings_the_rules() -> None:
    limits = Limits(cpu_s=3)
    job = Semgrep().job(TARGET, limits)

    assert job.limits is limits
    assert job.files[RULES_FILE] == rules.joined()
    kind, listed = json.loads(job.files[TARGETS_FILE])
    assert kind == "Targets"
    assert [one[1]["path"]["fpath"] for one in listed] == ["/program/s0.py", "/program/s1.py"]
    assert {one[1]["analyzer"] for one in listed} == {"python"}
    assert job.argv[-2:] == ("/program/s0.py", "/program/s1.py")
    assert "-no_filter_irrelevant_rules" in job.argv[2]  # else it does not parse every file


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"paths": {"scanned": ["/program/s0.py"]}}, "semgrep left out src/more.py"),
        ({"paths": None}, "semgrep left out src/main.py"),
        (
            {
                "errors": [
                    {
                        "error_type": ["PartialParsing", []],
                        "severity": "warn",
                        "message": "`x = (((` was unexpected",
                        "location": {"path": "/program/s1.py", "start": {"line": 3}},
                    }
                ]
            },
            "semgrep could not read all of src/more.py (PartialParsing)",
        ),
        (
            {"errors": [{"type": "Syntax error", "path": "/program/s1.py", "level": "warn"}]},
            "semgrep could not read all of src/more.py (Syntax error)",
        ),
        (
            {"errors": [{"error_type": "Fatal error", "severity": "error"}]},
            "semgrep reported trouble of its own (Fatal error)",
        ),
        ({"errors": None}, "semgrep reported trouble of its own ()"),
        ({"skipped_rules": [{"rule_id": "x"}]}, "semgrep left out some of its rules"),
        ({"version": "1.185.0"}, "this semgrep is not the pinned 1.182.0"),
        ({"results": "none"}, "semgrep wrote no report"),
        ({"results": [row(path="/etc/passwd")]}, "semgrep reported a finding without a place"),
    ],
)
def test_what_was_not_read_in_full_is_not_clean(change: dict[str, Any], why: str) -> None:
    assert unchecked(said(document(results=[]) | change)) == why


@pytest.mark.parametrize(
    ("outcome", "why"),
    [
        (said(document(), Status.WALL_LIMIT), "semgrep met its wall limit on this answer"),
        (said(document(), Status.OUTPUT_LIMIT), "semgrep met its output limit on this answer"),
        (
            Outcome(Status.RUNTIME_ERROR, 2, stdout=b"{}"),
            "semgrep ended with 2, without having read the answer",
        ),
        (
            Outcome(Status.RUNTIME_ERROR, signal="SIGSEGV"),
            "semgrep ended by SIGSEGV, without having read the answer",
        ),
        (Outcome(Status.OK, 0), "semgrep wrote no report"),
        (Outcome(Status.OK, 0, stdout=b"[" * 10_000), "semgrep wrote no report"),
        (Outcome(Status.OK, 0, stdout=b'{"version": 1, "version": 2}'), "semgrep wrote no report"),
    ],
)
def test_an_end_without_a_report_is_not_clean(outcome: Outcome, why: str) -> None:
    assert unchecked(outcome) == why


def test_a_file_that_is_not_text_is_not_clean() -> None:
    target = Target("python", {"s0.py": b"x = '\xff\xfe'\n"}, {"s0.py": "main.py"})
    scanned = document(results=[], paths={"scanned": ["/program/s0.py"]})

    assert unchecked(said(scanned), target) == (
        "main.py is not UTF-8 text, so semgrep cannot read it"
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from(["check_id", "path", "start", "end", "extra"]), JSON),
    st.dictionaries(st.sampled_from(["results", "errors", "paths", "skipped_rules"]), JSON),
)
def test_nothing_that_it_prints_raises(finding: dict[str, Any], around: dict[str, Any]) -> None:
    Semgrep().read(said(document(results=[row() | finding]) | around), TARGET)


@given(st.binary(max_size=200))
def test_no_bytes_raise_or_are_clean(stdout: bytes) -> None:
    assert Semgrep().read(Outcome(Status.OK, 0, stdout=stdout), TARGET).unchecked is not None
