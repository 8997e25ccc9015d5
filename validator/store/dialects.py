"""What SQLite and PostgreSQL do differently, all in one place."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from validator.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

FILE_NAME = "validator.sqlite3"
BUSY_S = 10.0
_WRITE = "tosv_write"
_FULL, _NORMAL = "FULL", "NORMAL"
_PRAGMAS = (
    f"PRAGMA busy_timeout = {int(BUSY_S * 1000)}",
    "PRAGMA synchronous = FULL",  # NORMAL loses the last accepted rows on power loss
    "PRAGMA foreign_keys = ON",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA journal_size_limit = 67108864",
    "PRAGMA cache_size = -16384",
)
# A commit is durable when it returns; nothing waits for ever on a lock or a lost client.
_POSTGRES_OPTIONS = (
    "-c synchronous_commit=on -c lock_timeout=10s -c statement_timeout=60s"
    " -c idle_in_transaction_session_timeout=60s -c timezone=UTC"
)


@dataclass(frozen=True, slots=True)
class Engines:
    """One pool, seen by readers and by writers, and the lock that writers hold between them.

    `hasty` writes what a power loss may undo: with SQLite it does not wait for the disk. A later
    commit of `writer` makes it durable too, since both go into one log in order.

    SQLite has one writer at a time. Threads of one process queue on `writer` for it; left to
    SQLite's busy handler they would sleep and poll.
    """

    reader: Engine
    writer: Engine
    hasty: Engine
    lock: AbstractContextManager[Any]


def open_engines(database_url: str | None, data_dir: Path, pool_size: int) -> Engines:
    """SQLite in `data_dir` without a URL. Raises ConfigurationError."""
    url = _parse(database_url, data_dir)
    if url.get_backend_name() == "sqlite":
        return _sqlite(url, pool_size)
    return _postgresql(url, pool_size)


def _parse(database_url: str | None, data_dir: Path) -> URL:
    if database_url is None:
        return URL.create("sqlite", database=str(data_dir / FILE_NAME))
    try:
        url = make_url(database_url)
    except ArgumentError:
        raise ConfigurationError("database.url is not a database URL.") from None
    if url.get_backend_name() == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() != "sqlite":
        raise ConfigurationError(
            "database.url must name sqlite:///FILE or postgresql+psycopg://HOST/NAME."
        )
    if url.database in (None, "", ":memory:"):
        raise ConfigurationError("database.url names no file: SQLite in memory would lose rows.")
    return url.set(drivername="sqlite")


def _sqlite(url: URL, pool_size: int) -> Engines:
    _create_private(str(url.database))
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=BUSY_S,
        hide_parameters=True,
        connect_args={"isolation_level": None, "timeout": BUSY_S, "check_same_thread": False},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    full, normal = (engine.execution_options(**{_WRITE: how}) for how in (_FULL, _NORMAL))
    return Engines(engine, full, normal, threading.Lock())


def _create_private(path: str) -> None:
    """Answers and verdicts are their owners' business: nobody else on the machine reads them."""
    folder = os.path.dirname(path)  # noqa: PTH120 - the URL holds a string
    try:
        if folder:
            os.makedirs(folder, mode=0o700, exist_ok=True)  # noqa: PTH103
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise ConfigurationError(
            f"The database file {path} cannot be opened: {error.strerror}."
        ) from error


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    for pragma in _PRAGMAS:
        connection.execute(pragma)
    deadline = time.monotonic() + BUSY_S
    while True:
        # The first change to WAL does not wait for other processes by itself.
        with contextlib.suppress(sqlite3.OperationalError):
            mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
            if mode == "wal":
                return
            raise ConfigurationError(
                "The database's folder does not allow SQLite's WAL; put data_dir on a local disk."
            )
        if time.monotonic() > deadline:
            connection.execute("PRAGMA journal_mode = WAL")
        time.sleep(0.01)


def _begin_sqlite(connection: Connection) -> None:
    # A reader runs single statements and needs no transaction; a writer takes the write lock
    # before its first read, so that it never has to upgrade a snapshot.
    wanted = connection.get_execution_options().get(_WRITE)
    if wanted is None:
        return
    if connection.info.get(_WRITE, _FULL) != wanted:
        connection.exec_driver_sql(f"PRAGMA synchronous = {wanted}")
        connection.info[_WRITE] = wanted
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _postgresql(url: URL, pool_size: int) -> Engines:
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=BUSY_S,
        hide_parameters=True,
        isolation_level="READ COMMITTED",
        # Text is Unicode whatever encoding the database was made with.
        connect_args={
            "connect_timeout": 5,
            "client_encoding": "UTF8",
            "options": _POSTGRES_OPTIONS,
        },
    )
    reader = engine.execution_options(isolation_level="AUTOCOMMIT")
    # Workers on other machines outlive the database's: a lease that it forgot could be given twice.
    return Engines(reader, engine, engine, nullcontext())
