"""`tos-validator audit`: the log of everything that was decided and done, as a file."""

from __future__ import annotations

import sys
from pathlib import Path  # noqa: TC003 - typer reads annotations at run time
from typing import TYPE_CHECKING, Annotated

import typer

from validator.cli.evidence_inputs import EXIT_REFUSED, KeyOption, trusted_key
from validator.cli.options import JsonOption  # noqa: TC001 - read at run time
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
    from typing import IO

    from validator.audit.ed25519 import PublicKey
    from validator.audit.log_file import Header

app = typer.Typer(help="Check the audit log.", rich_markup_mode=None)


@app.callback()
def _group() -> None:
    """Keep `verify` a command of its own while it is the only one."""


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
    leaves = "1 leaf" if header.size == 1 else f"{header.size} leaves"
    sys.stdout.write(f"{plain(header.origin, 200)}: {leaves}, every one as it was signed\n")
    if not is_trusted:
        sys.stdout.write(
            f"signed by {header.public_key}, as the file says; hold it against the key you trust\n"
        )
