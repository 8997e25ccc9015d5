"""The worker of the failure tests: the real application around a pipeline that can misbehave.

A task's label says how: `sleep-0.2`, `die` (kills its own process), `dies-N` (dies on its first N
runs), `raise`, `stop` (freezes). Anything else goes through the real pipeline at once. Every run
is noted in a file, so that a test can tell that work really was delivered twice.
"""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from celery import signals

from validator.jobs import create_celery
from validator.services import build_services
from validator.settings import load_settings

if TYPE_CHECKING:
    from pathlib import Path

    from validator.domain.submission import Intake
    from validator.domain.verdict import Verdict
    from validator.services import Services
    from validator.settings import Settings

RUNS = "runs.log"


@dataclass(frozen=True)
class StagedPipeline:
    real: Any
    runs: Path

    def run(self, intake: Intake, submission_id: str, *more: Any) -> Verdict:
        before = self._note(submission_id)
        name, _, value = (intake.task_label or "").partition("-")
        if name == "sleep":
            time.sleep(float(value))
        elif name == "die" or (name == "dies" and before < int(value)):
            os.kill(os.getpid(), signal.SIGKILL)
        elif name == "raise":
            raise RuntimeError("a defect of ours")
        elif name == "stop":
            os.kill(os.getpid(), signal.SIGSTOP)
        return self.real.run(intake, submission_id, *more)

    def _note(self, submission_id: str) -> int:
        """Append this run; return how many there were before."""
        before = 0
        if self.runs.exists():
            before = self.runs.read_text().count(submission_id)
        line = f"{submission_id} {os.getpid()}\n".encode()
        descriptor = os.open(self.runs, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(descriptor, line)
        finally:
            os.close(descriptor)
        return before


def build_staged(settings: Settings) -> Services:
    services = build_services(settings)
    staged = StagedPipeline(services.pipeline, settings.data_dir / RUNS)
    return replace(services, pipeline=staged)


def main() -> Any:
    app = create_celery(build_staged(load_settings()), reopen=build_staged)
    visibility = os.environ.get("STAGE_VISIBILITY_S")
    if visibility is not None:  # the settings refuse what this test wants to see
        app.conf.broker_transport_options["visibility_timeout"] = float(visibility)
        app.conf.broker_transport_options["unacked_restore_interval"] = 1
    if os.environ.get("STAGE_DEAF") == "1":
        signals.task_prerun.connect(_go_deaf, weak=False)
    return app


def _go_deaf(**_: Any) -> None:
    """The soft limit's signal goes unheard, as under a library that swallows its exception."""
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)


app = main() if os.environ.get("STAGE") == "1" else None
