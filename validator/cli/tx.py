"""`tos-validator tx`: transactions of the chain, shown and judged without a node."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from validator.cli.chain_library import chain_library
from validator.cli.options import JsonOption  # noqa: TC001 - typer reads annotations at run time
from validator.cli.output import EXIT_REJECTED, print_error, print_json, print_rows
from validator.errors import InvalidTransactionError

if TYPE_CHECKING:
    from validator.wire.tos import Transaction

MAX_HEX = 2 * 1024 * 1024
"""Digits of the longest transaction: nodes take at most 1 MiB."""

_HEX: Final = re.compile(r"(?:[0-9A-Fa-f]{2})*")

app = typer.Typer(help="Show transactions of the chain.", rich_markup_mode=None)


@app.callback()
def _group() -> None:
    """Keep `decode` a command of its own while it is the only one."""


@app.command()
def decode(
    transaction: Annotated[
        str, typer.Argument(metavar="HEX", help="The full bytes; - reads standard input.")
    ],
    as_json: JsonOption = False,
) -> None:
    """Show what a transaction says, and whether its bytes and its signature are good.

    Example: tos-validator tx decode 00d27184c6... --json

    Exit code: 0 when it decodes, is canonical and its signature holds, else 1.
    """
    from validator.wire.tos import DecodeError, decode_transaction

    try:
        data = _octets(transaction)
        found = decode_transaction(data)
    except (DecodeError, InvalidTransactionError) as error:
        print_error(InvalidTransactionError(str(error)), as_json=as_json)
        raise typer.Exit(EXIT_REJECTED) from None
    with chain_library():
        document = _document(found, data)
    if as_json:
        print_json(document)
    else:
        print_rows((name, _said(value)) for name, value in _flat(document))
    good = document["canonical"] and document["signature_valid"]
    raise typer.Exit(0 if good else EXIT_REJECTED)


def _octets(text: str) -> bytes:
    digits = (sys.stdin.read(MAX_HEX + 2) if text == "-" else text).strip()
    if len(digits) > MAX_HEX:
        raise InvalidTransactionError(f"HEX has more than {MAX_HEX} digits")
    if not _HEX.fullmatch(digits):
        raise InvalidTransactionError("HEX must be hexadecimal digits, two for each byte")
    return bytes.fromhex(digits)


def _document(found: Transaction, data: bytes) -> dict[str, Any]:
    """The transaction as its bytes say it: the source as hex, no chain id in version 0."""
    from validator.wire.tos import is_canonical, transaction_to_json

    return transaction_to_json(found, None) | {
        "chain_id": found.chain_id,
        "fee_type": found.fee_type.name.lower(),
        "minimum_fee": found.minimum_fee,
        "canonical": is_canonical(data),
        "signature_valid": found.signature_holds(),
    }


def _flat(document: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    rows: list[tuple[str, Any]] = []
    for name, value in document.items():
        if isinstance(value, dict):
            rows += _flat(value, f"{prefix}{name}.")
        else:
            rows.append((prefix + name, value))
    return rows


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else str(value)
