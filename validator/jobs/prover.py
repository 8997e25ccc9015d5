"""When a worker's cage is proven, and whether its children may take jobs meanwhile.

The main process starts the proof before the first job and once a day in a quiet moment. The
children read the record: none yet means waiting, a bad or an old one means that no job is taken.
"""

from __future__ import annotations

import math
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import structlog
from celery import bootsteps

from sandboxes.docker.engine import owner_mark
from validator.jobs.lost_acks import in_hand
from validator.pipeline.lanes import FAST_BACKEND, Lane
from validator.pipeline.proofs import FOLDER, Kind, Record, contradicted_before, read

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from celery import Celery

    from validator.domain.clock import Clock
    from validator.settings import Settings

LOOK_S: Final = 1.0
FIRST_FULL_S: Final = 900.0  # a worker that is restarted every day gets its full proof, too
PATIENCE_S: Final = 3600.0  # for a quiet moment; then the full proof is made beside the jobs
AGAIN_S: Final = 60.0  # after a proof that could not be made
FIRST_PROOF_S: Final = 180.0  # how long a first job waits for it
POLL_S: Final = 0.05
HOUR_S: Final = 3600.0

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Gate:
    """Says why this worker may not start programs now. Closed only in a worker that proves."""

    settings: Settings
    clock: Clock
    sleep: Callable[[float], None] = time.sleep
    prover: str | None = None
    """The main process's mark; children inherit it by their fork."""

    def reason(self) -> str | None:
        """Why no program may be started; None when the cage is proven."""
        if self.prover is None:
            return None
        record = read(self.settings.data_dir / FOLDER, self.prover)
        if record is None:
            return "the self-test has not ended yet"
        too_old = self.settings.sandbox.selftest_hours * HOUR_S + 2 * PATIENCE_S
        if record.age_s(self.clock.now()) > too_old:
            return "the last self-test is too old"
        return record.reason

    def doubt(self, lane: Lane) -> str | None:
        """Why no program may be started in this lane; the strong one takes the fast one's place."""
        reason = self.reason()
        if reason is not None or lane is Lane.STRONG or self.prover is None:
            return reason
        record = read(self.settings.data_dir / FOLDER, self.prover)
        return record.reason_of(FAST_BACKEND) if record else "the record is gone"

    def wait(self) -> str | None:
        """As `reason`, after the first proof has ended or has had its time."""
        until = self.clock.monotonic() + FIRST_PROOF_S
        while self.prover and read(self.settings.data_dir / FOLDER, self.prover) is None:
            if self.clock.monotonic() > until:
                break
            self.sleep(POLL_S)
        return self.reason()


def _spawn(kind: Kind, prover: str) -> subprocess.Popen[bytes]:
    # -P: a stray file in the working directory must not shadow a module.
    command = (sys.executable, "-P", "-m", "validator.jobs.proving", kind, prover)
    return subprocess.Popen(command, stdin=subprocess.DEVNULL)


@dataclass(slots=True)
class Prover:
    """Starts proofs, one at a time, from the worker's main process."""

    settings: Settings
    gate: Gate
    monotonic: Callable[[], float] = time.monotonic
    spawn: Callable[[Kind, str], Any] = _spawn
    busy: Callable[[], int] = in_hand
    _process: Any = field(default=None, init=False)
    _due: float = field(default=0.0, init=False)
    _began_kind: Kind = field(default="quick", init=False)
    _first: Kind = field(default="quick", init=False)
    _said: str | None = field(default=None, init=False)

    def begin(self) -> None:
        """Close the gate and start the first proof: before the pool forks."""
        self.gate.prover = owner_mark()
        quick = self.settings.network == "devnet" and not contradicted_before(self._folder)
        self._first = "quick" if quick else "full"
        self._start(self._first)

    def look(self) -> None:
        """End what has ended, start what is due. Called now and then; never blocks."""
        now = self.monotonic()
        if self._process is not None:
            if self._process.poll() is not None:
                self._process = None
                self._plan(now)
        elif now >= self._due and (not self.busy() or now >= self._due + PATIENCE_S):
            self._start(self._next_kind())
        self._tell()

    def end(self) -> None:
        """Stop a proof that runs; the worker ends."""
        if self._process is not None:
            self._process.terminate()

    def _start(self, kind: Kind) -> None:
        self._began_kind = kind
        try:
            self._process = self.spawn(kind, str(self.gate.prover))
        except OSError as error:
            log.error("selftest_not_started", detail=str(error))  # noqa: TRY400 - no crash
            self._due = self.monotonic() + AGAIN_S

    def _plan(self, now: float) -> None:
        record = self._record()
        if record is None:
            self._due = now + AGAIN_S
        elif record.contradicted:
            self._due = math.inf  # a leak does not mend itself; a new worker proves anew
        elif record.reason is not None:
            self._due = now + AGAIN_S
        elif self._began_kind == "quick":
            self._due = now + min(FIRST_FULL_S, self.settings.sandbox.selftest_hours * HOUR_S)
        else:
            self._due = now + self.settings.sandbox.selftest_hours * HOUR_S

    def _next_kind(self) -> Kind:
        """A cage that could not be tried is tried as at the start; all else is the daily proof."""
        record = self._record()
        return self._first if record is None or record.reason is not None else "full"

    @property
    def _folder(self) -> Path:
        return self.settings.data_dir / FOLDER

    def _record(self) -> Record | None:
        return read(self._folder, str(self.gate.prover))

    def _tell(self) -> None:
        reason = self.gate.reason() if self._record() else None
        if reason != self._said:
            self._said = reason
            if reason is None:
                log.info("worker_takes_jobs_again")
            else:
                log.error("worker_takes_no_jobs", reason=reason)


def install(app: Celery, prover: Prover) -> None:
    """Let the worker's event loop look from time to time."""

    class Proving(bootsteps.StartStopStep):  # type: ignore[misc] # Celery has no types
        """A timer that lives as long as a connection to the broker."""

        requires = frozenset({"celery.worker.consumer.tasks:Tasks"})

        def __init__(self, consumer: Any, **options: Any) -> None:  # noqa: ANN401 - Celery's
            super().__init__(consumer, **options)
            self._timer: Any = None

        def start(self, consumer: Any) -> None:  # noqa: ANN401 - Celery's
            self._timer = consumer.timer.call_repeatedly(LOOK_S, prover.look)

        def stop(self, _consumer: Any) -> None:  # noqa: ANN401 - Celery's
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None

    app.steps["consumer"].add(Proving)
