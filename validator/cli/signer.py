"""`tos-validator signer`: the process that owns the chain key, and words with it while it runs.

The commands speak through its socket: none of them reads a key or the history.
"""

from __future__ import annotations

import sys
from pathlib import Path  # noqa: TC003 - typer reads annotations at run time
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from validator.cli import programs
from validator.cli.options import ConfigOption, DataDirOption, JsonOption, read_settings
from validator.cli.output import EXIT_OK, print_json, print_rows
from validator.cli.plain_files import open_plain, shown
from validator.cli.serve import become
from validator.errors import (
    InvalidEvidenceError,
    SignerUnavailableError,
    UnreadableFileError,
    UsageError,
)

if TYPE_CHECKING:
    from validator.signing.client import SignerClient

EXIT_NOT_OPEN: Final = 1
MAX_CHECKPOINT: Final = 4096
"""Bytes of a checkpoint that the signer takes."""

app = typer.Typer(rich_markup_mode=None)

FingerprintArgument = Annotated[
    str, typer.Argument(metavar="FINGERPRINT", help="The key's fingerprint, typed; see `status`.")
]


@app.callback(invoke_without_command=True)
def signer(
    context: typer.Context,
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

    With a command it does not run: it speaks with the one that does.

    Example: tos-validator signer --key-file chain-key.json --passphrase-file passphrase
    """
    if context.invoked_subcommand is not None:
        if any((key_file, passphrase_file, config, data_dir)):
            raise UsageError(f"options of `{context.invoked_subcommand}` come after it")
        return
    given = {"key_file": key_file, "passphrase_file": passphrase_file}
    # Absolute: the process changes to the data directory.
    named: dict[str, Any] = {name: path.absolute() for name, path in given.items() if path}
    settings = read_settings(config, data_dir, None, {"signer": named} if named else None).settings
    become(programs.signer(settings, programs.environment(settings)), settings)


@app.command()
def status(
    config: ConfigOption = None, data_dir: DataDirOption = None, as_json: JsonOption = False
) -> None:
    """Show whether it signs, why not and what to do, and its key, heights, ceilings and log.

    Example: tos-validator signer status --json

    Exit code: 0 when signing is open, 1 when it is not, 2 when no signer answers.
    """
    from validator.cli.signer_view import status_rows

    with _client(config, data_dir) as client:
        found = client.status()
    address = _address(found)
    if as_json:
        print_json(found | {"address": address})
    else:
        print_rows(status_rows(found, address))
    raise typer.Exit(EXIT_OK if found["phase"] == "open" else EXIT_NOT_OPEN)


@app.command()
def pause(
    fingerprint: FingerprintArgument,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Sign nothing, also after a restart, until `resume`.

    Example: tos-validator signer pause 1f2e-3d4c-5b6a-7988
    """
    with _client(config, data_dir) as client:
        _tell(client.pause(fingerprint), as_json=as_json)


@app.command()
def resume(
    fingerprint: FingerprintArgument,
    vouch: Annotated[
        bool,
        typer.Option("--vouch", help="End any halt, and vouch that no other signer has the key."),
    ] = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """End a pause; with --vouch end any halt and declare the gap in the history.

    Example: tos-validator signer resume 1f2e-3d4c-5b6a-7988
    """
    with _client(config, data_dir) as client:
        _tell(client.resume(fingerprint, vouch=vouch), as_json=as_json)


@app.command()
def checkpoint(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="Where to (default: standard output).")
    ] = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Sign the audit log as it stands. Publish it where you cannot rewrite it, then `published`.

    Example: tos-validator signer checkpoint checkpoint.txt
    """
    with _client(config, data_dir) as client:
        note = client.checkpoint()
    if file is None:
        sys.stdout.buffer.write(note)
        sys.stdout.buffer.flush()
        return
    try:
        with file.open("xb") as opened:
            opened.write(note)
    except OSError as error:
        raise UnreadableFileError(f"{shown(file)} cannot be written: {error.strerror}") from None


@app.command()
def published(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The checkpoint as published.")],
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Say that a checkpoint was published: from now on the log never goes back behind it.

    Example: tos-validator signer published checkpoint.txt
    """
    note = _read(file)
    with _client(config, data_dir) as client:
        client.published(note)
    sys.stderr.write("the log is bound to this checkpoint\n")


@app.command()
def metrics(config: ConfigOption = None, data_dir: DataDirOption = None) -> None:
    """Print the signer's figures for Prometheus, such as for node_exporter's textfile collector.

    Example: tos-validator signer metrics > tosv-signer.prom

    Exit code: 0, also when no signer answers: that is the figure tosv_signer_up.
    """
    from validator.domain.clock import SystemClock
    from validator.telemetry.signer import exposition, signer_metrics

    try:
        with _client(config, data_dir) as client:
            found = client.status()
    except SignerUnavailableError:
        found = None
    sys.stdout.write(exposition(signer_metrics(found, SystemClock().now())))


def _client(config: Path | None, data_dir: Path | None) -> SignerClient:
    from validator.signing.client import SOCKET, SignerClient

    return SignerClient(read_settings(config, data_dir).settings.data_dir / SOCKET)


def _tell(state: dict[str, Any], *, as_json: bool) -> None:
    from validator.cli.signer_view import state_rows

    if as_json:
        print_json(state)
    else:
        print_rows(state_rows(state))


def _address(found: dict[str, Any]) -> str:
    from validator.wire.tos import Network, PublicKey, encode_address

    return encode_address(PublicKey.from_hex(found["public_key"]), Network(found["network"]))


def _read(file: Path) -> bytes:
    try:
        with open_plain(file) as opened:
            data = opened.read(MAX_CHECKPOINT + 1)
    except OSError as error:
        raise UnreadableFileError(f"{shown(file)} cannot be read: {error.strerror}") from None
    if len(data) > MAX_CHECKPOINT or not _is_text(data):
        raise InvalidEvidenceError(f"{shown(file)} is no checkpoint")
    return data


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
