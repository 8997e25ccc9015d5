"""A private PostgreSQL for the test run, and stores on it and on SQLite."""

from __future__ import annotations

import contextlib
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.components import require_postgres
from tests.fakes.store import CountingIds, FrozenClock
from validator.store.store import open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from validator.store.store import Store

USER = "tosv"


@dataclass
class PostgresServer:
    """A running server that listens on a socket in its own folder only."""

    folder: Path
    names: itertools.count[int] = field(default_factory=itertools.count)

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://{USER}@/{database}?host={self.folder}"

    def execute(self, statement: str) -> None:
        with psycopg.connect(
            f"host={self.folder} user={USER} dbname=postgres", autocommit=True
        ) as connection:
            connection.execute(statement)

    def new_database(self) -> str:
        """URL of an empty database."""
        name = f"empty_{next(self.names)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        return self.url(name)

    def copy_of_template(self) -> str:
        """URL of a database that has the schema: much faster than migrating each time."""
        name = f"copy_{next(self.names)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE tosv_template")
        return self.url(name)


def _account() -> dict[str, object]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    pytest.skip("PostgreSQL needs an account other than root")


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Started once; its folder must be one that PostgreSQL's account can reach: not tmp_path."""
    programs = require_postgres()
    account = _account()
    folder = Path(tempfile.mkdtemp(prefix="tosv-pg-"))
    data = folder / "data"
    try:
        if account:
            os.chown(folder, account["user"], account["group"])
        subprocess.run(
            [programs / "initdb", "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--no-sync"],
            check=True,
            capture_output=True,
            cwd=folder,
            timeout=120,
            **account,
        )
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [
                    *(programs / "postgres", "-D", data, "-k", folder),
                    *("-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=200"),
                ],
                stdout=log,
                stderr=log,
                cwd=folder,
                **account,
            )
        try:
            yield _ready(PostgresServer(folder))
        finally:
            server.send_signal(signal.SIGINT)  # "fast" shutdown
            server.wait(60)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _ready(server: PostgresServer) -> PostgresServer:
    deadline = time.monotonic() + 60
    while True:
        try:
            server.execute("CREATE DATABASE tosv_template TEMPLATE template0")
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            break
    open_store(
        server.url("tosv_template"), server.folder, FrozenClock(), CountingIds(), pool_size=1
    ).close()
    return server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with the current schema, once on each engine."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/store/validator.sqlite3"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.copy_of_template()


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def ids() -> CountingIds:
    return CountingIds()


@pytest.fixture
def reopen(
    database_url: str, tmp_path: Path, clock: FrozenClock, ids: CountingIds
) -> Iterator[Callable[[], Store]]:
    """Opens one more store on the same database; all are closed at the end."""
    with contextlib.ExitStack() as opened:
        yield lambda: opened.enter_context(
            open_store(database_url, tmp_path, clock, ids, lease_s=30, attempts=3, pool_size=4)
        )


@pytest.fixture
def store(reopen: Callable[[], Store]) -> Store:
    """Leases of 30 seconds, three attempts."""
    return reopen()
