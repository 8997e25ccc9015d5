"""A killable process for parsers that read hostile bytes (threat model, row 24).

The cage holds programs of others; this holds our own parsers, whose libraries (jsonschema-rs, YAML,
XML, sympy, polars) are not in the cage. It is a process jail: one warm parent for each family of
works, started when it is first needed or by `prepare`, without environment, inherited files or
descriptors; it forks one child for each request, which has limits on memory and CPU time, can open
neither a file nor a socket nor start a process, and is killed at its deadline. It does not hold a
program that fights the kernel, and runs none.
"""

from __future__ import annotations

import atexit
import json
import os
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from checkers.jail_parent import JailUnavailableError, ParentGoneError, WarmParent
from checkers.jailed.works import CHECKS, FAMILIES, WORKS, wall_s
from checkers.protocol import Reason
from checkers.strict_json import StrictJsonError, loads

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

JOBS: Final = 2000
"""Requests until a parent is replaced, so that nothing can pile up in one."""

CONTROL_S: Final = 10.0
CONTROL: Final = 42

AT_ONCE: Final = max(2, len(os.sched_getaffinity(0)))
"""Requests of one family under way: more would only eat each other's time, and memory."""


class JailError(Exception):
    """The jailed work did not end well: killed, out of memory, crashed, or nonsense came back.

    `reason` is what an error that comes of it is to be called: whoever repeats it elsewhere, while
    a control passes, has brought it about.
    """

    reason = Reason.INTERNAL


class JailBusyError(JailError):
    """The wall clock ran out before the CPU time did: the machine gave too little of it."""

    reason = Reason.MACHINE_BUSY


def run(
    work: str,
    request: Any,  # noqa: ANN401 - JSON both ways
    *,
    seconds: float,
    blobs: Sequence[bytes] = (),
) -> Any:  # noqa: ANN401
    """Do one piece of `checkers.jailed.works` work. JSON in, JSON out.

    `blobs` (files, tables) reach the work as bytes, as its further arguments. `seconds` counts
    from the handover to the child, as CPU time (in whole seconds, rounded up); the wall clock goes
    on to `wall_s` of it. Neither a parent's start nor a turn that is waited for is part of it. From
    any thread and any process. Raises `JailError` for work that ended badly, among them
    `JailBusyError`, and `JailUnavailableError` where the jail itself is at fault.
    """
    if work not in WORKS:
        raise JailError(f"there is no jailed work called {work}")
    head = {"request": request, "blobs": [*map(len, blobs)]}
    parts = (json.dumps(head).encode() + b"\n", *blobs)
    with _PARENTS.turn(WORKS[work].family):
        began = time.monotonic()
        reply = _reply(work, parts, seconds)
        waited = time.monotonic() - began
    if not reply and waited >= wall_s(seconds):
        raise JailBusyError(f"the machine had too little time for the jailed {work}")
    if not reply.endswith(b"\n"):
        raise JailError(f"the jailed {work} was ended or crashed")
    try:
        return loads(reply, max_depth=200)
    except StrictJsonError as error:
        raise JailError(f"the jailed {work} wrote no JSON: {error}") from None


def prepare(families: Iterable[str]) -> None:
    """Start these families in the background, one after the other, so that no request waits.

    Returns at once and never raises: one that does not start is tried again by the first request.
    """
    missing = _PARENTS.missing(families)
    if missing:
        threading.Thread(target=_PARENTS.start, args=(missing,), name="jail", daemon=True).start()


def prepare_for(checks: Iterable[str]) -> None:
    """Start in the background what these checks will need."""
    prepare({family for check in checks for family in CHECKS.get(check, ())})


def sound(check: str) -> bool:
    """Whether everything of the jail that this check needs does a small piece of work, now."""
    try:
        return all(
            run(f"control_{family}", [40, 2], seconds=CONTROL_S) == CONTROL
            for family in CHECKS.get(check, ())
        )
    except (JailError, JailUnavailableError):
        return False


