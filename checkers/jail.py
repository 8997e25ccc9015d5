"""A killable process for parsers that read hostile bytes (threat model, row 24).

The cage holds programs of others; this holds our own parsers, whose libraries (jsonschema-rs, YAML,
XML, sympy, polars) are not in the cage. It is a process jail: one warm parent for each family of
works, started when it is first needed, without environment, inherited files or descriptors; it
forks one child for each request, which has limits on memory and CPU time, can open neither a file
nor a socket nor start a process, and is killed at its deadline. It does not hold a program that
fights the kernel, and runs none.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from checkers.jailed.works import FAMILIES, WORKS
from checkers.strict_json import StrictJsonError, loads

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_REPLY: Final = 4 * 1024 * 1024
START_S: Final = 60.0
"""For loading a family's libraries on a busy machine."""

GRACE_S: Final = 3.0
"""How long after its deadline a request may be without an end before the parent counts as hung."""

JOBS: Final = 2000
"""Requests until a parent is replaced, so that nothing can pile up in one."""

ROOT: Final = str(Path(__file__).resolve().parent.parent)
"""Where this very code lies, so that both sides are of one version."""


class JailError(Exception):
    """The jailed work did not end well: killed, out of memory, crashed, or nonsense came back."""


class _ParentGoneError(Exception):
    """The parent died, which is not the doing of this request."""


def run(
    work: str,
    request: Any,  # noqa: ANN401 - JSON both ways
    *,
    seconds: float,
    blobs: Sequence[bytes] = (),
) -> Any:  # noqa: ANN401
    """Do one piece of `checkers.jailed.works` work. JSON in, JSON out; raises `JailError`.

    `blobs` (files, tables) reach the work as bytes, as its further arguments. `seconds` counts
    from the fork, as CPU time and on the wall clock. From any thread and any process.
    """
    if work not in WORKS:
        raise JailError(f"there is no jailed work called {work}")
    head = {"request": request, "blobs": [*map(len, blobs)]}
    message = json.dumps(head).encode() + b"\n" + b"".join(blobs)
    reply = _reply(work, message, seconds)
    if not reply.endswith(b"\n"):
        raise JailError(f"the jailed {work} was ended or crashed")
    try:
        return loads(reply, max_depth=200)
    except StrictJsonError as error:
        raise JailError(f"the jailed {work} wrote no JSON: {error}") from None


def _reply(work: str, message: bytes, seconds: float) -> bytes:
    """Ask the family's parent; once more where that died of something else."""
    for _ in range(2):
        parent = _PARENTS.borrow(WORKS[work].family)
        try:
            return parent.ask(work, message, seconds)
        except _ParentGoneError:
            continue
        finally:
            _PARENTS.give_back(parent)
    raise JailError(f"the parent of the jailed {work} does not stay alive")


class _Parent:
    """One warm parent process and the socket that its orders go to."""

    def __init__(self, family: str) -> None:
        self.family = family
        self.jobs = 0
        self.busy = 0
        self.retired = False
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-s", "-m", "checkers.jailed", family],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=_environment(family),
                cwd="/",
                start_new_session=True,
            )
        self._control.settimeout(START_S)
        try:
            ready = self._control.recv(1)
        except OSError:
            ready = b""
        if not ready:
            self.end()
            raise JailError(f"the parent of the jailed {family} works did not start")

    @property
    def gone(self) -> bool:
        """True when the process has ended, or closed its side."""
        ended = select.poll()
        ended.register(self._control, select.POLLRDHUP)
        return bool(ended.poll(0))

    def ask(self, work: str, message: bytes, seconds: float) -> bytes:
        """Send one order and what it is about; return what came back until the child's end."""
        order = json.dumps({"work": work, "seconds": seconds}).encode()
        deadline = time.monotonic() + seconds + GRACE_S
        mine, theirs = socket.socketpair()
        with mine:
            with theirs:
                try:
                    socket.send_fds(self._control, [order], [theirs.fileno()])
                except OSError:
                    raise _ParentGoneError from None
            try:
                reply = _talk(mine, message, deadline)
            except TimeoutError:
                self.retired = True  # it should have killed the child long ago
                return b""
        if not reply and self.gone:
            raise _ParentGoneError
        return reply

    def end(self) -> None:
        """Close the socket, which ends the parent and its children; leave no zombie."""
        self._control.close()
        try:
            self._process.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def forget(self) -> None:
        """Let go of another process's parent, without ending it: we are that one's fork."""
        self._control.close()
        self._process.returncode = 0  # not ours to wait for


def _environment(family: str) -> dict[str, str]:
    # A fixed seed of hashes: two runs must walk a set in one order.
    python = {"PYTHONPATH": ROOT, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
    return python | dict(FAMILIES[family].environment)


def _talk(connection: socket.socket, message: bytes, deadline: float) -> bytes:
    """Send all, then read: the child reads all before it writes, so neither waits for the other."""
    with suppress(BrokenPipeError, ConnectionResetError):
        connection.settimeout(max(0.01, deadline - time.monotonic()))
        connection.sendall(message)
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


class _Parents:
    """The parents of this process, one for each family, shared by its threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._starting = {name: threading.Lock() for name in FAMILIES}
        self._current: dict[str, _Parent] = {}
        self._retired: set[_Parent] = set()

    def borrow(self, family: str) -> _Parent:
        """Return the family's parent, alive when last seen; `give_back` must follow."""
        with self._starting[family]:  # one thread starts it, the others wait for that one
            with self._lock:
                parent = self._current.get(family)
                if parent is not None and not self._worn(parent):
                    parent.busy += 1
                    parent.jobs += 1
                    return parent
            made = _Parent(family)
            with self._lock:
                made.busy = made.jobs = 1
                self._current[family] = made
            return made

    def _worn(self, parent: _Parent) -> bool:
        """Say whether it must be replaced, and see to its end."""
        if not (parent.retired or parent.gone or parent.jobs >= JOBS):
            return False
        del self._current[parent.family]
        if parent.busy:
            self._retired.add(parent)
        else:
            parent.end()
        return True

    def give_back(self, parent: _Parent) -> None:
        """End it where it was retired and this was its last request."""
        with self._lock:
            parent.busy -= 1
            if parent in self._retired and not parent.busy:
                self._retired.remove(parent)
                parent.end()

    def close(self) -> None:
        """End them all."""
        with self._lock:
            for parent in (*self._current.values(), *self._retired):
                parent.end()
            self._current.clear()
            self._retired.clear()

    def forget(self) -> None:
        """Start anew in the child of a fork: its parent's processes and locks are not its own."""
        for parent in (*self._current.values(), *self._retired):
            parent.forget()
        self._lock = threading.Lock()
        self._starting = {name: threading.Lock() for name in FAMILIES}
        self._current = {}
        self._retired = set()


_PARENTS: Final = _Parents()
atexit.register(_PARENTS.close)
os.register_at_fork(after_in_child=_PARENTS.forget)
