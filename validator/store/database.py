"""Transactions: reads, writes, and what a driver's errors mean to the rest of the engine."""

from __future__ import annotations

import os
import weakref
from typing import TYPE_CHECKING, NoReturn, TypeVar

from sqlalchemy import exc

from validator.errors import StoreUnavailableError
from validator.store.dialects import open_engines

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Connection, Dialect

T = TypeVar("T")

_RETRY_STATES = ("40001", "40P01")  # PostgreSQL: serialization failure, deadlock


class Database:
    """A pool of connections. Survives fork: a child opens connections of its own."""

    def __init__(self, database_url: str | None, data_dir: Path, pool_size: int) -> None:
        self._arguments = (database_url, data_dir, pool_size)
        self._engines = open_engines(*self._arguments)
        # Closing an inherited SQLite connection would touch the parent's locks: keep it instead.
        self._inherited: list[object] = []
        _living.add(self)

    @property
    def dialect(self) -> Dialect:
        """SQLAlchemy's idea of the database."""
        return self._engines.writer.dialect

    def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` for its answer. Raises StoreUnavailableError.

        A read is tried once more when its connection was lost: a restarted server leaves the pool
        full of dead connections, and the first loss renews them all.
        """
        try:
            try:
                return self._read(work)
            except exc.DBAPIError as error:
                if not error.connection_invalidated:
                    raise
                return self._read(work)
        except (exc.DBAPIError, exc.TimeoutError) as error:
            _refuse(error)

    def write(self, work: Callable[[Connection], T], *, hasty: bool = False) -> T:
        """Run `work` in one transaction, committed durably before this returns.

        A `hasty` one may be undone by a power loss, which also ends everyone who saw it.

        `work` may run twice: a connection lost or a deadlock before the commit is tried again.
        A commit that fails is not, because nobody knows whether it took place.
        """
        try:
            try:
                return self._write(work, hasty)
            except _BeforeCommitError as error:
                if not _worth_retrying(error.cause):
                    raise error.cause from None
                return self._write(work, hasty)
        except _BeforeCommitError as error:
            _refuse(error.cause)
        except (exc.DBAPIError, exc.TimeoutError) as error:
            _refuse(error)

    def close(self) -> None:
        """Close the connections."""
        _living.discard(self)
        self._engines.writer.dispose()

    def _read(self, work: Callable[[Connection], T]) -> T:
        with self._engines.reader.connect() as connection:
            return work(connection)

    def _write(self, work: Callable[[Connection], T], hasty: bool) -> T:
        engines = self._engines
        engine = engines.hasty if hasty else engines.writer
        with engines.lock, engine.connect() as connection:
            try:
                connection.begin()
                answer = work(connection)
            except exc.DBAPIError as error:
                raise _BeforeCommitError(error) from error
            connection.commit()
            return answer

    def reopen_after_fork(self) -> None:
        """Called in a child process."""
        self._inherited.append(self._engines)
        self._engines = open_engines(*self._arguments)


class _BeforeCommitError(Exception):
    """A statement failed, so that nothing of its transaction was stored."""

    def __init__(self, cause: exc.DBAPIError) -> None:
        self.cause = cause
        super().__init__(str(cause))


def _worth_retrying(error: exc.DBAPIError) -> bool:
    state = getattr(error.orig, "sqlstate", None)
    return error.connection_invalidated or state in _RETRY_STATES


def _refuse(error: exc.SQLAlchemyError) -> NoReturn:
    """Raise what callers can act on; a constraint broken by a defect of ours stays as it is."""
    lost = isinstance(error, exc.DBAPIError) and error.connection_invalidated
    if lost or isinstance(error, exc.OperationalError | exc.InterfaceError | exc.TimeoutError):
        kind = type(error).__name__
        raise StoreUnavailableError(f"The database does not answer ({kind}).") from error
    raise error


_living: weakref.WeakSet[Database] = weakref.WeakSet()


def _reopen_all() -> None:
    for database in tuple(_living):
        database.reopen_after_fork()


os.register_at_fork(after_in_child=_reopen_all)
