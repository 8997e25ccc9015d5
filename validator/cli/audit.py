"""`tos-validator audit`: the log of everything that was decided and done, as a file."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path  # noqa: TC003 - typer reads annotations at run time
from typing import TYPE_CHECKING, Annotated

import typer

from validator.cli.evidence_inputs import EXIT_REFUSED, KeyOption, trusted_key
from validator.cli.options import ConfigOption, DataDirOption, JsonOption, read_settings
from validator.cli.output import print_error, print_json
from validator.cli.plain_files import open_plain, shown
from validator.errors import (
    EvidenceKeyError,
    InvalidEvidenceError,
    LogDamagedError,
    UnreadableFileError,
)
from validator.wire.plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

    from validator.audit.ed25519 import PublicKey
    from validator.audit.log_file import Header

app = typer.Typer(help="Export the audit log, and check an exported one.", rich_markup_mode=None)


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An exported log.")],
    key: KeyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check every leaf and checkpoint of an exported log; no network, database or service.

    Without --key the file's own key is taken: that finds damage, but no forger.

    Example: tos-validator audit verify audit-log.jsonl --key operator.pem

    Exit code: 0 it holds, 1 it does not (the first bad leaf is named), 2 it cannot be read.
    """
    trusted = None if key is None else trusted_key(key, None)
    try:
        with open_plain(file) as opened:
            header = _checked(opened, trusted)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise UnreadableFileError(f"{shown(file)}: the file cannot be read: {reason}") from None
    except (InvalidEvidenceError, LogDamagedError) as error:
        print_error(error, as_json=as_json, place=shown(file))
        raise typer.Exit(EXIT_REFUSED) from None
    _say(header, trusted is not None, as_json=as_json)


@app.command()
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file.")],
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the log as a file that `audit verify` takes; the signer may be running or stopped.

    Example: tos-validator audit export audit-log.jsonl
    """
    from validator.signing.exporting import export_log

    settings = read_settings(config, data_dir).settings
    with _new_file(file) as opened:
        size = export_log(settings, opened)
    if as_json:
        print_json({"file": str(file), "size": size})
    else:
        sys.stdout.write(f"{shown(file)}: {_count(size)}\n")


@contextlib.contextmanager
def _new_file(path: Path) -> Iterator[IO[bytes]]:
    """Give a file that was not there; it is gone again after any error."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags, 0o644)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise _unwritten(path, error) from None
    try:
        with open(descriptor, "wb") as opened:  # noqa: PTH123 - a descriptor
            yield opened
            opened.flush()
            os.fsync(opened.fileno())
    except BaseException as error:
        path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _unwritten(path, error) from None
        raise


def _unwritten(path: Path, error: Exception) -> UnreadableFileError:
    reason = getattr(error, "strerror", None) or str(error)
    return UnreadableFileError(f"{shown(path)} cannot be written: {reason}")


def _checked(file: IO[bytes], trusted: PublicKey | None) -> Header:
    from validator.audit.ed25519 import PublicKey
    from validator.audit.log_file import read_entries, read_header

    header = read_header(file)
    if trusted is None:
        try:
            trusted = PublicKey.read(header.public_key.encode())
        except EvidenceKeyError as error:
            raise InvalidEvidenceError(f"public_key of the first line: {error.detail}") from None
    for _ in read_entries(file, header, [trusted]):
        pass
    return header


def _say(header: Header, is_trusted: bool, *, as_json: bool) -> None:
    if as_json:
        found = {"origin": header.origin, "size": header.size, "public_key": header.public_key}
        print_json({"ok": True, **found, "key_given": is_trusted})
        return
    name, leaves = plain(header.origin, 200), _count(header.size)
    sys.stdout.write(f"{name}: {leaves}, every one as it was signed\n")
    if not is_trusted:
        sys.stdout.write(
            f"signed by {header.public_key}, as the file says; hold it against the key you trust\n"
        )


def _count(size: int) -> str:
    return "1 leaf" if size == 1 else f"{size} leaves"
