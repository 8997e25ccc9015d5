"""A family of child processes: started, watched, restarted, and ended to the last one.

Children get their own session, so that Ctrl-C in a terminal reaches only the launcher, which ends
them in order. The kernel kills them when the launcher dies in any way (PR_SET_PDEATHSIG), so even
`kill -9` of it leaves nothing behind. The launcher has one thread: that signal follows the thread
that forked.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path
    from types import FrameType
    from typing import Any

PR_SET_PDEATHSIG = 1  # prctl(2)
FIRST_BACKOFF_S = 0.2
LAST_BACKOFF_S = 10.0
STEADY_S = 30.0  # a child that lived this long starts again at once
LOG_BYTES = 8 * 1024 * 1024
TAIL_LINES = 12
HURRY = 2  # so many stop signals mean: at once

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopRequestedError(Exception):
    """The operator asked the launcher to stop."""


class Interruption:
    """Turns stop signals into a flag that every wait looks at; a second one means hurry."""

    def __init__(self) -> None:
        self.count = 0
        self._wake_r, self._wake_w = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def __enter__(self) -> Self:
        signal.set_wakeup_fd(self._wake_w, warn_on_full_buffer=False)
        for number in STOP_SIGNALS:
            signal.signal(number, self._note)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        return self

    def __exit__(self, *exc: object) -> None:
        # The launcher is on its way out: one more Ctrl-C must not turn a clean stop into a kill.
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.set_wakeup_fd(-1)
        os.close(self._wake_r)
        os.close(self._wake_w)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.count += 1

    def wait(self, seconds: float, *also: Any) -> None:  # noqa: ANN401 - anything with fileno()
        """Sleep until the time is over, a child ends, or one of these has something to read.

        Raises StopRequestedError as soon as a stop was asked for.
        """
        self.check()
        self.pause(seconds, *also)
        self.check()

    def pause(self, seconds: float, *also: Any) -> None:  # noqa: ANN401 - as above
        """Sleep in the same way without raising."""
        select.select([self._wake_r, *also], [], [], max(0.0, seconds))
        with contextlib.suppress(BlockingIOError):
            os.read(self._wake_r, 4096)

    def check(self) -> None:
        """Raise StopRequestedError if a stop was asked for."""
        if self.count:
            raise StopRequestedError


@dataclass(frozen=True, slots=True)
class Program:
    """What to start. `grace_s` is how long it may take to end after SIGTERM."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict, repr=False)  # holds the broker's password
    cwd: Path | None = None
    grace_s: float = 5.0


@dataclass(slots=True)
class Child:
    """One program of the family and its current process."""

    program: Program
    log: Path
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    crashes: int = 0
    backoff_s: float = 0.0
    start_after: float = 0.0

    @property
    def alive(self) -> bool:
        """True while its process runs."""
        return self.process is not None and self.process.poll() is None

    def start(self, now: float) -> None:
        """Start the process, its output going to the log."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            self.log.replace(self.log.with_suffix(".1.log"))
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.program.argv,
                env=dict(self.program.env),
                cwd=self.program.cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_bind_to(os.getpid()),  # noqa: PLW1509 - the launcher has one thread
            )
        self.started_at = now

    def signal(self, number: int) -> None:
        """Signal its main process."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    def kill(self) -> None:
        """End it and what is left of its group, at once."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def tail(self) -> str:
        """Last lines of its log, without control characters."""
        if not self.log.exists():
            return ""
        with self.log.open(encoding="utf-8", errors="replace") as lines:
            last = deque(lines, maxlen=TAIL_LINES)
        return "".join(c for c in "".join(last) if c == "\n" or c.isprintable()).strip()


class Family:
    """Children by name, in order of their start; they end in the reverse order."""

    def __init__(
        self,
        logs: Path,
        interruption: Interruption,
        report: Callable[[str], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._logs = logs
        self._interruption = interruption
        self._report = report
        self._monotonic = monotonic
        self.children: dict[str, Child] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def start(self, program: Program) -> Child:
        """Start a program and watch it from now on."""
        child = Child(program, self._logs / f"{program.name}.log")
        self.children[program.name] = child
        child.start(self._monotonic())
        return child

    def watch(self) -> None:
        """Look once: restart what ended, with growing pauses."""
        now = self._monotonic()
        for child in self.children.values():
            if child.alive:
                continue
            if child.process is not None:
                self._bury(child, now)
            if now >= child.start_after:
                child.start(now)

    def next_start(self) -> float:
        """Seconds until a pause of a crashed child is over; at most 1."""
        now = self._monotonic()
        waits = [c.start_after - now for c in self.children.values() if c.process is None]
        return max(0.0, min([1.0, *waits]))

    def restart(self, name: str) -> None:
        """End one child; the next look starts it again."""
        child = self.children[name]
        child.signal(signal.SIGTERM)
        deadline = self._monotonic() + child.program.grace_s
        while child.alive and self._monotonic() < deadline:
            self._interruption.wait(0.1)
        child.kill()

    def _bury(self, child: Child, now: float) -> None:
        process = child.process
        if process is None:
            return
        child.kill()  # what its main process left in its group
        child.process = None
        child.crashes += 1
        steady = now - child.started_at > STEADY_S
        longer = min(LAST_BACKOFF_S, child.backoff_s * 2)
        child.backoff_s = FIRST_BACKOFF_S if steady else max(FIRST_BACKOFF_S, longer)
        child.start_after = now + child.backoff_s
        self._report(
            f"{child.program.name} {_how(process.returncode)}; starting it again in"
            f" {child.backoff_s:g} s (log: {child.log})"
        )

    def stop(self) -> None:
        """End every child, newest first; a second stop signal kills the rest at once."""
        for child in reversed(self.children.values()):
            child.signal(signal.SIGTERM)
            deadline = self._monotonic() + child.program.grace_s
            while child.alive and self._monotonic() < deadline and self._interruption.count < HURRY:
                self._interruption.pause(0.1)
            child.kill()


def _how(code: int) -> str:
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with code {code}"


def _bind_to(parent: int) -> Callable[[], None]:
    """For the forked child: die with the launcher, also if it died before this call."""
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

    def bind() -> None:
        if libc is not None:
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            if os.getppid() != parent:
                os._exit(1)

    return bind


def inherited_environment(drop: Iterable[str] = ()) -> dict[str, str]:
    """Copy this environment for a child, without variables whose name starts so."""
    prefixes = tuple(drop)
    every = os.environ.items()  # noqa: TID251 - handed on to a child, not read
    return {name: value for name, value in every if not (prefixes and name.startswith(prefixes))}
