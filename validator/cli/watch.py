"""`tos-validator watch`: the process that follows a chain and has its answers judged."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from validator.cli import programs
from validator.cli.options import ConfigOption, DataDirOption, read_settings
from validator.cli.serve import become


def watch(
    node: Annotated[
        str | None,
        typer.Option("--node", metavar="URL", help="One node instead of setting chain.nodes."),
    ] = None,
    own_key: Annotated[
        str | None,
        typer.Option("--own-key", metavar="HEX", help="Our account (default: the signer's key)."),
    ] = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Follow a chain: every answer that an open task has is fetched, checked and judged.

    Example: tos-validator watch --node http://127.0.0.1:8080
    """
    chain: dict[str, Any] = {} if own_key is None else {"own_key": own_key}
    if node is not None:
        chain["nodes"] = [{"name": "node", "url": node}]
    settings = read_settings(config, data_dir, None, {"chain": chain} if chain else None).settings
    become(programs.watch(settings, programs.environment(settings)), settings)
