"""The one connection to the history: opening, checks, and transactions that are on disk or not.

The standard library's sqlite3 is used directly: see docs/adr/0015-plain-sqlite-for-protection.md.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from validator.errors import (
    OtherGenesisError,
    OtherSchemaError,
    ProtectionInUseError,
    StoreDamagedError,
    StoreUnavailableError,
    UsageError,
)
from validator.protection.place import (
    FILE_NAME,
    SIDE_FILES,
    OwnerLock,
    require_history,
    require_local,
    require_private,
    require_safe,
)
from validator.protection.schema import APPLICATION_ID, SCHEMA, SCHEMA_VERSION
from validator.wire.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_OLDEST_SQLITE: Final = (3, 37, 0)  # STRICT tables
_BUSY_MS: Final = 2000  # a reader's checkpoint; writers there are none but us
_WAL: Final = "PRAGMA journal_mode = WAL"  # writes to the file, so only once it is known as ours
_PRAGMAS: Final = (
    "PRAGMA synchronous = FULL",  # every commit is on disk before it returns
    "PRAGMA fullfsync = ON",  # macOS: through the drive's own cache
    "PRAGMA foreign_keys = ON",
    "PRAGMA recursive_triggers = ON",  # REPLACE must not slip past the triggers
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cell_size_check = ON",
    f"PRAGMA busy_timeout = {_BUSY_MS}",
)
_FENCE: Final = "UPDATE meta SET sequence = sequence + 1 WHERE owner = ?"


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a history had come. Kept elsewhere, it tells a restored copy from the newest one."""

    sequence: int


class Session:
    """An exclusive, durable connection. One thread at a time; of no use after a fork."""

    def __init__(self, connection: sqlite3.Connection, lock: OwnerLock, genesis: bytes) -> None:
        self.genesis = genesis
        self._connection = connection
        self._lock = lock
        self._turn = threading.RLock()
        self._process = os.getpid()
        self._broken = False
        self._owner = int(connection.execute("SELECT owner FROM meta").fetchone()[0])

    @classmethod
    def open(cls, folder: Path, genesis: bytes | None) -> Self:
        """Take ownership of an existing history; `genesis` None takes whatever is there.

        Raises HistoryMissingError, UnsafePlaceError, ProtectionInUseError, OtherSchemaError,
        OtherGenesisError and StoreDamagedError.
        """
        path = require_history(folder)
        require_safe(folder)
        with contextlib.ExitStack() as undo:
            lock = OwnerLock(folder)
            undo.callback(lock.release)
            require_history(folder)  # it may have gone while we waited for nothing
            connection = _connect(path)
            undo.callback(connection.close)
            found = _examine(connection, path)
            if genesis is not None and found != genesis:
                raise OtherGenesisError(
                    f"the history is of genesis {found.hex()[:16]}...,"
                    f" the network has {genesis.hex()[:16]}..."
                )
            try:
                connection.execute(_WAL)
                connection.execute("UPDATE meta SET owner = owner + 1")
            except sqlite3.Error as error:
                raise StoreUnavailableError(f"the history cannot be written: {error}") from None
            session = cls(connection, lock, found)
            undo.pop_all()
        return session

    def close(self) -> None:
        """Give the history up."""
        with self._turn:
            self._connection.close()
            self._lock.release()

    @contextlib.contextmanager
    def write(self) -> Iterator[sqlite3.Cursor]:
        """One transaction. When the block ends without an error, it is on disk.

        Raises StoreUnavailableError when it is not known to be: nothing may be signed on it, and
        the session refuses everything from then on, since after a failed fsync a later one may
        succeed without the data.
        """
        with self._turn:
            cursor = self._begin("BEGIN IMMEDIATE")
            try:
                self._require_place(cursor)
                yield cursor
            except sqlite3.Error as error:
                self._roll_back()
                raise StoreUnavailableError(
                    f"the protection history refused a write: {plain(str(error))}"
                ) from error
            except BaseException:
                self._roll_back()
                raise
            try:
                cursor.execute("COMMIT")
            except sqlite3.Error as error:
                self._broken = True
                self._roll_back()
                raise StoreUnavailableError(
                    f"the protection history could not be written: {plain(str(error))}"
                ) from error

    @contextlib.contextmanager
    def read(self) -> Iterator[sqlite3.Cursor]:
        """One consistent snapshot."""
        with self._turn:
            cursor = self._begin("BEGIN")
            try:
                yield cursor
            finally:
                self._roll_back()

    def _require_place(self, cursor: sqlite3.Cursor) -> None:
        """Count the write; refuse it when another owner came in spite of the lock."""
        if cursor.execute(_FENCE, (self._owner,)).rowcount != 1:
            raise ProtectionInUseError("another process has opened the protection history")

    def _begin(self, statement: str) -> sqlite3.Cursor:
        if self._process != os.getpid():
            raise ProtectionInUseError("this process was forked from the history's owner")
        if self._broken:
            raise StoreUnavailableError("an earlier write to the protection history failed")
        try:
            return self._connection.execute(statement)
        except sqlite3.Error as error:
            raise StoreUnavailableError(
                f"the protection history does not answer: {plain(str(error))}"
            ) from error

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            with contextlib.suppress(sqlite3.Error):  # what was not committed does not count
                self._connection.execute("ROLLBACK")


