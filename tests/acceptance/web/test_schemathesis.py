"""Our own OpenAPI document turned against a live server: no input ends in a 5xx."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.components import SOAK
from tests.fakes.front_house import FrontHouse, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BUDGET_S = 600 if SOAK else 60
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)


@contextmanager
def judging(house: FrontHouse) -> Iterator[None]:
    """Judge whatever comes, so that streams and waiting requests end."""
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(0.02):
            for bell in house.store.pending(50):
                house.store.rung([bell.outbox_id])
                house.judge(bell.submission_id)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@pytest.mark.timeout(BUDGET_S + 240)
def test_no_generated_request_ends_in_a_server_error(house: FrontHouse, tmp_path: Path) -> None:
    with serving(house.app()) as url, judging(house):
        started = time.monotonic()
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "schemathesis.cli",
                "run",
                f"{url}/openapi.json",
                "--continue-on-failure",
                "--checks=" + ",".join(CHECKS),
                f"--max-time={BUDGET_S}",
                "--seed=20260301",
                "--request-timeout=20",
                "--generation-database=none",
                "--suppress-health-check=all",
                "--no-color",
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=BUDGET_S + 200,
            check=False,
        )
        alive = time.monotonic() - started

    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert " 0 selected" not in done.stdout
    assert alive > 1
