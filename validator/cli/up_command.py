"""`tos-validator up` as the command line offers it; the launcher itself is in `up`."""

from __future__ import annotations

import typer

from validator.cli.options import (
    ConfigOption,
    DataDirOption,
    HostOption,
    PortOption,
    SandboxOption,
    listen,
    read_settings,
)


def up(
    host: HostOption = None,
    port: PortOption = None,
    sandbox: SandboxOption = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Start everything on this machine and serve until Ctrl-C.

    Example: tos-validator up --port 8000
    """
    from validator.cli.up import run_up

    loaded = read_settings(config, data_dir, sandbox, listen(host, port))
    raise typer.Exit(run_up(loaded.settings))