def create(folder: Path, genesis: bytes, created_ms: int) -> None:
    """Make an empty history: under another name first, so that half of one is never opened.

    Raises UsageError when there is a history already, UnsafePlaceError, ProtectionInUseError.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    require_safe(folder)
    lock = OwnerLock(folder)
    try:
        path = folder / FILE_NAME
        for end in ("", *SIDE_FILES):
            if os.path.lexists(f"{path}{end}"):
                raise UsageError(f"{plain(str(path))}{end} exists; a history is never replaced")
        draft = folder / f"{FILE_NAME}.new"
        draft.unlink(missing_ok=True)
        _write_empty(draft, genesis, created_ms)
        draft.rename(path)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    finally:
        lock.release()


@contextlib.contextmanager
def look(folder: Path) -> Iterator[sqlite3.Cursor]:
    """Read one consistent snapshot without owning the history, also while a signer does.

    Raises as `Session.open` does, except ProtectionInUseError.
    """
    path = require_history(folder)
    require_private(folder)
    require_local(folder)
    connection = _connect(path, read_only=True)
    try:
        _examine(connection, path, whole=False)
        yield connection.execute("BEGIN")
    finally:
        connection.close()


def _write_empty(path: Path, genesis: bytes, created_ms: int) -> None:
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA synchronous = FULL")
        connection.executescript(f"BEGIN; {SCHEMA}")
        connection.execute("INSERT INTO meta VALUES (1, ?, 0, 0, ?)", (genesis, created_ms))
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute("COMMIT")
    finally:
        connection.close()


def _connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        raise StoreUnavailableError(f"SQLite {sqlite3.sqlite_version} is too old; 3.37 is needed")
    mode = "ro" if read_only else "rw"
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={mode}",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            timeout=_BUSY_MS / 1000,
        )
    except sqlite3.Error as error:
        raise StoreDamagedError(f"{plain(str(path))} cannot be opened: {error}") from None
    try:
        for pragma in _PRAGMAS:  # some of them read the file
            connection.execute(pragma)
    except sqlite3.Error as error:
        connection.close()
        raise StoreDamagedError(f"{plain(str(path))} is damaged: {plain(str(error))}") from None
    return connection


def _examine(connection: sqlite3.Connection, path: Path, *, whole: bool = True) -> bytes:
    """Return the history's genesis, once file, schema and pages are as they should be."""
    name = plain(str(path))
    try:
        if _one(connection, "PRAGMA application_id") != APPLICATION_ID:
            raise StoreDamagedError(f"{name} is no protection history")
        version = _one(connection, "PRAGMA user_version")
        if version != SCHEMA_VERSION:
            raise OtherSchemaError(
                f"{name} has schema {version}; this release knows {SCHEMA_VERSION}"
            )
        # The whole check, indexes too: a row that its index does not find would be signed again.
        if whole and _one(connection, "PRAGMA integrity_check") != "ok":
            raise StoreDamagedError(f"{name} is damaged")
        if whole and connection.execute("PRAGMA foreign_key_check").fetchone() is not None:
            raise StoreDamagedError(f"{name} has rows that point nowhere")
        return bytes(connection.execute("SELECT genesis FROM meta").fetchone()[0])
    except (sqlite3.DatabaseError, TypeError) as error:
        raise StoreDamagedError(f"{name} is damaged: {plain(str(error))}") from None


def _one(connection: sqlite3.Connection, statement: str) -> object:
    return connection.execute(statement).fetchone()[0]
