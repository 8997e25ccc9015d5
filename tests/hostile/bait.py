"""What the attacks reach for on this host: a file anyone may read, services, an environment."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import socket
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PROJECT = Path(__file__).resolve().parents[2]
ENVIRONMENT = "HOSTILE_BAIT"


@dataclass(frozen=True, slots=True)
class Bait:
    """Facts for the programs' arguments, and the words that must never come back."""

    facts: Mapping[str, str]
    words: tuple[bytes, ...]

    def fill(self, text: str) -> str:
        """Put facts into an argument."""
        return text.format_map(self.facts) if "{" in text else text

    def fill_source(self, source: bytes) -> bytes:
        """Put the secret's path into a source file."""
        return source.replace(b"@SECRET@", self.facts["secret"].encode())

    def leaked(self, content: bytes) -> bytes | None:
        """Return the word of ours that is in there, if one is."""
        return next((word for word in self.words if word in content), None)


@contextlib.contextmanager
def laid_out() -> Iterator[Bait]:
    """Lay it out, and take it away again."""
    with contextlib.ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="tosv-bait-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o755)
        secret, variable = secrets.token_hex(16), secrets.token_hex(16)
        (folder / "secret").write_text(secret)
        (folder / "secret").chmod(0o644)
        os.environ[ENVIRONMENT] = variable
        stack.callback(os.environ.pop, ENVIRONMENT, None)
        tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        abstract = secrets.token_hex(8)
        unix = stack.enter_context(socket.socket(socket.AF_UNIX))
        unix.bind(f"\0{abstract}")
        unix.listen()
        facts = {
            "secret": str(folder / "secret"),
            "port": str(tcp.getsockname()[1]),
            "abstract": abstract,
            "address": _address(),
            "project": str(PROJECT),
            "home": str(Path.home()),
            "name": secrets.token_hex(8),
        }
        yield Bait(facts, (secret.encode(), variable.encode(), abstract.encode()))


def _address() -> str:
    """An address of this host other than loopback, where it has one."""
    found = (entry for entries in psutil.net_if_addrs().values() for entry in entries)
    addresses = [entry.address for entry in found if entry.family == socket.AF_INET]
    return next((text for text in addresses if not text.startswith("127.")), "127.0.0.1")
