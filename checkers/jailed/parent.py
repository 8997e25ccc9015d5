"""Parent side of `checkers.jail`: load a family's libraries once, fork a jailed child per request.

It never reads a byte of a request: the child does, after it gave up everything else. Orders come
over the socket on descriptor 0, each with the connection that its child answers on; when that
socket ends, the owner is gone, and so is everything here.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import selectors
import signal
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NoReturn

from checkers.jailed.confine import confine, die_with_parent
from checkers.jailed.works import FAMILIES, WORKS

if TYPE_CHECKING:
    from collections.abc import Callable

READY: Final = b"+"
ORDER_BYTES: Final = 4096
MAX_FD: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class _Child:
    """A forked child: its process, the descriptor that tells of its end, and when it must end."""

    pid: int
    pidfd: int
    deadline: float


class Parent:
    """Serves the works of one family until its owner is gone."""

    def __init__(self, family: str, control: socket.socket) -> None:
        self._family = FAMILIES[family]
        self._works = {name: _load(name) for name, work in WORKS.items() if work.family == family}
        self._control = control
        self._selector = selectors.DefaultSelector()
        self._children: dict[int, _Child] = {}

    def serve(self) -> None:
        """Fork for every order; return when the owner's end is closed."""
        gc.collect()
        gc.freeze()  # a collection in a child must not touch, and so copy, what all share
        self._selector.register(self._control, selectors.EVENT_READ)
        self._control.sendall(READY)
        while True:
            for key, _ in self._selector.select(self._patience()):
                if key.fileobj is not self._control:
                    self._bury(self._children[key.fd])
                elif not self._take_order():
                    self._end_all()
                    return
            now = time.monotonic()
            for child in self._children.values():
                if child.deadline <= now:
                    _kill(child.pid)

    def _patience(self) -> float | None:
        """Seconds until the next deadline. A killed child is waited for by its descriptor."""
        if not self._children:
            return None
        soonest = min(child.deadline for child in self._children.values())
        return max(0.01, soonest - time.monotonic())

    def _take_order(self) -> bool:
        """Fork for one order; False when no more can come."""
        try:
            text, fds, _, _ = socket.recv_fds(self._control, ORDER_BYTES, 1)
        except OSError:
            return False
        if not text:
            return False
        order = json.loads(text)
        pid = os.fork()
        if pid == 0:
            _serve_one(self._works.get(order["work"]), fds[0], order["seconds"], self._confine)
        os.close(fds[0])
        pidfd = os.pidfd_open(pid)
        self._children[pidfd] = _Child(pid, pidfd, time.monotonic() + order["seconds"])
        self._selector.register(pidfd, selectors.EVENT_READ)
        return True

    def _confine(self, seconds: float) -> None:
        confine(seconds, self._family.memory_mb, threads=self._family.threads)

    def _bury(self, child: _Child) -> None:
        """Reap an ended child, after what it may have started."""
        self._selector.unregister(child.pidfd)
        del self._children[child.pidfd]
        os.close(child.pidfd)
        _kill(child.pid)
        os.waitpid(child.pid, 0)

    def _end_all(self) -> None:
        for child in list(self._children.values()):
            _kill(child.pid)
            self._bury(child)


def _load(name: str) -> Callable[..., Any]:
    work = WORKS[name]
    module = importlib.import_module(work.module)
    if work.warm is not None:
        getattr(module, work.warm)()
    loaded: Callable[..., Any] = getattr(module, work.name)
    return loaded


def _kill(pid: int) -> None:
    """End a child that is not yet reaped, and its group; it leads one from its first steps on."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _serve_one(
    work: Callable[..., Any] | None,
    connection: int,
    seconds: float,
    give_up: Callable[[float], None],
) -> NoReturn:
    """The whole life of a child. Nothing of the parent's is left to it but memory."""
    try:
        os.setsid()
        die_with_parent()
        os.dup2(connection, 0)
        os.closerange(3, MAX_FD)
        stream = os.fdopen(0, "rb", closefd=False)
        give_up(seconds)
        if work is not None:
            head = json.loads(stream.readline())
            blobs = [stream.read(length) for length in head["blobs"]]
            _write(json.dumps(work(head["request"], *blobs)).encode() + b"\n")
            os._exit(0)
    except BaseException:  # noqa: BLE001 - a child never returns into the parent's loop
        os._exit(1)
    os._exit(2)


def _write(reply: bytes) -> None:
    view = memoryview(reply)
    while view:
        view = view[os.write(0, view) :]
