"""`serve`, `worker`, `relay`, `sandboxd`: one process each, for those who supervise themselves.

Each command becomes its program (exec), so that a supervisor's signals reach it directly.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path  # noqa: TC003 - typer reads annotations at run time
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from validator.cli import programs
from validator.cli.options import (
    ConfigOption,
    DataDirOption,
    HostOption,
    PortOption,
    listen,
    read_settings,
)
from validator.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from validator.cli.processes import Program
    from validator.settings import Settings


def serve(
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    host: HostOption = None,
    port: PortOption = None,
) -> None:
    """Run the HTTP service alone.

    Example: tos-validator serve --port 8000
    """
    settings = read_settings(config, data_dir, None, listen(host, port)).settings
    become(programs.api(settings, programs.environment(settings)), settings)


def worker(config: ConfigOption = None, data_dir: DataDirOption = None) -> None:
    """Run a Celery worker alone; needs broker.url.

    Example: TOSV_BROKER__URL=redis://127.0.0.1/0 tos-validator worker
    """
    settings = _with_broker(read_settings(config, data_dir).settings)
    become(programs.worker(settings, programs.environment(settings)), settings)


def relay(config: ConfigOption = None, data_dir: DataDirOption = None) -> None:
    """Run the relay alone: it rings Celery for every accepted submission; needs broker.url.

    Example: TOSV_BROKER__URL=redis://127.0.0.1/0 tos-validator relay
    """
    settings = _with_broker(read_settings(config, data_dir).settings)
    become(programs.relay(settings, programs.environment(settings)), settings)


def sandboxd(
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    socket: Annotated[
        Path | None,
        typer.Option("--socket", help="Where it listens (default DATA_DIR/sandboxd.sock)."),
    ] = None,
) -> None:
    """Run the one process that holds the Docker engine.

    Example: tos-validator sandboxd --socket /run/tos-validator/sandboxd.sock
    """
    settings = read_settings(config, data_dir).settings
    where = socket or settings.sandbox.daemon or settings.data_dir / "sandboxd.sock"
    program = programs.sandboxd(settings, programs.environment(settings), where.absolute())
    become(program, settings)


def _with_broker(settings: Settings) -> Settings:
    if settings.broker.url is None:
        raise ConfigurationError(
            "broker.url: set the URL of a Redis server, or use `tos-validator up`,"
            " which brings its own"
        )
    return settings


def become(program: Program, settings: Settings) -> NoReturn:
    """Replace this process by a program, in the data directory."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    os.chdir(settings.data_dir)
    sys.stdout.flush()
    sys.stderr.flush()
    env: Mapping[str, str] = program.env
    os.execve(program.argv[0], program.argv, dict(env))  # noqa: S606 - no shell is the point
