"""Where the Docker engine listens, and which places we refuse to ask."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import SplitResult, urlsplit

if TYPE_CHECKING:
    from pathlib import Path

CERTIFICATES: Final = ("ca.pem", "cert.pem", "key.pem")
_HOST: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]*", re.ASCII)  # never an option of ssh
_USER: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Address:
    """An engine's URL; without one, Docker's own variables decide as they do for `docker`."""

    url: str | None = None
    certificates: Path | None = None
    """Folder with ca.pem, cert.pem, key.pem, as DOCKER_CERT_PATH would name it."""

    @property
    def remote(self) -> bool:
        """True when the engine may be another machine's."""
        return self.url is not None and not self.url.startswith("unix:")

    def fault(self) -> str | None:
        """Say what is wrong with it in one sentence; None when it may be used.

        Whoever can reach an engine owns its machine, so it is never asked for in the clear.
        """
        if self.url is None:
            return None if self.certificates is None else "certificates need a tcp:// URL"
        try:
            parts = urlsplit(self.url)
            _ = parts.port
        except ValueError:
            return "it is not a URL"
        judge = {"unix": _unix, "tcp": _tcp, "ssh": _ssh}.get(parts.scheme)
        if judge is None:
            return f"{parts.scheme or 'no'} scheme; only unix://, tcp:// and ssh:// are known"
        return judge(parts, self.certificates)


LOCAL: Final = Address()
"""As Docker's own variables say."""


def _unix(parts: SplitResult, certificates: Path | None) -> str | None:
    if parts.netloc or not parts.path.startswith("/"):
        return "unix:// needs an absolute path, as in unix:///var/run/docker.sock"
    return None if certificates is None else "certificates are for tcp:// only"


def _tcp(parts: SplitResult, certificates: Path | None) -> str | None:
    if not parts.hostname or parts.port is None or parts.path not in ("", "/"):
        return "tcp:// needs a host and a port and nothing else"
    if certificates is None:
        return "an engine on TCP without client certificates is refused; name their folder"
    absent = [name for name in CERTIFICATES if not (certificates / name).is_file()]
    return f"{', '.join(absent)} missing in {certificates}" if absent else None


def _ssh(parts: SplitResult, certificates: Path | None) -> str | None:
    if certificates is not None:
        return "certificates are for tcp:// only; ssh:// uses the keys of ssh"
    if parts.password is not None:
        return "ssh:// takes no password; use a key"
    if not _HOST.fullmatch(parts.hostname or "") or parts.query or parts.fragment:
        return "ssh:// needs a host, as in ssh://user@host:22"
    if parts.username is not None and not _USER.fullmatch(parts.username):
        return "ssh:// has a user name that cannot be one"
    return None
