"""Parent side of `checkers.jail`: load a family's libraries once, fork a jailed child per request.

It never reads a byte of a request: the child does, after it gave up everything else. Orders come
over the socket on descriptor 0, each with a connection on which the owner is handed that of its
child; when that socket ends, the owner is gone, and so is everything here.
"""

from __future__ import annotations

import codecs
import encodings
import gc
import importlib
import json
import math
import os
import pkgutil
import select
import selectors
import signal
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NoReturn

from checkers.jailed.confine import confine, die_with, limit_cpu, prepare
from checkers.jailed.works import FAMILIES, WORKS, wall_s

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

READY: Final = b"+"
ORDER_BYTES: Final = 4096
MAX_FD: Final = 2**31 - 1


@dataclass(slots=True)
class _Child:
    """A forked child: its process, the descriptor that tells of its end, and when it must end."""

    pid: int
    pidfd: int
    deadline: float = math.inf

    @property
    def ended(self) -> bool:
        """True for one that is not yet reaped, but over."""
        found = select.poll()
        found.register(self.pidfd, select.POLLIN)
        return bool(found.poll(0))


class Parent:
    """Serves the works of one family until its owner is gone.

    A spare child, confined and waiting, is forked ahead of the next order, which so needs no fork.
    Like every child it serves one request and ends.
    """

    def __init__(self, family: str, control: socket.socket) -> None:
        self._family = FAMILIES[family]
        _load_codecs()
        self._works = {name: _load(name) for name, work in WORKS.items() if work.family == family}
        self._control = control
        self._selector = selectors.DefaultSelector()
        self._children: dict[int, _Child] = {}
        self._spare: tuple[_Child, socket.socket] | None = None

    def serve(self) -> None:
        """Have a child for every order; return when the owner's end is closed."""
        prepare(threads=self._family.threads)
        gc.collect()
        gc.freeze()  # a collection in a child must not touch, and so copy, what all share
        self._selector.register(self._control, selectors.EVENT_READ)
        self._control.sendall(READY)
        while True:
            if self._spare is None:
                self._spare = self._fork()
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
        soonest = min((child.deadline for child in self._children.values()), default=math.inf)
        return None if soonest == math.inf else max(0.01, soonest - time.monotonic())

    def _take_order(self) -> bool:
        """Give a child to one order; False when no more can come."""
        try:
            text, fds, _, _ = socket.recv_fds(self._control, ORDER_BYTES, 1)
        except OSError:
            return False
        if not text:
            return False
        order = json.loads(text)
        child, connection = self._ready_child()
        with connection, socket.socket(fileno=fds[0]) as owner:
            limit_cpu(child.pid, order["seconds"])
            child.deadline = time.monotonic() + wall_s(order["seconds"])
            connection.sendall(order["work"].encode() + b"\n")
            with suppress(OSError):  # nobody waits any more: the child reads no request, and ends
                socket.send_fds(owner, [READY], [connection.fileno()])
        return True

    def _ready_child(self) -> tuple[_Child, socket.socket]:
        spare, self._spare = self._spare, None
        if spare is None:
            return self._fork()
        if not spare[0].ended:
            return spare
        spare[1].close()  # killed from outside: not the doing of the request that would get it
        return self._fork()

    def _fork(self) -> tuple[_Child, socket.socket]:
        """Return a new child and the connection that it reads on."""
        parent = os.getpid()
        ours, its = socket.socketpair()
        pid = os.fork()
        if pid == 0:
            _serve_one(self._works, its.fileno(), parent, self._confine)
        its.close()
        child = _Child(pid, os.pidfd_open(pid))
        self._children[child.pidfd] = child
        self._selector.register(child.pidfd, selectors.EVENT_READ)
        return child, ours

    def _confine(self) -> None:
        confine(self._family.memory_mb, threads=self._family.threads)

    def _bury(self, child: _Child) -> None:
        """Reap an ended child, after what it may have started."""
        if self._spare is not None and self._spare[0] is child:
            self._spare[1].close()
            self._spare = None
        self._selector.unregister(child.pidfd)
        del self._children[child.pidfd]
        os.close(child.pidfd)
        _kill(child.pid)
        os.waitpid(child.pid, 0)

    def _end_all(self) -> None:
        for child in list(self._children.values()):
            _kill(child.pid)
            self._bury(child)


def _load_codecs() -> None:
    """Load every codec of the standard library: a file in UTF-16 is no broken file.

    Python opens a codec's module at its first use, which inside the jail fails as if the encoding
    were unknown. All of them cost 50 ms and 4 MB, which the children share.
    """
    for module in pkgutil.iter_modules(encodings.__path__):
        with suppress(LookupError):  # those of other systems, and what is no codec
            codecs.lookup(module.name)


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
    works: Mapping[str, Callable[..., Any]],
    connection: int,
    parent: int,
    give_up: Callable[[], None],
) -> NoReturn:
    """The whole life of a child. Nothing of the parent's is left to it but memory.

    The name of the work comes from the parent, all that follows from the owner.
    """
    code = 1
    try:
        os.setsid()
        die_with(parent)
        os.dup2(connection, 0)
        os.closerange(3, MAX_FD)
        stream = os.fdopen(0, "rb", closefd=False)
        give_up()
        work = works[stream.readline().decode().strip()]
        head = json.loads(stream.readline())
        blobs = [stream.read(length) for length in head["blobs"]]
        _write(json.dumps(work(head["request"], *blobs)).encode() + b"\n")
        os.close(0)  # the owner need not wait until this process's memory is taken apart
        code = 0
    finally:
        os._exit(code)  # a child never returns into the parent's loop, nor says what it met


def _write(reply: bytes) -> None:
    view = memoryview(reply)
    while view:
        view = view[os.write(0, view) :]
