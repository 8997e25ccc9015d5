"""`tos-validator up` as the command line offers it; the launcher itself is in `up`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from validator.cli.options import ConfigOption, DataDirOption, SandboxOption, read_settings


def up(
    host: Annotated[
        str | None, typer.Option("--host", help="Where to listen (default 127.0.0.1).")
    ] = None,
    port: Annotated[
        int | None, typer.Option("--port", min=0, max=65535, help="0 takes a free one.")
    ] = None,
    sandbox: SandboxOption = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Start everything on this machine and serve until Ctrl-C.

    Example: tos-validator up --port 8000
    """
    from validator.cli.up import run_up

    server: dict[str, Any] = {}
    if host is not None:
        server["host"] = host
    if port is not None:
        server["port"] = port
    loaded = read_settings(config, data_dir, sandbox, {"server": server} if server else None)
    raise typer.Exit(run_up(loaded.settings))
