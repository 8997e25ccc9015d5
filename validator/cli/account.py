"""`tos-validator account`: the chain account of the key, and its one registration."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from validator.cli import nodes as endpoints
from validator.cli.chain_library import chain_library
from validator.cli.options import ConfigOption, DataDirOption, JsonOption, read_settings
from validator.cli.output import EXIT_OK, EXIT_OPEN, print_json, print_rows
from validator.errors import ConfigurationError, UsageError, WrongKeyError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import SecretBytes

    from validator.chain.ports import Node
    from validator.keys import Binding
    from validator.settings import Settings
    from validator.signing.registration import Plan, Registration
    from validator.wire.tos import Transaction
    from validator.wire.tos.rules import Miner

EXIT_NOT_REGISTERED: Final = 1

app = typer.Typer(help="Show and register the chain account of the key.", rich_markup_mode=None)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What `register` was told: amounts in units, None: the least; `yes`: do not ask."""

    amount: int | None
    fee: int | None
    yes: bool


KeyFileOption = Annotated[
    Path | None,
    typer.Option("--key-file", metavar="FILE", help="The chain key (setting signer.key_file)."),
]


@app.command()
def status(
    key_file: KeyFileOption = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show address, registration, reputation against its thresholds, balance and nonce.

    It needs no passphrase. The first node that answers is asked.

    Example: tos-validator account status --json

    Exit code: 0 when the account is registered, 1 when it is not.
    """
    from validator.cli.account_view import look_up, rows, to_json
    from validator.wire.tos import PublicKey

    settings = _settings(key_file, config, data_dir)
    binding = _binding(settings)
    with endpoints.nodes_of(settings) as nodes:
        found = look_up(nodes, PublicKey(binding.public_key), binding.genesis)
    if as_json:
        print_json(to_json(found, str(binding.address), settings.post.fee))
    else:
        print_rows(rows(found, str(binding.address), settings.post.fee))
    raise typer.Exit(EXIT_NOT_REGISTERED if found.miner is None else EXIT_OK)


@app.command()
def register(  # noqa: PLR0913, PLR0917 - one argument for each option
    key_file: KeyFileOption = None,
    fee_amount: Annotated[
        int | None,
        typer.Option(
            "--fee-amount", metavar="UNITS", help="The chain's registration fee (1000000000)."
        ),
    ] = None,
    fee: Annotated[
        int | None,
        typer.Option("--fee", metavar="UNITS", help="Of the transaction (default: the least)."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Pay without being asked.")] = False,
    wait_s: Annotated[
        float, typer.Option("--wait", min=0, max=3600, help="Seconds until it must be mined.")
    ] = 60,
    passphrase_file: Annotated[
        Path | None,
        typer.Option("--passphrase-file", metavar="FILE", help="Instead of the prompt; mode 600."),
    ] = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Register the account of the key; only while no signer runs, and before it signed anything.

    The transaction is kept beside the key before it is sent; run again, the same one is sent.

    Example: tos-validator account register --yes

    Exit code: 0 when it is registered, 2 when it was refused, 3 when it is sent and not mined yet.
    """
    settings = _settings(key_file, config, data_dir, passphrase_file)
    binding = _binding(settings)
    wanted = Wanted(fee_amount, fee, yes)
    _require_two_words(settings)
    with chain_library(), endpoints.nodes_of(settings) as nodes:
        registration = _registration(settings, binding, nodes)
        transaction = _sent(registration, wanted, settings, binding)
        miner = _confirmed(registration, wait_s)
    _tell(miner, transaction, binding, as_json=as_json)


def _require_two_words(settings: Settings) -> None:
    """One node that shows no registration would have it paid for twice."""
    from validator.signing.opening import require_independent

    if settings.chain.nodes:
        require_independent(settings)


def _settings(
    key_file: Path | None,
    config: Path | None,
    data_dir: Path | None,
    passphrase_file: Path | None = None,
) -> Settings:
    given = {"key_file": key_file, "passphrase_file": passphrase_file}
    named = {name: path for name, path in given.items() if path is not None}
    return read_settings(config, data_dir, None, {"signer": named} if named else None).settings


def _key_file(settings: Settings) -> Path:
    if settings.signer.key_file is None:
        raise ConfigurationError("signer.key_file: name the chain key's file, or give --key-file")
    return settings.signer.key_file


def _binding(settings: Settings) -> Binding:
    """What the key file says in the clear. Raises WrongKeyError for one of another network."""
    from validator import keys
    from validator.wire.tos import Network

    found = keys.read_key_file(_key_file(settings)).binding
    found.require(keys.Kind.CHAIN, Network(settings.network))
    return found


def _genesis(binding: Binding) -> bytes:
    if binding.genesis is None:
        raise WrongKeyError(
            "the key file is bound to no genesis block; bring it in again with --genesis"
        )
    return binding.genesis


def _registration(settings: Settings, binding: Binding, nodes: Sequence[Node]) -> Registration:
    from validator.signing.registration import Registration
    from validator.wire.tos import PublicKey

    key = PublicKey(binding.public_key)
    return Registration(nodes, key, _genesis(binding), _key_file(settings))


def _sent(
    registration: Registration, wanted: Wanted, settings: Settings, binding: Binding
) -> Transaction:
    """Send what was kept, or what is made and kept now; no signer can start meanwhile."""
    from validator.domain.clock import SystemClock
    from validator.signing.opening import HISTORY
    from validator.signing.registration import unused_history
    from validator.wire.tos import PublicKey
    from validator.wire.tos.rules import MIN_REGISTRATION_FEE

    history, key = settings.data_dir / HISTORY, PublicKey(binding.public_key)
    with unused_history(history, key, _genesis(binding), SystemClock()) as take_nonce:
        transaction = registration.kept()
        if transaction is None:
            amount = MIN_REGISTRATION_FEE if wanted.amount is None else wanted.amount
            plan = registration.plan(amount, wanted.fee)
            _require_consent(plan, binding, yes=wanted.yes)
            transaction = _made(registration, plan, settings)
        registration.send(transaction, take_nonce)
        return transaction


def _require_consent(plan: Plan, binding: Binding, *, yes: bool) -> None:
    """Say what it costs; off devnet ask. Raises UsageError where there is nobody to ask."""
    sys.stderr.write(
        f"registering {binding.address} on {binding.network.value} takes {plan.amount} units and a"
        f" fee of {plan.fee}, of the {plan.balance} that it has; nothing of it comes back\n"
    )
    if yes or binding.network.value == "devnet":
        return
    if not sys.stdin.isatty():
        raise UsageError("--yes is missing, and there is no terminal to ask on")
    typer.confirm("Register it?", abort=True, err=True)


def _made(registration: Registration, plan: Plan, settings: Settings) -> Transaction:
    from validator.signing.opening import open_key

    def ask(key_file: Path) -> SecretBytes:
        from validator.keys import passphrase

        if settings.signer.passphrase_file is not None:
            return passphrase.from_file(settings.signer.passphrase_file)
        return passphrase.from_prompt(f"passphrase of {key_file.name}")

    secret, _ = open_key(_key_file(settings), settings, ask)
    try:
        return registration.make(plan, secret)
    finally:
        secret.wipe()


def _confirmed(registration: Registration, wait_s: float) -> Miner | None:
    import time

    from validator.domain.clock import SystemClock

    return registration.confirm(wait_s, SystemClock(), time.sleep)


def _tell(
    miner: Miner | None, transaction: Transaction, binding: Binding, *, as_json: bool
) -> None:
    said = {
        "address": binding.address,
        "registered": miner is not None,
        "transaction": transaction.hash().hex(),
        "nonce": transaction.nonce,
        "fee": transaction.fee,
        "reputation": None if miner is None else miner.reputation,
    }
    if as_json:
        print_json(said)
    else:
        print_rows((name, value) for name, value in said.items() if value is not None)
    if miner is None:
        sys.stderr.write("it is sent and not mined yet; run the command again to look\n")
        raise typer.Exit(EXIT_OPEN)