def _reply(work: str, parts: Sequence[bytes], seconds: float) -> bytes:
    """Ask the family's parent; once more where that died of something else."""
    for _ in range(2):
        with suppress(ParentGoneError):
            parent = _PARENTS.borrow(WORKS[work].family)
            try:
                return parent.ask(work, parts, seconds)
            finally:
                _PARENTS.give_back(parent)
    raise JailUnavailableError(f"the parent of the jailed {work} does not stay alive")


class _Parents:
    """The parents of this process, one for each family, shared by its threads.

    Whoever forks holds `_lock` meanwhile, so that no fork has half a parent in its hands.
    """

    def __init__(self) -> None:
        self._current: dict[str, WarmParent] = {}
        self._others: set[WarmParent] = set()  # those that start, and those that end
        self._closed = False
        self._renew()
        os.register_at_fork(
            before=self._before_fork,
            after_in_parent=self._after_fork,
            after_in_child=self._forget,
        )

    def _renew(self) -> None:
        self._lock = threading.Lock()
        self._starting = {name: threading.Lock() for name in FAMILIES}
        self._turns = {name: threading.BoundedSemaphore(AT_ONCE) for name in FAMILIES}

    def turn(self, family: str) -> threading.BoundedSemaphore:
        """Return what to hold while a request of this family is under way."""
        return self._turns[family]

    def missing(self, families: Iterable[str]) -> list[str]:
        """Return those of these that no parent stands ready for."""
        with self._lock:
            ready = {name for name, parent in self._current.items() if not parent.gone}
        return sorted(set(families) - ready)

    def start(self, families: Sequence[str]) -> None:
        """Have a parent for each of these."""
        for family in families:
            with suppress(JailUnavailableError):
                self.give_back(self.borrow(family))

    def borrow(self, family: str) -> WarmParent:
        """Return the family's parent, alive when last seen; `give_back` must follow.

        Raises `JailUnavailableError`, after a second try at starting one.
        """
        with self._starting[family]:  # one thread starts it, the others wait for that one
            parent = self._living(family)
            if parent is not None:
                return parent
            try:
                made = self._started(family)
            except JailUnavailableError:
                made = self._started(family)
            with self._lock:
                self._others.discard(made)
                made.busy = made.jobs = 1
                self._current[family] = made
            return made

    def _living(self, family: str) -> WarmParent | None:
        with self._lock:
            parent = self._current.get(family)
            if parent is None:
                return None
            if not (parent.retired or parent.gone or parent.jobs >= JOBS):
                parent.busy += 1
                parent.jobs += 1
                return parent
            del self._current[family]
            parent.retired = True
            self._others.add(parent)
            idle = not parent.busy
        if idle:
            self._end(parent)
        return None

    def _started(self, family: str) -> WarmParent:
        with self._lock:
            if self._closed:
                raise JailUnavailableError("this process has closed its jail")
            try:
                made = WarmParent(family)
            except OSError as error:
                raise JailUnavailableError(f"the jail cannot start: {error.strerror}") from None
            self._others.add(made)
        try:
            made.wait()
        except BaseException:
            made.kill()
            with self._lock:
                self._others.discard(made)
            raise
        return made

    def give_back(self, parent: WarmParent) -> None:
        """End it where it was replaced and this was its last request."""
        with self._lock:
            parent.busy -= 1
            replaced = parent in self._others and not parent.busy
        if replaced:
            self._end(parent)

    def _end(self, parent: WarmParent) -> None:
        """End it outside the lock, which a fork may be waiting for."""
        parent.end()
        with self._lock:
            self._others.discard(parent)

    def close(self) -> None:
        """End them all, for good; without a wait those that still start."""
        with self._lock:
            self._closed = True
            current, others = [*self._current.values()], [*self._others]
            self._current.clear()
        for parent in others:
            parent.kill()
        for parent in current:
            parent.end()

    def _before_fork(self) -> None:
        """Let no other thread start a parent while this one forks."""
        self._lock.acquire()

    def _after_fork(self) -> None:
        """Go on in the process that forked."""
        self._lock.release()

    def _forget(self) -> None:
        """Start anew in the child of a fork: its parent's processes and locks are not its own."""
        for parent in (*self._current.values(), *self._others):
            parent.forget()
        self._current, self._others = {}, set()
        self._renew()


_PARENTS: Final = _Parents()
atexit.register(_PARENTS.close)
