"""`tos-validator keys`: secret keys in encrypted files. Raw secrets come in, and never go out."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from validator.cli import key_inputs
from validator.cli.chain_library import chain_library
from validator.cli.options import (  # noqa: TC001 - typer reads annotations at run time
    ConfigOption,
    DataDirOption,
    JsonOption,
)
from validator.cli.output import print_json, print_rows
from validator.errors import UsageError

if TYPE_CHECKING:
    from validator.keys import Binding


class KindOption(StrEnum):
    """What a key is for."""

    CHAIN = "chain"
    EVIDENCE = "evidence"


class NetworkOption(StrEnum):
    """The networks of the chain."""

    MAINNET = "mainnet"
    TESTNET = "testnet"
    STAGENET = "stagenet"
    DEVNET = "devnet"


class PurposeOption(StrEnum):
    """What a statement is for."""

    VOTE = "vote"
    LOGIN = "login"


NEW_PASSPHRASE = "passphrase for the new file"

app = typer.Typer(
    help="Make, show, bring in, hand on and use encrypted key files.", rich_markup_mode=None
)

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="The key file.")]
NewFileArgument = Annotated[
    Path, typer.Argument(metavar="FILE", help="The key file to write; nothing may be there yet.")
]
Kind = Annotated[
    KindOption | None,
    typer.Option("--kind", help="chain: signs transactions; evidence: signs evidence (Ed25519)."),
]
Network = Annotated[
    NetworkOption | None,
    typer.Option("--network", help="The one network it is for (default: as the settings say)."),
]
Genesis = Annotated[
    str | None,
    typer.Option("--genesis", metavar="HEX", help="Hash of the chain's first block."),
]
PassphraseFile = Annotated[
    Path | None,
    typer.Option("--passphrase-file", metavar="FILE", help="Instead of the prompt; mode 600."),
]


@app.command()
def new(  # noqa: PLR0913, PLR0917 - one argument for each option
    file: NewFileArgument,
    kind: Kind = None,
    network: Network = None,
    genesis: Genesis = None,
    passphrase_file: PassphraseFile = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a new key, and write it encrypted.

    Example: tos-validator keys new chain-key.json --network devnet
    """
    from validator import keys

    bound = key_inputs.network(network, config, data_dir)
    first_block = key_inputs.genesis(genesis)
    wanted = key_inputs.Wanted(kind, network, first_block)
    key_inputs.refuse_existing(file)
    passphrase = key_inputs.passphrase(passphrase_file, NEW_PASSPHRASE, new=True)
    with chain_library():
        key = keys.generate(wanted.new_kind)
        made = keys.seal(key, bound, passphrase, genesis=first_block)
    keys.write_key_file(file, made)
    _tell(made.binding, as_json=as_json, file=file)


@app.command(name="show")
def show_key(file: FileArgument, as_json: JsonOption = False) -> None:
    """Show what a key file says in the clear: address, public key, network, kind.

    It needs no passphrase, and proves nothing about the secret inside.

    Example: tos-validator keys show chain-key.json --json
    """
    from validator import keys

    _tell(keys.read_key_file(file).binding, as_json=as_json)


