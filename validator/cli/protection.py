"""`tos-validator protection`: the history of signed verdicts, while no signer owns it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from validator.cli.options import ConfigOption, DataDirOption, JsonOption, read_settings
from validator.cli.output import print_json, show, stdout
from validator.cli.plain_files import open_plain, shown
from validator.errors import (
    FingerprintError,
    InvalidParameterError,
    TooLargeError,
    UnreadableFileError,
    UsageError,
)

if TYPE_CHECKING:
    from validator.protection.database import ProtectionDatabase
    from validator.protection.interchange import Interchange
    from validator.protection.transfer import KeyReport
    from validator.protection.values import KeyState

FOLDER = "protection"
EXIT_CONFLICTS = 1

app = typer.Typer(
    help="Export, import, look at and prune the history of signed verdicts.",
    rich_markup_mode=None,
)

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="An interchange file.")]
KeyOption = Annotated[
    str | None,
    typer.Option("--key", metavar="FINGERPRINT", help="Which key, when there are several."),
]


@app.command()
def create(
    genesis: Annotated[str, typer.Option("--genesis", metavar="HEX", help="The chain's genesis.")],
    key: Annotated[str, typer.Option("--public-key", metavar="HEX", help="The signing key.")],
    fingerprint: Annotated[str, typer.Argument(help="The key's fingerprint, typed.")],
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Make an empty history. Only for a key that has signed nothing yet, or before an import.

    Example: tos-validator protection create 1f2e-3d4c-5b6a-7988 --genesis HEX --public-key HEX
    """
    from validator.domain.clock import SystemClock
    from validator.protection.database import ProtectionDatabase

    folder = _folder(config, data_dir)
    made = ProtectionDatabase.create(
        folder, _hex("--genesis", genesis), _hex("--public-key", key), fingerprint, SystemClock()
    )
    made.close()
    sys.stderr.write("an empty history is made\n")


@app.command()
def export(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="Where to (default: standard output).")
    ] = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Write the whole history as an interchange file; refused while a signer runs.

    Example: tos-validator protection export history.json
    """
    from validator.protection.interchange import render

    with _open(_folder(config, data_dir)) as database:
        data = render(database.export())
    if file is None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    _write_new(file, data)


@app.command(name="import")
def import_(
    file: FileArgument,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Merge an interchange file: afterwards less may be signed than before, never more.

    Example: tos-validator protection import history.json

    Exit code: 0, or 1 when two tellings of a verdict differ: such an answer is never signed.
    """
    told = _read(file)
    with _open(_folder(config, data_dir)) as database:
        reports = database.take_in(told)
    if as_json:
        print_json({"keys": [_report_to_json(report) for report in reports]})
    else:
        _table(
            ("key", "new verdicts", "known", "never to be signed", "low watermark"),
            [[str(cell) for cell in _report_to_json(report).values()] for report in reports],
        )
    if any(report.barred for report in reports):
        raise typer.Exit(EXIT_CONFLICTS)


@app.command()
def verify(file: FileArgument, as_json: JsonOption = False) -> None:
    """Check an interchange file: its schema, its signing roots, and whether it contradicts itself.

    Example: tos-validator protection verify history.json

    Exit code: 0, 1 when answers in it are never to be signed, 2 when it is no such file.
    """
    from validator.protection.interchange import conflicts

    told = _read(file)
    verdicts = sum(len(key.facts) for key in told.keys)
    found = conflicts(told)
    seen = {
        "genesis": told.genesis.hex(),
        "keys": len(told.keys),
        "verdicts": verdicts,
        "never_to_be_signed": found,
    }
    if as_json:
        print_json(seen)
    else:
        _table(("what", "value"), [[name, str(value)] for name, value in seen.items()])
    if found:
        raise typer.Exit(EXIT_CONFLICTS)


