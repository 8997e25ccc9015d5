"""Readers of tools' output: recorded, broken and hostile."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkers.static.outputs import MAX_FOUND
from checkers.static.protocol import Level, Target
from checkers.static.targets import make_target
from checkers.static.tools import TOOLS
from sandboxes.protocol import Limits, Outcome, Status

MAIN = {"python": "main.py", "javascript": "main.js", "typescript": "main.ts", "bash": "main.sh"}
MAIN |= {"c": "main.c", "cpp": "main.cpp", "go": "main.go", "rust": "main.rs"}
ALL = sorted(name for name in TOOLS if TOOLS[name].languages & set(MAIN))


def target_of(tool: str) -> Target:
    language = min(TOOLS[tool].languages)
    return make_target(language, {MAIN[language]: b"x"})


def ended(stdout: object = b"", code: int = 0, stderr: bytes = b"") -> Outcome:
    text = stdout if isinstance(stdout, bytes) else json.dumps(stdout).encode()
    status = Status.RUNTIME_ERROR if code else Status.OK
    return Outcome(status, exit_code=code, stdout=text, stderr=stderr)


RUFF = {
    "code": "S602",
    "filename": "/program/s0.py",
    "location": {"row": 3, "column": 1},
    "end_location": {"row": 4, "column": 2},
    "message": "`subprocess` call with `shell=True` identified",
}


def test_ruff_tells_place_level_and_weakness() -> None:
    report = TOOLS["ruff"].read(ended([RUFF], 1), target_of("ruff"))

    (one,) = report.found
    assert (one.file, one.lines, one.rule) == ("main.py", (3, 4), "S602")
    assert (one.level, one.cwe) == (Level.ERROR, (78,))
    assert report.unchecked is None


@pytest.mark.parametrize("code", [None, "invalid-syntax", "E902"])
def test_ruff_did_not_read_what_it_cannot_parse(code: str | None) -> None:
    report = TOOLS["ruff"].read(ended([RUFF | {"code": code}], 1), target_of("ruff"))

    assert report.unchecked == "it cannot read main.py"
    assert report.found == ()


def test_bandit_must_have_counted_every_file() -> None:
    document = {"errors": [], "results": [], "metrics": {"/program/s0.py": {}}}
    bandit, target = TOOLS["bandit"], target_of("bandit")

    assert bandit.read(ended(document), target).unchecked is None
    for wrong in (
        {**document, "metrics": {}},
        {**document, "errors": [{"filename": "/program/s0.py"}]},
    ):
        assert bandit.read(ended(wrong), target).unchecked == "it cannot read main.py"


def test_mypy_gives_up_aloud() -> None:
    line = b'{"file": "/program/s0.py", "line": 1, "message": "too deep", "severity": "error"}'
    mypy, target = TOOLS["mypy"], target_of("mypy")

    assert mypy.read(ended(line, 2), target).unchecked == "it gave up: too deep"
    assert mypy.read(ended(b"plain text", 1), target).unchecked is not None
    note = line.replace(b'"error"', b'"note"')
    assert mypy.read(ended(note + b"\n" + line, 1), target).found[0].level is Level.WARNING


def test_oxlint_must_have_read_every_file() -> None:
    oxlint, target = TOOLS["oxlint"], target_of("oxlint")

    assert oxlint.read(ended({"diagnostics": [], "number_of_files": 1}), target).unchecked is None
    assert oxlint.read(ended({"diagnostics": [], "number_of_files": 0}), target).unchecked
    odd = {"diagnostics": [{"filename": "s0.js", "message": "Unexpected"}], "number_of_files": 1}
    assert oxlint.read(ended(odd, 1), target).unchecked == "it cannot read main.js"


def test_tsc_names_files_from_beside_the_program() -> None:
    said = b"../program/s0.ts(2,7): error TS2322: Type 'string' is not assignable.\n  more\n"

    (one,) = TOOLS["tsc"].read(ended(said, 2), target_of("tsc")).found

    assert (one.file, one.lines, one.rule) == ("main.ts", (2, 2), "TS2322")
    assert TOOLS["tsc"].read(ended(b"", 2), target_of("tsc")).unchecked
    assert TOOLS["tsc"].read(ended(b"error TS5023: odd\n", 1), target_of("tsc")).unchecked


def test_shellcheck_says_where_it_stopped() -> None:
    comment = {"file": "/program/s0.sh", "line": 1, "endLine": 1, "code": 1073, "message": "no"}

    report = TOOLS["shellcheck"].read(ended({"comments": [comment]}, 1), target_of("shellcheck"))

    assert report.unchecked == "it cannot read main.sh"


def test_cppcheck_and_clang_tidy_read_their_lines() -> None:
    line = b"/program/s0.c\t3\terror\tzerodiv\t369\tDivision by zero.\n"
    cppcheck, target = TOOLS["cppcheck"], target_of("cppcheck")
    (one,) = cppcheck.read(ended(stderr=line), target).found
    assert (one.file, one.lines, one.level, one.cwe) == ("main.c", (3, 3), Level.ERROR, (369,))
    broken = line.replace(b"zerodiv", b"syntaxError")
    assert "cannot read main.c" in str(cppcheck.read(ended(stderr=broken), target).unchecked)

    said = b"/program/s0.c:3:9: warning: Division by zero [clang-analyzer-core.DivideZero]\n"
    quoted = b"    3 | /program/s0.c:9:9: error: not this [x]\n"
    tidy = TOOLS["clang-tidy"]
    (one,) = tidy.read(ended(said + quoted), target).found
    assert (one.rule, one.lines) == ("clang-analyzer-core.DivideZero", (3, 3))
    stopped = b"/program/s0.c:1:1: error: 'no.h' file not found [clang-diagnostic-error]\n"
    assert "file not found" in str(tidy.read(ended(stopped, 1), target).unchecked)


def test_what_is_not_in_the_answer_is_kept_without_a_place() -> None:
    row = RUFF | {"filename": "/usr/lib/x.py"}

    (one,) = TOOLS["ruff"].read(ended([row], 1), target_of("ruff")).found

    assert (one.file, one.lines) == ("main.py", (0, 0))


def test_names_of_ours_are_not_shown() -> None:
    row = RUFF | {"message": "see /program/s0.py\nand\x00 more " + "x" * 5000}

    (one,) = TOOLS["ruff"].read(ended([row], 1), target_of("ruff")).found

    assert one.message.startswith("see main.py and")
    assert len(one.message) <= 300


def test_a_flood_of_findings_is_cut_and_said() -> None:
    rows = [RUFF | {"location": {"row": row}} for row in range(1, MAX_FOUND + 100)]

    report = TOOLS["ruff"].read(ended(rows, 1), target_of("ruff"))

    assert len(report.found) == MAX_FOUND
    assert report.unchecked is not None


@pytest.mark.parametrize("tool", ALL)
@pytest.mark.parametrize(
    "outcome",
    [
        ended(b"Segmentation fault", 3),
        ended(b"", 127, b"not found"),
        Outcome(Status.RUNTIME_ERROR, signal="SIGSEGV"),
        Outcome(Status.OUTPUT_LIMIT, stdout=b"[]", truncated=("stdout",)),
        Outcome(Status.CPU_LIMIT),
        Outcome(Status.MEMORY_LIMIT, stdout=b"[]"),
    ],
)
def test_a_tool_that_did_not_end_well_never_says_clean(tool: str, outcome: Outcome) -> None:
    assert TOOLS[tool].read(outcome, target_of(tool)).unchecked


@pytest.mark.parametrize("tool", ALL)
@given(
    stdout=st.one_of(
        st.binary(max_size=200),
        st.recursive(
            st.none() | st.integers() | st.text(max_size=5),
            lambda inner: st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["results", "errors", "metrics", "diagnostics", "comments", "code", "line",
                     "filename", "message", "location", "row", "line_range", "labels"]
                ),
                inner,
                max_size=4,
            ),
            max_leaves=12,
        ).map(lambda value: json.dumps(value).encode()),
    ),
    code=st.integers(0, 2),
)  # fmt: skip
def test_readers_never_raise(tool: str, stdout: bytes, code: int) -> None:
    target = target_of(tool)

    report = TOOLS[tool].read(ended(stdout, code, stdout), target)

    assert report.tool.name == tool


@pytest.mark.parametrize("tool", ALL)
def test_jobs_name_our_files_alone(tool: str) -> None:
    language = min(TOOLS[tool].languages)
    target = make_target(language, {MAIN[language]: b"x", "--config=x/" + MAIN[language]: b"y"})

    job = TOOLS[tool].job(target, Limits())

    assert not [word for word in job.argv if "config=x" in word]


def test_go_vet_tells_rules_and_what_does_not_compile() -> None:
    vet, target = TOOLS["go-vet"], target_of("go-vet")
    row = {"posn": "/program/s0.go:4:26", "message": "wrong type"}
    (one,) = vet.read(ended({"command-line-arguments": {"printf": [row]}}), target).found
    assert (one.file, one.lines, one.rule) == ("main.go", (4, 4), "printf")
    said = b"# x\nvet: ../program/s0.go:2:12: undefined: f\n"
    (one,) = vet.read(ended(b"", 1, said), target).found
    assert (one.rule, one.level, one.lines) == ("does-not-compile", Level.ERROR, (2, 2))
    assert vet.read(ended(b"", 1, b"s1.go:2:8: cannot find package"), target).unchecked
