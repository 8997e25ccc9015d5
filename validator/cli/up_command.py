"""`tos-validator up` as the command line offers it; the launcher itself is in `up`."""

from __future__ import annotations

from typing import Annotated

import typer

from validator.cli.devnet import DEFAULT_PORT, period_ms
from validator.cli.options import (
    ConfigOption,
    DataDirOption,
    HostOption,
    PortOption,
    SandboxOption,
    listen,
    read_settings,
)


def up(  # noqa: PLR0913, PLR0917 - one argument for each option
    host: HostOption = None,
    port: PortOption = None,
    sandbox: SandboxOption = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    no_chain: Annotated[
        bool, typer.Option("--no-chain", help="Neither a development chain nor signer and watch.")
    ] = False,
    devnet_port: Annotated[
        int,
        typer.Option(
            "--devnet-port", min=0, max=65535, help="The development chain's; 0: any free one."
        ),
    ] = DEFAULT_PORT,
    block_time: Annotated[
        float | None,
        typer.Option(
            "--block-time", metavar="SECONDS", help="The development chain's (default 3)."
        ),
    ] = None,
) -> None:
    """Start everything on this machine, a development chain included, and serve until Ctrl-C.

    With nodes in the settings (chain.nodes) those are followed, and no chain is started.

    Example: tos-validator up --port 8000
    """
    from validator.cli.up import run_up
    from validator.cli.up_chain import ChainOptions

    chain = ChainOptions(not no_chain, devnet_port, period_ms(block_time))
    loaded = read_settings(config, data_dir, sandbox, listen(host, port))
    raise typer.Exit(run_up(loaded.settings, chain))
