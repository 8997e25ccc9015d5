"""`devnet`: the development chain as a process of its own. The engine never imports it."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from validator.cli import programs
from validator.cli.options import ConfigOption, DataDirOption, read_settings
from validator.cli.serve import become
from validator.errors import UsageError

DEFAULT_PORT: Final = 8080
LOCAL: Final = ("127.0.0.1", "localhost")
MIN_BLOCK_TIME_S: Final = 0.01
MAX_BLOCK_TIME_S: Final = 3600.0


def devnet(
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    host: Annotated[
        str, typer.Option("--host", help="Only this machine's own address is served.")
    ] = LOCAL[0],
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port to listen on; 0: any free one.")
    ] = DEFAULT_PORT,
    block_time: Annotated[
        float | None,
        typer.Option("--block-time", metavar="SECONDS", help="Between blocks (default 3)."),
    ] = None,
    on_demand: Annotated[
        bool, typer.Option("--on-demand", help="Blocks only when POST /devnet/mine asks for them.")
    ] = False,
    in_memory: Annotated[
        bool, typer.Option("--in-memory", help="Keep nothing: the chain ends with the process.")
    ] = False,
) -> None:
    """Run a development chain on 127.0.0.1: a node's RPC and rules, with switches for trouble.

    Example: tos-validator devnet --port 8080 --on-demand
    """
    if host not in LOCAL:
        raise UsageError(
            f"host: {host} would open a chain without any protection; it serves 127.0.0.1 only"
        )
    settings = read_settings(config, data_dir).settings
    wanted = programs.DevnetOptions(port, period_ms(block_time, on_demand=on_demand), in_memory)
    become(programs.devnet(settings, programs.environment(settings), wanted), settings)


def period_ms(block_time: float | None, *, on_demand: bool = False) -> int:
    """Return milliseconds between blocks, 0 for blocks on demand. Raises UsageError."""
    if on_demand and block_time is not None:
        raise UsageError("block-time: leave it out together with --on-demand")
    if on_demand:
        return 0
    seconds = 3.0 if block_time is None else block_time
    if not MIN_BLOCK_TIME_S <= seconds <= MAX_BLOCK_TIME_S:
        raise UsageError(
            f"block-time: must be {MIN_BLOCK_TIME_S:g} to {MAX_BLOCK_TIME_S:g} seconds"
        )
    return round(seconds * 1000)
