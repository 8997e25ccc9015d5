"""The log in SQLite: leaves that are only ever added, in a transaction that the caller owns.

The signer keeps verdict protection and log in one file (one transaction before the key is touched),
so nothing here commits, opens or closes anything.
"""

from __future__ import annotations

import hmac
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from validator.audit.checkpoint import Checkpoint, SignedCheckpoint, sign_checkpoint
from validator.audit.leaf import Leaf, LeafKind
from validator.audit.merkle import (
    HASH_SIZE,
    Frontier,
    consistency_proof,
    frontier,
    inclusion_proof,
    leaf_hash,
)
from validator.audit.notes import check_name
from validator.audit.proof import LogProof
from validator.errors import LogBehindError, LogDamagedError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from validator.audit.ed25519 import EvidenceSigner
    from validator.audit.merkle import Proof

_TABLES: Final = (
    """
    CREATE TABLE IF NOT EXISTS audit_log (
      only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
      origin TEXT NOT NULL,
      size INTEGER NOT NULL,
      root BLOB NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE IF NOT EXISTS audit_leaves (
      place INTEGER PRIMARY KEY,
      kind TEXT NOT NULL,
      content BLOB NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE IF NOT EXISTS audit_nodes (
      level INTEGER NOT NULL,
      place INTEGER NOT NULL,
      hash BLOB NOT NULL,
      PRIMARY KEY (level, place)
    ) STRICT, WITHOUT ROWID
    """,
    # A row that was written stays as it is, whatever statement somebody tries.
    """
    CREATE TRIGGER IF NOT EXISTS audit_leaves_stay BEFORE UPDATE ON audit_leaves
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
    """,
    """
    CREATE TRIGGER IF NOT EXISTS audit_leaves_remain BEFORE DELETE ON audit_leaves
    BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
    """,
)
_NEW: Final = "INSERT INTO audit_log (only_row, origin, size, root) VALUES (1, ?, 0, ?)"
_HEAD: Final = "SELECT origin, size, root FROM audit_log"
_SET_HEAD: Final = "UPDATE audit_log SET size = ?, root = ?"
_ADD_LEAF: Final = "INSERT INTO audit_leaves (place, kind, content) VALUES (?, ?, ?)"
_ADD_NODE: Final = "INSERT INTO audit_nodes (level, place, hash) VALUES (?, ?, ?)"
_NODE: Final = "SELECT hash FROM audit_nodes WHERE level = ? AND place = ?"
_LEAF: Final = "SELECT content FROM audit_leaves WHERE place = ?"
_LEAVES: Final = "SELECT place, content FROM audit_leaves WHERE place >= ? ORDER BY place LIMIT ?"
_PAGE: Final = 256


@dataclass(frozen=True, slots=True)
class Entry:
    """A leaf as the log holds it: its place from 0, and the bytes whose hash is in the tree."""

    place: int
    content: bytes


