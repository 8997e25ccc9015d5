"""A cage that stands: its first process is ready and waits for the one job it will ever have."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from sandboxes.bubblewrap.cage import Wires
from sandboxes.bubblewrap.cgroups import Group
from sandboxes.protocol import SandboxError

if TYPE_CHECKING:
    from sandboxes.bubblewrap.cgroups import Places

CHUNK: Final = 1 << 16
SETUP_S: Final = 20.0
DEATH_S: Final = 10.0

Command = Callable[[Wires], tuple[list[str], tuple[int, ...]]]
"""Makes bwrap's command line for these wires, and names the descriptors it inherits."""


class LiveCage:
    """One cage from bwrap's start to its end.

    It dies with the thread that made it. `kill` may be called from any thread, `close` ends all.
    """

    def __init__(self, command: Command, places: Places | None, *, collects: bool) -> None:
        """Start it and wait until it is ready. Raises SandboxError and OSError."""
        self._lock = threading.Lock()
        self._pidfd = -1
        self.status = self.go = self.collect = -1
        self._process: subprocess.Popen[bytes] | None = None
        self.group = Group(places)
        try:
            self._launch(command, collects)
        except BaseException:
            self.close()
            raise

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """bwrap, whose standard streams are the job's."""
        if self._process is None:
            raise SandboxError("the cage was never started")
        return self._process

    @property
    def alive(self) -> bool:
        """True while its first process waits or works."""
        with self._lock:
            return self._pidfd >= 0 and not select.select([self._pidfd], [], [], 0)[0]

    def order(self, orders: bytes) -> None:
        """Give it its job. Raises SandboxError when it is gone; then nothing of the job ran."""
        try:
            while orders:
                orders = orders[os.write(self.go, orders) :]
        except BrokenPipeError:
            raise SandboxError("the cage went away before its job began") from None

    def ask(self, request: bytes) -> None:
        """Say the last word to the first process: what to collect, or nothing."""
        with contextlib.suppress(BrokenPipeError):
            if request:
                os.write(self.go, b"G" + request)
        _close(self.go)
        self.go = -1

    def kill(self) -> None:
        """Kill the first process, and with it the whole process namespace."""
        with self._lock:
            if self._pidfd >= 0:
                with contextlib.suppress(ProcessLookupError):
                    signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    def bury(self) -> None:
        """Kill, and wait until it is gone."""
        self.kill()
        if self._process is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(DEATH_S)
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()

    def close(self) -> None:
        """End it and let go of everything of it. Idempotent."""
        self.bury()
        with self._lock:
            _close(self._pidfd)
            self._pidfd = -1
        for fd in (self.status, self.go, self.collect):
            _close(fd)
        self.status = self.go = self.collect = -1
        self.group.close()

    def _launch(self, command: Command, collects: bool) -> None:
        info, theirs_info = os.pipe()
        self.status, status = os.pipe()
        go, self.go = os.pipe()
        self.collect, collect = os.pipe() if collects else (-1, -1)
        try:
            argv, passed = command(Wires(theirs_info, status, go, collect))
            with self.group.lend():
                self._process = subprocess.Popen(
                    argv,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    pass_fds=passed,
                    start_new_session=True,  # Ctrl-C is the host's to handle
                    bufsize=0,
                )
            for fd in (theirs_info, status, go, collect):
                _close(fd)
            theirs_info = status = go = collect = -1
            self._await_ready(info)
        finally:
            for fd in (info, theirs_info, status, go, collect):
                _close(fd)

    def _await_ready(self, info: int) -> None:
        """Wait for the first process, hold on to it, and put it in its group."""
        deadline = time.monotonic() + SETUP_S
        told = _read_until(info, b"}", deadline)
        ready = _read_until(self.status, b"\n", deadline) if told else b""
        if ready != b"S\n":
            raise SandboxError(self._why_no_cage())
        self.first: int = json.loads(told)["child-pid"]
        self._pidfd = os.pidfd_open(self.first)
        self.group.add(self.first)

    def _why_no_cage(self) -> str:
        self.process.kill()
        _, errors = self.process.communicate(timeout=DEATH_S)
        lines = errors.decode(errors="replace").strip().splitlines() or ["it said nothing"]
        return f"the cage could not be made: {lines[-1][:200]}"


def _close(fd: int) -> None:
    if fd >= 0:
        with contextlib.suppress(OSError):
            os.close(fd)


def _read_until(fd: int, mark: bytes, deadline: float) -> bytes:
    """Read up to the end of a short message; empty when it does not come."""
    text = b""
    while mark not in text:
        ready, _, _ = select.select([fd], [], [], max(0.0, deadline - time.monotonic()))
        data = os.read(fd, 1 if mark == b"\n" else CHUNK) if ready else b""
        if not data or len(text) > CHUNK:
            return b""
        text += data
    return text
