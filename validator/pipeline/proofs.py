"""What is known of this machine's cages: who attacked them, when, and what gave way.

A worker proves its cage before its first job and once a day. One file for each worker in
`<data dir>/proofs`, written by the proving process, read by the worker's children, by readiness
and by `doctor`. No file, an unreadable one and an old one all mean: not proven.
"""

from __future__ import annotations

import json
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

from sandboxes.docker.engine import owner_mark

FOLDER: Final = "proofs"
BY_HAND: Final = "by-hand"
"""The prover of `sandbox selftest`, which speaks for no worker."""

MARK_PARTS: Final = 4  # of `sandboxes.docker.engine.owner_mark`
ELSEWHERE_S: Final = 2 * 24 * 3600.0

Kind = Literal["quick", "full"]


@dataclass(frozen=True, slots=True)
class Failure:
    """One property that turned out otherwise than declared, or could not be tried."""

    name: str
    declared: str
    seen: bool | None
    detail: str


@dataclass(frozen=True, slots=True)
class Proof:
    """One cage after the attacks. `reason` says why it may not be used; None: it may."""

    backend: str
    image: str | None
    tried: int
    seconds: float
    failures: tuple[Failure, ...]
    reason: str | None

    @property
    def contradicted(self) -> bool:
        """True when something gave way; False also when it could merely not be tried."""
        return any(failure.seen is not None for failure in self.failures)


@dataclass(frozen=True, slots=True)
class Record:
    """All cages of one worker."""

    prover: str
    at: str
    kind: Kind
    proofs: tuple[Proof, ...]

    def age_s(self, now: datetime) -> float:
        """Seconds since it was written; a clock that was set back makes it no younger."""
        return abs((now - datetime.fromisoformat(self.at)).total_seconds())

    @property
    def contradicted(self) -> bool:
        """True when a property of the first cage gave way."""
        return any(proof.contradicted for proof in self.proofs[:1])

    @property
    def reason(self) -> str | None:
        """Why this worker may take no job. The first cage is the one that nothing replaces."""
        return self.proofs[0].reason if self.proofs else "no cage was tried"

    def reason_of(self, backend: str) -> str | None:
        """Why this backend may take no job, also when it was not there to be tried."""
        for proof in self.proofs:
            if proof.backend == backend:
                return proof.reason
        return f"{backend} was not proven"


def write(folder: Path, record: Record, now: datetime) -> None:
    """Keep a record in place of its prover's last one; forget those of workers that are gone."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.json"):
        kept = _read(path)
        if kept is None or not (kept.prover == record.prover or lives(kept, now)):
            path.unlink(missing_ok=True)
    descriptor, name = tempfile.mkstemp(dir=folder)
    with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123 - a descriptor
        json.dump(asdict(record), file)
    Path(name).replace(folder / file_name(record.prover))


def read(folder: Path, prover: str) -> Record | None:
    """What this prover has written; None when it has not, or not readably."""
    found = _read(folder / file_name(prover))
    return found if found is not None and found.prover == prover else None


def read_all(folder: Path, now: datetime) -> list[Record]:
    """Records of workers that live, and what was proven by hand; newest first."""
    found = [record for path in folder.glob("*.json") if (record := _read(path)) is not None]
    return sorted(
        (record for record in found if lives(record, now)),
        key=lambda record: record.at,
        reverse=True,
    )


def contradicted_before(folder: Path) -> bool:
    """True when a worker of this machine, alive or not, last saw a property give way."""
    with suppress(OSError):
        found = [_read(path) for path in folder.glob("*.json")]
        return any(record.contradicted for record in found if record is not None)
    return False


def refused_here(folder: Path, now: datetime) -> bool:
    """True when workers of this machine have proofs, and every one of them may take no job."""
    with suppress(OSError):
        records = [one for one in read_all(folder, now) if one.prover != BY_HAND]
        return bool(records) and all(record.reason is not None for record in records)
    return False


def file_name(prover: str) -> str:
    """The file of one prover: a worker's by namespace and process id, or the one made by hand."""
    parts = prover.split("/")
    return f"{prover}.json" if len(parts) != MARK_PARTS else f"{parts[1]}-{parts[2]}.json"


def lives(record: Record, now: datetime) -> bool:
    """True when the prover may still be there; one in another namespace is judged by its age."""
    if record.prover == BY_HAND:
        return True
    parts, here = record.prover.split("/"), owner_mark().split("/")
    if len(parts) != MARK_PARTS or parts[0] != here[0] or not parts[2].isdigit():
        return False
    if parts[1] != here[1]:
        return record.age_s(now) < ELSEWHERE_S
    return owner_mark(int(parts[2])) == record.prover


def _read(path: Path) -> Record | None:
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        return _record(json.loads(path.read_text(encoding="utf-8")))
    return None


def _record(raw: dict[str, Any]) -> Record:
    proofs = tuple(
        Proof(
            str(proof["backend"]),
            proof["image"],
            int(proof["tried"]),
            float(proof["seconds"]),
            tuple(Failure(**failure) for failure in proof["failures"]),
            proof["reason"],
        )
        for proof in raw["proofs"]
    )
    datetime.fromisoformat(raw["at"])
    return Record(str(raw["prover"]), str(raw["at"]), raw["kind"], proofs)
