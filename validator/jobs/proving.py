"""`python -m validator.jobs.proving KIND PROVER`: prove this worker's cage, write the record, end.

A process of its own: attacks want threads, sessions and signals that the worker's main process,
which forks its children, had better never see.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from typing import TYPE_CHECKING, get_args

import structlog

from sandboxes.protocol import SandboxError
from validator.domain.clock import SystemClock
from validator.pipeline import open_cage, open_fast
from validator.pipeline.attack import prove
from validator.pipeline.lanes import FAST_BACKEND
from validator.pipeline.proofs import FOLDER, Kind, Record, write
from validator.settings import load_settings
from validator.telemetry import configure_logging

if TYPE_CHECKING:
    from collections.abc import Sequence

    from validator.domain.clock import Clock
    from validator.settings import Settings

PR_SET_PDEATHSIG = 1  # prctl(2)

log = structlog.get_logger(__name__)


def main(arguments: Sequence[str]) -> int:
    """Prove once. Exit code 0 when the worker may take jobs."""
    kind, prover = arguments
    if kind not in get_args(Kind):
        raise SystemExit(f"{kind} is none of {', '.join(get_args(Kind))}")
    _end_with_the_worker(prover)
    settings = load_settings()
    configure_logging(settings.log)
    record = make_record(settings, "full" if kind == "full" else "quick", prover, SystemClock())
    tell(record)
    write(settings.data_dir / FOLDER, record, SystemClock().now())
    return 0 if record.reason is None else 1


def make_record(settings: Settings, kind: Kind, prover: str, clock: Clock) -> Record:
    """Attack the cages that this worker uses."""
    sandbox = settings.sandbox
    proofs = [prove(lambda: open_cage(sandbox), kind, settings.network, sandbox.backend)]
    try:
        fast = open_fast(sandbox)
    except SandboxError:  # nobody will get it either
        pass
    else:
        proofs.append(prove(lambda: fast, kind, settings.network, FAST_BACKEND))
    return Record(prover, clock.now().isoformat(timespec="seconds"), kind, tuple(proofs))


def tell(record: Record) -> None:
    """Say in the log what was seen."""
    for proof in record.proofs:
        told = {
            "backend": proof.backend, "kind": record.kind, "tried": proof.tried,
            "seconds": proof.seconds,
        }  # fmt: skip
        if proof.reason is None:
            log.info("cage_proven", **told)
            continue
        failed = [f"{one.name}: {one.detail}" for one in proof.failures]
        log.error("cage_refused", reason=proof.reason, failed=failed, **told)


def _end_with_the_worker(prover: str) -> None:
    """Die when the worker does, in whatever way; its pid stands in its mark."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if prover.split("/")[2:3] != [str(os.getppid())]:
        raise SystemExit("the worker is gone")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
