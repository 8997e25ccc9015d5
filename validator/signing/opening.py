"""The start of the signer: everything that must hold before it listens (operator's manual).

Key file and its network; history: lock, schema, genesis, age, soundness; log: its end, and what was
published of it. Then the door opens, and signing stays closed until the chain was reconciled.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

from validator.chain.opening import open_nodes
from validator.errors import ConfigurationError, SigningRefusedError, WrongKeyError
from validator.evidence.key_file import open_or_create
from validator.keys import Kind, read_key_file
from validator.protection.database import ProtectionDatabase
from validator.protection.rules import Refusal
from validator.protection.values import fingerprint
from validator.signing.beside import BesideKey
from validator.signing.book import Book
from validator.signing.ceilings import Ceilings, prepare
from validator.signing.desk import Desk
from validator.signing.founded import Policy
from validator.signing.gate import Gate
from validator.signing.nodes_view import NodesView
from validator.signing.pairing import pair_keys
from validator.signing.recorded import record_settings
from validator.signing.signer import Signer
from validator.signing.told import ToldChain
from validator.wire.tos import Network, SecretKey
from validator.wire.uri import WebUri, parse_uri

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from pydantic import SecretBytes

    from validator.chain.node import NodeClient
    from validator.domain.clock import Clock
    from validator.settings import Settings, SignerSettings
    from validator.signing.chain import ChainView
    from validator.wire.tos import PublicKey

HISTORY: Final = "protection"
"""Folder of the history below the data directory."""
LOG_NAME: Final = "tosv-audit/"
"""The log's name is this and the fingerprint of the chain key."""
OFF_DEVNET: Final = 2
"""Endpoints that must agree on any network but devnet (threat model, row 17)."""


@contextlib.contextmanager
def opened(
    settings: Settings,
    passphrase: Callable[[Path], SecretBytes],
    clock: Clock,
    chain: ChainView | None = None,
) -> Iterator[Desk]:
    """Yield the desk of a signer that owns its history.

    `chain` None: the nodes of the settings are read; where there are none a follower tells it.
    `passphrase` is asked for that of the key file. Raises the errors of key files, of the history
    and of the log, and ConfigurationError.
    """
    key_file = require_settings(settings)
    if chain is None and not _on_devnet(settings):
        require_independent(settings)  # whoever holds the socket could tell any chain
    nodes = open_nodes(settings, settings.signer.endpoints) if settings.chain.nodes else ()
    beside = BesideKey(key_file)
    key, genesis = open_key(key_file, settings, passphrase)
    folder = settings.data_dir / HISTORY
    with (
        _view(chain, nodes, key.public, settings.signer, clock) as view,
        ProtectionDatabase.open(folder, genesis, clock, beside.mark()) as database,
    ):
        told = view if isinstance(view, ToldChain) else None
        _require_registered(database, key.public.data)
        beside.keep_mark(database.mark())
        prepare(database)
        evidence = open_or_create(settings.data_dir)
        origin = f"{LOG_NAME}{fingerprint(key.public.data)}"
        book = Book(database, evidence, origin, beside, clock)
        pair_keys(book, genesis, key, evidence)
        record_settings(book, settings)
        gate = _gate(settings.signer, database, key.public.data, view, clock)
        signer = Signer(
            key, database, book, gate, ceilings_of(settings.signer), policy_of(settings), clock
        )
        try:
            yield Desk(signer, database, book, gate, beside, told, settings.network, clock)
        finally:
            beside.keep_mark(database.mark())
            key.wipe()


def require_settings(settings: Settings) -> Path:
    """Return the key file. Raises ConfigurationError for settings that no signer can start with."""
    if settings.signer.key_file is None:
        raise ConfigurationError(
            "signer.key_file: name the chain key's file; `tos-validator keys new` makes one"
        )
    if not _on_devnet(settings) and len(settings.signer.endpoints) < OFF_DEVNET:
        raise ConfigurationError(
            f"signer.endpoints: name {OFF_DEVNET} independent endpoints on {settings.network}"
        )
    if settings.chain.nodes:
        require_independent(settings)
    return settings.signer.key_file


def require_independent(settings: Settings) -> None:
    """Raise ConfigurationError unless, off devnet, the signer's nodes are two or more (row 17)."""
    if not _on_devnet(settings) and len(_addresses(settings)) < OFF_DEVNET:
        raise ConfigurationError(
            f"signer.endpoints: name {OFF_DEVNET} of `chain.nodes` with different addresses on"
            f" {settings.network}; one node under two names agrees with itself"
        )


def open_key(
    key_file: Path, settings: Settings, passphrase: Callable[[Path], SecretBytes]
) -> tuple[SecretKey, bytes]:
    """Return the chain key and the genesis that it is bound to.

    Raises WrongKeyError for a key of another kind or network, or one that is bound to no genesis,
    and the other errors of key files.
    """
    found = read_key_file(key_file)
    found.binding.require(Kind.CHAIN, Network(settings.network))
    genesis = found.binding.genesis
    if genesis is None:
        raise WrongKeyError(
            "the key file is bound to no genesis block; bring it in again with --genesis"
        )
    key = found.open(passphrase(key_file))
    if not isinstance(key, SecretKey):
        raise WrongKeyError("this is no chain key")
    return key, genesis


@contextlib.contextmanager
def _view(
    given: ChainView | None,
    nodes: Sequence[NodeClient],
    key: PublicKey,
    settings: SignerSettings,
    clock: Clock,
) -> Iterator[ChainView]:
    if given is not None or not nodes:
        yield ToldChain(clock) if given is None else given
        return
    # Half the age: a reading that takes all its time is still young enough to sign by.
    with contextlib.closing(NodesView(nodes, key, clock, settings.chain_age_s / 2)) as view:
        yield view


def ceilings_of(settings: SignerSettings) -> Ceilings:
    """Return the ceilings that the settings name."""
    return Ceilings(
        per_hour=settings.transactions_per_hour,
        fee=settings.fee_max,
        fees_per_day=settings.fees_per_day,
        attempts_per_verdict=settings.attempts_per_verdict,
    )


def policy_of(settings: Settings) -> Policy:
    """Return what the settings say of evidence."""
    return Policy(
        weak_cages=_on_devnet(settings), alone_reward_max=settings.signer.alone_reward_max
    )


def _addresses(settings: Settings) -> frozenset[tuple[str, int]]:
    named = (node for node in settings.chain.nodes if node.name in settings.signer.endpoints)
    found = set()
    for node in named:
        uri = parse_uri(node.url)
        if isinstance(uri, WebUri):
            found.add(("127.0.0.1" if uri.host == "localhost" else uri.host, uri.port))
    return frozenset(found)


def _on_devnet(settings: Settings) -> bool:
    return settings.network == Network.DEVNET.value


def _require_registered(database: ProtectionDatabase, public_key: bytes) -> None:
    registered = [key.public_key for key in database.key_states()]
    if public_key not in registered:
        raise SigningRefusedError(
            f"{Refusal.UNKNOWN_KEY.sentence}: fingerprint {fingerprint(public_key)}",
            Refusal.UNKNOWN_KEY.value,
        )


def _gate(
    settings: SignerSettings,
    database: ProtectionDatabase,
    public_key: bytes,
    chain: ChainView,
    clock: Clock,
) -> Gate:
    return Gate(database, public_key, chain, settings.endpoints, settings.chain_age_s, clock)
