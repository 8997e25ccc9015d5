"""Semgrep: the core against its front end for one answer, and what share of weaknesses is found.

Runs outside the cages, on the labelled public data alone; left out where semgrep is not there.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.checks import share
from benchmarks.checks.semgrep_runs import TOOLS, prepared, target_of
from benchmarks.timing import Ratio, interleave
from checkers.static.rules import join
from checkers.static.semgrep import Semgrep

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from checkers.static.protocol import Diagnostic, Report, Target

DATA: Final = Path(__file__).parents[3] / "shared" / "data" / "code"
NEAR: Final = 3
"""Lines between a label and a finding that still count as found (the rule of the design)."""

Label = tuple[str, str, tuple[int, ...]]
"""File, category, lines."""


def measure(short: bool) -> Iterator[Ratio]:
    """Measure speed and shares."""
    if not (TOOLS / "semgrep").is_dir() or not DATA.is_dir():
        print("left out: semgrep (run `make setup-analyzers`) or its labelled data is not there")
        return
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        yield from _speed(place, 3 if short else 9)
        yield from _shares(place)


def _speed(place: Path, rounds: int) -> Iterator[Ratio]:
    files = dict(list(tasks(DATA / "python_tasks.jsonl", "buggy").items())[:1])
    core = prepared(target_of("python", files), place / "core", core=True)
    front = prepared(target_of("python", files), place / "front", core=False)
    taken = interleave({"core": core, "front": front}, rounds, warmup=1)
    yield Ratio(
        "checks",
        "semgrep: front end / core, one answer",
        taken["front"].median,
        taken["core"].median,
        "s",
        10,
        at_most=False,
    )


def _shares(place: Path) -> Iterator[Ratio]:
    contracts, labels = labelled_contracts(DATA)
    report = _scan(target_of("solidity", contracts), place / "contracts")
    for category, (found, known) in recalled(report.found, labels).items():
        goal = 0.75 if category == "all" else None
        yield share(f"semgrep: {category} found, {known} labels", found / known, goal)
    correct = tasks(DATA / "python_tasks.jsonl", "correct")
    clean = _scan(target_of("python", correct), place / "correct")
    suspected = len({one.file for one in clean.found}) / len(correct)
    yield share("semgrep: correct programs suspected", suspected, 0.02, at_most=True)
    weak = _rows(DATA / "python_security_examples.jsonl", "source")
    flagged = _scan(target_of("python", weak), place / "weak")
    noticed = len({one.file for one in flagged.found}) / len(weak)
    yield share("semgrep: bandit's examples flagged", noticed)


def labelled_contracts(data: Path) -> tuple[dict[str, bytes], list[Label]]:
    """Return the contracts by id, and every label."""
    files = _rows(data / "solidity_contracts.jsonl", "source")
    known = json.loads((data / "labels.json").read_text(encoding="utf-8"))
    labels = [
        (name, finding["category"], tuple(finding["lines"]))
        for name in files
        for finding in known[name]["findings"]
    ]
    return files, labels


def tasks(path: Path, version: str) -> dict[str, bytes]:
    """Return the one-function programs by id; `version` is `correct` or `buggy`."""
    return _rows(path, version)


def recalled(found: Iterable[Diagnostic], labels: Iterable[Label]) -> dict[str, tuple[int, int]]:
    """Count labels found within `NEAR` lines by a rule of their category, and labels: per category.

    `all` comes first.
    """
    categories = {rule["id"]: rule["metadata"]["category"] for rule in join.sources()}
    places: dict[tuple[str, str], list[int]] = {}
    for one in found:
        places.setdefault((one.file, categories[one.rule]), []).append(one.lines[0])
    hits: Counter[str] = Counter()
    known: Counter[str] = Counter()
    for file, category, lines in labels:
        near = places.get((file, category), [])
        hit = any(abs(place - line) <= NEAR for place in near for line in lines)
        for name in ("all", category):
            known[name] += 1
            hits[name] += hit
    return {name: (hits[name], count) for name, count in known.items()}


def _rows(path: Path, key: str) -> dict[str, bytes]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return {row["id"]: row[key].encode() for row in map(json.loads, lines)}


def _scan(target: Target, place: Path) -> Report:
    report = Semgrep().read(prepared(target, place, core=True)(), target)
    if report.unchecked is not None:
        print(f"semgrep did not read everything: {report.unchecked}")
    return report
