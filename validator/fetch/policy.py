"""What the operator lets the fetcher reach. Pure: URIs in, targets out, nothing is resolved."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Final
from urllib.parse import urljoin

from validator.fetch.addresses import is_loopback, is_public
from validator.fetch.frames import Failure, FetchFailedError
from validator.wire.uri import (
    FileUri,
    InvalidUriError,
    IpfsUri,
    WebUri,
    parse_uri,
)

_GATEWAY_PATH: Final = "/ipfs/"  # of every path gateway (IPFS HTTP gateway specification)
_LOOPBACK_HOSTS: Final = frozenset({"127.0.0.1", "::1", "localhost"})


class Reach(Enum):
    """Which addresses a target's name may stand for: all of them must."""

    PUBLIC = "public"
    LOOPBACK = "loopback"

    def allows(self, address: str) -> bool:
        """Say whether a connection may go there."""
        return is_public(address) if self is Reach.PUBLIC else is_loopback(address)


@dataclass(frozen=True, slots=True)
class WebTarget:
    """One request to be made. `gateway`: it asks the operator's IPFS gateway."""

    uri: WebUri
    reach: Reach
    gateway: bool = False


Target = WebTarget | FileUri


@dataclass(frozen=True, slots=True)
class Policy:
    """The settings `fetch` as the child gets them.

    `gateway` is `https://host[:port]`, or `http://` too where `gateway_on_loopback`; `loopback`
    opens http and https, on every port, to `127.0.0.1`, `[::1]` and `localhost` by these names.
    """

    schemes: tuple[str, ...]
    ports: tuple[int, ...]
    redirects: int
    gateway: str | None = None
    gateway_on_loopback: bool = False
    loopback: bool = False
    file_root: str | None = None
    authorities: str | None = None
    """File of certificates to trust instead of the public ones."""

    def to_json(self) -> bytes:
        """Return the form that the child reads."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_json(cls, data: bytes) -> Policy:
        """Read what `to_json` wrote."""
        fields = json.loads(data)
        return cls(
            **{**fields, "schemes": tuple(fields["schemes"]), "ports": tuple(fields["ports"])}
        )

    def target(self, text: str) -> Target:
        """Return what to do for a URI of a document. Raises FetchFailedError (REFUSED)."""
        uri = _parsed(text)
        match uri:
            case WebUri():
                return self._web(uri)
            case IpfsUri():
                return self._at_gateway(uri)
            case FileUri():
                if "file" in self.schemes and self.file_root is not None:
                    return uri
        raise FetchFailedError(Failure.REFUSED)

    def follow(self, target: WebTarget, location: str) -> WebTarget:
        """Return the target of a redirect: checked anew, and never with more reach than before."""
        uri = _parsed(urljoin(_spelled(target.uri), location))
        if not isinstance(uri, WebUri):
            raise FetchFailedError(Failure.REFUSED)
        if target.gateway and uri.origin == target.uri.origin:
            return self._within_gateway(uri)
        found = self._web(uri)
        if found.reach is Reach.LOOPBACK and (target.reach is Reach.PUBLIC or target.gateway):
            raise FetchFailedError(Failure.REFUSED)
        return found

    def _web(self, uri: WebUri) -> WebTarget:
        if self.loopback and uri.host in _LOOPBACK_HOSTS:
            return WebTarget(uri, Reach.LOOPBACK)
        allowed = uri.scheme == "https" and "https" in self.schemes and uri.port in self.ports
        if not allowed:
            raise FetchFailedError(Failure.REFUSED)
        return WebTarget(uri, Reach.PUBLIC)

    def _within_gateway(self, uri: WebUri) -> WebTarget:
        """What an IPFS site's own redirects name must still be content, nothing else on there."""
        head, slash, rest = uri.target.partition(_GATEWAY_PATH)
        found = _parsed(f"ipfs://{rest}") if slash and not head else None
        if not isinstance(found, IpfsUri):
            raise FetchFailedError(Failure.REFUSED)
        return self._at_gateway(found)

    def _at_gateway(self, uri: IpfsUri) -> WebTarget:
        if "ipfs" not in self.schemes or self.gateway is None:
            raise FetchFailedError(Failure.REFUSED)
        at_gateway = _parsed(f"{self.gateway}{_GATEWAY_PATH}{uri.cid}{uri.path}")
        if not isinstance(at_gateway, WebUri):
            raise FetchFailedError(Failure.REFUSED)
        reach = Reach.LOOPBACK if self.gateway_on_loopback else Reach.PUBLIC
        return WebTarget(at_gateway, reach, gateway=True)


def _spelled(uri: WebUri) -> str:
    return f"{uri.scheme}://{uri.authority}{uri.target}"


def _parsed(text: str) -> WebUri | IpfsUri | FileUri:
    try:
        return parse_uri(text)
    except InvalidUriError:
        raise FetchFailedError(Failure.REFUSED) from None
