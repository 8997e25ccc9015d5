"""What `up` starts of the chain: the development chain, and signer and watch beside the service.

Without nodes in the settings, a devnet is embedded: its chain, an account with funds, and content
from a folder of the data directory. With nodes, signer and watch are started when there is a key.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from validator.cli import programs
from validator.cli.broker import free_port
from validator.cli.devnet_client import HOST, DevnetCallError, DevnetClient
from validator.domain.clock import SystemClock
from validator.domain.posting import PostMode
from validator.settings import FetchSettings
from validator.settings.chain import NodeSettings

if TYPE_CHECKING:
    from validator.cli.devnet_account import DevnetAccount
    from validator.cli.processes import Program
    from validator.settings import Settings

CONTENT: Final = "content"
"""Folder of the data directory that `file:` stands for on the embedded chain."""
NODE: Final = "node"
"""The embedded chain's name among `chain.nodes`, and the signer's one endpoint."""


@dataclass(frozen=True, slots=True)
class ChainOptions:
    """What the command line says: no chain at all, and port and block period of an embedded one."""

    wanted: bool
    port: int
    period_ms: int


class Chain(Enum):
    """Which chain `up` works with."""

    NONE = "none"
    EMBEDDED = "embedded"
    NODES = "nodes"


@dataclass(slots=True)
class ChainPart:
    """The chain's share of one `up`. `settings` are those of every process but signer and watch."""

    kind: Chain
    settings: Settings
    options: ChainOptions
    account: DevnetAccount | None = None

    @property
    def client(self) -> DevnetClient:
        """The embedded chain."""
        return DevnetClient(self.options.port)

    def devnet(self) -> Program | None:
        """Return the embedded chain's program."""
        if self.kind is not Chain.EMBEDDED:
            return None
        wanted = programs.DevnetOptions(self.options.port, self.options.period_ms)
        return programs.devnet(self.settings, programs.environment(self.settings), wanted)

    def answers(self) -> bool:
        """Say whether the embedded chain answers."""
        try:
            self.client.state()
        except DevnetCallError:
            return False
        return True

    def prepare(self) -> None:
        """Make the account on the embedded chain, or see that it is there.

        Raises ConfigurationError and the errors of key files and of the history.
        """
        from validator.cli.devnet_account import prepare  # loads cryptography: not without need

        content = self.settings.data_dir / CONTENT
        content.mkdir(exist_ok=True)
        content.chmod(0o755)  # a fetcher that was root reads it as nobody
        self.account = prepare(self.settings.data_dir, self.client, SystemClock())

    def followers(self) -> tuple[Program, ...]:
        """Return signer and watch, as far as the settings make them possible."""
        settings = self.settings
        if self.account is not None:
            signer = settings.signer.model_copy(
                update={
                    "key_file": self.account.key_file,
                    "passphrase_file": self.account.passphrase_file,
                    "endpoints": (NODE,),
                }
            )
            settings = settings.model_copy(update={"signer": signer})
        if self.kind is Chain.NONE or self.missing is not None:
            return ()
        env = programs.environment(settings)
        return programs.signer(settings, env), programs.watch(settings, env)

    def signer_listens(self) -> bool:
        """Say whether the signer's socket is there."""
        from validator.signing.client import SOCKET  # loads models: not before the service is ready

        return (self.settings.data_dir / SOCKET).exists()

    @property
    def missing(self) -> str | None:
        """The setting without which nobody can sign for nodes of the operator's, or None."""
        if self.kind is not Chain.NODES:
            return None
        signer = self.settings.signer
        named = {
            "signer.key_file": signer.key_file,
            "signer.passphrase_file": signer.passphrase_file,  # there is no terminal to ask on
        }
        return next((name for name, value in named.items() if value is None), None)

    def rows(self) -> list[tuple[str, str]]:
        """Return what the ready panel says of the chain."""
        if self.kind is Chain.NONE:
            return []
        if self.missing is not None:
            return [("chain", f"not followed: set {self.missing}")]
        where = ", ".join(node.url for node in self.settings.chain.nodes)
        mode = self.settings.post.mode or _usual_mode(self.settings).value
        found = [("chain", f"{where} ({self.settings.network})"), ("posting", mode)]
        if self.account is not None:
            found.insert(1, ("account", self.account.address))
        return found


def chain_part(settings: Settings, options: ChainOptions) -> ChainPart:
    """Return what these settings ask for; a port of 0 is settled here."""
    if not options.wanted:
        return ChainPart(Chain.NONE, settings, options)
    if settings.chain.nodes:
        return ChainPart(Chain.NODES, settings, options)
    if settings.network != "devnet":
        return ChainPart(Chain.NONE, settings, options)
    port = options.port or free_port(HOST)
    options = ChainOptions(options.wanted, port, options.period_ms)
    node = NodeSettings(name=NODE, url=DevnetClient(port).url)
    fetch = settings.fetch
    if fetch == FetchSettings():
        fetch = FetchSettings(schemes=("file",), file_root=settings.data_dir / CONTENT)
    chain = settings.chain.model_copy(update={"nodes": (node,)})
    connected = settings.model_copy(update={"chain": chain, "fetch": fetch})
    return ChainPart(Chain.EMBEDDED, connected, options)


def _usual_mode(settings: Settings) -> PostMode:
    return PostMode.AUTO if settings.network == "devnet" else PostMode.OVERSIGHT
