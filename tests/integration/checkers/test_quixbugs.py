"""Every correct program of QuixBugs is accepted, every wrong one rejected, the same on every cage.

All 31 tasks run. Of their 242 tests two are left out, since no limits let a correct program pass:

- levenshtein 4 ("amanaplanacanalpanama", 51 letters): the program calls itself 2.7e24 times
  (test 3 takes 1.0e7 calls and 4.2 s of CPU time);
- knapsack 10 (capacity 6404180, 24 items): it keeps 1.5e8 pairs in a dictionary, and meets the
  cage's ceiling of 4096 MiB after 41 s.

The short form also leaves out levenshtein 3; TOSV_SOAK=1 runs it.
"""

from __future__ import annotations

import hashlib
import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from checkers.options import CHECK_OPTIONS
from checkers.protocol import Answer, CheckResult, CheckStatus, Context, Submission
from checkers.registry import run_check
from sandboxes.protocol import Limits
from tests.components import SOAK, require_shared_data

if TYPE_CHECKING:
    from sandboxes.protocol import Sandbox

IMPOSSIBLE = {("quix/levenshtein", 3), ("quix/knapsack", 9)}
HEAVY = {("quix/levenshtein", 2): {"cpu_s": 30, "wall_s": 120}}
"""Places of tests from 0, and the limits that the task needs with them."""

LIGHT = {"cpu_s": 1, "wall_s": 20}
BUDGET = 280
WANTED = {"correct": CheckStatus.PASS, "buggy": CheckStatus.FAIL}


def options(task: dict[str, Any]) -> dict[str, Any]:
    calls, limits = [], LIGHT
    for place, test in enumerate(task["tests"]):
        key = (task["id"], place)
        if key in IMPOSSIBLE or (key in HEAVY and not SOAK):
            continue
        limits = HEAVY.get(key, limits)
        call = {"args": test["args"], "expected": test["expect"]}
        if task["id"] == "quix/sqrt":  # its second argument is the error that is allowed
            call["tolerance"] = {"absolute": test["args"][1]}
        calls.append(call)
    return {"check": "tests", "entry": task["entry"], "calls": calls, "limits": limits}


def tasks() -> list[dict[str, Any]]:
    lines = require_shared_data("code/python_tasks.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def seen() -> dict[str, str]:
    """Digest of all scores, by backend and run."""
    return {}


def scores(cage: Sandbox) -> dict[str, CheckResult]:
    work = [(task, kind) for task in tasks() for kind in WANTED]

    def run(item: tuple[dict[str, Any], str]) -> CheckResult:
        task, kind = item
        parsed = CHECK_OPTIONS.validate_python(options(task))
        submission = Submission("code", Answer(files={"main.py": task[kind].encode()}), "python")
        context = Context(cage, time.monotonic, time.monotonic() + BUDGET, Limits())
        return run_check("tests", submission, parsed, context)

    with ThreadPoolExecutor(2) as pool:
        results = pool.map(run, work)
        return {
            f"{task['id']} {kind}": result
            for (task, kind), result in zip(work, results, strict=True)
        }


def digest(results: dict[str, CheckResult]) -> str:
    """Everything a verdict would hold of them, but for measured time and memory."""
    plain = [
        [name, result.status, result.score, [[case.name, case.status] for case in result.cases]]
        for name, result in results.items()
    ]
    return hashlib.sha256(json.dumps(plain).encode()).hexdigest()


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("run", [1, 2])
def test_correct_programs_are_accepted_and_buggy_ones_rejected(
    cage: Sandbox, seen: dict[str, str], run: int
) -> None:
    results = scores(cage)

    wrong = {
        name: result.summary
        for name, result in results.items()
        if result.status is not WANTED[name.split()[1]]
    }
    assert wrong == {}
    assert len(results) == 62
    # The first to come sets what all others must repeat, in this cage and in the other.
    seen[f"{cage.name} {run}"] = digest(results)
    assert len(set(seen.values())) == 1, seen
