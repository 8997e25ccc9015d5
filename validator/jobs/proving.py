"""`python -m validator.jobs.proving KIND PROVER`: prove this worker's cage, write the record, end.

A process of its own: attacks want threads, sessions and signals that the worker's main process,
which forks its children, had better never see.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from typing import TYPE_CHECKING

import structlog

from sandboxes.protocol import SandboxError
from validator.domain.clock import SystemClock
from validator.pipeline import open_cage, open_fast
from validator.pipeline.attack import prove
from validator.pipeline.lanes import FAST_BACKEND
from validator.pipeline.proofs import FOLDER, Kind, Proof, Record, write
from validator.settings import load_settings
from validator.telemetry import configure_logging

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from validator.settings import Settings

PR_SET_PDEATHSIG = 1  # prctl(2)

log = structlog.get_logger(__name__)


def main(arguments: Sequence[str]) -> int:
    """Prove once. Exit code 0 when the worker may take jobs."""
    given, prover = arguments
    kind: Kind = "full" if given == "full" else "quick"
    _end_with_the_worker(prover)
    settings = load_settings()
    configure_logging(settings.log)
    clock = SystemClock()
    # Jobs of the strong lane need not wait for the fast one to be proven.
    for proofs in prove_all(settings, kind):
        tell(kind, proofs[-1])
        now = clock.now()
        record = Record(prover, now.isoformat(timespec="seconds"), kind, proofs)
        write(settings.data_dir / FOLDER, record, now)
    return 0 if proofs[0].reason is None else 1


def prove_all(settings: Settings, kind: Kind) -> Iterator[tuple[Proof, ...]]:
    """Attack the cages that this worker uses, the one that nothing replaces first."""
    sandbox = settings.sandbox
    proofs = (prove(lambda: open_cage(sandbox), kind, settings.network, sandbox.backend),)
    yield proofs
    try:
        fast = open_fast(sandbox)
    except SandboxError:  # nobody will get it either
        pass
    else:
        yield (*proofs, prove(lambda: fast, kind, settings.network, FAST_BACKEND))


def tell(kind: str, proof: Proof) -> None:
    """Say in the log what was seen."""
    told = {
        "backend": proof.backend, "kind": kind, "tried": proof.tried, "seconds": proof.seconds,
    }  # fmt: skip
    if proof.reason is None:
        log.info("cage_proven", **told)
        return
    failed = [f"{one.name}: {one.detail}" for one in proof.failures]
    log.error("cage_refused", reason=proof.reason, failed=failed, **told)


def _end_with_the_worker(prover: str) -> None:
    """Die when the worker does, in whatever way; its pid stands in its mark."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if prover.split("/")[2:3] != [str(os.getppid())]:
        raise SystemExit("the worker is gone")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