class AuditLog:
    """One log in one SQLite database. Not for several threads at once: its cursor is not."""

    def __init__(self, cursor: sqlite3.Cursor) -> None:
        """`cursor` belongs to the caller; its transaction is what makes several writes one."""
        self._cursor = cursor

    @classmethod
    def create(cls, cursor: sqlite3.Cursor, origin: str) -> AuditLog:
        """Make the tables and name the log, for good. The caller commits.

        `origin` is what checkpoints begin with (`check_name`). Raises LogDamagedError when the
        tables are there but belong to a log of another name.
        """
        check_name(origin)
        for statement in _TABLES:
            cursor.execute(statement)
        if cursor.execute(_HEAD).fetchone() is None:
            cursor.execute(_NEW, (origin, Frontier().root()))
        log = cls(cursor)
        found = log.head().origin
        if found != origin:
            raise LogDamagedError(f"this is the log {found}, not {origin}")
        return log

    def head(self) -> Checkpoint:
        """Return name, size and root as they stand, unsigned. Raises LogDamagedError."""
        try:
            row = self._cursor.execute(_HEAD).fetchone()
        except sqlite3.OperationalError:
            row = None
        if row is None:
            raise LogDamagedError("there is no audit log in this database")
        return Checkpoint(*row)

    def need(self, published: Checkpoint | None) -> Checkpoint:
        """Return the head of a log that holds what was published. Raises LogBehindError."""
        head = self.head()
        if published is None:
            return head
        if published.origin != head.origin:
            raise LogBehindError(f"the published checkpoint is of another log, {published.origin}")
        if published.size > head.size:
            raise LogBehindError(
                f"the log has {head.size} leaves; a checkpoint of {published.size} was published"
            )
        root = frontier(self._node, published.size).root()
        if not hmac.compare_digest(root, published.root):
            raise LogBehindError(
                f"the log's first {published.size} leaves are not the published ones"
            )
        return head

    def append(self, leaf: Leaf, *, published: Checkpoint | None) -> Entry:
        """Add a leaf in the caller's transaction; O(log n) rows are read and written.

        `published` is the last checkpoint that was seen where the operator cannot rewrite it; None
        only when there has never been one. A log that does not hold it may be an old copy, and must
        not grow into a second history (LogBehindError). Raises LogDamagedError too.
        """
        self._need_transaction()
        head = self.need(published)
        edge = frontier(self._node, head.size)
        if not hmac.compare_digest(edge.root(), head.root):
            raise LogDamagedError(
                f"the nodes of the log do not give its root at {head.size} leaves"
            )
        content = leaf.encode()
        grown, completed = edge.append(leaf_hash(content))
        self._cursor.execute(_ADD_LEAF, (head.size, leaf.kind.value, content))
        for level, hash_ in enumerate(completed):
            self._cursor.execute(_ADD_NODE, (level, head.size >> level, hash_))
        self._cursor.execute(_SET_HEAD, (grown.size, grown.root()))
        return Entry(head.size, content)

    def checkpoint(
        self, signer: EvidenceSigner, at: datetime, *, published: Checkpoint | None
    ) -> SignedCheckpoint:
        """Sign the log as it stands and record that in the log itself, as a leaf of its own.

        The checkpoint covers the leaves before that one. The caller commits before it gives the
        checkpoint to anybody.
        """
        signed = sign_checkpoint(self.head(), signer)
        body = {"checkpoint": signed.encode().decode(), "key_id": signer.public.key_id}
        self.append(Leaf(LeafKind.CHECKPOINT, at, body), published=published)
        return signed

    def prove(self, place: int, signed: SignedCheckpoint) -> LogProof:
        """Return the offline proof of a leaf under a checkpoint of this log.

        Raises LogBehindError when the log does not hold the checkpoint, and NotFoundError when
        the checkpoint does not cover the leaf.
        """
        checkpoint = signed.checkpoint
        self.need(checkpoint)
        if not 0 <= place < checkpoint.size:
            raise NotFoundError(
                f"Leaf {place} is not among the {checkpoint.size} of this checkpoint."
            )
        return LogProof(place, inclusion_proof(self._node, place, checkpoint.size), signed)

    def consistency(self, first: int) -> Proof:
        """Return the proof that the log of `first` leaves is a beginning of what it is now.

        Raises NotFoundError unless 0 < first <= size.
        """
        size = self.head().size
        if not 0 < first <= size:
            raise NotFoundError(f"The log of {size} leaves has no beginning of {first}.")
        return consistency_proof(self._node, first, size)

    def leaf(self, place: int) -> Entry:
        """Return one leaf. Raises NotFoundError."""
        row = self._cursor.execute(_LEAF, (place,)).fetchone()
        if row is None:
            raise NotFoundError(f"The log has no leaf {place}.")
        return Entry(place, row[0])

    def leaves(self, begin: int = 0) -> Iterator[Entry]:
        """Yield the leaves from a place on, in order. Raises LogDamagedError where one misses."""
        size, place = self.head().size, begin
        while place < size:
            rows = self._cursor.execute(_LEAVES, (place, min(_PAGE, size - place))).fetchall()
            for found, content in rows:
                if found != place:
                    raise LogDamagedError(f"leaf {place} is missing")
                yield Entry(place, content)
                place += 1
            if not rows:
                raise LogDamagedError(f"leaf {place} is missing")

    def _node(self, level: int, place: int) -> bytes:
        row = self._cursor.execute(_NODE, (level, place)).fetchone()
        if row is None or len(row[0]) != HASH_SIZE:
            raise LogDamagedError(f"the hash over the leaves from {place << level} is missing")
        found: bytes = row[0]
        return found

    def _need_transaction(self) -> None:
        """Outside one, each statement would be stored by itself, and a crash would leave a part."""
        if not self._cursor.connection.in_transaction:
            raise RuntimeError("the caller begins the transaction that a leaf is appended in")
