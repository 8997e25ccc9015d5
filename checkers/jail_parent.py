"""Owner's side of one warm parent: starting it, handing it a request, ending it."""

from __future__ import annotations

import json
import select
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from checkers.jailed.works import FAMILIES, wall_s
from sandboxes.protocol import SandboxUnavailableError

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_REPLY: Final = 4 * 1024 * 1024
START_S: Final = 120.0
"""For loading a family's libraries on a busy machine."""

HANDOVER_S: Final = 30.0
"""For a fork on a busy machine. None of it is the request's own time."""

GRACE_S: Final = 3.0
"""How long after its deadline a request may be without an end before the parent counts as hung."""

ROOT: Final = str(Path(__file__).resolve().parent.parent)
"""Where this very code lies, so that both sides are of one version."""


class JailUnavailableError(SandboxUnavailableError):
    """The jail could not be had or broke down: our error, whatever the request was."""


class ParentGoneError(Exception):
    """The parent died, which is not the doing of this request."""


class WarmParent:
    """One parent process and the socket that its orders go to.

    `jobs` and `busy` count its requests, all and under way; `retired` ones get no more of them.
    """

    def __init__(self, family: str) -> None:
        """Start the process; `wait` must follow. Raises OSError where there can be none."""
        self.family = family
        self.jobs = 0
        self.busy = 0
        self.retired = False
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            try:
                self._process = subprocess.Popen(
                    [sys.executable, "-P", "-s", "-m", "checkers.jailed", family],
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env=_environment(family),
                    cwd="/",
                    start_new_session=True,
                )
            except OSError:
                self._control.close()
                raise

    def wait(self) -> None:
        """Return when it is ready. After `JailUnavailableError`, `kill` it."""
        try:
            self._control.settimeout(START_S)
            ready = self._control.recv(1)
        except OSError:
            ready = b""
        if not ready:
            raise JailUnavailableError(f"the jail of the {self.family} works did not start")

    @property
    def gone(self) -> bool:
        """True when the process has ended, or closed its side."""
        if self._control.fileno() < 0:
            return True
        ended = select.poll()
        ended.register(self._control, select.POLLRDHUP)
        return bool(ended.poll(0))

    def ask(self, work: str, parts: Sequence[bytes], seconds: float) -> bytes:
        """Hand over one request, in parts; return what came back until the child's end.

        Raises `ParentGoneError`, and `JailUnavailableError` for a parent that hangs.
        """
        try:
            with self._child(work, seconds) as connection:
                reply = _talk(connection, parts, time.monotonic() + wall_s(seconds) + GRACE_S)
        except TimeoutError:  # it should have handed over, or killed the child, long ago
            self.retired = True
            raise JailUnavailableError(f"the jail of the {self.family} works hangs") from None
        if not reply and self.gone:
            raise ParentGoneError
        return reply

    def _child(self, work: str, seconds: float) -> socket.socket:
        """Return the connection to a child that waits for this request; its time runs now."""
        order = json.dumps({"work": work, "seconds": seconds}).encode()
        mine, theirs = socket.socketpair()
        with mine:
            mine.settimeout(HANDOVER_S)
            with theirs:
                try:
                    socket.send_fds(self._control, [order], [theirs.fileno()])
                except TimeoutError:
                    raise
                except OSError:
                    raise ParentGoneError from None
            _, fds, _, _ = socket.recv_fds(mine, 1, 1)
        if not fds:
            raise ParentGoneError
        return socket.socket(fileno=fds[0])

    def end(self) -> None:
        """Close the socket, which ends the parent and its children; leave no zombie."""
        self._control.close()
        try:
            self._process.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End one that does not listen (yet); its children end with it."""
        self._process.kill()
        self._process.wait()
        self._control.close()

    def forget(self) -> None:
        """Let go of another process's parent, without ending it: we are that one's fork."""
        self._control.close()
        self._process.returncode = 0  # not ours to wait for


def _environment(family: str) -> dict[str, str]:
    # A fixed seed of hashes: two runs must walk a set in one order.
    python = {"PYTHONPATH": ROOT, "PYTHONHASHSEED": "0"}
    return python | dict(FAMILIES[family].environment)


def _talk(connection: socket.socket, parts: Sequence[bytes], deadline: float) -> bytes:
    """Send all, then read: the child reads all before it writes, so neither waits for the other."""
    with suppress(BrokenPipeError, ConnectionResetError):
        for part in parts:
            connection.settimeout(max(0.01, deadline - time.monotonic()))
            connection.sendall(part)
    reply = bytearray()
    while len(reply) <= MAX_REPLY:
        connection.settimeout(max(0.01, deadline - time.monotonic()))
        try:
            more = connection.recv(1 << 16)
        except ConnectionResetError:  # it ended before it read all
            break
        if not more:
            return bytes(reply)
        reply += more
    return b""
