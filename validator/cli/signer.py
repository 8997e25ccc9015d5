"""`tos-validator signer`: the process that owns the chain key and the history of its verdicts."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads annotations at run time
from typing import Annotated, Any

import typer

from validator.cli import programs
from validator.cli.options import ConfigOption, DataDirOption, read_settings
from validator.cli.serve import become


def signer(
    key_file: Annotated[
        Path | None,
        typer.Option("--key-file", metavar="FILE", help="The chain key (setting signer.key_file)."),
    ] = None,
    passphrase_file: Annotated[
        Path | None,
        typer.Option("--passphrase-file", metavar="FILE", help="Instead of the prompt; mode 600."),
    ] = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Run the signer: sign verdicts asked for on DATA_DIR/signer.sock, each once.

    Example: tos-validator signer --key-file chain-key.json --passphrase-file passphrase
    """
    given = {"key_file": key_file, "passphrase_file": passphrase_file}
    # Absolute: the process changes to the data directory.
    named: dict[str, Any] = {name: path.absolute() for name, path in given.items() if path}
    settings = read_settings(config, data_dir, None, {"signer": named} if named else None).settings
    become(programs.signer(settings, programs.environment(settings)), settings)
