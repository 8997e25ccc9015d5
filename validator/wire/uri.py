"""The URIs that content may lie at: one strict reading, so that nobody else can read another host.

RFC 3986 with less freedom. Ambiguity between readers is how a checked host becomes another one, so
user names, fragments, empty ports, IPv4 in any spelling but four decimals (the "ends in a number"
rule of the WHATWG URL standard), non-ASCII and trailing dots are refused, not repaired.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import unquote

MAX_URI: Final = 2048
"""Characters, as in a task's materials; in a pointer 255 bytes hold the whole text."""

MAX_HOST: Final = 253  # RFC 1035, section 2.3.4, without the final dot
MAX_PORT: Final = 65535
_DEFAULT_PORTS: Final = {"https": 443, "http": 80}

_PCHAR = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})"
_WEB: Final = re.compile(
    r"(?P<scheme>[A-Za-z]+)://(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::(?P<port>[0-9]+))?"
    rf"(?P<path>(?:/{_PCHAR}*)*)(?P<query>\?(?:{_PCHAR}|[/?])*)?"
)
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
# CIDv0 (base58 of a SHA-256 multihash) and CIDv1 in base32, its default text form.
_CID: Final = re.compile(r"Qm[1-9A-HJ-NP-Za-km-z]{44}|b[a-z2-7]{20,120}")
_IPFS: Final = re.compile(rf"ipfs://(?P<cid>[A-Za-z0-9]+)(?P<path>(?:/{_PCHAR}*)*)")
_FILE: Final = re.compile(
    r"file:///(?P<path>[A-Za-z0-9_][A-Za-z0-9._-]*(?:/[A-Za-z0-9_][A-Za-z0-9._-]*)*)"
)
_VISIBLE: Final = re.compile(r"[!-~]+")


class InvalidUriError(ValueError):
    """Text that is no URI of ours. The sentence says what to mend and repeats nothing of it."""


@dataclass(frozen=True, slots=True)
class WebUri:
    """`https:` or `http:`. `host` is a lower-case name, dotted IPv4, or IPv6 without brackets."""

    scheme: Literal["https", "http"]
    host: str
    port: int
    target: str
    """Path and query as sent, beginning with `/`."""

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host and port."""
        return self.scheme, self.host, self.port

    @property
    def authority(self) -> str:
        """Host and port as a `Host` header spells them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class IpfsUri:
    """`ipfs://CID/path`. `path` is empty or begins with `/`, and stays below the CID."""

    cid: str
    path: str


@dataclass(frozen=True, slots=True)
class FileUri:
    """`file:///a/b`, relative to a folder that the operator names. Parts never begin with a dot."""

    parts: tuple[str, ...]


Uri = WebUri | IpfsUri | FileUri


def parse_uri(text: str) -> Uri:
    """Read one URI. Raises InvalidUriError; whether it may be fetched is the operator's policy."""
    if len(text) > MAX_URI:
        raise InvalidUriError(f"a URI may have at most {MAX_URI} characters")
    if not _VISIBLE.fullmatch(text):
        raise InvalidUriError("a URI is visible ASCII, without blanks or control characters")
    scheme = text.partition(":")[0].lower()
    match scheme:
        case "https" | "http":
            return _web(text, scheme)
        case "ipfs":
            return _ipfs(text)
        case "file":
            return _file(text)
    raise InvalidUriError("a URI begins with https://, ipfs:// or file:///")


def _web(text: str, scheme: Literal["https", "http"]) -> WebUri:
    found = _WEB.fullmatch(text)
    if found is None:
        raise InvalidUriError(f"must be {scheme}://host/path, without user name and fragment")
    port = found["port"]
    if port is not None and (port.startswith("0") or not 1 <= int(port[:6]) <= MAX_PORT):
        raise InvalidUriError(f"the port must be a number from 1 to {MAX_PORT}")
    return WebUri(
        scheme=scheme,
        host=_host(found["host"].lower()),
        port=int(port) if port else _DEFAULT_PORTS[scheme],
        target=(found["path"] or "/") + (found["query"] or ""),
    )


def _host(host: str) -> str:
    try:
        if host.startswith("["):
            return str(ipaddress.IPv6Address(host[1:-1]))
        labels = host.split(".")
        if _NUMBER.fullmatch(labels[-1]):
            return str(ipaddress.IPv4Address(host))
    except ValueError:
        raise InvalidUriError(
            "an address as host is four decimal numbers, or IPv6 in brackets"
        ) from None
    if len(host) > MAX_HOST or not all(map(_LABEL.fullmatch, labels)):
        raise InvalidUriError("the host is no name of letters, digits, hyphens and single dots")
    return host


def _ipfs(text: str) -> IpfsUri:
    found = _IPFS.fullmatch(text)
    if found is None or not _CID.fullmatch(found["cid"]):
        raise InvalidUriError("must be ipfs://CID/path, with a CID that begins with Qm or b")
    # A gateway would resolve these, and the path would no longer lie below the CID.
    for part in found["path"].split("/"):
        plain = unquote(part, errors="replace")
        if plain in (".", "..") or any(char in "/\\%" or char < " " for char in plain):
            raise InvalidUriError(
                "an ipfs path has no dot segments, slashes or controls in escapes"
            )
    return IpfsUri(found["cid"], found["path"])


def _file(text: str) -> FileUri:
    found = _FILE.fullmatch(text)
    if found is None:
        raise InvalidUriError("must be file:///folder/name, of names that do not begin with a dot")
    return FileUri(tuple(found["path"].split("/")))