@app.command()
def status(
    config: ConfigOption = None, data_dir: DataDirOption = None, as_json: JsonOption = False
) -> None:
    """Show the keys of the history, also while a signer runs.

    Example: tos-validator protection status --json
    """
    from validator.protection.status import read_status

    found = read_status(_folder(config, data_dir))
    if as_json:
        print_json(found)
        return
    _table(("what", "value"), [[name, str(found[name])] for name in ("genesis", "schema")])
    columns = list(found["keys"][0]) if found["keys"] else []
    for key in found["keys"]:
        _table(("key", key["fingerprint"]), [[name, _cell(key[name])] for name in columns])


@app.command()
def prune(
    below: Annotated[int, typer.Option("--to", metavar="HEIGHT", help="Highest answer height.")],
    key: KeyOption = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Forget verdicts up to a height, and sign nothing up to it for the first time.

    Example: tos-validator protection prune --to 120000
    """
    with _open(_folder(config, data_dir)) as database:
        chosen = _chosen(database, key).public_key
        gone = database.prune(chosen, below)
        (low,) = (each.low for each in database.key_states() if each.public_key == chosen)
    if as_json:
        print_json({"pruned": gone, "low_watermark": low})
    else:
        sys.stderr.write(f"{gone} verdicts are forgotten\n")


@app.command()
def resume(
    fingerprint: Annotated[str, typer.Argument(help="The key's fingerprint, typed.")],
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Vouch for a gap in the history (a restore), and end a halt. No twin may be running.

    Example: tos-validator protection resume 1f2e-3d4c-5b6a-7988
    """
    with _open(_folder(config, data_dir)) as database:
        database.resume(_chosen(database, fingerprint).public_key, fingerprint)
    sys.stderr.write("the gap is declared; the signer reconciles and keeps quiet when it starts\n")


def _folder(config: Path | None, data_dir: Path | None) -> Path:
    return read_settings(config, data_dir).settings.data_dir / FOLDER


def _open(folder: Path) -> ProtectionDatabase:
    from validator.domain.clock import SystemClock
    from validator.protection.database import ProtectionDatabase

    return ProtectionDatabase.open(folder, None, SystemClock())


def _chosen(database: ProtectionDatabase, typed: str | None) -> KeyState:
    """Return the key that is meant. Raises FingerprintError, or UsageError when none is named."""
    from validator.protection.values import require_fingerprint

    keys = database.key_states()
    if typed is None:
        if len(keys) == 1:
            return keys[0]
        raise UsageError(f"--key: name one of the {len(keys)} keys by its fingerprint")
    for key in keys:
        try:
            require_fingerprint(key.public_key, typed)
        except FingerprintError:
            continue
        return key
    raise FingerprintError("no key of the history has this fingerprint")


def _hex(name: str, text: str) -> bytes:
    from validator.protection.values import hash_of

    try:
        return hash_of(name, bytes.fromhex(text))
    except ValueError:
        raise InvalidParameterError(f"{name}: must be 64 hexadecimal digits") from None


def _read(file: Path) -> Interchange:
    from validator.protection.interchange import MAX_BYTES, parse

    try:
        with open_plain(file) as opened:
            data = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise UnreadableFileError(f"{shown(file)} cannot be read: {error.strerror}") from None
    if len(data) > MAX_BYTES:
        raise TooLargeError(f"{shown(file)} has more than {MAX_BYTES} bytes")
    return parse(data)


def _write_new(file: Path, data: bytes) -> None:
    """Write a file that was not there, and wait until it is on disk."""
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
            opened.write(data)
            opened.flush()
            os.fsync(opened.fileno())
    except OSError as error:
        raise UnreadableFileError(f"{shown(file)} cannot be written: {error.strerror}") from None


def _report_to_json(report: KeyReport) -> dict[str, Any]:
    from validator.protection.values import fingerprint

    return {
        "fingerprint": fingerprint(report.public_key),
        "added": report.added,
        "known": report.known,
        "never_to_be_signed": report.barred,
        "low_watermark": report.low,
    }


def _table(headings: tuple[str, ...], lines: list[list[str]]) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for line in lines:
        table.add_row(*(show(cell) for cell in line))
    stdout().print(table)


def _cell(value: object) -> str:
    words = {None: "", True: "yes", False: "no"}
    return words[value] if value is None or isinstance(value, bool) else str(value)
