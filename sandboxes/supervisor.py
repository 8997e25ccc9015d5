"""Pid 1 of every sandbox container: takes orders over stdin and stdout, runs one job at a time.

It is root with four capabilities (SETUID, SETGID, CHOWN, KILL) in a container without network and
with a read-only root; each job is a uid of its own without any. After a job everything is killed
and its files are deleted with the job's own rights; only then the supervisor says `ready` again.
Whatever it cannot explain ends it, and with it the container: a session is lost rather than wrong.
Standard library only; it starts once per submission, so it imports little.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from typing import TYPE_CHECKING

from sandboxes.counters import Area, Counters
from sandboxes.custody import CHUNK, NOT_PID_1, Custody, HostGoneError
from sandboxes.messages import OPERATOR_LIMITS, job_of, outcome_message, taken_message, tree_of
from sandboxes.protocol import PROGRAM_DIR, TAKEN_BYTES, WORK_DIR, Job, Limits, Status, Tree
from sandboxes.resources import Resources
from sandboxes.tree import (
    FOLDER_MODE,
    ROOT,
    acting_as,
    collect,
    hand_over,
    lay,
    read_back,
    tidy,
    wipe,
)
from sandboxes.wire import VERSION, Decoder, Fields, Message, WireError

if TYPE_CHECKING:
    from sandboxes.lane.groups import Hold

SHARED_MEMORY = "/dev/shm"  # noqa: S108 - the container's own
PR_SET_DUMPABLE = 4
CONTROL_IN, CONTROL_OUT = 0, 1
MIB = 1024 * 1024
SETTLE_S = 5.0
POLL_S = 0.002
UIDS = 1_000_000  # far more jobs than a session can run


class Supervisor:
    """The loop over orders.

    In a lane's room it sets its group's limits itself, through `hold`, and knows from the start
    where the uids of its jobs begin; in a container of its own the host sees to both.
    """

    def __init__(self, counters: Counters, hold: Hold | None = None, uid: int = 0) -> None:
        self._counters = counters
        self._hold = hold
        self._box, self._shared = Area(WORK_DIR), Area(SHARED_MEMORY)
        self._program = Area(PROGRAM_DIR)
        self._empty = (self._box.used(), self._shared.used())
        self._decoder = Decoder()
        self._orders: list[Message] = []
        self._uid = uid
        self._last_uid = uid + UIDS if uid else 0
        self._wake, wake = os.pipe()
        os.set_blocking(wake, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)

    def serve(self) -> None:
        """Answer orders until the host goes away."""
        self._ready()
        while True:
            while not self._orders:
                self._orders += self._hear()
            order = self._orders.pop(0)
            if order.kind == "start":
                self._begin(order)
            elif order.kind == "put":
                self._put(tree_of(order))
            elif order.kind == "take":
                self._take(order)
            elif order.kind in ("run", "build", "converse"):
                self._job(order.kind, job_of(order, OPERATOR_LIMITS))
            else:
                raise WireError("unknown order")
            self._ready()

    def _begin(self, order: Message) -> None:
        fields = Fields(order.fields)
        self._uid = fields.integer("uid", 100_000, 2**31 - UIDS)
        self._last_uid = self._uid + UIDS
        fields.done()

    def _put(self, tree: Tree) -> None:
        wipe(PROGRAM_DIR)
        files = tree.files
        # tmpfs holds whole pages, and its pages are the group's memory.
        self._limit(Limits(), sum(len(content) // 1024 + 4 for content in files.values()))
        lay(PROGRAM_DIR, files, executable=tree.executable)

    def _take(self, order: Message) -> None:
        Fields(order.fields).done()
        tree = None
        if self._program.used()[0] <= TAKEN_BYTES:
            kept = read_back(PROGRAM_DIR)
            programs = frozenset(name for name, (_, mode) in kept.items() if mode & 0o100)
            tree = Tree({name: content for name, (content, _) in kept.items()}, programs)
        self._send(taken_message(tree))

    def _limit(self, limits: Limits, program_kb: int) -> None:
        if self._hold is not None:
            self._hold.set(Resources.for_job(limits, program_kb))

    def _job(self, kind: str, job: Job) -> None:
        if not 0 < self._uid < self._last_uid:
            raise WireError("no uid is left for a job")
        self._uid += 1
        self._limit(job.limits, self._program.used()[0] // 1024)
        kept = self._lend_program() if kind == "build" else None
        lay(WORK_DIR, job.files, self._uid)
        os.chown(WORK_DIR, self._uid, self._uid)
        areas = (self._box,) if kept is None else (self._box, self._program)
        custody = Custody(
            job,
            self._uid,
            WORK_DIR if kept is None else PROGRAM_DIR,
            self._counters,
            areas,
            self._send if kind == "converse" else None,
        )
        custody.start()
        custody.watch(CONTROL_IN, self._wake, self._hear)
        custody.finish_talk(CONTROL_IN, self._hear)
        outcome = custody.outcome()
        with acting_as(self._uid):
            artifacts = collect(WORK_DIR, job.collect, job.limits.disk_mb * MIB)
        message = outcome_message(outcome)
        message.fields["artifacts"] = list(artifacts)
        message.blobs += artifacts.values()
        if kept is not None and not self._settle(kept, keep_new=outcome.status is Status.OK):
            message.fields.update(status=Status.FILE_LIMIT.value, exit_code=None, signal=None)
            message.fields["detail"] = "the build left file names that cannot be kept"
        self._send(message)
        self._clean()

    def _lend_program(self) -> dict[str, tuple[bytes, int]]:
        kept = read_back(PROGRAM_DIR)
        hand_over(PROGRAM_DIR, self._uid)
        return kept

    def _settle(self, kept: dict[str, tuple[bytes, int]], *, keep_new: bool) -> bool:
        """Make the built tree the program, or put the old one back; False if it was refused."""
        with acting_as(self._uid):
            taken = keep_new and tidy(PROGRAM_DIR)
        if taken:
            hand_over(PROGRAM_DIR, ROOT)
        else:
            self._empty_folder(PROGRAM_DIR)
            lay(PROGRAM_DIR, {name: content for name, (content, _) in kept.items()})
            for name, (_, mode) in kept.items():
                os.chmod(f"{PROGRAM_DIR}/{name}", mode)  # noqa: PTH101
        return taken or not keep_new

    def _clean(self) -> None:
        """Delete what the job left, and make sure that nothing is left."""
        self._empty_folder(WORK_DIR)
        with acting_as(self._uid):
            wipe(SHARED_MEMORY)
        self._await_empty()

    def _await_empty(self) -> None:
        deadline = time.monotonic() + SETTLE_S
        while (self._box.used(), self._shared.used()) != self._empty:
            if time.monotonic() > deadline:
                raise OSError("a job's files could not be deleted")
            collect_sockets()
            time.sleep(POLL_S)

    def _empty_folder(self, path: str) -> None:
        os.chown(path, self._uid, self._uid)
        with acting_as(self._uid):
            os.chmod(path, 0o700)  # noqa: PTH101
            wipe(path)
        os.chown(path, ROOT, ROOT)
        os.chmod(path, FOLDER_MODE)  # noqa: PTH101

    def _hear(self) -> list[Message]:
        data = os.read(CONTROL_IN, CHUNK)
        if not data:
            raise HostGoneError
        return list(self._decoder.feed(data))

    def _ready(self) -> None:
        self._send(
            Message("ready", {"version": VERSION, "program_kb": self._program.used()[0] // 1024})
        )

    def _send(self, message: Message) -> None:
        view = memoryview(message.encode())
        while view:
            view = view[os.write(CONTROL_OUT, view) :]


def collect_sockets() -> None:
    """Have the kernel look for sockets that hold each other: deleted files may be in flight there.

    It looks whenever a local socket is closed, but later, by a worker of its own.
    """
    import socket  # seldom needed, and slow to load

    socket.socket(socket.AF_UNIX).close()


def main() -> int:
    """Serve until the host is gone; refuse to run anywhere but as pid 1 of a container."""
    if os.getpid() != 1:
        # Outside a pid namespace the kill of "everything else" would be the whole machine.
        sys.stderr.write(f"{NOT_PID_1}\n")
        return 2
    return serve(Counters())


def serve(counters: Counters, hold: Hold | None = None, uid: int = 0) -> int:
    """Serve as pid 1 until the host is gone; return the exit code."""
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    try:
        Supervisor(counters, hold, uid).serve()
    except HostGoneError:
        return 0
    except (OSError, WireError, ValueError) as error:
        sys.stderr.write(f"supervisor: {type(error).__name__}: {error}\n")
        return 1
    return 0
