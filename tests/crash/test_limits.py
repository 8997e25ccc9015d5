"""Failure test 12: a time limit leaves no process behind, and the submission goes on."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.components import require_bubblewrap
from tests.crash.house import SEEDS, House, wait_until
from validator.domain.submission import LOCAL_OWNER, Origin

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.parametrize("seed", SEEDS)

MARK = "tosv_endless_mark"


def endless(mark: str) -> bytes:
    """A program that outlives every limit of the worker, though not its own."""
    return program(f"import time\n{mark} = 1\nwhile True:\n    time.sleep(0.1)\n")


def program(code: str) -> bytes:
    """A submission whose one check runs this program and expects an `x`."""
    check = {
        "check": "tests",
        "language": "python",
        "limits": {"wall_s": 60, "cpu_s": 60},
        "cases": [{"stdin": "", "expected_stdout": "x"}],
    }
    task = {"type": "code", "language": "python", "checks": [check]}
    return json.dumps({"task": task, "answer": {"code": code}}).encode()


def jailed(worker: int) -> list[psutil.Process]:
    """Every process below the worker's children: cages and what runs in them.

    The house's workers make no jail ready, and no check here needs one.
    """
    found = []
    with suppress(psutil.NoSuchProcess):
        for child in psutil.Process(worker).children():
            found += child.children(recursive=True)
    return found


@pytest.mark.parametrize("hard", [False, True], ids=["soft", "hard"])
def test_12_a_time_limit_ends_the_cage_and_what_runs_in_it(
    tmp_path: Path, seed: int, hard: bool
) -> None:
    require_bubblewrap()
    # The hard form: the soft signal's exception is swallowed, as a misbehaving library would.
    limits = {"soft_limit_s": 5, "hard_limit_s": 8 if hard else 60, "visibility_s": 90}
    with House(tmp_path, seed, attempts=2, **limits) as house:
        if hard:
            house.extra_env["STAGE_DEAF"] = "1"
        house.start_relay()
        house.start_worker(concurrency=1)
        body = endless(f"{MARK}_{seed}_{hard}")
        taken = house.services.submissions.submit(body, LOCAL_OWNER, Origin.API, None)
        one = taken.row.submission_id
        house.services.ring()
        worker = house.processes["worker"].pid
        wait_until(lambda: bool(jailed(worker)), 60, "the program runs")
        seen = jailed(worker)
        house.wait_final([one], 60)
        house.check_ledger([one], parked=[one])
        assert house.runs()[one] == 2  # each limit cost an attempt
        seen += jailed(worker)
        wait_until(lambda: not any(p.is_running() for p in seen), 5, "nothing is left")
        again = house.services.submissions.submit(
            program("print('x')"), LOCAL_OWNER, Origin.API, None
        ).row.submission_id
        house.services.ring()
        house.wait_final([again])  # the worker still works, and has a cage again
        house.check_ledger([again])
        verdict = house.services.store.submission_and_verdict(LOCAL_OWNER, again)[1]
        assert verdict is not None
        assert verdict["decision"] == "accept", verdict
