"""What the parts that meet the chain are told: nodes, the fetcher of content, signer, poster."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - pydantic reads annotations
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, field_validator, model_validator

from validator.settings.section import Section
from validator.wire.uri import InvalidUriError, WebUri, parse_uri

MIB = 1024 * 1024


class NodeSettings(Section):
    """One node, by a name of the operator's. http:// to this machine only, else https://."""

    name: str = Field(pattern=r"^[!-~]{1,64}$")
    url: str = Field(max_length=255)

    @field_validator("url")
    @classmethod
    def _reachable(cls, url: str) -> str:
        fault = node_url_fault(url)
        if fault is not None:
            raise ValueError(fault)
        return url


class ChainSettings(Section):
    """The nodes that the chain is read from and written to. None at all: there is no chain."""

    # The first one that answers and agrees is used. The signer reads all of those that
    # `signer.endpoints` names, and they must show the same.
    nodes: tuple[NodeSettings, ...] = Field(default=(), max_length=16)
    sync_s: float = Field(default=30, gt=0, le=600)  # without any event
    scan_s: float = Field(default=60, gt=0, le=600)  # all active tasks are read anew
    near_ms: int = Field(default=300_000, ge=0)  # before a deadline, in the chain's milliseconds
    # The account whose tasks, answers and scores are ours, 64 hex digits; None: the signer's key.
    own_key: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    timeout_s: float = Field(default=10, gt=0, le=60)  # for all of one call
    reply_bytes: int = Field(default=16 * MIB, ge=64 * 1024)
    # Tasks whose description is no pointer are watched only if this says so.
    plain_text: bool = False

    @field_validator("nodes")
    @classmethod
    def _different(cls, nodes: tuple[NodeSettings, ...]) -> tuple[NodeSettings, ...]:
        if len({node.name for node in nodes}) < len(nodes):
            raise ValueError("a name is there twice")
        return nodes


class PostSettings(Section):
    """How verdicts go to the chain. None: auto on devnet, oversight elsewhere."""

    mode: Literal["auto", "oversight", "manual"] | None = None
    fee: int = Field(default=10_000, ge=10_000)  # of the chain's smallest unit
    # A score of 70 or more closes its task: it waits for other answers until so long before the
    # deadline, in the chain's milliseconds, and never longer than the second number.
    margin_ms: int = Field(default=120_000, ge=0)
    wait_ms: int = Field(default=600_000, ge=0)
    stuck_blocks: int = Field(default=8, ge=1, le=1000)  # unconfirmed longer: the operator is told


def node_url_fault(url: str) -> str | None:
    """Return why this is no address of a node, None when it is one."""
    try:
        uri = parse_uri(url)
    except InvalidUriError as error:
        return str(error)
    if not isinstance(uri, WebUri) or url.lower().rstrip("/") != f"{uri.scheme}://{uri.authority}":
        return "must be https://host[:port], and no more"
    if uri.scheme == "http" and uri.host not in ("127.0.0.1", "localhost"):
        return "must be https, unless it is 127.0.0.1 or localhost"
    return None


class FetchSettings(Section):
    """Where content that lies off the chain may come from. Nothing on the chain can widen this."""

    schemes: tuple[Literal["https", "ipfs", "file"], ...] = ("https",)
    ports: tuple[Annotated[int, Field(ge=1, le=65535)], ...] = (443,)
    max_bytes: int = Field(default=64 * MIB, ge=1024, le=64 * MIB)
    seconds: float = Field(default=30, gt=0, le=300)  # for all of one fetch, redirects included
    redirects: int = Field(default=3, ge=0, le=10)
    processes: int = Field(default=2, ge=1, le=16)  # fetches at once
    # `https://host[:port]`; on this machine only if said so, and then `http://` will do.
    ipfs_gateway: str | None = Field(default=None, max_length=255)
    ipfs_gateway_on_loopback: bool = False
    # For a devnet: `file:///a/b` is this folder's a/b; http and https to 127.0.0.1 by that name.
    file_root: Path | None = None
    loopback: bool = False
    # Certificates to trust instead of the public authorities.
    authorities: Path | None = None

    @model_validator(mode="after")
    def _complete(self) -> FetchSettings:
        if ("ipfs" in self.schemes) != (self.ipfs_gateway is not None):
            raise ValueError("schemes names ipfs if and only if ipfs_gateway is set")
        if ("file" in self.schemes) != (self.file_root is not None):
            raise ValueError("schemes names file if and only if file_root is set")
        if self.file_root is not None and not self.file_root.is_absolute():
            raise ValueError("file_root: must be an absolute path")
        if self.ipfs_gateway is not None:
            self._gateway_stands(self.ipfs_gateway)
        return self

    def _gateway_stands(self, gateway: str) -> None:
        try:
            uri = parse_uri(gateway)
        except InvalidUriError as error:
            raise ValueError(f"ipfs_gateway: {error}") from None
        if not isinstance(uri, WebUri) or gateway.lower() != f"{uri.scheme}://{uri.authority}":
            raise ValueError("ipfs_gateway: must be https://host or https://host:port, and no more")
        if uri.scheme == "http" and not self.ipfs_gateway_on_loopback:
            raise ValueError("ipfs_gateway: must be https, unless ipfs_gateway_on_loopback")

    @property
    def only_devnet(self) -> tuple[str, ...]:
        """The settings in force that no other network may have."""
        return tuple(name for name in ("file_root", "loopback") if getattr(self, name))


class SignerSettings(Section):
    """The signer process: its key, what it reads of the chain, and its ceilings."""

    key_file: Path | None = None
    passphrase_file: Path | None = None  # None: it is asked for on the terminal
    # Every one of them must show the same before anything is signed; off devnet two or more.
    endpoints: tuple[Annotated[str, StringConstraints(pattern=r"^[!-~]{1,64}$")], ...] = Field(
        default=("node",), min_length=1, max_length=16
    )
    poll_s: float = Field(default=3, gt=0, le=60)  # a block comes about every 3 s
    chain_age_s: float = Field(default=30, gt=0, le=600)  # older readings are none
    # Amounts in the chain's smallest unit; a verdict costs 10 000.
    fee_max: int = Field(default=50_000, ge=0)
    fees_per_day: int = Field(default=20_000_000, ge=0)
    transactions_per_hour: int = Field(default=600, ge=1)
    attempts_per_verdict: int = Field(default=8, ge=1, le=1000)
    # For a greater reward a score of 70 or more needs workers of two hosts, or the operator.
    alone_reward_max: int = Field(default=15_000_000_000, ge=0)

    @field_validator("endpoints")
    @classmethod
    def _different(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(names)) < len(names):
            raise ValueError("one is named twice")
        return names
