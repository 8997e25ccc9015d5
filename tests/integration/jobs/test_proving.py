"""A real worker, its real cage, and a property that gives way on purpose."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.components import require_bubblewrap
from tests.crash.house import ROOT, House, wait_until
from tests.fakes.submissions import body
from validator.cli import programs
from validator.domain.submission import LOCAL_OWNER, Origin, State
from validator.pipeline.proofs import FOLDER, refused_here

if TYPE_CHECKING:
    from pathlib import Path

# Loaded by every Python of the worker; only the proving process is given something to see.
LEAK = """
import sys
if "validator.jobs.proving" in sys.orig_argv:
    from sandboxes import selfcheck
    from sandboxes.selfcheck.registry import PROOFS, Proof
    PROOFS["memory"] = (PROOFS["memory"][0], lambda at: Proof(False, "planted by a test"))
"""


@pytest.fixture
def house(tmp_path: Path) -> House:
    require_bubblewrap()
    return House(tmp_path)


def submit(house: House) -> str:
    document = body(answer={"code": "print(42)\n"})
    taken = house.services.submissions.submit(document, LOCAL_OWNER, Origin.API, None)
    house.services.ring()
    return taken.row.submission_id


def doctor(house: House) -> dict[str, str]:
    env = programs.environment(house.settings)
    command = [sys.executable, "-m", "validator.cli", "doctor", "--json"]
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, check=False)
    probes = json.loads(done.stdout)["probes"]
    return {probe["name"]: f"{probe['state']} {probe['detail']}" for probe in probes}


def test_a_worker_proves_its_cage_and_then_works(house: House) -> None:
    with house:
        house.start_relay()
        house.start_worker()
        one = submit(house)
        house.wait_final([one])

        assert "cage_proven" in house.log("worker")
        assert house.services.store.submission(LOCAL_OWNER, one).state is State.DONE
        assert doctor(house)["self-test"].startswith("ok quick set")


def test_a_contradicted_cage_gets_no_program_and_says_so_everywhere(
    house: House, tmp_path: Path
) -> None:
    planted = tmp_path / "planted"
    planted.mkdir()
    (planted / "sitecustomize.py").write_text(LEAK)
    house.extra_env["PYTHONPATH"] = f"{planted}:{ROOT}"
    with house:
        house.start_relay()
        house.start_worker()
        one, (plain,) = submit(house), house.accept("ok")
        house.wait_final([plain])  # starts no program
        wait_until(lambda: "worker_takes_no_jobs" in house.log("worker"), 30, "it has stopped")
        wait_until(lambda: "work_left" in house.log("worker"), 30, "a job was left")

        row = house.services.store.submission(LOCAL_OWNER, one)
        assert (row.state, row.attempts) == (State.QUEUED, 0)
        assert house.runs()[one] == 0
        assert refused_here(tmp_path / FOLDER, house.services.clock.now())
        assert "memory" in doctor(house)["self-test"]
        assert doctor(house)["self-test"].startswith("missing")
