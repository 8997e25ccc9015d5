"""What Slither, solc and Vyper are asked, and what is made of what they say."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkers.static.detectors import WEAKNESSES, category_of, cwe_of, level_of
from checkers.static.protocol import Diagnostic, Level, Report, Target
from checkers.static.scan import target_of
from checkers.static.slither import Slither
from checkers.static.solc import Solc
from checkers.static.solc_report import units_of
from checkers.static.vyper import Vyper
from sandboxes.protocol import Limits, Outcome, Status

LIMITS = Limits(cpu_s=60, wall_s=90)
BANK = b"pragma solidity ^0.4.0;\ncontract Bank {\n  function f() public {\n  }\n}\n"
TARGET = Target("solidity", {"s0.sol": BANK}, {"s0.sol": "src/Bank.sol"})
FOUND = {
    "rule": "reentrancy-eth", "impact": "High", "confidence": "Medium", "file": "s0.sol",
    "lines": [3, 4], "text": "Reentrancy in Bank.f() (s0.sol#3-4):",
}  # fmt: skip
UNIT: dict[str, Any] = {
    "files": ["s0.sol"], "version": "0.4.26", "errors": [], "found": [FOUND],
    "unchecked": None, "crash": None,
}  # fmt: skip
ERROR = {
    "file": "s0.sol", "lines": [2, 2], "severity": "error", "code": "7576",
    "message": "Undeclared",
}  # fmt: skip


def ended(report: object, **more: Any) -> Outcome:
    data = report if isinstance(report, bytes) else json.dumps(report).encode()
    return Outcome(Status.OK, exit_code=0, artifacts={"report.json": data}, **more)


def slither(report: object) -> Report:
    return Slither().read(ended(report), TARGET)


def test_a_result_becomes_a_diagnostic_under_the_answers_own_name() -> None:
    report = slither([UNIT])

    assert report.unchecked is None
    assert report.found == (
        Diagnostic("src/Bank.sol", (3, 4), "slither", "reentrancy-eth", Level.ERROR,
                   "Reentrancy in Bank.f()", (841,)),
    )  # fmt: skip


def test_findings_are_in_one_order_and_without_repeats() -> None:
    rows = [{**FOUND, "lines": [n, n]} for n in (4, 2, 3, 2)]

    assert [one.lines for one in slither([{**UNIT, "found": rows}]).found] == [
        (2, 2), (3, 3), (4, 4),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("unit", "sentence"),
    [
        ({"unchecked": "it is not UTF-8 text"}, "src/Bank.sol: it is not UTF-8 text"),
        ({"crash": "Slither broke down on it"}, "src/Bank.sol: Slither broke down on it"),
        (
            {"unchecked": "it does not compile", "errors": [ERROR]},
            "src/Bank.sol: it does not compile with solc 0.4.26 (src/Bank.sol line 2: Undeclared)",
        ),
    ],
)
def test_what_slither_did_not_examine_is_not_checked(unit: dict[str, Any], sentence: str) -> None:
    report = slither([{**UNIT, "found": [], **unit}])

    assert (report.unchecked, report.found) == (sentence, ())


def test_a_file_that_the_report_does_not_name_is_not_checked() -> None:
    target = target_of({"a.sol": BANK, "b.sol": BANK})

    assert Slither().read(ended([UNIT]), target).unchecked == "b.sol is missing in its report"
    assert Solc().read(ended([UNIT]), target).unchecked == "b.sol is missing in its report"


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome(Status.OK),
        Outcome(Status.RUNTIME_ERROR, exit_code=1),
        Outcome(Status.INTERNAL_ERROR),
        *(Outcome(status) for status in Status if status.is_limit),
        *(
            ended(broken)
            for broken in (
                b"", b"{", b"[]", b"{}", b"null", b"[1]", b'[{"files": []}]', b"\xff", b"[" * 99,
                [{**UNIT, "files": ["s0.sol", 1]}], [{**UNIT, "found": None}],
                [{**UNIT, "unchecked": 1}], [{**UNIT, "crash": []}], [{**UNIT, "errors": {}}],
            )
        ),
    ],
)  # fmt: skip
def test_a_job_without_a_readable_report_is_never_clean(outcome: Outcome) -> None:
    for analyzer in (Slither(), Solc()):
        report = analyzer.read(outcome, TARGET)

        assert report.found == ()
        assert report.unchecked is not None
        assert report.unchecked.startswith("src/Bank.sol: it")


@pytest.mark.parametrize(
    ("file", "lines"),
    [
        ("s0.sol", [0, 1]), ("s0.sol", [1, 10**9]), ("s0.sol", "x"), ("s0.sol", [1]),
        ("s0.sol", [True, 2]), ("/etc/passwd", [1, 1]), (None, [1, 1]),
    ],
)  # fmt: skip
def test_a_place_outside_the_answer_is_no_place(file: object, lines: object) -> None:
    (one,) = slither([{**UNIT, "found": [{**FOUND, "file": file, "lines": lines}]}]).found

    assert (one.file, one.lines) == ("src/Bank.sol", (0, 0))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5)
    | st.sampled_from(["s0.sol", "error", "High"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from([*UNIT, *FOUND, *ERROR]), inner, max_size=6),
    max_leaves=12,
)  # fmt: skip


@given(json_values, json_values, json_values)
def test_no_report_makes_a_reader_raise(value: Any, found: Any, error: Any) -> None:
    for report in (value, [value], [{**UNIT, "found": [found], "errors": [error]}]):
        for analyzer in (Slither(), Solc()):
            read = analyzer.read(ended(report), TARGET)
            assert all(one.file == "src/Bank.sol" for one in read.found)


def test_the_compilers_words_are_findings_and_not_silence() -> None:
    rows = [ERROR, {**ERROR, "severity": "warning", "code": "2072"},
            {**ERROR, "severity": "warning", "code": "1878"}]  # fmt: skip
    unit = {**UNIT, "errors": rows, "unchecked": "it does not compile"}
    report = Solc().read(ended([unit]), TARGET)

    assert report.unchecked is None
    assert {one.rule: one.level for one in report.found} == {
        "7576": Level.ERROR, "2072": Level.WARNING, "1878": Level.NOTE,
    }  # fmt: skip


def test_a_version_that_is_not_there_is_not_checked_by_the_compiler_either() -> None:
    sentence = "pragma 0.4.5 needs a compiler that is not installed"
    report = Solc().read(ended([{**UNIT, "unchecked": sentence}]), TARGET)

    assert report.unchecked == f"src/Bank.sol: {sentence}"


def test_a_scan_is_told_our_names_and_less_time_than_its_job_has() -> None:
    job = Slither().job(TARGET, LIMITS)

    assert job.argv == ("contract-scan", "detect", "48.0")
    assert json.loads(job.stdin) == {"s0.sol": "src/Bank.sol"}
    assert (job.limits, job.collect) == (LIMITS, ("report.json",))
    assert Solc().job(TARGET, LIMITS).argv[1] == "compile"


def test_only_solidity_is_scanned_under_names_of_our_own() -> None:
    target = target_of({"b.sol": b"2", "a.sol": b"1", "slither.config.json": b"{}"})

    assert target.files == {"s0.sol": b"1", "s1.sol": b"2"}
    assert target.names == {"s0.sol": "a.sol", "s1.sol": "b.sol"}


def test_levels_follow_impact_and_step_down_where_confidence_is_low() -> None:
    assert [level_of(one, "High") for one in ("High", "Medium", "Low", "Informational", "?")] == [
        Level.ERROR, Level.WARNING, Level.NOTE, Level.NOTE, Level.NOTE,
    ]  # fmt: skip
    assert level_of("High", "Low") is Level.WARNING
    assert level_of("Medium", "Low") is Level.NOTE


def test_every_detector_of_weight_has_a_category_and_a_weakness() -> None:
    dasp = {
        "reentrancy", "access_control", "arithmetic", "unchecked_low_level_calls",
        "denial_of_service", "bad_randomness", "front_running", "time_manipulation", "other",
    }  # fmt: skip
    assert len(WEAKNESSES) >= 60
    assert dasp <= {one.group for one in WEAKNESSES.values()}
    assert category_of("tx-origin") == "tx_origin"
    assert category_of("naming-convention") is None
    assert cwe_of("reentrancy-eth") == (841,)
    assert cwe_of("naming-convention") == ()


VYPER = Target(
    "vyper", {f"s{n}.vy": b"x: uint256\n" for n in range(2)}, {"s0.vy": "a.vy", "s1.vy": "b.vy"}
)
UNDECLARED = (
    b"Error compiling: s0.vy\nvyper.exceptions.UndeclaredDefinition: Storage variable 'z' has not"
    b' been declared.\n\n  contract "s0.vy:5", function "f", line 5:17 \n       4 def f():\n'
)
DEPRECATED = (
    b"/opt/vyper/vyper/ast/nodes.py:136: EnumUsage: enum will be deprecated.\n\n  line 2:0 \n"
)


def vyper(codes: bytes, *said: bytes, status: Status = Status.OK) -> Report:
    artifacts = {f"said{number}": one for number, one in enumerate(said)}
    return Vyper().read(Outcome(status, stdout=codes, artifacts=artifacts), VYPER)


def test_vypers_errors_and_warnings_have_their_lines() -> None:
    report = vyper(b"1\n0\n", UNDECLARED, DEPRECATED)

    assert report.unchecked is None
    assert [(one.file, one.lines, one.rule, one.level) for one in report.found] == [
        ("a.vy", (5, 5), "UndeclaredDefinition", Level.ERROR),
        ("b.vy", (2, 2), "EnumUsage", Level.WARNING),
    ]


@pytest.mark.parametrize(
    ("codes", "said", "words"),
    [
        (b"1\n0\n", b"vyper.exceptions.VersionException: no", "a.vy: it needs a compiler"),
        (b"1\n0\n", b"vyper.exceptions.ModuleNotFound: foo", "a.vy: it imports a module"),
        (b"1\n0\n", b"vyper.exceptions.CompilerPanic: !", "a.vy: the compiler broke down"),
        (b"137\n0\n", b"", "a.vy: the compiler ended without saying why"),
        (b"1\n0\n", b"\xff\x00vyper.exceptions.X", "a.vy: the compiler ended without saying"),
        (b"0\n", b"", "b.vy: the compiler did not get to it"),
    ],
)
def test_what_vyper_did_not_judge_is_not_checked(codes: bytes, said: bytes, words: str) -> None:
    report = vyper(codes, said, b"")

    assert report.found == ()
    assert str(report.unchecked).startswith(words)


def test_a_limit_that_vyper_met_is_said() -> None:
    report = vyper(b"", status=Status.CPU_LIMIT)

    assert str(report.unchecked).startswith("it met its cpu limit; a.vy: ")


def test_each_vyper_file_is_compiled_by_itself() -> None:
    job = Vyper().job(VYPER, LIMITS)

    assert job.argv[-2:] == ("/program/s0.vy", "/program/s1.vy")
    assert job.collect == ("said0", "said1")


def test_a_report_larger_than_any_scan_writes_is_not_read() -> None:
    assert units_of(ended(b" " * (8 * 1024 * 1024 + 1))) == "it broke down without a report"
