"""The rules do what they say: on their examples, on labelled public code, and on hostile files.

TOSV_TEST_ANALYZERS names a folder with semgrep's modules where `make setup-analyzers` has not run.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest

from benchmarks.checks.semgrep import labelled_contracts, recalled, tasks
from benchmarks.checks.semgrep_runs import target_of
from tests.components import require_shared_data
from tests.integration.checkers.static.semgrep_rows import FAILURES
from tests.semgrep import EXAMPLES, LANGUAGES, Found, marks, run, scan

if TYPE_CHECKING:
    from pathlib import Path

    from checkers.static.protocol import Report


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Report]:
    """Reports of all examples, one run for each language."""
    files: dict[str, dict[str, bytes]] = defaultdict(dict)
    for path in sorted(EXAMPLES.glob("*/*")):
        files[LANGUAGES[path.suffix]][str(path.relative_to(EXAMPLES))] = path.read_bytes()
    return {
        language: scan(target_of(language, mine), tmp_path_factory.mktemp(language))
        for language, mine in files.items()
    }


def test_exactly_the_marked_lines_of_the_examples_are_found(examples: dict[str, Report]) -> None:
    found: Found = set()
    for language, report in examples.items():
        assert report.unchecked is None, language
        found |= {(one.file, one.lines[0], one.rule) for one in report.found}

    assert found == marks("finds")


@pytest.mark.parametrize("language", ["python", "solidity"])
def test_the_core_and_the_front_end_find_the_same(
    language: str, examples: dict[str, Report], tmp_path: Path
) -> None:
    paths = sorted(path for path in EXAMPLES.glob("*/*") if LANGUAGES[path.suffix] == language)
    files = {str(path.relative_to(EXAMPLES)): path.read_bytes() for path in paths}

    assert scan(target_of(language, files), tmp_path, core=False) == examples[language]


def test_the_front_end_does_not_call_a_broken_file_clean(tmp_path: Path) -> None:
    row = FAILURES[0]

    report = scan(target_of(row.language, row.files), tmp_path, core=False)

    assert report.unchecked == "semgrep could not read all of main.py (PartialParsing)"


def test_an_empty_file_is_clean(tmp_path: Path) -> None:
    report = scan(target_of("python", {"main.py": b""}), tmp_path)

    assert report.found == ()
    assert report.unchecked is None


def test_two_runs_print_the_same_findings(tmp_path: Path) -> None:
    path = EXAMPLES / "python" / "examples.py"
    target = target_of("python", {"main.py": path.read_bytes()})

    first, second = (run(target, tmp_path / name).stdout for name in ("a", "b"))

    assert _results(first) == _results(second)


def test_correct_programs_are_hardly_ever_suspected(tmp_path: Path) -> None:
    files = tasks(require_shared_data("code/python_tasks.jsonl"), "correct")
    report = scan(target_of("python", files), tmp_path)

    assert report.unchecked is None
    assert len({one.file for one in report.found}) <= 0.02 * len(files)


def test_most_labelled_weaknesses_of_contracts_are_found(tmp_path: Path) -> None:
    files, labels = labelled_contracts(require_shared_data("code"))
    report = scan(target_of("solidity", files), tmp_path)
    shares = recalled(report.found, labels)

    assert report.unchecked is None
    assert shares["all"][0] / shares["all"][1] >= 0.75
    for category in ("reentrancy", "unchecked_low_level_calls"):
        assert shares[category][0] / shares[category][1] >= 0.9


def _results(stdout: bytes) -> Any:
    return json.loads(stdout)["results"]