@app.command(name="import")
def import_key(  # noqa: PLR0913, PLR0917 - one argument for each option
    source: Annotated[
        Path,
        typer.Argument(
            metavar="SOURCE",
            help="A key file, or a secret of 32 bytes (little-endian) or 64 hex digits; mode 600.",
        ),
    ],
    file: NewFileArgument,
    kind: Kind = None,
    network: Network = None,
    genesis: Genesis = None,
    public_key: Annotated[
        str | None,
        typer.Option("--public-key", metavar="HEX", help="The public key that it must give."),
    ] = None,
    source_passphrase_file: Annotated[
        Path | None,
        typer.Option("--source-passphrase-file", metavar="FILE", help="Opens a key file SOURCE."),
    ] = None,
    passphrase_file: PassphraseFile = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring a secret in, prove that it gives its public key, and write it encrypted.

    A key file keeps its kind, network and genesis; a plain secret takes those of the options. Give
    --public-key with a plain secret: nothing else tells the wrong one, or the wrong byte order.

    Example: tos-validator keys import secret.hex chain-key.json --public-key d27184...
    """
    from validator import keys

    key_inputs.refuse_existing(file)
    wanted = key_inputs.Wanted(kind, network, key_inputs.genesis(genesis))
    found = keys.parse_source(keys.read_private(source))
    with chain_library():
        if isinstance(found, keys.KeyFile):
            bound = found.binding.network
            key, first_block = key_inputs.reopened(found, wanted, source, source_passphrase_file)
        else:
            bound = key_inputs.network(network, config, data_dir)
            key, first_block = keys.from_secret(wanted.new_kind, found), wanted.genesis
        if public_key is not None:
            keys.require_public(key, key_inputs.octets32("--public-key", public_key))
        passphrase = key_inputs.passphrase(passphrase_file, NEW_PASSPHRASE, new=True)
        made = keys.seal(key, bound, passphrase, genesis=first_block)
    keys.write_key_file(file, made)
    _tell(made.binding, as_json=as_json, file=file)


@app.command()
def export(
    file: FileArgument,
    target: Annotated[
        Path, typer.Argument(metavar="TARGET", help="The key file to write; nothing may be there.")
    ],
    passphrase_file: PassphraseFile = None,
    new_passphrase_file: Annotated[
        Path | None,
        typer.Option("--new-passphrase-file", metavar="FILE", help="The passphrase of TARGET."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write the key to another file under another passphrase. It never leaves unencrypted.

    Example: tos-validator keys export chain-key.json backup-key.json
    """
    from validator import keys

    key_inputs.refuse_existing(target)
    found = keys.read_key_file(file)
    with chain_library():
        key = found.open(key_inputs.passphrase(passphrase_file, f"passphrase of {file.name}"))
        passphrase = key_inputs.passphrase(new_passphrase_file, NEW_PASSPHRASE, new=True)
        made = keys.seal(key, found.binding.network, passphrase, genesis=found.binding.genesis)
    keys.write_key_file(target, made)
    _tell(made.binding, as_json=as_json, file=target)


@app.command()
def sign(  # noqa: PLR0913, PLR0917 - one argument for each option
    file: FileArgument,
    message: Annotated[
        Path, typer.Argument(metavar="MESSAGE", help="File to sign; - reads standard input.")
    ],
    purpose: Annotated[PurposeOption, typer.Option("--purpose", help="What it is for.")],
    round_id: Annotated[
        str,
        typer.Option("--round", metavar="ID", help="Round of a vote, challenge of a login."),
    ],
    network: Network = None,
    genesis: Genesis = None,
    passphrase_file: PassphraseFile = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Sign a vote or a login with a chain key: never the bytes alone, always under a prefix.

    The prefix names purpose, genesis and round, and begins with a byte that no transaction has.

    Example: tos-validator keys sign chain-key.json vote.json --purpose vote --round rnd_0123

    --genesis may be left out when the key file is bound to a genesis block.
    """
    from validator import keys
    from validator.wire.statement import MAX_MESSAGE

    asked = key_inputs.genesis(genesis)
    found = keys.read_key_file(file)
    bound = key_inputs.network(network, config, data_dir)
    found.binding.require(keys.Kind.CHAIN, bound, asked)
    first_block = asked or found.binding.genesis
    if first_block is None:
        raise UsageError("--genesis is missing: the key file is not bound to a genesis block")
    statement = keys.Statement(
        keys.Purpose(purpose.value), first_block, round_id, key_inputs.message(message, MAX_MESSAGE)
    )
    with chain_library():
        key = found.open(key_inputs.passphrase(passphrase_file, f"passphrase of {file.name}"))
        signature = keys.sign_statement(key, statement)
    said = {
        "purpose": purpose.value,
        "genesis": first_block.hex(),
        "round": round_id,
        "public_key": found.binding.public_key.hex(),
        "signature": signature.hex(),
    }
    _print(said, as_json=as_json)


def _tell(binding: Binding, *, as_json: bool, file: Path | None = None) -> None:
    said: dict[str, Any] = {
        "kind": binding.kind.value,
        "network": binding.network.value,
        "genesis": None if binding.genesis is None else binding.genesis.hex(),
        "public_key": binding.public_key.hex(),
        "address": binding.address,
    }
    _print(said if file is None else {"file": str(file)} | said, as_json=as_json)


def _print(said: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(said)
        return
    print_rows((name, value) for name, value in said.items() if value is not None)
