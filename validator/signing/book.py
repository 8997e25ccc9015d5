"""The audit log and the envelopes, in the file of the history: one transaction for all three."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from validator.audit.checkpoint import read_checkpoint, sign_checkpoint
from validator.audit.leaf import Leaf, LeafKind, read_leaf
from validator.audit.log import AuditLog
from validator.audit.merkle import leaf_hash
from validator.errors import LogBehindError, LogDamagedError, NotFoundError
from validator.evidence.envelope import sign_envelope

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping
    from datetime import datetime

    from validator.audit.checkpoint import Checkpoint
    from validator.audit.ed25519 import EvidenceSigner
    from validator.audit.log import Entry
    from validator.domain.clock import Clock
    from validator.protection.database import ProtectionDatabase
    from validator.signing.beside import BesideKey

_KEEP: Final = "INSERT INTO leaf (position, hash, envelope) VALUES (?, ?, ?)"
_KEPT: Final = "SELECT envelope FROM leaf WHERE position = ?"
_LAST: Final = "SELECT position, hash FROM leaf ORDER BY position DESC LIMIT 1"
_OF_KIND: Final = "SELECT content FROM audit_leaves WHERE kind = ? ORDER BY place DESC LIMIT 1"


@dataclass(frozen=True, slots=True)
class Kept:
    """What the log has of a verdict. `proof` is a C2SP tlog-proof with a signed checkpoint."""

    index: int
    leaf: bytes
    envelope: bytes
    proof: bytes


class Book:
    """One log, written by the owner of the history alone."""

    def __init__(
        self,
        database: ProtectionDatabase,
        evidence: EvidenceSigner,
        origin: str,
        beside: BesideKey,
        clock: Clock,
    ) -> None:
        """Open the log, making it when the history has none yet.

        Raises LogBehindError when it does not hold the last published checkpoint, and
        LogDamagedError when its end is not that of the history.
        """
        self._database = database
        self._evidence = evidence
        self._beside = beside
        self._clock = clock
        self._published = self._read_published()
        with database.write_beside() as cursor:
            log = AuditLog.create(cursor, origin)
            log.need(self._published)
            _require_end(cursor, log)

    @property
    def head(self) -> Checkpoint:
        """Name, size and root of the log, unsigned."""
        with self._database.read_beside() as cursor:
            return AuditLog(cursor).head()

    @property
    def published(self) -> Checkpoint | None:
        """The last checkpoint that was published; None when none was."""
        return self._published

    def last_verdict_at(self) -> datetime | None:
        """Return when the newest verdict of the log was signed; None when there is none."""
        with self._database.read_beside() as cursor:
            found = cursor.execute(_LAST).fetchone()
            return None if found is None else read_leaf(AuditLog(cursor).leaf(found[0]).content).at

    def keep(self, cursor: sqlite3.Cursor, payload: bytes, verdict_id: str) -> int:
        """Sign a statement and write envelope and leaf in the caller's transaction.

        Returns the leaf's place. Raises LogBehindError, LogDamagedError and EvidenceKeyError.
        """
        envelope = sign_envelope(payload, [self._evidence])
        body = {"verdict_id": verdict_id, "envelope": envelope.digest}
        entry = self.append(cursor, LeafKind.VERDICT, body)
        cursor.execute(_KEEP, (entry.place, leaf_hash(entry.content), envelope.encode()))
        return entry.place

    def append(self, cursor: sqlite3.Cursor, kind: LeafKind, body: Mapping[str, Any]) -> Entry:
        """Write a leaf in the caller's transaction. Raises LogBehindError, LogDamagedError."""
        leaf = Leaf(kind, self._clock.now(), body)
        return AuditLog(cursor).append(leaf, published=self._published)

    def note(self, kind: LeafKind, body: Mapping[str, Any]) -> None:
        """Write a leaf that is about no verdict; on disk when this returns."""
        with self._database.write_beside() as cursor:
            self.append(cursor, kind, body)

    def newest(self, kind: LeafKind) -> bytes | None:
        """Return the bytes of the newest leaf of a kind."""
        with self._database.read_beside() as cursor:
            found = cursor.execute(_OF_KIND, (kind.value,)).fetchone()
            return None if found is None else bytes(found[0])

    def kept(self, index: int) -> Kept:
        """Return leaf, envelope and proof of a verdict, under the log as it stands.

        The checkpoint inside is signed for this proof; one to be published comes from
        `checkpoint`. Raises NotFoundError.
        """
        with self._database.read_beside() as cursor:
            log = AuditLog(cursor)
            found = cursor.execute(_KEPT, (index,)).fetchone()
            if found is None:
                raise NotFoundError("No envelope is kept for this verdict.")
            signed = sign_checkpoint(log.head(), self._evidence)
            return Kept(index, log.leaf(index).content, found[0], log.prove(index, signed).encode())

    def checkpoint(self) -> bytes:
        """Sign the log, record that in it, and return the note, for publishing."""
        with self._database.write_beside() as cursor:
            signed = AuditLog(cursor).checkpoint(
                self._evidence, self._clock.now(), published=self._published
            )
        return signed.encode()

    def publish(self, note: bytes) -> Checkpoint:
        """Take in that a checkpoint was published: the log never goes back behind it.

        Raises InvalidEvidenceError, EvidenceRefusedError for one that this log did not sign, and
        LogBehindError for one that it does not hold, or that is older than the last one.
        """
        signed = read_checkpoint(note)
        checkpoint = signed.verify(self._evidence.public)
        if self._published is not None and checkpoint.size < self._published.size:
            raise LogBehindError("a later checkpoint was published already")
        with self._database.read_beside() as cursor:
            AuditLog(cursor).need(checkpoint)
        self._beside.keep_published(signed)
        self._published = checkpoint
        return checkpoint

    def _read_published(self) -> Checkpoint | None:
        signed = self._beside.published()
        return None if signed is None else signed.verify(self._evidence.public)


def _require_end(cursor: sqlite3.Cursor, log: AuditLog) -> None:
    """The history's last envelope must be the leaf that the log has in its place."""
    found = cursor.execute(_LAST).fetchone()
    if found is None:
        return
    try:
        content = log.leaf(found[0]).content
    except NotFoundError:
        raise LogDamagedError(f"the log ends before leaf {found[0]} of the history") from None
    if leaf_hash(content) != found[1]:
        raise LogDamagedError(f"leaf {found[0]} of the log is not that of the history")
