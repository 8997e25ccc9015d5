"""Every correct program of QuixBugs is accepted, every wrong one rejected, on every cage."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from checkers.protocol import CheckResult, CheckStatus
from tests.components import SOAK, require_shared_data

if TYPE_CHECKING:
    from tests.integration.checkers.conftest import Judge

# The correct programs need more than the defaults (see the data's README).
LARGER = {
    "quix/knapsack": {"cpu_s": 40, "wall_s": 200, "memory_mb": 4000},
    "quix/levenshtein": {"cpu_s": 60, "wall_s": 240},
}
BUDGET = 280


def options(task: dict[str, Any]) -> dict[str, Any]:
    calls = []
    for test in task["tests"]:
        call = {"args": test["args"], "expected": test["expect"]}
        if task["id"] == "quix/sqrt":  # its second argument is the error that is allowed
            call["tolerance"] = {"absolute": test["args"][1]}
        calls.append(call)
    limits = LARGER.get(task["id"], {"cpu_s": 1, "wall_s": 20})
    return {"check": "tests", "entry": task["entry"], "calls": calls, "limits": limits}


@pytest.mark.timeout(1800)
def test_correct_programs_are_accepted_and_buggy_ones_rejected(judge: Judge) -> None:
    lines = require_shared_data("code/python_tasks.jsonl").read_text().splitlines()
    # The slow ones take minutes on a busy machine.
    tasks = [task for task in map(json.loads, lines) if SOAK or task["id"] not in LARGER]
    work = [(task, kind) for task in tasks for kind in ("correct", "buggy")]

    def run(item: tuple[dict[str, Any], str]) -> CheckResult:
        task, kind = item
        return judge(options(task), task[kind], budget=BUDGET)

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(run, work))

    wanted = {"correct": CheckStatus.PASS, "buggy": CheckStatus.FAIL}
    wrong = [
        (task["id"], kind, result.summary)
        for (task, kind), result in zip(work, found, strict=True)
        if result.status is not wanted[kind]
    ]
    assert wrong == []
    assert len(work) >= 58
