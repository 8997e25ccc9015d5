"""A datagram that says "look now" to a process on this machine. Lossy by design.

Nothing depends on it but latency: the outbox holds the truth, and whoever listens also polls. So
a full buffer, a missing listener or a stranger's byte costs at most one polling interval.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MAX_PATH = 100  # a socket's path may hold 107 bytes (unix(7)); longer ones go through /proc
MAX_NOTE = 4096  # longest datagram that is read
MAX_BURST = 1024  # datagrams emptied in one go, so that a flood cannot keep a listener from work

RELAY = "relay.bell"
"""Rung after a commit that left outbox entries (note: which, or nothing)."""

FRONT = "front.bell"
"""Rung by a worker that has stored a verdict (note: the submission's id)."""

LAUNCHER = "launcher.bell"
"""Rung by a worker or relay that is ready (note: its name), or that sees work stall (note: why)."""


def doorbell_note(entries: Iterable[tuple[str, str]]) -> bytes:
    """Write queues and submission ids for the relay; those that do not fit are left out."""
    lines = [f"{queue} {submission_id}" for queue, submission_id in entries]
    while sum(map(len, lines)) + len(lines) > MAX_NOTE:
        lines.pop()
    return "\n".join(lines).encode()


def read_doorbells(note: bytes) -> list[tuple[str, str]] | None:
    """Read what `doorbell_note` wrote; None for any other bytes."""
    lines = note.decode("ascii", "replace").split("\n")
    found = [tuple(line.split(" ")) for line in lines]
    if not all(len(words) == 2 for words in found):  # noqa: PLR2004 - queue and id
        return None
    return [(queue, submission_id) for queue, submission_id in found]


class _Address:
    """A socket path of any length: beyond the limit it is named through its folder's descriptor."""

    def __init__(self, path: Path) -> None:
        self._folder: int | None = None
        self.name = str(path)
        if len(os.fsencode(path)) > MAX_PATH:
            self._folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
            self.name = f"/proc/self/fd/{self._folder}/{path.name}"

    def close(self) -> None:
        if self._folder is not None:
            os.close(self._folder)
            self._folder = None


class Bell:
    """The ringing side. Safe to use from several threads and after a fork."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._address = _Address(path)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)

    def ring(self, note: bytes = b"") -> None:
        """Wake the listener, if there is one. Never waits, never raises."""
        with contextlib.suppress(OSError):
            self._socket.sendto(note[:MAX_NOTE], self._address.name)

    def close(self) -> None:
        """Let go of the socket."""
        self._socket.close()
        self._address.close()


class Porter:
    """The listening side: one for each path; a newer one takes the path over."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._address = _Address(path)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        path.unlink(missing_ok=True)
        self._socket.bind(self._address.name)
        path.chmod(0o600)
        self._inode = path.stat().st_ino

    def fileno(self) -> int:
        """For a selector or an event loop."""
        return self._socket.fileno()

    def wait(self, timeout_s: float) -> list[bytes]:
        """Notes that came within this time; empty when none did."""
        select.select([self._socket], [], [], max(0.0, timeout_s))
        return self.hear()

    def hear(self) -> list[bytes]:
        """Notes that are here already, without waiting."""
        notes: list[bytes] = []
        with contextlib.suppress(BlockingIOError):
            while len(notes) < MAX_BURST:
                notes += (self._socket.recv(MAX_NOTE),)
        return notes

    def close(self) -> None:
        """Let go of the socket, and of its path unless a newer listener has taken it."""
        self._socket.close()
        with contextlib.suppress(FileNotFoundError):
            if self._path.stat().st_ino == self._inode:
                self._path.unlink()
        self._address.close()
