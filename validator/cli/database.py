"""`tos-validator database`: what the owner of a PostgreSQL does once for the service's roles."""

from __future__ import annotations

import sys

import typer

from validator.cli.options import ConfigOption, DataDirOption, read_settings

app = typer.Typer(
    help="Bring the database's schema up to date, and set the accounts of the roles.",
    rich_markup_mode=None,
)


@app.callback()
def _group() -> None:
    """Keep `prepare` a command of its own while it is the only one."""


@app.command()
def prepare(config: ConfigOption = None, data_dir: DataDirOption = None) -> None:
    """Bring the schema up to date; give each role whose password is set an account of its own.

    Run it with the account that owns the database. The roles are front, worker and relay; their
    accounts are called tosv_front, tosv_worker and tosv_relay. May be run again.

    Example: TOSV_DATABASE__WORKER_PASSWORD=... tos-validator database prepare
    """
    from validator.domain.clock import RandomIds, SystemClock
    from validator.store.database import Database
    from validator.store.roles import PREFIX, prepare

    settings = read_settings(config, data_dir).settings
    database = Database(
        settings.database.url.get_secret_value() if settings.database.url else None,
        settings.data_dir,
        pool_size=1,
    )
    passwords = settings.database.passwords()
    try:
        prepare(database, passwords, RandomIds(SystemClock()))
    finally:
        database.close()
    accounts = ", ".join(PREFIX + role for role in passwords) or "none"
    sys.stderr.write(f"the schema is up to date; accounts set: {accounts}\n")
